"""Cold join: a node that says ready knows every session that had time to become known."""

from conformance.checks.copies import Copies, holds_none
from conformance.checks.findings import Convictions, at, conclude, counted, seconds
from conformance.checks.index import Index, Session, answered
from conformance.history import CLUSTER, MEMBERS, OK, PEEK, STATUS, Operation
from conformance.verdict import Finding

NAME = "cold_join"
REQUIREMENTS = ["REQ-REPL-8", "REQ-FAIL-3", "REQ-REVOC-7"]
NEEDS = "restart"


def cold_join(index: Index) -> Finding:
    """Find nodes that said ready and did not know a session acknowledged long before (REQ-REPL-8, REQ-FAIL-3).

    A node that starts, or returns, says ready once it has been given what the others hold. Convicts an answer
    `no-session`, or a peek that shows no copy, that was asked for after the node said so, in the same life, about a
    session whose login had settled among the other nodes before (`converge` after its answer, as nothing else delayed
    it), and which nothing, time included, can have ended. No bound runs from the ready: who says it, says it knows.

    Excused: a cut or a pause between `detect + converge` before the ready and the ready, since the node may have met
    nobody, or only one side; what part 4 allows to be lost (see durability); a node that has met nobody since its
    start. Unknown outcomes: a login of unknown outcome need not be known, an end of unknown outcome explains, and 503
    is no answer.

    Judged: answers about such sessions from nodes that had joined. A return after a crash counts with the feature
    `restart` only; with `store: local` nothing of this is promised. Cost: O(n log n).
    """
    convictions, copies = Convictions(), Copies(index)
    judged, joined = 0, dict[tuple[str, int], None]()
    latest = max((ready.t for ready in index.history.readies), default=0)
    for session in index.sessions.values():
        login = session.login
        if login is None or answered(login) + index.contract.converge_us >= latest:
            continue
        for operation in session.operations:
            if not _about_the_session(operation, copies):
                continue
            ready = _joined(index, login, operation)
            if ready is None:
                continue
            judged += 1
            joined[operation.node, ready] = None
            if _knows_nothing(index, session, login, operation, copies):
                text = "{} knew no session {}, although {} had begun it {} before {} said ready"
                before = seconds(ready - answered(login))
                values = (at(operation), session.id, at(login), before, operation.node)
                convictions.add((login, operation), text, *values)
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"A node that says ready knows every session acknowledged {seconds(index.contract.converge_us)} before.",
        convictions,
        needs=NEEDS,
        judged=judged,
        held=f"{counted(judged, 'answer')} after {counted(len(joined), 'join')} knew sessions begun before",
        promised=index.header.store == CLUSTER,
        figures={"joins": len(joined)},
    )


def _about_the_session(operation: Operation, copies: Copies) -> bool:
    if operation.op in (MEMBERS, STATUS):
        return False
    return operation.outcome == OK or holds_none(copies.index, operation)


def _joined(index: Index, login: Operation, operation: Operation) -> int | None:
    """Tell when the answering node had joined, if it did so after everybody else knew of the session."""
    timeline, contract, node = index.timeline, index.contract, operation.node
    ready = timeline.ready_since(node, operation.asked)
    if ready is None or answered(login) + contract.converge_us >= ready:
        return None
    if timeline.was_away(node, ready) and "restart" not in index.header.features:
        return None
    if timeline.life(node, ready + 1) != timeline.life(node, answered(operation)):
        return None
    if timeline.settled_among_others(node, answered(login)) >= ready:
        return None
    return None if timeline.divided(ready - contract.detect_us - contract.converge_us, ready) else ready


def _knows_nothing(index: Index, session: Session, login: Operation, operation: Operation, copies: Copies) -> bool:
    if operation.op == PEEK and operation.outcome == OK:
        return False  # a copy that has ended is a copy
    if not holds_none(index, operation) or operation.why == "ended":
        return False
    if index.may_have_ended(session, answered(operation)) or copies.excused(login, answered(operation)):
        return False
    if index.timeline.clock_off(operation.node, operation.asked, answered(operation)):
        return False
    return not copies.has_met_nobody(operation, login)
