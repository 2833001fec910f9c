"""Sessions of which it can be seen at one glance that every read showed what had been written before it.

Most sessions of most runs are like that: one browser, one thing after another, and each read shows the data just as the
earlier updates left them. No check on data can find anything there, so they only count; what is not plain they look at
closely. One pass over the operations of a session, made while they are at hand: later passes would cost more in waiting
for memory than in work.
"""

from typing import Any

from msgspec import Struct

from conformance.history import DELETE, OBSERVER, OK, PEEK, READ, UNKNOWN, WRITE, Operation


class Plain(Struct):
    """What there is to count in such a session; the numbers are those that a closer look would give.

    Attributes:
        client: whose session it is.
        reads: its reads.
        after_a_value: those asked for after an earlier read that showed a value was answered.
        after_two_updates: those that show an update before which its client had been told of another.
        after_a_read: those that show an update before which its client had read a value.
        told: when the login and each update of a key were answered.
        denied: what was denied, which is no matter of data.
        last_read: the last read.
        heard: when the last of its operations that were `ok` was answered.
    """

    client: str
    reads: int
    after_a_value: int
    after_two_updates: int
    after_a_read: int
    told: list[int]
    denied: list[Operation]
    last_read: Operation | None
    heard: int


def plain(login: Operation, operations: list[Operation]) -> Plain | None:  # noqa: C901, PLR0912 - one pass, no calls
    """Replay a session, update by update.

    Args:
        login: the acknowledged login that began it.
        operations: all others, in the order in which they were asked.

    Returns:
        The counts; None if any outcome is unknown, another client took part, an update overlaps anything, or a read
        shows other data than the updates before it left.
    """
    client = login.client
    updated = heard = login.answered or login.asked
    data: dict[str, Any] = {}
    first = last = last_read = None  # updates: the first ever, the newest whose value is still there
    value_heard: int | None = None
    found = Plain(client, 0, 0, 0, 0, [updated], [], None, 0)
    for operation in operations:
        op, outcome = operation.op, operation.outcome
        if op == PEEK:
            continue
        if outcome != OK:
            if outcome == UNKNOWN:
                return None
            found.denied.append(operation)
            continue
        asked, answered = operation.asked, operation.answered
        if answered is None or operation.client != client:
            return None
        if op == READ:
            if asked <= updated or operation.data != data:
                return None
            if value_heard is not None and asked > value_heard:
                found.after_a_value += 1
            if last is not None:
                found.after_two_updates += last is not first
                found.after_a_read += value_heard is not None and last.asked > value_heard
            if data and (value_heard is None or answered < value_heard):
                value_heard = answered
            found.reads += 1
            last_read = operation
        else:
            if asked <= heard:
                return None
            if op == WRITE:
                last = operation
                first = first or operation
                found.told.append(answered)
                data[operation.key] = operation.value  # type: ignore[index]  # a write has a key: conformance.reading
            elif op == DELETE:
                first = first or operation
                found.told.append(answered)
                data.pop(operation.key, None)  # type: ignore[arg-type]
                last = _newest(data, operations) if last is not None and last.key == operation.key else last
            updated = answered
        heard = max(heard, answered)
    found.last_read, found.heard = last_read, heard
    if login.by == OBSERVER:  # the client's guarantees are those of browsers
        found.reads = found.after_a_value = found.after_two_updates = found.after_a_read = 0
    return found


def _newest(data: dict[str, Any], operations: list[Operation]) -> Operation | None:
    """Find the newest write whose value is there; O(n), after a delete of the newest one only."""
    writes = (o for o in reversed(operations) if o.op == WRITE and o.outcome == OK)
    return next((o for o in writes if o.key in data and data[o.key] is o.value), None)
