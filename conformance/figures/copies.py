"""Figures of the copies that observers saw: how far nodes were behind, how copies spread, how long the last one took.

Peeks show the copies as they are; a delay is known as finely as observers peek. Pure functions of a history.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from conformance.history import (
    DELETE,
    LOGIN,
    LOGOUT,
    OK,
    PEEK,
    UNKNOWN,
    WRITE,
    Contract,
    History,
    Lifetime,
    Operation,
    token,
)

_EVER: Final = 2**63
POINTS_MAX: Final = 400
"""Points that a curve keeps: more than a picture can show."""


class Watched(Struct, frozen=True):
    """An acknowledged write that observers looked for: when it was answered, and after how long nodes had it, in µs."""

    answered: int
    delays: list[int]


class _Probed:
    """A session of which observers peeked at copies.

    Attributes:
        begun: when its login was answered, None where no login was.
        ending: when the first logout, or login that replaced it, was asked for, whatever came of it.
        ended: when the first of those was acknowledged.
        writes: acknowledged writes by key, in the order of their answers; without keys that were ever deleted, whose
            absence says nothing.
        peeks: in the order of asking.
        active: when it was asked for what it answered, in order.
    """

    def __init__(self) -> None:
        self.begun: int | None = None
        self.ending: int | None = None
        self.ended: int | None = None
        self.writes: dict[str, list[Operation]] = {}
        self.peeks: list[Operation] = []
        self.active: list[int] = []

    def take(self, operation: Operation) -> None:
        """Note a change that was asked for with its id."""
        if operation.outcome == OK and operation.op != PEEK:
            self.active.append(operation.asked)
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

    def may_have_expired(self, t: int, lifetime: Lifetime, contract: Contract) -> bool:
        """Say whether the contract lets a node drop it at that instant, µs, as its limits are over or nearly so."""
        band = 2 * contract.clock_skew_us
        known = bisect_right(self.active, t)
        if not known:
            return False
        idle, age = t - self.active[known - 1], t - self.active[0]
        too_idle = lifetime.idle_us > 0 and idle >= lifetime.idle_us - band - contract.idle_slack_us
        return too_idle or (lifetime.absolute_us > 0 and age >= lifetime.absolute_us - band)


def behind(history: History) -> dict[str, list[tuple[int, int]]]:
    """Count, for each node over time, the copies that it held older than the newest acknowledged change.

    Args:
        history: of the run.

    Returns:
        By node, a step series of [time in µs, copies behind]: of the sessions at whose copies observers peeked, those
        whose last peek on this node missed the login, a write or the end. A copy that is gone because a limit may have
        been over is not behind. Cost: O(n log n).
    """
    header, written = history.header, _written(history)
    events: list[tuple[int, str, str, bool]] = []
    for name, probed in _probed(history).items():
        for peek in probed.peeks:
            gone = _is_gone(peek) and probed.may_have_expired(_answered(peek), header.lifetime, header.contract)
            events.append((peek.asked, peek.node, name, not gone and _is_behind(probed, peek, written)))
    steps: dict[str, list[tuple[int, int]]] = {node: [] for node in history.header.nodes}
    late: dict[str, dict[str, None]] = {node: {} for node in history.header.nodes}
    for t, node, name, is_behind in sorted(events):
        if is_behind:
            late[node][name] = None
        else:
            late[node].pop(name, None)
        _step(steps[node], t, len(late[node]))
    return steps


def spread(history: History, watched: Sequence[Watched]) -> dict[str, Any]:
    """Tell how the copies of a write spread over the nodes.

    Args:
        history: of the run.
        watched: its `watched_writes`.

    Returns:
        probes: acknowledged writes whose copies observers looked for; nodes: how many nodes there are; curve: for a
        delay in µs since the answer, the share (0..1) of the copies that were there. The writer's own copy counts.
    """
    copies = sorted(delay for write in watched for delay in write.delays)
    wanted = len(watched) * len(history.header.nodes)
    curve = [(delay, (position + 1) / wanted) for position, delay in enumerate(copies)]
    curve = [point for point, after in pairwise([*curve, (-1, 0.0)]) if point[0] != after[0]]  # the last of each delay
    return {"probes": len(watched), "nodes": len(history.header.nodes), "curve": _thinned(curve)}


def lag(history: History, watched: Sequence[Watched]) -> dict[str, int | None]:
    """Tell the time from the answer to a write to its last copy: percentiles in µs, over writes seen on every node."""
    nodes = len(history.header.nodes)
    lags = sorted(max(write.delays) for write in watched if len(write.delays) == nodes)
    shares = {"p50_us": 50, "p95_us": 95, "p99_us": 99, "max_us": 100}
    return {name: _percentile(lags, percent) for name, percent in shares.items()} | {"samples": len(lags)}


def lags(history: History, watched: Sequence[Watched]) -> list[tuple[int, int | None]]:
    """Tell over time how long each write took from its answer to its last copy.

    Args:
        history: of the run.
        watched: its `watched_writes`.

    Returns:
        In order of time: [when the write was answered, the time to its last copy, both in µs; None where a node was
        never seen to have it]. Of many, the slowest of each of POINTS_MAX spans of time.
    """
    nodes = len(history.header.nodes)
    every = sorted((write.answered, max(write.delays) if len(write.delays) == nodes else _EVER) for write in watched)
    if len(every) > POINTS_MAX:
        first, span = every[0][0], every[-1][0] - every[0][0] + 1
        slowest: dict[int, tuple[int, int]] = {}
        for point in every:
            place = (point[0] - first) * POINTS_MAX // span
            slowest[place] = max(point, slowest.get(place, point), key=_delay)
        every = list(slowest.values())
    return [(answered, None if delay == _EVER else delay) for answered, delay in every]


def _delay(point: tuple[int, int]) -> int:
    return point[1]


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
        probed.active.sort()
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


def _is_gone(peek: Operation) -> bool:
    return peek.outcome != OK and not peek.ended


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


def watched_writes(history: History) -> list[Watched]:
    """Find the acknowledged writes that observers looked for, and how long after its answer each node showed it.

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
                    found.append(Watched(_answered(write), delays[place]))
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
