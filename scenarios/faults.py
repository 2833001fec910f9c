"""What may be written under `faults:`: one model a fault, and the rules that hold between several.

A fault's `at` counts from the start of the run, when the nodes start, not from when the users come.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from scenarios.durations import Drift, Duration, Positive, Share, Signed, write_duration
from scenarios.strict import Strict, nearest

ANSWERING = "answering"
"""In place of a node: whichever gives the answer that is counted."""
REST = "rest"
"""In place of a group of nodes: all that no other group names."""

NODE_PATTERN = r"^n[1-9]\d*$"
NodeName = Annotated[str, WithJsonSchema({"type": "string", "pattern": NODE_PATTERN})]
"""Which nodes there are, `refuse_nonsense` knows; the pattern is for editors."""


def _group(value: object) -> list[str]:
    if value == REST:
        return [REST]
    if not isinstance(value, list) or not value or not all(isinstance(node, str) for node in value):
        raise ValueError(f"is {value!r}, expected a list of nodes or the word rest; write [[n1], rest]")
    return value


Group = Annotated[
    list[str],
    BeforeValidator(_group),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": NODE_PATTERN}},
                {"const": REST},
            ]
        }
    ),
]


class Partition(Strict):
    """Nodes of different groups cannot reach each other."""

    at: Duration
    for_: Positive
    partition: Annotated[list[Group], Field(min_length=2)]


class Ends(Strict):
    """From whom to whom nothing is carried."""

    from_: Annotated[list[NodeName], Field(min_length=1)]
    to: Annotated[list[NodeName], Field(min_length=1)]


class OneWay(Strict):
    """Messages in one direction are lost, those of the other arrive."""

    at: Duration
    for_: Positive
    one_way: Ends


class After(Strict):
    """An event that the world counts over all nodes, from the start of the run."""

    event: Literal["write", "login", "logout"]
    count: Annotated[int, Field(ge=1)]


class Crash(Strict):
    """A node is gone without a word, at an instant or on an event; without `for` it never returns."""

    at: Duration | None = None
    after: After | None = None
    for_: Positive | None = None
    crash: Annotated[str, WithJsonSchema({"type": "string", "pattern": rf"{NODE_PATTERN}|^{ANSWERING}$"})]


class Leave(Strict):
    """A node is told to go and says goodbye; `for` later the next one of its name starts, without `for` never."""

    at: Duration
    for_: Positive | None = None
    leave: NodeName


class Join(Strict):
    """A node starts only then: before, there is none of that name."""

    at: Positive
    join: NodeName
    for_: ClassVar[None] = None


class Pause(Strict):
    """A node stands still: what comes due meanwhile reaches it when it goes on."""

    at: Duration
    for_: Positive
    pause: NodeName


class Clock(Strict):
    """A node's wall clock is wrong; it is right again after `for`, or when everything heals.

    Attributes:
        clock: whose.
        offset: from then on it is so far ahead of true time; behind, when negative.
        jump: it is set forward by so much from what it shows; back, when negative.
        drift: from then on it gains so much, such as 200ppm or 1ms/s; loses, when negative.
    """

    at: Duration
    for_: Positive | None = None
    clock: NodeName
    offset: Signed | None = None
    jump: Signed | None = None
    drift: Drift | None = None


class _OnLinks(Strict):
    at: Duration
    for_: Positive
    links: list[Annotated[list[NodeName], Field(min_length=2, max_length=2)]] | None = None


class Loss(_OnLinks):
    """A share of the messages is lost; `links` are [from, to] pairs, all when absent."""

    loss: Share


class Duplicate(_OnLinks):
    """A share of the messages arrives twice."""

    duplicate: Share


class Reorder(_OnLinks):
    """A share of the messages is held back, so that later ones overtake them."""

    reorder: Share


class Slow(_OnLinks):
    """Every message takes so much longer."""

    slow: Positive


class Corrupt(_OnLinks):
    """A share of the frames arrives with some of its bits changed."""

    corrupt: Share


class Replay(_OnLinks):
    """A share of the frames that arrive is recorded, and played back to the same node once, up to a minute later."""

    replay: Share


class Discovery(Strict):
    """Whoever asks whom there is hears nothing, or something wrong.

    Attributes:
        discovery: it cannot be asked (`fails`), knows nobody (`empty`), or whom it knew when the fault began (`stale`).
    """

    at: Duration
    for_: Positive
    discovery: Literal["fails", "empty", "stale"]


class WrongKey(Strict):
    """A node is restarted with a pre-shared key that no other has, and `for` later with the right one."""

    at: Duration
    for_: Positive
    wrong_key: NodeName


class Upgrade(Strict):
    """A node of the older version is told to go, and `for` later the next one of its name speaks the newer too."""

    at: Duration
    for_: Positive
    upgrade: NodeName


OF_FRAMES = (Corrupt, Replay, WrongKey, Upgrade)
"""Faults that mean nothing where messages travel unsealed."""

KINDS: dict[str, type[Strict]] = {
    "partition": Partition,
    "one-way": OneWay,
    "crash": Crash,
    "leave": Leave,
    "join": Join,
    "pause": Pause,
    "clock": Clock,
    "loss": Loss,
    "duplicate": Duplicate,
    "reorder": Reorder,
    "slow": Slow,
    "corrupt": Corrupt,
    "replay": Replay,
    "discovery": Discovery,
    "wrong-key": WrongKey,
    "upgrade": Upgrade,
}
"""Which key of an entry says what fault it is."""


def _one_fault(value: Any) -> Any:
    """Refuse what is not exactly one fault, before its model is chosen."""
    if isinstance(value, Strict):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"is {value!r}, expected a mapping; write {{at: 60s, for: 2m, partition: [[n1], rest]}}")  # noqa: TRY004 - pydantic
    found = [kind for kind in KINDS if kind in value]
    if len(found) > 1:
        raise ValueError(f"holds {len(found)} faults, {' and '.join(found)}; write an entry for each")
    if not found:
        strange = [key for key in value if key not in ("at", "for", "after", "links", "offset", "jump", "drift")]
        meant = nearest(str(strange[0]), list(KINDS)) if strange else f"write one of {', '.join(KINDS)}"
        what = f"has the unknown key '{strange[0]}' and " if strange else ""
        raise ValueError(f"{what}names no fault; {meant}")
    return value


def _kind(value: Any) -> str | None:
    for kind, model in KINDS.items():
        if type(value) is model or (isinstance(value, dict) and kind in value):
            return f"<{kind}>"
    return None


Fault = Annotated[
    Annotated[Partition, Tag("<partition>")]
    | Annotated[OneWay, Tag("<one-way>")]
    | Annotated[Crash, Tag("<crash>")]
    | Annotated[Leave, Tag("<leave>")]
    | Annotated[Join, Tag("<join>")]
    | Annotated[Pause, Tag("<pause>")]
    | Annotated[Clock, Tag("<clock>")]
    | Annotated[Loss, Tag("<loss>")]
    | Annotated[Duplicate, Tag("<duplicate>")]
    | Annotated[Reorder, Tag("<reorder>")]
    | Annotated[Slow, Tag("<slow>")]
    | Annotated[Corrupt, Tag("<corrupt>")]
    | Annotated[Replay, Tag("<replay>")]
    | Annotated[Discovery, Tag("<discovery>")]
    | Annotated[WrongKey, Tag("<wrong-key>")]
    | Annotated[Upgrade, Tag("<upgrade>")],
    Discriminator(_kind),
    BeforeValidator(_one_fault),
]
"""One entry of `faults:`."""


def groups_of(fault: Partition, nodes: list[str]) -> list[list[str]]:
    """Write out the groups of a partition, `rest` replaced by those whom no other group names."""
    named = {node for group in fault.partition for node in group}
    rest = [node for node in nodes if node not in named]
    return [rest if group == [REST] else group for group in fault.partition]


def refuse_nonsense(faults: list[Any], nodes: list[str], duration_us: int) -> None:
    """Check what one entry alone cannot tell: that nodes exist, times lie within the run, and no two contradict.

    Args:
        faults: the entries, in the order of the file.
        nodes: every node of the cluster.
        duration_us: when users stop and every fault is undone, µs.

    Raises:
        ValueError: naming the entry, what was found and what to write.
    """
    for index, fault in enumerate(faults):
        place = f"faults[{index}]"
        _refuse_times(fault, place, duration_us)
        for key, node in _named(fault):
            if node not in nodes:
                raise ValueError(f"{place}.{key} names the node '{node}', {_only(nodes)}")
        check = _RULES.get(type(fault))
        if check is not None:
            check(fault, place, nodes)
    _refuse_overlaps(faults)
    _refuse_a_second_upgrade(faults)
    spans = [span for fault in faults if (span := _away(fault)) is not None]
    if len({node for node, _, end in spans if end is None}) == len(nodes):
        raise ValueError("faults crash every node for ever, so that nobody is left to judge; give one a `for`")
    if len(joining(faults)) == len(nodes):
        raise ValueError("faults let every node join later, so that nobody is there at the start; leave one out")


def joining(faults: list[Any]) -> list[str]:
    """Name the nodes that are not there at the start."""
    return [fault.join for fault in faults if isinstance(fault, Join)]


def _only(nodes: list[str]) -> str:
    if len(nodes) == 1:
        return "but the cluster has only n1; write n1, or more `cluster.nodes`"
    return f"but the cluster has n1 to {nodes[-1]}; write one of them"


def _refuse_times(fault: Any, place: str, duration_us: int) -> None:
    end = write_duration(duration_us)
    if fault.at is not None and fault.at >= duration_us:
        raise ValueError(
            f"{place}.at is {write_duration(fault.at)}, but the run's faults end at {end} (`duration`); "
            "strike earlier or lengthen `duration`"
        )
    if fault.at is not None and fault.for_ is not None and fault.at + fault.for_ > duration_us:
        raise ValueError(
            f"{place} lasts until {write_duration(fault.at + fault.for_)}, but everything heals at {end} (`duration`); "
            f"write for: {write_duration(duration_us - fault.at)} or lengthen `duration`"
        )


def _named(fault: Any) -> list[tuple[str, str]]:
    if isinstance(fault, Partition):
        return [("partition", node) for group in fault.partition for node in group if group != [REST]]
    if isinstance(fault, OneWay):
        return [("one-way", node) for node in (*fault.one_way.from_, *fault.one_way.to)]
    if isinstance(fault, Crash):
        return [("crash", fault.crash)] if fault.crash != ANSWERING else []
    for kind in ("leave", "join", "pause", "clock", "wrong-key", "upgrade"):
        if type(fault) is KINDS[kind]:
            return [(kind, getattr(fault, kind.replace("-", "_")))]
    if isinstance(fault, Discovery):
        return []
    return [("links", node) for link in fault.links or [] for node in link]


def _refuse_partition(fault: Partition, place: str, nodes: list[str]) -> None:
    seen: list[str] = []
    for group in fault.partition:
        for node in group:
            if node in seen:
                raise ValueError(f"{place}.partition names '{node}' twice; a node stands in one group")
            seen.append(node)
    missing = [node for node in nodes if node not in seen]
    if REST in seen and not missing:
        raise ValueError(f"{place}.partition leaves nobody for rest; take the word away")
    if REST not in seen and missing:
        raise ValueError(f"{place}.partition leaves out {', '.join(missing)}; name them, or add the word rest")


def _refuse_one_way(fault: OneWay, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    both = [node for node in fault.one_way.from_ if node in fault.one_way.to]
    if both:
        raise ValueError(
            f"{place}.one-way has '{both[0]}' at both ends, but a node always reaches itself; name it once"
        )


def _refuse_crash(fault: Crash, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    if (fault.at is None) == (fault.after is None):
        found = "neither `at` nor `after`" if fault.at is None else "both `at` and `after`"
        raise ValueError(f"{place} has {found}; write at: 60s, or after: {{event: write, count: 100}}")
    if fault.at is not None and fault.crash == ANSWERING:
        raise ValueError(f"{place}.crash is answering, but nobody answers at an instant; write after: {{event: …}}")


def _refuse_clock(fault: Clock, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    if fault.offset is None and fault.jump is None and fault.drift is None:
        raise ValueError(f"{place} does nothing to the clock; write offset: 400ms, jump: -900ms or drift: 200ppm")
    if fault.offset is not None and fault.jump is not None:
        raise ValueError(f"{place} has both `offset` and `jump`, which both set the clock; write one of them")


_RULES: dict[type, Callable[[Any, str, list[str]], None]] = {
    Partition: _refuse_partition,
    OneWay: _refuse_one_way,
    Crash: _refuse_crash,
    Clock: _refuse_clock,
}


def _refuse_overlaps(faults: list[Any]) -> None:
    """A node that is not up cannot crash or pause, one that pauses cannot either, and a clock is wrong in one way.

    A clock that nothing but the healing sets right may be set again.
    """
    processes: dict[str, list[_Span]] = {}
    clocks: dict[str, list[_Span]] = {}
    for index, fault in enumerate(faults):
        span = _away(fault)
        if span is not None:
            node, begin, ended = span
            processes.setdefault(node, []).append((begin, ended, index))
        elif isinstance(fault, Clock):
            end = fault.at + (fault.for_ or 0)
            clocks.setdefault(fault.clock, []).append((fault.at, end, index))
    for node, found in processes.items():
        _refuse_overlap(f"strikes '{node}'", "it", found)
    for node, found in clocks.items():
        _refuse_overlap(f"sets the clock of '{node}'", "it wrong", found)


def _refuse_a_second_upgrade(faults: list[Any]) -> None:
    upgraded: list[str] = []
    for index, fault in enumerate(faults):
        if isinstance(fault, Upgrade):
            if fault.upgrade in upgraded:
                raise ValueError(f"faults[{index}] upgrades '{fault.upgrade}' again; write leave: {fault.upgrade}")
            upgraded.append(fault.upgrade)


def _away(fault: Any) -> tuple[str, int, int | None] | None:
    """Tell which node a fault keeps from working, from when and until when (None: for ever)."""
    if isinstance(fault, Join):
        return fault.join, 0, fault.at
    if isinstance(fault, (Crash, Leave, Pause, WrongKey, Upgrade)) and fault.at is not None:
        ((_, node),) = _named(fault)
        return node, fault.at, None if fault.for_ is None else fault.at + fault.for_
    return None


_Span = tuple[int, int | None, int]
"""When a fault begins and ends (None: never), and its place in the file."""


def _refuse_overlap(strikes: str, what: str, spans: list[_Span]) -> None:
    """Refuse a fault that begins before the one before it has ended."""
    spans.sort(key=lambda span: (span[0], span[2]))
    for (begin, end, index), (later, _, other) in pairwise(spans):
        if end is None or later < end:
            until = "for ever" if end is None else f"until {write_duration(end)}"
            raise ValueError(
                f"faults[{other}] {strikes} at {write_duration(later)}, but faults[{index}] holds {what} from "
                f"{write_duration(begin)} {until}; let one end before the other begins"
            )
