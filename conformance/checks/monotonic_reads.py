"""Monotonic reads: what a client has seen, it does not see undone."""

from conformance.checks.copies import Copies
from conformance.checks.findings import at, shown
from conformance.checks.guarantees import Reads, Stale, by_client, may_be_deleted
from conformance.checks.index import Index, Session, answered, surely_before
from conformance.history import OK, READ, Operation
from conformance.verdict import Finding

NAME = "monotonic_reads"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-2"]
PROMISE = "With routing, or on one node throughout, a client's read shows nothing older than its earlier reads did."


def monotonic_reads(index: Index) -> Finding:
    """Find reads that show something older than an earlier read of the same client (REQ-ROUT-1, REQ-ROUT-2).

    Of two reads of one browser in one session, the second asked for after the first was answered, convicts the second
    if it shows a value written definitely before the one that the first showed, or lacks the key though no delete may
    come after that write. An absence that was read says nothing about later reads: it may be older than every write.
    Only where the guarantee is promised (protocol, part 4); elsewhere `not promised`, with rate and longest staleness.

    Overlapping tabs have no order. Unknown outcomes: a value of such a write may be seen at any time after its asking,
    so showing it never convicts; once seen it had happened, so what is older convicts afterwards, unless a node crashed
    meanwhile and took it along. An absence that a delete of unknown outcome explains convicts nobody.

    Judged: reads after an earlier read of the same client that showed a value. Cost: O(n log n).
    Source: Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994).
    """
    reads = Reads(index)
    for session, only_denials in reads.count("after_a_value"):
        if only_denials:
            continue
        for operations in by_client(session.operations):
            shown = [o for o in operations if o.op == READ and o.outcome == OK and o.data is not None]
            _judge(index, session, shown, reads)
    return reads.conclude(NAME, REQUIREMENTS, PROMISE)


def _judge(index: Index, session: Session, operations: list[Operation], reads: Reads) -> None:
    """Judge one client's reads of one session, in the order of their asking."""
    newest: dict[str, tuple[Operation, Operation]] = {}  # by key: the newest write seen, and the read that saw it
    pending: list[Operation] = []
    for read in operations:
        if pending:
            pending = _take(index, session, pending, read, newest)
        if newest:
            reads.judge(read, _undone(session, read, newest, reads.copies))
        pending.append(read)


def _take(
    index: Index,
    session: Session,
    pending: list[Operation],
    read: Operation,
    newest: dict[str, tuple[Operation, Operation]],
) -> list[Operation]:
    """Keep what reads answered before this one showed, the newest of each key; return the reads that were not yet."""
    later = []
    for earlier in pending:
        if not surely_before(earlier, read):
            later.append(earlier)
            continue
        for name, value in (earlier.data or {}).items():
            write = index.writer(value)
            if write is None or write.session != session.id or write.key != name:
                continue
            held = newest.get(name)
            if held is None or held[0].asked < write.asked:
                newest[name] = (write, earlier)
    return later


def _undone(
    session: Session, read: Operation, newest: dict[str, tuple[Operation, Operation]], copies: Copies
) -> Stale | None:
    """Find a write that an earlier read of the client showed and this one takes back."""
    data = read.data or {}
    for name, (newer, earlier) in newest.items():
        write = None
        if name in data:
            write = copies.index.writer(data[name])
            right = write is None or write is newer or write.session != session.id or not surely_before(write, newer)
        else:
            right = may_be_deleted(copies, session, name, newer, read)
        if not right and not copies.lost_rightly(newer, answered(read)):
            text = "{} showed {}, and {} had shown the newer {!r} to the same client"
            values = (at(read), shown(read, name), at(earlier), newer.value)
            return Stale(earlier, newer, write, text, values)
    return None
