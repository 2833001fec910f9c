"""The absolute band: no session outlives its greatest age, and none is denied for age before."""

from conformance.checks.bands import IN_ORDER, Denials, Skews, conclude_band, says_expired
from conformance.checks.findings import Convictions, at, seconds
from conformance.checks.index import Index, Session, answered
from conformance.history import DENIED, OK, PEEK, Operation
from conformance.verdict import Finding

NAME = "absolute_band"
REQUIREMENTS = ["REQ-EXP-1", "REQ-EXP-3", "REQ-EXP-13", "REQ-EXP-15"]
NEEDS = "absolute"


def absolute_band(index: Index) -> Finding:
    """Find answers from sessions past their greatest age, and denials for age before it (REQ-EXP-1, -3, -13, -15).

    A session begins somewhere between asking and answer of its login. Convicts an answer from it that was asked for
    more than the limit and the band (`2 · clock_skew`, see bands) after the login's answer, on whichever node, however
    active it was. Where there is no idle limit (and no idle hook: `idle` counts), so that nothing but age expires,
    convicts a denial with `expired` that was answered more than the band before the limit, counted from the login's
    asking. Elsewhere an early denial may be for idleness, and is that band's business.

    Exactly at the edge of the band both answers are right. A denial is explained by any other end, by an earlier denial
    that is right, and by any request of unknown outcome, which may have been denied unheard. Unknown outcomes convict
    nobody. What a node answers while its clock is off by more than `clock_skew` is a figure; what the others answer
    is judged (protocol, part 4).

    Judged: answers asked for in the second half of the greatest age and later, and denials with `expired` that no idle
    limit explains. Figures: for each node its earliest denial and latest admission, counted from the deadline of true
    time. Not promised unless `absolute` is among the features. Cost: O(n log n).
    """
    lifetime = index.header.lifetime
    band = 2 * index.contract.clock_skew_us
    convictions, skews = Convictions(), Skews(index, band)
    judged = 0
    if lifetime.absolute_us:
        for session in index.sessions.values():
            judged += _judge(index, session, band, convictions, skews)
    return conclude_band(
        index,
        NAME,
        REQUIREMENTS,
        NEEDS,
        f"No node answers from a session {seconds(lifetime.absolute_us)} after its login, or denies it for age before,"
        f" give or take {seconds(band)}.",
        convictions,
        skews,
        limit_us=lifetime.absolute_us,
        judged=judged,
        figures={},
    )


def _judge(index: Index, session: Session, band: int, convictions: Convictions, skews: Skews) -> int:  # noqa: C901, PLR0912 - flat
    """Judge the answers from one session; say how many were judged."""
    login, limit = session.login, index.header.lifetime.absolute_us
    if login is None or not session.operations:
        return 0
    begun, known = answered(login), session.plain
    near = begun + limit // 2
    if session.operations[-1].asked < near and known is not None and not known.denied:
        return 0
    denials = Denials(index, session)
    only_age = not index.header.lifetime.idle_us and "idle" in index.header.features
    active = login.asked
    judged = 0
    for operation in sorted(session.operations, key=IN_ORDER):
        if operation.op == PEEK or operation.asked < begun or operation.outcome not in (OK, DENIED):
            continue
        off = denials.off(operation)
        if off and (operation.asked >= near or operation.outcome == DENIED):
            skews.clock_off(operation)
        if operation.outcome == OK:
            active = max(active, operation.asked)
            if operation.asked >= near:
                skews.admitted(operation, begun + limit)
                judged += not off
            if operation.asked > begun + limit + band and not off:
                text = "{} of session {} was answered, {} after {} had begun it"
                age = seconds(operation.asked - begun)
                convictions.add((login, operation), text, at(operation), session.id, age, at(login))
            continue
        early = answered(operation) < login.asked + limit - band
        if says_expired(operation) and (only_age or not early):
            if not _may_be_for_idleness(index, operation, active):
                skews.denied(operation, login.asked + limit)
                judged += not off
            if early and not off and not denials.explained(operation):
                text = "{} denied session {} for expiry, {} after {} had begun it"
                age = seconds(answered(operation) - login.asked)
                convictions.add((login, operation), text, at(operation), session.id, age, at(login))
            else:
                denials.accept(operation)
        elif operation.asked >= near and not off and operation.asked < denials.otherwise:
            judged += 1
    return judged


def _may_be_for_idleness(index: Index, denial: Operation, active: int) -> bool:
    """Say whether a denial for expiry may be for idleness, after the last activity that was answered."""
    header, contract = index.header, index.contract
    if not header.lifetime.idle_us:
        return "idle" not in header.features  # a hook may have its own idea
    earliest = active + header.lifetime.idle_us - 2 * contract.clock_skew_us - contract.idle_slack_us
    return answered(denial) >= earliest
