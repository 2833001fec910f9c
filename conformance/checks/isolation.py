"""Isolation: nobody sees another's session, and no session id is given to two clients."""

from conformance.checks.findings import Convictions, at, conclude
from conformance.checks.index import Index, Session
from conformance.history import LOGIN, OK, PEEK, READ, USER, Operation
from conformance.verdict import Finding

NAME = "isolation"
REQUIREMENTS = ["REQ-FAIL-10", "REQ-COOK-10"]
PROMISE = "A session shows its own user and its own values only, and belongs to one client."


def isolation(index: Index) -> Finding:
    """Find what one session shows of another (REQ-FAIL-10, REQ-COOK-10).

    Convicts a read or peek that shows a value written to another session, or another user than the login's (the
    client's own, where nobody heard the login answered); a login
    that answers for another user than the one that asked; one id given by the logins of two clients, or for two users.
    One client that gets an id again is id renewal's business.

    Unknown outcomes: answers of unknown outcome show nothing here; a value whose write has an unknown outcome still
    belongs to the session that it was written to, and convicts when another shows it.

    Judged: logins, and reads and peeks that were answered. Cost: O(operations and values shown).
    """
    convictions = Convictions()
    judged = 0
    for operation in index.history.operations:
        if operation.op == LOGIN and operation.outcome == OK:
            judged += 1
            _judge_login(operation, convictions)
    for session in index.sessions.values():
        _judge_id(session, convictions)
        for operation in session.operations:
            if operation.outcome == OK and operation.op in (READ, PEEK):
                judged += 1
                _judge_copy(index, session, operation, convictions)
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        PROMISE,
        convictions,
        judged=judged,
        held=f"{judged:,} logins, reads and peeks showed their own",
    )


def _judge_login(login: Operation, convictions: Convictions) -> None:
    if login.answered_user is not None and login.answered_user != login.user:
        text = "{} was for user {!r} and was answered for {!r}"
        convictions.add((login,), text, at(login), login.user, login.answered_user)


def _judge_id(session: Session, convictions: Convictions) -> None:
    """Convict an id that two clients got, or one client for two users."""
    login = session.login
    for other in session.logins[1:]:
        if login is not None and (other.client, other.user) != (login.client, login.user):
            text = "{} and {} both answered with session {}"
            convictions.add((login, other), text, at(login), at(other), session.id)


def _judge_copy(index: Index, session: Session, copy: Operation, convictions: Convictions) -> None:
    login = session.login
    if login is not None and not copy.ended:
        named = copy.answered_user if copy.answered_user is not None else copy.user
        if named is not None and named != login.user:
            text = "{} of session {} named user {!r}, but {} began it for {!r}"
            convictions.add((login, copy), text, at(copy), session.id, named, at(login), login.user)
    elif (
        login is None
        and copy.by == USER
        and copy.user != copy.answered_user
        and None not in (copy.user, copy.answered_user)
    ):
        text = "{} of session {} was for user {!r} and was answered for {!r}"  # nobody heard its login answered
        convictions.add((copy,), text, at(copy), session.id, copy.user, copy.answered_user)
    for name, value in (copy.data or {}).items():
        write = index.writer(value)
        if write is not None and write.session != session.id:
            text = "{} of session {} showed {!r} = {!r}, which {} wrote to session {}"
            convictions.add((write, copy), text, at(copy), session.id, name, value, at(write), write.session)
