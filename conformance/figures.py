"""Figures of a history: what the pictures of a run are drawn from. They decide nothing.

Pure functions; they import nothing of the project but `conformance.history`. The shapes are those of the run document
(reports/document.py): behind, spread, lag, requests; costs stand in `conformance.costs`, what users' clients met over
time in `conformance.figures_clients`. Peeks show the copies as they
are; a delay is known as finely as observers peek.
"""

from bisect import bisect_right
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from conformance.costs import costs
from conformance.figures_clients import availability, errors, latency
from conformance.history import (
    DELETE,
    LOGIN,
    LOGOUT,
    OBSERVER,
    OK,
    OUTCOMES,
    PEEK,
    UNKNOWN,
    WRITE,
    History,
    Operation,
    token,
)

_EVER: Final = 2**63
POINTS_MAX: Final = 400
"""Points that a curve keeps: more than a picture can show."""


class Figure(Struct):
    """One measurement: its name, the unit of its numbers, who saw it, and the value."""

    name: str
    unit: str
    source: str
    value: Any


def figures_of(history: History) -> list[Figure]:
    """Make every figure that a history holds."""
    return [
        Figure("behind", "copies", "observers", behind(history)),
        Figure("spread", "share of copies", "observers", spread(history)),
        Figure("lag", "us", "observers", lag(history)),
        Figure("requests", "requests", "clients", requests(history)),
        Figure("costs", "sessions", "clients", costs(history)),
        Figure("clocks", "us", "the world, and clients", clocks(history)),
        Figure("availability", "requests", "clients", availability(history)),
        Figure("latency", "us", "clients", latency(history)),
        Figure("errors", "requests", "clients", errors(history)),
    ]


class _Probed:
    """A session of which observers peeked at copies.

    Attributes:
        begun: when its login was answered, None where no login was.
        ending: when the first logout, or login that replaced it, was asked for, whatever came of it.
        ended: when the first of those was acknowledged.
        writes: acknowledged writes by key, in the order of their answers; without keys that were ever deleted, whose
            absence says nothing.
        peeks: in the order of asking.
    """

    def __init__(self) -> None:
        self.begun: int | None = None
        self.ending: int | None = None
        self.ended: int | None = None
        self.writes: dict[str, list[Operation]] = {}
        self.peeks: list[Operation] = []

    def take(self, operation: Operation) -> None:
        """Note a change that was asked for with its id."""
        if operation.op == LOGIN and operation.outcome == OK:
            self.begun = operation.answered
        elif operation.op == LOGOUT:
            self.end_with(operation)
        elif operation.op == WRITE and operation.outcome == OK and operation.key is not None:
            self.writes.setdefault(operation.key, []).append(operation)

    def end_with(self, operation: Operation) -> None:
        """Note what may have ended it."""
        if operation.outcome in (OK, UNKNOWN):
            self.ending = min(operation.asked, operation.asked if self.ending is None else self.ending)
        if operation.outcome == OK and operation.answered is not None:
            self.ended = min(operation.answered, operation.answered if self.ended is None else self.ended)


def behind(history: History) -> dict[str, list[tuple[int, int]]]:
    """Count, for each node over time, the copies that it held older than the newest acknowledged change.

    Args:
        history: of the run.

    Returns:
        By node, a step series of [time in µs, copies behind]: of the sessions at whose copies observers peeked, those
        whose last peek on this node missed the login, a write or the end. Cost: O(n log n).
    """
    written = _written(history)
    events: list[tuple[int, str, str, bool]] = []
    for name, probed in _probed(history).items():
        events += [(peek.asked, peek.node, name, _is_behind(probed, peek, written)) for peek in probed.peeks]
    steps: dict[str, list[tuple[int, int]]] = {node: [] for node in history.header.nodes}
    late: dict[str, dict[str, None]] = {node: {} for node in history.header.nodes}
    for t, node, name, is_behind in sorted(events):
        if is_behind:
            late[node][name] = None
        else:
            late[node].pop(name, None)
        _step(steps[node], t, len(late[node]))
    return steps


