"""Sessions of which it can be seen at one glance that every read showed what had been written before it.

Most sessions of most runs are like that: one browser, one thing after another, and each read shows the data just as the
earlier updates left them. No check on data can find anything there, so they only count; what is not plain they look at
closely. One pass over the operations of a session, made while they are at hand: later passes would cost more in waiting
for memory than in work.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from conformance.checks.settling import NEVER
from conformance.history import DELETE, LOGIN, OBSERVER, OK, PEEK, READ, UNKNOWN, WRITE, Operation

_LONG_AGO: Final = -NEVER


class Plain(Struct):
    """What there is to count in such a session; the numbers are those that a closer look would give.

    Attributes:
        client: whose session it is.
        reads: its reads.
        after_a_value: those asked for after an earlier read that showed a value was answered.
        after_two_updates: those that show an update before which its client had been told of another.
        after_a_read: those that show an update before which its client had read a value.
        told: when the login and each update of a key were answered, in that order.
        denied: what was denied, which is no matter of data.
        last_read: the last read.
        heard: when the last of its operations that were `ok` was answered.
        peeked: whether any node's copy was peeked at.
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
    peeked: bool


def plain(  # noqa: C901, PLR0912 - one pass over millions, without calls and with nothing but local names
    login: Operation, operations: list[Operation], counts: Callable[[int, int], bool] | None = None
) -> Plain | None:
    """Replay a session, update by update.

    Args:
        login: the acknowledged login that began it.
        operations: all others.
        counts: whether a read asked and answered at these instants counts; all of them if not given.

    Returns:
        The counts; None if the operations do not stand in the order in which they were asked, any outcome is unknown,
        another client or login took part, an update overlaps anything, or a read shows other data than the updates
        before it left.
    """
    client = login.client
    updated = heard = login.answered or login.asked
    data: dict[str, Any] = {}
    first = last = last_read = None  # updates: the first ever, the newest whose value is still there
    before = last_asked = _LONG_AGO
    value_heard = NEVER
    reads = after_a_value = after_two_updates = after_a_read = 0
    told, denied, peeked = [heard], [], False
    for operation in operations:
        op, asked, answered = operation.op, operation.asked, operation.answered
        if asked < before:
            return None
        before = asked
        if op == PEEK:
            peeked = True
        elif operation.outcome != OK:
            if operation.outcome == UNKNOWN:
                return None
            denied.append(operation)
        elif answered is None or operation.client != client:
            return None
        elif op == READ:
            if asked <= updated or operation.data != data:
                return None
            if counts is None or counts(asked, answered):
                reads += 1
                after_a_value += asked > value_heard
                if last is not None:
                    after_two_updates += last is not first
                    after_a_read += last_asked > value_heard
            if data and answered < value_heard:
                value_heard = answered
            last_read = operation
            if answered > heard:  # noqa: PLR1730 - a call costs more than all the rest
                heard = answered
        else:
            if asked <= heard or op == LOGIN:
                return None
            if op == WRITE:
                last, last_asked = operation, asked
                first = first or operation
                told.append(answered)
                data[operation.key] = operation.value  # type: ignore[index]  # a write has a key: conformance.reading
            elif op == DELETE:
                first = first or operation
                told.append(answered)
                data.pop(operation.key, None)  # type: ignore[arg-type]
                if last is not None and last.key == operation.key:
                    last = _newest(data, operations)
                    last_asked = _LONG_AGO if last is None else last.asked
            updated = heard = answered
    if login.by == OBSERVER:  # the client's guarantees are those of browsers
        reads = after_a_value = after_two_updates = after_a_read = 0
    return Plain(client, reads, after_a_value, after_two_updates, after_a_read, told, denied, last_read, heard, peeked)


def _newest(data: dict[str, Any], operations: list[Operation]) -> Operation | None:
    """Find the newest write whose value is there; O(n), after a delete of the newest one only."""
    writes = (o for o in reversed(operations) if o.op == WRITE and o.outcome == OK)
    return next((o for o in writes if o.key in data and data[o.key] is o.value), None)
