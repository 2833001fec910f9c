"""Read your writes: a client sees what it was told it had written."""

from conformance.checks.copies import Copies, holds_none
from conformance.checks.findings import at, shown
from conformance.checks.guarantees import Reads, Stale, by_client, may_be_deleted
from conformance.checks.index import Index, Session, answered, surely_before
from conformance.history import DELETE, LOCAL, NO_SESSION, OK, READ, WRITE, Operation
from conformance.verdict import Finding

NAME = "read_your_writes"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-7"]
PROMISE = "With routing, or on one node throughout, a client's read shows its own acknowledged writes or newer ones."


def read_your_writes(index: Index) -> Finding:
    """Find reads that miss the client's own acknowledged writes (REQ-ROUT-1, REQ-ROUT-7).

    Of a browser's reads asked for after its own write, delete or login was answered, convicts one that shows a value
    written definitely before the own write or delete; one that lacks the key, unless a delete may come after the write;
    and any answer `no-session`, unless the session may have ended, or is kept on one node alone (`store: local`), which
    forgets it with its life and for want of room. Only where the guarantee is promised (protocol, part 4); elsewhere
    `not promised`, with rate and longest staleness as figures.

    Overlapping tabs have no order. Unknown outcomes: an own write of unknown outcome need not be seen; a value of one,
    or an absence that a delete of one explains, may be seen at any time after its asking. A write that part 4 allows to
    be lost (see durability) convicts nobody.

    Judged: reads after an own acknowledged operation, those to which it is promised if any are.
    Cost: O(n log n). Source: Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994).
    """
    reads = Reads(index)
    for session, only_denials in reads.count("reads"):
        login, plain = session.login, session.plain
        for operations in by_client(plain.denied if plain is not None and only_denials else session.operations):
            own = login if login is not None and operations[0].client == login.client else None
            _judge(session, operations, own, reads)
    return reads.conclude(NAME, REQUIREMENTS, PROMISE)


def _judge(session: Session, operations: list[Operation], login: Operation | None, reads: Reads) -> None:
    """Judge one client's answers from one session."""
    copies = reads.copies
    newest: dict[str, Operation] = {}
    pending: list[Operation] = []  # own updates that may yet overlap the next read
    for operation in operations:
        if operation.outcome == OK and operation.op == READ:
            if pending:
                pending = _take(pending, operation, newest)
            if newest:
                reads.judge(operation, _missed(session, operation, newest, copies))
            elif login is not None and surely_before(login, operation):
                reads.judge(operation, None)
        elif login is not None and holds_none(copies.index, operation) and surely_before(login, operation):
            reads.judge(operation, _missed_login(session, operation, login, copies))
        elif operation.outcome == OK and operation.op in (WRITE, DELETE):
            pending.append(operation)


def _take(pending: list[Operation], read: Operation, newest: dict[str, Operation]) -> list[Operation]:
    """Move what was answered before the read to the newest update of its key; return what was not."""
    later = []
    for update in pending:
        if not surely_before(update, read):
            later.append(update)
        elif update.key is not None and ((held := newest.get(update.key)) is None or held.asked < update.asked):
            newest[update.key] = update
    return later


def _missed(session: Session, read: Operation, newest: dict[str, Operation], copies: Copies) -> Stale | None:
    """Find an own update that a read should have shown and did not."""
    data = read.data
    if data is None:
        return None
    for name, update in newest.items():
        write = None
        if name in data:
            write = copies.index.writer(data[name])
            right = write is None or write is update or write.session != session.id or not surely_before(write, update)
        else:
            right = update.op == DELETE or may_be_deleted(copies, session, name, update, read)
        if not right and not copies.excused(update, answered(read)):
            text = "{} showed {} to the client that had been told that {} was done"
            return Stale(update, update, write, text, (at(read), shown(read, name), at(update)))
    return None


def _missed_login(session: Session, denied: Operation, login: Operation, copies: Copies) -> Stale | None:
    """Tell whether a denial should have been an answer from the session that its client had begun."""
    if copies.index.header.store == LOCAL and denied.why == NO_SESSION:
        return None
    if copies.index.may_have_ended(session, answered(denied)) or copies.excused(login, answered(denied)):
        return None
    if copies.timeline.clock_off(denied.node, denied.asked, answered(denied)):
        return None
    text = "{} was denied with {!r} to the client that had been told that {} was done"
    return Stale(login, login, None, text, (at(denied), denied.why, at(login)))