def spread(history: History) -> dict[str, Any]:
    """Tell how the copies of a write spread over the nodes.

    Returns:
        probes: acknowledged writes whose copies observers looked for; nodes: how many nodes there are; curve: for a
        delay in µs since the answer, the share (0..1) of the copies that were there. The writer's own copy counts.
    """
    delays = _delays(history)
    copies = sorted(delay for found in delays for delay in found)
    wanted = len(delays) * len(history.header.nodes)
    curve = [(delay, (position + 1) / wanted) for position, delay in enumerate(copies)]
    curve = [point for point, after in pairwise([*curve, (-1, 0.0)]) if point[0] != after[0]]  # the last of each delay
    return {"probes": len(delays), "nodes": len(history.header.nodes), "curve": _thinned(curve)}


def lag(history: History) -> dict[str, int | None]:
    """Tell the time from the answer to a write to its last copy: percentiles in µs, over writes seen on every node."""
    nodes = len(history.header.nodes)
    lags = sorted(max(found) for found in _delays(history) if len(found) == nodes)
    shares = {"p50_us": 50, "p95_us": 95, "p99_us": 99, "max_us": 100}
    return {name: _percentile(lags, percent) for name, percent in shares.items()} | {"samples": len(lags)}


def requests(history: History) -> dict[str, Any]:
    """Count the requests of users' clients by outcome, in all and by node, with sessions, logins and logouts."""
    counts = dict.fromkeys(OUTCOMES, 0)
    by_node = {node: dict.fromkeys(OUTCOMES, 0) for node in history.header.nodes}
    sessions: dict[str, None] = {}
    logins = logouts = 0
    for operation in history.operations:
        if operation.by == OBSERVER:
            continue
        counts[operation.outcome] += 1
        by_node[operation.node][operation.outcome] += 1
        if operation.outcome == OK:
            logins += operation.op == LOGIN
            logouts += operation.op == LOGOUT
            if operation.op == LOGIN and operation.session is not None:
                sessions[operation.session] = None
    return {
        "total": sum(counts.values()),
        **counts,
        "by_node": by_node,
        "sessions": len(sessions),
        "logins": logins,
        "logouts": logouts,
    }


def _written(history: History) -> dict[Any, Operation]:
    return {token(operation.value): operation for operation in history.operations if operation.op == WRITE}


def _probed(history: History) -> dict[str, _Probed]:
    """Gather the sessions at whose copies observers peeked, with their acknowledged changes."""
    found: dict[str, _Probed] = {}
    for operation in history.operations:
        if operation.op == PEEK and operation.outcome != UNKNOWN and operation.session is not None:
            found.setdefault(operation.session, _Probed()).peeks.append(operation)
    deleted: dict[tuple[str, str], None] = {}
    for operation in history.operations:
        if operation.replaced is not None and operation.replaced in found:
            found[operation.replaced].end_with(operation)
        if operation.session is not None and operation.session in found:
            found[operation.session].take(operation)
            if operation.op == DELETE and operation.key is not None:
                deleted[operation.session, operation.key] = None
    for session, key in deleted:
        found[session].writes.pop(key, None)
    for probed in found.values():
        probed.peeks.sort(key=_asked)
        for writes in probed.writes.values():
            writes.sort(key=_answered)
    return found


def _asked(operation: Operation) -> int:
    return operation.asked


def _answered(operation: Operation) -> int:
    return operation.asked if operation.answered is None else operation.answered


def _shown(peek: Operation, key: str, written: dict[Any, Operation]) -> Operation | None:
    """Tell which write a copy shows under a key."""
    if not peek.data or key not in peek.data:
        return None
    return written.get(token(peek.data[key]))


def _is_behind(probed: _Probed, peek: Operation, written: dict[Any, Operation]) -> bool:
    alive = peek.outcome == OK and not peek.ended
    if probed.ended is not None and probed.ended <= peek.asked:
        return alive
    if probed.ending is not None and probed.ending <= _answered(peek):
        return False
    if not alive:
        return probed.begun is not None and probed.begun <= peek.asked and not peek.ended
    for key, writes in probed.writes.items():
        done = bisect_right(writes, peek.asked, key=_answered)
        if done:
            shown = _shown(peek, key, written)
            if shown is None or (shown is not writes[done - 1] and _answered(shown) < writes[done - 1].asked):
                return True
    return False


