"""How long after a fault was undone, and after the healing, until no node was behind, as observers saw it.

Read from the run document's `behind`; nothing is judged here: the check of convergence does that.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from reports import words
from reports.document import RunDocument


class Agreement(Struct, frozen=True):
    """What was over, when, and how long after that all agreed; `late` where it took longer than the longest bound."""

    name: str
    at: str
    took: str
    late: bool


def agreement(document: RunDocument) -> list[Agreement]:
    """Give a row for each fault that was undone and for the healing; empty where nobody was ever seen behind."""
    series = document.steps("behind")
    if not any(value for steps in series.values() for _, value in steps):
        return []
    moments = together(series)
    promises = document.header.contract
    over = [
        (f"fault {number}, {fault.title}", fault.end)
        for number, fault in enumerate(document.faults, start=1)
        if fault.end is not None
    ]
    found = []
    for name, at in [*over, ("everything healed", document.header.healed_us)]:
        agreed = agreed_at(moments, at)
        took = "not seen" if agreed is None else f"{words.rounded(agreed - at)} later" if agreed > at else "at once"
        late = agreed is None or agreed - at > promises.converge_us + promises.detect_us
        found.append(Agreement(name, words.instant(at), took, late))
    return found


def together(series: Mapping[str, Sequence[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Add the steps of all nodes up: [time in µs, copies behind on all of them]."""
    changes: dict[int, int] = {}
    for steps in series.values():
        before = 0
        for t, value in steps:
            changes[t] = changes.get(t, 0) + value - before
            before = value
    total, found = 0, []
    for t, change in sorted(changes.items()):
        total += change
        found.append((t, total))
    return found


def agreed_at(moments: Sequence[tuple[int, int]], t: int) -> int | None:
    """Tell when, from an instant on, the sum was first nothing; None if never."""
    before = 0
    for at, value in moments:
        if at > t:
            if before == 0:
                return t
            if value == 0:
                return at
        before = value
    return t if before == 0 else None
