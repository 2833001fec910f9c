"""Monotonic writes: what a client wrote first is there wherever what it wrote next is."""

from conformance.checks.causes import Known, judged_write, undone
from conformance.checks.guarantees import Reads, by_client
from conformance.checks.index import Index, Session
from conformance.history import DELETE, OK, READ, WRITE, Operation
from conformance.verdict import Finding

NAME = "monotonic_writes"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-7"]
PROMISE = "With routing, or on one node throughout, a read that shows a client's write shows its earlier writes too."
_TEXT = "{} showed {} and with it what {} had been written after, by the same client, {} was done"


def monotonic_writes(index: Index) -> Finding:
    """Find reads that show a client's later write without its earlier one (REQ-ROUT-1, REQ-ROUT-7).

    Of two updates of one client in one session, the second asked for after the first was answered, convicts a read that
    shows the second and, under the first one's key, a value written definitely before the first, or no key though no
    delete may come after it. Only where the guarantee is promised, as read-your-writes is (protocol, part 4), and
    to a read of the client itself unless there is routing; elsewhere `not promised`, with rate and longest staleness.

    Overlapping updates have no order. Unknown outcomes: an update of unknown outcome need not be there, and is no first
    update; a write of unknown outcome that a read shows has happened, so it is a second one. A value of such a write,
    or an absence that a delete of unknown outcome explains, convicts nobody. What part 4 allows to be lost (see
    durability) convicts nobody.

    Judged: reads that show a write before which its client had been told of another update. Cost: O(n log n).
    Source: Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994).
    """
    reads = Reads(index)
    for session, only_denials in reads.count("after_two_updates"):
        if not only_denials:
            _judge(session, reads)
    return reads.conclude(NAME, REQUIREMENTS, PROMISE)


def _judge(session: Session, reads: Reads) -> None:
    """Judge the reads of one session."""
    known: dict[str, Known] = {}
    shown: list[Operation] = []
    for operations in by_client(session.operations):
        own = Known()
        for operation in operations:
            if operation.outcome != OK:
                continue
            if operation.op in (WRITE, DELETE) and operation.key is not None:
                own.learn(operation.key, operation, operation)
            elif operation.op == READ and operation.data is not None:
                shown.append(operation)
        own.arrange()
        known[operations[0].client] = own
    for read in shown:
        write = judged_write(read, session, known, reads.copies)
        if write is not None:
            reads.judge(read, undone(read, write, session, known[write.client], reads.copies, _TEXT))
