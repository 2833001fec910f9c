"""What shows that a session has ended: evidence that a client holds, not what may explain an absence."""

from msgspec import Struct

from conformance.checks.copies import Copies
from conformance.checks.index import Index, Session, answered
from conformance.history import DENIED, ENDED, LOGOUT, OK, PEEK, Operation


class End(Struct):
    """One operation after whose answer a session is over.

    Attributes:
        operation: the logout, login, revocation, or denial that said so.
        settled: from when on every node must know, µs.
        at_once: whether the node that answered must know from its answer on: not where it revoked a session that it
            may not have met yet.
    """

    operation: Operation
    settled: int
    at_once: bool


def sure_ends(index: Index, session: Session) -> list[End]:
    """Collect the evidence that a session has ended, in the order of its answers, the first of each life of a node.

    A logout that was acknowledged; a denial with `ended` or `expired`, which is final (not by a node whose clock was
    off); an acknowledged login that had sent the cookie along, to a node that must have known the session (one that has
    no record takes the id for any stranger's); an acknowledged revocation that surely fell after the login. Unknown
    outcomes are no evidence. Cost: O(n log n) in the operations of the session.
    """
    candidates = [(o, True) for o in session.operations if _says_over(index, o)]
    if session.replacing:
        sent = [o for o in session.replacing if o.outcome == OK and o.session != session.id]
        candidates += [(o, True) for o in sent if _must_know(index, session, o)]
    if revocations := index.revocations(session):
        candidates += [(o, _must_know(index, session, o)) for o in revocations]
    return _first_of_each_life(index, candidates)


def revocations_as_ends(index: Index, session: Session) -> list[End]:
    """Collect the acknowledged revocations that surely fell after the login of a session, as `sure_ends` does."""
    return _first_of_each_life(index, [(o, _must_know(index, session, o)) for o in index.revocations(session)])


def _first_of_each_life(index: Index, candidates: list[tuple[Operation, bool]]) -> list[End]:
    timeline = index.timeline
    candidates.sort(key=lambda candidate: answered(candidate[0]))
    ends: list[End] = []
    seen: dict[tuple[str, int, bool], None] = {}
    for operation, at_once in candidates:
        place = (operation.node, timeline.life(operation.node, operation.asked), at_once)
        if place not in seen:
            seen[place] = None
            ends.append(End(operation, timeline.settled(answered(operation)), at_once))
    return ends


def _must_know(index: Index, session: Session, operation: Operation) -> bool:
    """Say whether the node that was asked must have known the session: it began it, or its login was settled.

    A node that has met no other since its start knows nothing of what was settled among those.
    """
    login, timeline = session.login, index.timeline
    if login is None or answered(login) >= operation.asked:
        return False
    node = operation.node
    if node == login.node and timeline.life(node, login.asked) == timeline.life(node, answered(operation)):
        return True
    if timeline.settled(answered(login)) >= operation.asked:
        return False
    return not Copies(index).has_met_nobody(operation, login)


def _says_over(index: Index, operation: Operation) -> bool:
    if operation.op == LOGOUT and operation.outcome == OK:
        return True
    if operation.outcome != DENIED or operation.op == PEEK:
        return False
    if operation.why == ENDED:
        return not index.timeline.clock_off(operation.node, operation.asked, answered(operation))
    return index.says_expired(operation)


def end_known_to(copies: Copies, ends: list[End], operation: Operation, *, everywhere: bool = True) -> End | None:
    """Find the end that an answering node must have known when it was asked.

    On the node that told the end, in the same life: from its answer on. On any other: once it is settled, or with
    routing at once while nothing disturbed the nodes. An end that may have been lost with its node convicts nobody.

    Args:
        copies: the rules.
        ends: of this session, in the order of their answers.
        operation: what was asked later.
        everywhere: False where only one node's promises stand (`store: local`).

    Returns:
        The first such end, None if the node may not have known.
    """
    timeline = copies.timeline
    for end in ends:
        told = end.operation
        if told is operation or answered(told) >= operation.asked:
            break
        here = (
            end.at_once
            and told.node == operation.node
            and timeline.life(told.node, told.asked) == timeline.life(told.node, answered(operation))
        )
        if here:
            return end
        if not everywhere:
            continue
        due = end.settled < operation.asked
        due = due or (copies.routing and timeline.calm(told.asked, answered(operation)))
        if due and not copies.excused(told, answered(operation)):
            return end
    return None
