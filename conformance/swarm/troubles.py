"""Draws the faults of a scenario: which kinds, whom they strike, from when and for how long.

Each kind has a row in KINDS; a test holds that. Nobody is struck by two faults that exclude each other: what cannot
stand beside what is there already is left out, and whole where it is a sequence: an upgrade of all nodes but one is
another world than was meant.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from pydantic import TypeAdapter, ValidationError

from conformance.swarm.draws import Draws
from scenarios.durations import write_duration
from scenarios.faults import KINDS as SCHEMA
from scenarios.faults import OF_FRAMES, Fault, refuse_nonsense

FIRST_S = 12
"""Users come when all nodes are ready, at 10 s at the latest; nothing strikes earlier."""
MOST = 4


class Place(Struct, frozen=True):
    """Where faults are to strike.

    Attributes:
        nodes: how many there are.
        duration_s: when everything heals, s.
        sealed: whether messages travel in frames.
    """

    nodes: int
    duration_s: int
    sealed: bool

    @property
    def names(self) -> list[str]:
        """The names of all nodes."""
        return [f"n{number}" for number in range(1, self.nodes + 1)]


Written = dict[str, Any]
Draw = Callable[[Draws, Place], list[Written]]


def draw_troubles(draws: Draws, place: Place) -> list[Written]:
    """Draw up to a few faults, as they are written in a file.

    Returns:
        Entries in order of time, that may stand together in a scenario of that place.
    """
    if draws.happens("none", 6):
        return []
    found: list[Written] = []
    for turn in range(draws.between("how many", 1, MOST)):
        part = draws.part(str(turn))
        drawn = KINDS[_kind(part, place)](part, place)
        if _fits([*found, *drawn], place):
            found += drawn
    return sorted(found, key=_begins)


def beside(first: list[Written], others: list[Written], place: Place) -> list[Written]:
    """Put faults beside others in order of time; the first alone, where they cannot stand together."""
    both = [*first, *others]
    return sorted(both if _fits(both, place) else first, key=_begins)


def _kind(draws: Draws, place: Place) -> str:
    of_frames = [kind for kind in KINDS if SCHEMA[kind] in OF_FRAMES]
    if place.sealed and draws.happens("of frames", 50):
        return draws.first("kind of frames", of_frames)
    return draws.first("kind", [kind for kind in KINDS if kind not in of_frames])


def _fits(faults: list[Written], place: Place) -> bool:
    """Say whether these may stand together."""
    try:
        read = [_READ.validate_python(fault) for fault in faults]
        refuse_nonsense(read, place.names, place.duration_s * 1_000_000)
    except (ValidationError, ValueError):
        return False
    return True


_READ: TypeAdapter[Any] = TypeAdapter(Fault)


def _begins(fault: Written) -> int:
    """Order by time; those that wait for an event come first."""
    model = _READ.validate_python(fault)
    return model.at or 0


def _when(draws: Draws, place: Place, least_s: int, most_s: int) -> dict[str, str]:
    """Draw from when and for how long, within the run."""
    room_s = place.duration_s - FIRST_S
    lasts_s = draws.between("lasts", least_s, max(least_s, min(most_s, room_s - 5)))
    at_s = draws.between("at", FIRST_S, max(FIRST_S, place.duration_s - lasts_s - 1))
    return {"at": _s(at_s), "for": _s(min(lasts_s, place.duration_s - at_s))}


def _s(seconds: int) -> str:
    return write_duration(seconds * 1_000_000)


def _node(draws: Draws, place: Place) -> str:
    return draws.choice("node", place.names)


def _partition(draws: Draws, place: Place) -> list[Written]:
    form = draws.choice("form", ["groups", "groups", "groups", "isolate", "halves", "bridge", "majority-ring"])
    when: Written = {**_when(draws, place, 5, 110)}
    if draws.happens("flapping", 20):
        when["flapping"] = {"cut": draws.seconds("cut", 1, 10), "open": draws.seconds("open", 1, 10)}
    if form in ("isolate", "bridge"):
        return [{**when, "partition": {form: _node(draws, place)}}]
    if form in ("halves", "majority-ring"):
        return [{**when, "partition": form}]
    apart = draws.some("apart", place.names, draws.between("how many apart", 1, max(1, place.nodes // 2)))
    return [{**when, "partition": [apart, "rest"]}]


def _one_way(draws: Draws, place: Place) -> list[Written]:
    node = _node(draws, place)
    others = [other for other in place.names if other != node]
    others = draws.some("others", others, draws.between("how many others", 1, len(others)))
    ends = {"from": [node], "to": others} if draws.happens("out", 50) else {"from": others, "to": [node]}
    return [{**_when(draws, place, 5, 60), "one-way": ends}]


def _crash(draws: Draws, place: Place) -> list[Written]:
    kind = draws.choice("what", ["once", "once", "for ever", "answering", "answering", "all", "all"])
    if kind == "all":
        at, lasts = draws.between("at", FIRST_S, place.duration_s - 12), draws.seconds("all for", 2, 8)
        but = {"but": _node(draws, place)} if draws.happens("but one", 40) else {}
        return [{"at": _s(at), "for": lasts, "crash": "all", **but}]
    if kind == "answering":
        after = {
            "event": draws.choice("event", ["write", "write", "login", "logout", "denial"]),
            "count": draws.between("count", 3, 120),
        }
        away = {} if place.nodes > 3 and draws.happens("away", 30) else {"for": draws.seconds("gone", 5, 15)}  # noqa: PLR2004 - a majority stays
        return [{"crash": "answering", "after": after, **away}]
    when = _when(draws, place, 3, 40)
    if kind == "for ever":
        del when["for"]
    return [{**when, "crash": _node(draws, place)}]


def _leave(draws: Draws, place: Place) -> list[Written]:
    when = _when(draws, place, 3, 30)
    if draws.happens("every node", 30):
        step_s = max(15, (place.duration_s - FIRST_S - 15) // place.nodes)
        return [
            {"at": _s(FIRST_S + step_s * turn), "for": "8s", "leave": node} for turn, node in enumerate(place.names)
        ]
    if draws.happens("for good", 40):
        del when["for"]
    return [{**when, "leave": _node(draws, place)}]


def _join(draws: Draws, place: Place) -> list[Written]:
    return [{"at": _when(draws, place, 20, 20)["at"], "join": place.names[-1]}]


def _pause(draws: Draws, place: Place) -> list[Written]:
    most_s = draws.choice("most", [4, 15, 60])
    return [{**_when(draws, place, 1, most_s), "pause": _node(draws, place)}]


def _clock(draws: Draws, place: Place) -> list[Written]:
    """Draw clocks at the edge of the contract, one that steps back within it, or one far outside."""
    kind = draws.choice("what", ["edges", "steps", "drift", "far"])
    node, when = _node(draws, place), _when(draws, place, 20, 90)
    if kind == "edges":
        offsets = draws.some("offsets", ["500ms", "-500ms", "-500ms", "400ms"], min(3, place.nodes))
        return [{"at": when["at"], "clock": f"n{n}", "offset": offset} for n, offset in enumerate(offsets, start=1)]
    if kind == "steps":
        return stepping(draws, place, node)
    if kind == "drift":
        return [{**when, "clock": node, "drift": draws.choice("drift", ["2000ppm", "-2000ppm", "5000ppm"])}]
    return [{**when, "clock": node, "jump": draws.choice("far", ["1h", "-1h", "2h", "365d"])}]


def stepping(draws: Draws, place: Place, node: str) -> list[Written]:
    """Draw a clock that steps from one edge of the contract to the other and back, every 8 s."""
    begin_s = draws.between("first", FIRST_S, 30)
    room = (place.duration_s - begin_s - 1) // 8
    later = [
        {"at": _s(begin_s + 8 * (n + 1)), "clock": node, "jump": jump}
        for n, jump in enumerate(["-900ms", "900ms"] * 4)
        if n < room - 1
    ]
    return [{"at": _s(begin_s), "clock": node, "offset": "450ms"}, *later]


def _share(kind: str, percents: list[int]) -> Draw:
    """Make the draw of a fault that strikes a share of the messages."""

    def draw(draws: Draws, place: Place) -> list[Written]:
        return [{**_when(draws, place, 10, 80), kind: draws.percent("share", percents)}]

    return draw


def _slow(draws: Draws, place: Place) -> list[Written]:
    return [{**_when(draws, place, 5, 40), "slow": draws.choice("slow", ["50ms", "200ms", "500ms"])}]


def _slow_node(draws: Draws, place: Place) -> list[Written]:
    by = draws.choice("by", ["1ms", "5ms", "20ms"])
    return [{**_when(draws, place, 5, 40), "slow-node": _node(draws, place), "by": by}]


def _bandwidth(draws: Draws, place: Place) -> list[Written]:
    return [{**_when(draws, place, 10, 60), "bandwidth": draws.choice("rate", ["5kB/s", "20kB/s", "100kB/s"])}]


def _clog(draws: Draws, place: Place) -> list[Written]:
    node = _node(draws, place)
    if draws.happens("a node", 50):
        return [{**_when(draws, place, 1, 20), "clog": node}]
    other = draws.choice("other", [other for other in place.names if other != node])
    return [{**_when(draws, place, 1, 20), "clog": [[node, other]]}]


def _discovery(draws: Draws, place: Place) -> list[Written]:
    return [{**_when(draws, place, 15, 60), "discovery": draws.choice("wrong", ["fails", "empty", "stale"])}]


def _wrong_key(draws: Draws, place: Place) -> list[Written]:
    return [{**_when(draws, place, 20, 80), "wrong-key": _node(draws, place)}]


def _cookie_domain(draws: Draws, place: Place) -> list[Written]:
    step_s, becomes = (
        max(15, (place.duration_s - FIRST_S - 15) // place.nodes),
        draws.choice("becomes", [".example.com", None]),
    )
    return [
        {"at": _s(FIRST_S + step_s * turn), "for": "8s", "cookie-domain": node, "becomes": becomes}
        for turn, node in enumerate(place.names)
    ]


def _upgrade(draws: Draws, place: Place) -> list[Written]:
    del draws  # every node, one after the other: there is nothing to draw
    step_s = max(15, (place.duration_s - FIRST_S - 15) // place.nodes)
    return [{"at": _s(FIRST_S + step_s * turn), "for": "8s", "upgrade": node} for turn, node in enumerate(place.names)]


KINDS: dict[str, Draw] = {
    "partition": _partition,
    "one-way": _one_way,
    "crash": _crash,
    "leave": _leave,
    "join": _join,
    "pause": _pause,
    "slow-node": _slow_node,
    "clock": _clock,
    "loss": _share("loss", [2, 10, 30]),
    "duplicate": _share("duplicate", [5, 30]),
    "reorder": _share("reorder", [5, 30]),
    "slow": _slow,
    "bandwidth": _bandwidth,
    "clog": _clog,
    "discovery": _discovery,
    "corrupt": _share("corrupt", [3, 10]),
    "replay": _share("replay", [5, 20]),
    "wrong-key": _wrong_key,
    "upgrade": _upgrade,
    "cookie-domain": _cookie_domain,
}
"""How each kind of fault is drawn, by its word in scenario files."""
