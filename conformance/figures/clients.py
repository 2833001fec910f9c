"""Figures of what users' clients met: how much they asked, how often they were answered, how fast, what went wrong.

Pure functions of a history. Observers are no users.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final

from conformance.beliefs import Beliefs
from conformance.history import DENIED, LOGIN, LOGOUT, OBSERVER, OK, OUTCOMES, REFUSED, UNKNOWN, History, Operation

BUCKETS_MAX: Final = 200
"""Spans of time that a series keeps, however long the run was."""

WITHIN_US: Final = 2_000_000
"""An answer that comes later is none (protocol, part 4)."""

_SECOND_US: Final = 1_000_000
_ERROR: Final = 400


def availability(history: History) -> dict[str, Any]:
    """Count over time how many requests there were, and how many had a definite answer within 2 s.

    Returns:
        bucket_us: the length of a span in whole seconds of µs; buckets: [begin in µs, requests asked, answered] of the
        spans in which something was asked. Answered is 200 or 401; a refusal is an answer, but no service.
    """
    bucket_us, buckets = buckets_of(history)
    return {
        "bucket_us": bucket_us,
        "buckets": [(begin, len(asked), sum(map(_answered, asked))) for begin, asked in buckets],
    }


def latency(history: History) -> dict[str, Any]:
    """Tell over time how long the requests that had an answer took.

    Returns:
        bucket_us: as for `availability`; buckets: [begin in µs, median, 95th, 99th percentile in µs] of the spans in
        which something was answered, whatever the answer.
    """
    bucket_us, buckets = buckets_of(history)
    found = []
    for begin, asked in buckets:
        times = sorted(o.answered - o.asked for o in asked if o.answered is not None)
        if times:
            found.append((begin, *(times[max(-(-len(times) * percent // 100), 1) - 1] for percent in (50, 95, 99))))
    return {"bucket_us": bucket_us, "buckets": found}


def errors(history: History) -> dict[str, dict[str, int]]:
    """Count what went wrong, by the node that a balancer sent it to, and by kind.

    Returns:
        By node, by kind: "unknown" (nobody heard an answer), "refused", or the status of the answer ("503"), in the
        order of their names. A 401 is no error.
    """
    found: dict[str, dict[str, int]] = {node: {} for node in history.header.nodes}
    for operation in _users(history):
        if went_wrong(operation):
            kind = kind_of(operation)
            found[operation.node][kind] = found[operation.node].get(kind, 0) + 1
    return {node: dict(sorted(kinds.items())) for node, kinds in found.items()}


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


def load(history: History, held: Beliefs) -> dict[str, Any]:
    """Count over time what users asked, and how many sessions they held live.

    Args:
        history: of the run.
        held: what its users believed.

    Returns:
        bucket_us: as for `availability`; buckets: [begin in µs, requests asked, sessions live at its end], from the
        start to the last request without a gap.
    """
    bucket_us, buckets = buckets_of(history)
    asked = {begin: len(operations) for begin, operations in buckets}
    lives = list(held.lives())
    begins = sorted(begin for begin, _ in lives)
    ends = sorted(end for _, end in lives if end is not None)
    found = []
    for begin in range(0, max(asked, default=-1) + 1, bucket_us):
        until = begin + bucket_us
        live = bisect_left(begins, until) - bisect_left(ends, until)
        found.append((begin, asked.get(begin, 0), live))
    return {"bucket_us": bucket_us, "buckets": found}


def kind_of(operation: Operation) -> str:
    """Name what went wrong with a request: the status of its answer, "refused", or "unknown" where none was heard."""
    status = operation.status or 0
    return str(status) if status >= _ERROR else operation.outcome


def went_wrong(operation: Operation) -> bool:
    """Say whether a request was refused, or may have happened or not; a 401 is no error."""
    return operation.outcome in (REFUSED, UNKNOWN)


def _users(history: History) -> Iterator[Operation]:
    return (operation for operation in history.operations if operation.by != OBSERVER)


def buckets_of(history: History) -> tuple[int, list[tuple[int, list[Operation]]]]:
    """Sort users' requests into spans of equal length by when they were asked; spans without any are left out."""
    users = list(_users(history))
    span_us = max((operation.asked for operation in users), default=0) + 1
    bucket_us = -(-span_us // (BUCKETS_MAX * _SECOND_US)) * _SECOND_US
    found: dict[int, list[Operation]] = {}
    for operation in users:
        found.setdefault(operation.asked // bucket_us * bucket_us, []).append(operation)
    return bucket_us, sorted(found.items())


def _answered(operation: Operation) -> bool:
    if operation.outcome not in (OK, DENIED) or operation.answered is None:
        return False
    return operation.answered - operation.asked <= WITHIN_US
