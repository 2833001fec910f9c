"""No resurrection: a session that ended stays ended."""

from conformance.checks.copies import Copies
from conformance.checks.ends import end_known_to, sure_ends
from conformance.checks.findings import Convictions, at, conclude, counted, seconds
from conformance.checks.index import Index, answered
from conformance.history import CLUSTER, DELETE, DENIED, LOGOUT, OK, READ, WRITE
from conformance.verdict import Finding

NAME = "no_resurrection"
REQUIREMENTS = ["REQ-REPL-10", "REQ-REVOC-1", "REQ-REVOC-3", "REQ-REVOC-6", "REQ-EXP-14"]
_ASKED_WITHIN = frozenset({READ, WRITE, DELETE, LOGOUT})


def no_resurrection(index: Index) -> Finding:
    """Find answers from a session that a client has seen end (REQ-REPL-10, REQ-REVOC-1, -3, -6, REQ-EXP-14).

    The end is an acknowledged logout; a denial with `ended` or `expired`, which is final; an acknowledged login that
    had sent the session's cookie to a node that must have known it; an acknowledged revocation of its user, more than
    `clock_skew + converge` after its login. Locally: the node that told the end, in the same life of it, answers no
    request that was asked later. Globally: nor does any other once the end is settled, and with routing at once, where
    nothing disturbed the nodes.

    Operations that overlap in time prove nothing: only what was asked after the end was answered counts. Unknown
    outcomes: a logout, login or revocation of unknown outcome is no end; an unknown answer is no life. An end that part
    4 allows to be lost (see durability) convicts nobody elsewhere. Peeks are no clients' reads: see convergence.

    Judged: ended sessions that somebody asked about when the end had to be known. Figures: answers from ended sessions
    before that, and the longest time after the end. With `store: local` only the local rule stands.
    Cost: O(n log n). Source: the removed element that must not return, as in Jepsen's set tests; atomix #376.
    """
    convictions, copies = Convictions(), Copies(index)
    everywhere = index.header.store == CLUSTER
    judged = late = late_us_max = 0
    for session in index.sessions.values():
        ends = sure_ends(index, session)
        if not ends:
            continue
        asked_about = False
        for operation in session.operations:
            if operation.outcome not in (OK, DENIED) or operation.op not in _ASKED_WITHIN:
                continue
            if operation.asked <= answered(ends[0].operation) or (asked_about and operation.outcome == DENIED):
                continue
            end = end_known_to(copies, ends, operation, everywhere=everywhere)
            asked_about = asked_about or end is not None
            if operation.outcome == DENIED:
                continue
            if end is None:
                late, late_us_max = late + 1, max(late_us_max, operation.asked - answered(ends[0].operation))
                continue
            text = "{} of session {} was answered, {} after it ended with {}"
            after = seconds(operation.asked - answered(end.operation))
            convictions.add((end.operation, operation), text, at(operation), session.id, after, at(end.operation))
        judged += asked_about
    contract = index.contract
    elsewhere = (
        f", nor any other node {seconds(contract.converge_us)} after the last answer, heal, resume or ready"
        f" ({seconds(contract.converge_us + contract.detect_us)} where membership had changed)"
        if everywhere
        else ""
    )
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Once a session has ended, the node that said so never answers from it again{elsewhere}.",
        convictions,
        judged=judged,
        held=f"{counted(judged, 'ended session')} stayed ended when asked about",
        figures={"late_answers": late, "late_answers_us_max": late_us_max},
    )