def _delays(history: History) -> list[list[int]]:
    """Find, for each acknowledged write that observers looked for, how long after its answer each node showed it.

    A copy that shows a newer write shows the older ones too. A write replaced before anybody looked is no probe.
    """
    written = _written(history)
    found = []
    for probed in _probed(history).values():
        looks = [peek.asked for peek in probed.peeks]
        for key, writes in probed.writes.items():
            delays: list[list[int]] = [[] for _ in writes]
            position = {write.id: place for place, write in enumerate(writes)}
            reached = dict.fromkeys(history.header.nodes, 0)  # by node: how many of the writes its copies have shown
            for peek in probed.peeks:
                shown = _shown(peek, key, written)
                if shown is None:
                    continue
                upto = position.get(shown.id)
                upto = bisect_right(writes, shown.asked, key=_answered) if upto is None else upto + 1
                for place in range(reached[peek.node], upto):
                    delays[place].append(max(peek.asked - _answered(writes[place]), 0))
                reached[peek.node] = max(reached[peek.node], upto)
            for place, write in enumerate(writes):
                until = writes[place + 1].asked if place + 1 < len(writes) else None
                first = bisect_right(looks, _answered(write))
                if first < len(looks) and (until is None or looks[first] < until):
                    found.append(delays[place])
    return found


def _step(series: list[tuple[int, int]], t: int, value: int) -> None:
    """Add a value to a step series; equal neighbours are one step, and of one instant only the last counts."""
    if series and series[-1][0] == t:
        series.pop()
    if not series or series[-1][1] != value:
        series.append((t, value))


def _thinned(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    if len(curve) <= POINTS_MAX:
        return curve
    return [curve[position * (len(curve) - 1) // (POINTS_MAX - 1)] for position in range(POINTS_MAX)]


def _percentile(ordered: list[int], percent: int) -> int | None:
    """Tell the smallest value that at least that share of all does not exceed."""
    if not ordered:
        return None
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def clocks(history: History) -> dict[str, dict[str, Any]]:
    """Tell whose clocks were off, and what nodes answered to clients by a clock beyond the contract's bound.

    Returns:
        By node whose clock was ever off: farthest_us, how far at most, negative when behind; beyond_us, how long it was
        off by more than the contract allows; and of what clients asked it meanwhile, by operation, how much it did
        (`answered`: definitely) and how much it refused to do (`refused`: the outcome is unknown).
    """
    bound = history.header.contract.clock_skew_us
    end = max([operation.asked for operation in history.operations], default=0)
    seen: dict[str, dict[str, Any]] = {}
    beyond: dict[str, list[tuple[int, int]]] = {}
    told = sorted(history.clocks, key=lambda clock: (clock.clock, clock.t))
    for position, clock in enumerate(told):
        later = told[position + 1] if position + 1 < len(told) and told[position + 1].clock == clock.clock else None
        until = _EVER if later is None else later.t
        node = seen.setdefault(clock.clock, {"farthest_us": 0, "beyond_us": 0, "answered": {}, "refused": {}})
        node["farthest_us"] = max(node["farthest_us"], clock.offset_us, key=abs)
        if abs(clock.offset_us) > bound:
            node["beyond_us"] += max(0, min(until, end) - clock.t)
            beyond.setdefault(clock.clock, []).append((clock.t, until))
    for operation in history.operations:
        spans = beyond.get(operation.node)
        if spans is None or operation.by == OBSERVER:
            continue
        position = bisect_right(spans, (operation.asked, _EVER)) - 1
        if position >= 0 and operation.asked < spans[position][1]:
            what = "refused" if operation.outcome == UNKNOWN else "answered"
            count = seen[operation.node][what]
            count[operation.op] = count.get(operation.op, 0) + 1
    return seen
