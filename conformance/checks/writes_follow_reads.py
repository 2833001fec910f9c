"""Writes follow reads: what a client had read when it wrote is there wherever its write is."""

from conformance.checks.causes import Known, judged_write, undone
from conformance.checks.guarantees import Reads, by_client
from conformance.checks.index import Index, Session
from conformance.history import OK, READ, Operation
from conformance.verdict import Finding

NAME = "writes_follow_reads"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-2"]
PROMISE = "With routing, or on one node throughout, a read that shows a write shows what its writer had read before it."
_TEXT = "{} showed {} and with it what {} had been written after, to the same client, {} had shown something newer"


def writes_follow_reads(index: Index) -> Finding:
    """Find reads that show a write without what its client had read before it (REQ-ROUT-1, REQ-ROUT-2).

    Where a client's read showed a value, and the client then wrote, asking after that read was answered, convicts a
    read that shows the write and, under the key that had been read, a value written definitely before the one read, or
    no key though no delete may come after it. Only where the guarantee is promised, as read-your-writes is (protocol,
    part 4), and to a read of the writer itself unless there is routing; elsewhere `not promised`, with rate and
    longest staleness.

    Overlapping requests have no order. Unknown outcomes: a value of such a write that was read had happened, and so had
    a write of unknown outcome that is shown; gone again they convict, unless a node crashed meanwhile and took them
    along. A value of such a write, or an absence that a delete of unknown outcome explains, convicts nobody.

    Judged: reads that show a write before which its client had read a value. Cost: O(n log n).
    Source: Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994).
    """
    reads = Reads(index)
    for session, only_denials in reads.count("after_a_read"):
        if not only_denials:
            _judge(session, reads)
    return reads.conclude(NAME, REQUIREMENTS, PROMISE)


def _judge(session: Session, reads: Reads) -> None:
    """Judge the reads of one session."""
    known: dict[str, Known] = {}
    shown: list[Operation] = []
    writer = reads.copies.index.writer
    for operations in by_client(session.operations):
        seen = Known()
        for read in operations:
            if read.op != READ or read.outcome != OK or read.data is None:
                continue
            shown.append(read)
            for name, value in read.data.items():
                write = writer(value)
                if write is not None and write.session == session.id and write.key == name:
                    seen.learn(name, write, read)
        seen.arrange()
        known[operations[0].client] = seen
    for read in shown:
        write = judged_write(read, session, known, reads.copies)
        if write is not None:
            reads.judge(read, undone(read, write, session, known[write.client], reads.copies, _TEXT))
