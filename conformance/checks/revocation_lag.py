"""Revocation lag: once a revocation is known everywhere, no session that it reaches answers."""

from typing import Any

from conformance.checks.copies import Copies, is_alive
from conformance.checks.ends import End, end_known_to, revocations_as_ends
from conformance.checks.findings import Convictions, at, conclude, counted, quantiles, seconds
from conformance.checks.index import Index, Session, answered
from conformance.history import CLUSTER, DENIED, ENDED, OK, PEEK, READ, Operation
from conformance.verdict import Finding

NAME = "revocation_lag"
REQUIREMENTS = ["REQ-REVOC-5", "REQ-REVOC-6", "REQ-REVOC-7", "REQ-REVOC-9"]
NEEDS = "revoke"


def revocation_lag(index: Index) -> Finding:
    """Find answers from sessions of a revoked user, begun before (REQ-REVOC-5, -6, -7; optional by REQ-REVOC-9).

    An acknowledged revocation reaches the sessions of its user whose login was answered more than `clock_skew +
    converge` before it was asked for; a login closer to it may fall on either side (protocol, part 4). Convicts any
    answer from such a session, and any peek that shows it alive, that was asked for after the revocation was settled;
    on the node that revoked, if it must have known the session, after the answer; with routing at once, where
    nothing disturbed the nodes.

    Overlapping requests prove nothing. Unknown outcomes: a revocation of unknown outcome ends nothing here, and an
    answer of unknown outcome is no life. A revocation that part 4 allows to be lost (see durability) convicts nobody
    elsewhere.

    Judged: answers and peeks about such sessions when the revocation had to be known. Figures: for each session and
    node, how long after the revocation's answer the node was first seen to know, as finely as anybody asked. Vacuous
    without the feature `revoke`; with `store: local` not promised. Cost: O(n log n).
    """
    convictions, copies = Convictions(), Copies(index)
    judged = sessions = 0
    lags: list[int] = []
    alive_us_max = 0
    for session in index.sessions.values():
        ends = revocations_as_ends(index, session)
        if not ends:
            continue
        sessions += 1
        lags += _lags(session, ends[0])
        for operation in session.operations:
            if operation.asked <= answered(ends[0].operation) or operation.outcome not in (OK, DENIED):
                continue
            lives = is_alive(operation) if operation.op in (READ, PEEK) else operation.outcome == OK
            if lives:
                alive_us_max = max(alive_us_max, operation.asked - answered(ends[0].operation))
            end = end_known_to(copies, ends, operation)
            judged += end is not None
            if lives and end is not None:
                text = "{} showed session {} alive, {} after its user was revoked in {}"
                after = seconds(operation.asked - answered(end.operation))
                convictions.add((end.operation, operation), text, at(operation), session.id, after, at(end.operation))
    contract = index.contract
    figures: dict[str, Any] = {"sessions_revoked": sessions, "lags": len(lags), "alive_us_max": alive_us_max}
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Optional: {seconds(contract.converge_us)} after a revocation no node answers from a session of that user"
        f" begun before ({seconds(contract.converge_us + contract.detect_us)} where membership had changed).",
        convictions,
        needs=NEEDS,
        judged=judged,
        held=f"{counted(judged, 'answer')} about {counted(sessions, 'revoked session')} knew of the revocation",
        promised=index.header.store == CLUSTER,
        figures={**figures, **quantiles("lag_us", lags)},
    )


def _lags(session: Session, end: End) -> list[int]:
    """Tell how long after the revocation each node was first seen to know of the end."""
    told = answered(end.operation)
    first: dict[str, int] = {}
    for operation in session.operations:
        if operation.asked >= end.operation.asked and _knows(operation):
            first.setdefault(operation.node, max(0, operation.asked - told))
    return list(first.values())


def _knows(operation: Operation) -> bool:
    if operation.op == PEEK:
        return operation.outcome == OK and bool(operation.ended)
    return operation.outcome == DENIED and operation.why == ENDED
