"""What a run did that another may not have done: faults that touched something, states of sessions and of members.

Counted to say how much of what can happen has happened, and how fast more of it still appears. It decides nothing.
"""

from collections.abc import Iterable
from itertools import combinations

from msgspec import Struct

from conformance.history import DENIED, LOGIN, LOGOUT, OBSERVER, OK, REVOKE, UNKNOWN, WRITE, History

FAULT, SESSION, MEMBER = "fault", "session", "member"


class Behaviours(Struct, frozen=True):
    """How many behaviours there were in some runs, and what that says of those that were not seen.

    Attributes:
        distinct: how many; `by` counts them by kind: faults, sessions, members, and pairs of two kinds.
        once: how many of them occurred in a single run.
        last_new_at: the run, from 1, in which one appeared for the first time last; 0 where there was none.
        expected_new: about how many the next run will show that none has shown: those that a single run has shown, by
            the number of runs (Good, The Population Frequencies of Species, Biometrika 1953).
    """

    distinct: int
    by: dict[str, int]
    once: int
    last_new_at: int
    expected_new: float


def behaviours_of(history: History, touched: dict[str, int], noted: Iterable[str]) -> list[str]:
    """Name what one run did, sorted.

    Args:
        history: of the run.
        touched: how much each kind of fault touched.
        noted: kinds of what nodes noted of themselves and each other.
    """
    faults = {f"{FAULT} {kind}" for kind, count in touched.items() if count}
    sessions = {f"{SESSION} {state}" for state in _of_sessions(history)}
    members = {f"{MEMBER} {state}" for state in (*_of_members(history), *noted)}
    single = sorted(faults | sessions | members)
    pairs = [f"{one} & {other}" for one, other in combinations(single, 2) if _kind(one) != _kind(other)]
    return single + pairs


def counted(runs: Iterable[list[str]]) -> Behaviours:
    """Count the behaviours of runs, in the order in which they were made."""
    seen: dict[str, int] = {}
    number = last_new_at = 0
    for number, found in enumerate(runs, start=1):
        for name in found:
            if name not in seen:
                last_new_at = number
            seen[name] = seen.get(name, 0) + 1
    by: dict[str, int] = {}
    for name in seen:
        kinds = " & ".join(_kind(part) for part in name.split(" & "))
        by[kinds] = by.get(kinds, 0) + 1
    once = sum(count == 1 for count in seen.values())
    return Behaviours(len(seen), dict(sorted(by.items())), once, last_new_at, round(once / max(number, 1), 2))


def _kind(name: str) -> str:
    return name.partition(" ")[0]


def _of_sessions(history: History) -> set[str]:
    """Tell which states sessions were seen in, and how they came to them."""
    states: set[str] = set()
    nodes: dict[str, str] = {}
    for operation in history.operations:
        if operation.by == OBSERVER or operation.session is None:
            continue
        if operation.outcome == UNKNOWN:
            states.add(f"{operation.op} without an answer")
        elif operation.outcome == DENIED:
            states.add(f"denied: {operation.why}")
        elif operation.outcome == OK:
            states |= _done(operation.op, replaced=operation.replaced is not None)
            if operation.op == WRITE and nodes.setdefault(operation.session, operation.node) != operation.node:
                states.add("written on two nodes")
    return states


def _done(op: str, *, replaced: bool) -> set[str]:
    if op == LOGIN:
        return {"begun", "replaced"} if replaced else {"begun"}
    return {"ended"} if op == LOGOUT else {"revoked"} if op == REVOKE else set()


def _of_members(history: History) -> set[str]:
    """Tell which states members were seen in from outside."""
    states = {"down for good" for fault in history.faults if fault.fault in ("crash", "leave") and fault.end is None}
    if history.clocks:
        states.add("clock off")
    away = {record.unready for record in history.unreadies}
    if away:
        states.add("unready")
    if any(record.ready in away and record.t > 0 for record in history.readies[len(history.header.nodes) :]):
        states.add("ready again")
    views = {tuple(sorted(operation.members)) for operation in history.operations if operation.members is not None}
    if len(views) > 1:
        states.add("views that differ")
    return states
