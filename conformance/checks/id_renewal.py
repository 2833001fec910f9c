"""Id renewal: a login answers with an id that nobody can have known before."""

from conformance.checks.findings import Convictions, at, conclude, counted
from conformance.checks.index import Index, Session, surely_before
from conformance.history import LOGIN, OK
from conformance.verdict import Finding

NAME = "id_renewal"
REQUIREMENTS = ["REQ-COOK-10", "REQ-COOK-11"]
PROMISE = "A login never answers with an id that its client sent, nor with one that was ever seen before."


def id_renewal(index: Index) -> Finding:
    """Find logins that answer with an id that was known before them (REQ-COOK-10, REQ-COOK-11).

    Convicts a login that answers with the id of the cookie that its client sent along; with an id with which anybody's
    request was answered before the login was asked for; and with the id that an earlier login had answered with.
    Whoever knows the id of a session before it begins is let into it (session fixation).

    Unknown outcomes: a login of unknown outcome gave no id that anybody saw, and a request of unknown outcome shows
    none. Requests that overlap the login prove nothing.

    Judged: acknowledged logins. Cost: O(n log n). Source: session fixation, as in CWE-384.
    """
    convictions = Convictions()
    for session in index.sessions.values():
        if session.logins:
            _judge(session, convictions)
    judged = sum(o.op == LOGIN and o.outcome == OK for o in index.history.operations)
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        PROMISE,
        convictions,
        judged=judged,
        held=f"{counted(judged, 'login')} answered with ids never seen before",
    )


def _judge(session: Session, convictions: Convictions) -> None:
    """Judge the logins that answered with one id."""
    logins = sorted(session.logins, key=lambda login: (login.asked, login.id))
    sent = [o for o in (*session.operations, *session.replacing) if surely_before(o, logins[0])]
    for position, login in enumerate(logins):
        if login.replaced == session.id:
            convictions.add((login,), "{} answered with the id {} that its client sent", at(login), session.id)
            continue
        if position:
            earlier = logins[0]
            text = "{} answered with the id {}, which {} had answered with before"
            convictions.add((earlier, login), text, at(login), session.id, at(earlier))
            continue
        if sent:
            known = min(sent, key=lambda o: (o.asked, o.id))
            text = "{} answered with the id {}, which had been sent in {} before"
            convictions.add((known, login), text, at(login), session.id, at(known))
