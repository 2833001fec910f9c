"""Plays drawn cases with a real browser, many at a time, and with the world's browser; makes what differs small."""

import time  # noqa: TID251 - a real browser has the machine's clock
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from msgspec import Struct, structs

from tests.browser.differences import Difference, Like
from tests.browser.drawn import Drawn
from tests.browser.engines import Kept, steadily
from tests.browser.player import Player, Request, told

SLACK_S = 120
"""By so much the two may differ in when a cookie ends: they do not see it at the same time."""


class Outcome(Struct, frozen=True):
    """What came of a case: the `Cookie` header of each request, and what is kept in the end."""

    carried: tuple[str, ...]
    kept: tuple[Kept, ...]

    def same(self, other: "Outcome") -> bool:
        """Say whether both are the same, but for a moment in the ends of cookies."""
        if self.carried != other.carried or len(self.kept) != len(other.kept):
            return False
        return all(_same(one, another) for one, another in zip(self.kept, other.kept, strict=True))


def by_engine(player: Player, cases: Sequence[Drawn]) -> list[Outcome]:
    """Play cases, each with hosts of its own; in turns, since only the order within a case counts."""
    return steadily(lambda: _by_engine(player, cases))


def _by_engine(player: Player, cases: Sequence[Drawn]) -> list[Outcome]:
    player.clear()
    requests = [case.requests(number) for number, case in enumerate(cases)]
    carried: dict[tuple[int, int], str] = {}
    for turn in _turns(cases):
        turn.sort(
            key=lambda place: requests[place[0]][place[1]].context.kind
        )  # those of one kind lead on to each other
        sent = player.send([requests[number][step] for number, step in turn])
        carried |= {place: one.cookie for place, one in zip(turn, sent, strict=True)}
    kept = player.kept()
    outcomes = []
    for number, asked in enumerate(requests):
        own = cases[number].root.format(f"c{number}")
        headers = tuple(carried[number, step] for step in range(len(asked)))
        mine = [one for one in kept if one.domain.rstrip(".") == own or one.domain.rstrip(".").endswith(f".{own}")]
        outcomes.append(Outcome(headers, _shown(mine)))
    return outcomes


def by_the_world(requests: Sequence[Request], differences: tuple[Difference, ...] = ()) -> Outcome:
    """Play the requests of one case with the world's browser, with some of what an engine does otherwise."""
    browser, now, carried = Like(differences), time.time_ns() // 1_000, []
    for request in requests:
        asked = browser.visit(request.url, request.context)
        carried.append(browser.header(asked, now) or "")
        for line in request.lines:
            browser.store(line, asked, now)
    return Outcome(tuple(carried), _shown([told(one) for one in browser.kept.values()]))


def smallest(case: Drawn, differs: Callable[[Drawn], bool]) -> Drawn:
    """Leave out what can be left out of a case while it still differs."""
    while (less := next((one for one in _less(case) if differs(one)), None)) is not None:
        case = less
    return case


def _less(case: Drawn) -> Iterator[Drawn]:
    """Make a case smaller in one place: a request, a line, an attribute."""
    for part in ("reads", "sets"):
        asked = getattr(case, part)
        for at in range(len(asked)):
            yield structs.replace(case, **{part: (*asked[:at], *asked[at + 1 :])})
    for at, one in enumerate(case.sets):
        for number, line in enumerate(one.lines):
            pieces = line.split(";")
            less = [";".join([*pieces[:piece], *pieces[piece + 1 :]]) for piece in range(1, len(pieces))]
            for lines in ((), *((smaller,) for smaller in less)):
                shorter = structs.replace(one, lines=(*one.lines[:number], *lines, *one.lines[number + 1 :]))
                yield structs.replace(case, sets=(*case.sets[:at], shorter, *case.sets[at + 1 :]))


def _turns(cases: Sequence[Drawn]) -> list[list[tuple[int, int]]]:
    """Say whose which request is made in each turn: those that set one after the other, then the others at once."""
    setting = zip_longest(*([(number, step) for step in range(len(case.sets))] for number, case in enumerate(cases)))
    reading = [(number, len(case.sets) + step) for number, case in enumerate(cases) for step in range(len(case.reads))]
    return [*([place for place in turn if place is not None] for turn in setting), reading]


def _same(one: Kept, another: Kept) -> bool:
    near = abs(one.expires - another.expires) <= SLACK_S and (one.expires < 0) == (another.expires < 0)
    return near and structs.replace(one, expires=0) == structs.replace(another, expires=0)


def _shown(kept: list[Kept]) -> tuple[Kept, ...]:
    """Arrange what is kept, without the octets that Chromium does not show as they are outside of headers."""
    ascii_alone = [
        structs.replace(one, name=_ascii(one.name), value=_ascii(one.value), path=_ascii(one.path)) for one in kept
    ]
    return tuple(sorted(ascii_alone, key=lambda one: (one.name, one.domain, one.path, one.value)))


def _ascii(text: str) -> str:
    return "".join(octet for octet in text if octet.isascii())
