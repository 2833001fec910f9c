"""Convergence: within the contract's bound every node shows the same, newest copy."""

from operator import attrgetter

from conformance.checks.copies import Copies, is_alive
from conformance.checks.ends import End, sure_ends
from conformance.checks.findings import Convictions, at, conclude, counted, seconds, shown
from conformance.checks.index import Index, Session, answered
from conformance.checks.quiet import Quiet
from conformance.history import CLUSTER, OBSERVER, PEEK, READ, UNKNOWN, Operation
from conformance.verdict import Finding

NAME = "convergence"
REQUIREMENTS = ["REQ-REPL-1", "REQ-REPL-2", "REQ-REPL-6", "REQ-REPL-7", "REQ-REPL-9"]


def convergence(index: Index) -> Finding:
    """Find copies older than the contract's bound, and nodes that do not agree (REQ-REPL-1, -2, -6, -7, -9).

    Seen by observers alone: their reads, and peeks, never a user's read, which moves activity (protocol, part 4). What
    was answered at some instant is *settled* `converge` after the last of answer, heal, resume and ready, `detect`
    later where membership had changed. Of copies asked for after that, convicts one that lacks the session although
    nothing can have ended it; one that is alive after an end; one that shows an older value than an acknowledged write
    or delete, or lacks the key although no delete explains it; and two copies that differ although nothing changed
    between them and every change was settled before both.

    Unknown outcomes: a copy that shows one, or that one may explain, agrees with anything; it never convicts.
    Updates of one key without an order (protocol, part 4) may win in either order, but in one and the same everywhere.
    A node that is down answers nothing and is exempt; one that returned counts from its ready. What was lost as part 4
    allows (see durability) convicts nobody here.

    Judged: observers' reads of sessions whose login was settled, that showed the session alive or came after an end
    that was settled too; peeks where there are no such reads. That no node knows a session whose time may be over
    agrees with the rule and shows nothing of it. A bound longer than the run leaves nothing settled, and the check is
    vacuous. With `store: local` nothing of this is promised.
    Cost: O(n log n) in the operations of the observed sessions. Source: eventual delivery with a bound, as in
    Bailis and Ghodsi, "Eventual Consistency Today" (2013).
    """
    contract = index.contract
    convictions, copies = Convictions(), Copies(index)
    judged = {READ: 0, PEEK: 0}
    sessions = 0
    for session in index.sessions.values():
        login = session.login
        if not session.observed or login is None:
            continue
        observed = [o for o in session.operations if _is_observed(o)]
        observed.sort(key=attrgetter("asked", "node", "id"))  # the order of the file decides nothing
        due = [o for o in observed if o.asked > index.timeline.settled(answered(login))]
        ends = sure_ends(index, session) if due else []
        over_from = min((end.settled for end in ends), default=None)
        told = [o for o in due if is_alive(o) or (over_from is not None and over_from < o.asked)]
        sessions += bool(told)
        for copy in told:
            judged[copy.op] += 1
        _judge(session, due, ends, copies, convictions)
    seen = f"{counted(judged[READ], 'read')} by observers and {counted(judged[PEEK], 'peek')}"
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Every node shows the newest copy {seconds(contract.converge_us)} after the last answer, heal, resume or ready"
        f" ({seconds(contract.converge_us + contract.detect_us)} where membership had changed).",
        convictions,
        judged=judged[READ] or judged[PEEK],
        held=f"{seen} of {counted(sessions, 'session')} showed one copy, the newest",
        promised=index.header.store == CLUSTER,
        figures={
            "peeks_judged": judged[PEEK],
            "updates_unordered": len(copies.unordered),
        },
    )


def _is_observed(operation: Operation) -> bool:
    if operation.outcome == UNKNOWN:
        return False
    return operation.op == PEEK or (operation.op == READ and operation.by == OBSERVER)


def _judge(session: Session, due: list[Operation], ends: list[End], copies: Copies, convictions: Convictions) -> None:
    """Judge the settled copies of one session, in the order in which they were asked for."""
    if not due:
        return
    quiet = Quiet(session, copies)
    for copy in due:
        if is_alive(copy):
            stale = next((end for end in ends if end.settled < copy.asked), None)
            if stale is not None and not copies.excused(stale.operation, answered(copy)):
                text = "{} showed session {} alive, {} after {} had ended it"
                late = seconds(copy.asked - answered(stale.operation))
                convictions.add((stale.operation, copy), text, at(copy), session.id, late, at(stale.operation))
                continue
        elif (login := copies.missing(session, copy)) is not None:
            text = "{} showed no session {}, {} after {} had begun it"
            late = seconds(copy.asked - answered(login))
            convictions.add((login, copy), text, at(copy), session.id, late, at(login))
            continue
        contradicted = copies.contradictions(session, copy) if is_alive(copy) else []
        for update, name in contradicted:
            text = "{} of session {} showed {}, {} after {}"
            late = seconds(copy.asked - answered(update))
            convictions.add((update, copy), text, at(copy), session.id, shown(copy, name), late, at(update))
        if not contradicted:
            for other, what in quiet.differing(copy):
                text = "{} and {} of session {} differ in {}, and nothing changed it in between"
                convictions.add((other, copy), text, at(other), at(copy), session.id, what)
