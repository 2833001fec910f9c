"""Structure: the answers of a run fit together at all. Convicts first, since other checks trust what it holds."""

from conformance.checks.findings import Convictions, at, conclude, counted
from conformance.checks.index import Index, Session, answered
from conformance.checks.settling import NEVER
from conformance.history import DENIED, LOGIN, OK, PEEK, READ, REFUSED, UNKNOWN, Operation
from conformance.verdict import Finding

NAME = "structure"
REQUIREMENTS = ["REQ-REPL-11", "REQ-COOK-10"]
PROMISE = "Every answer belongs to a question, every value shown was written under that key, no id comes from nowhere."


def structure(index: Index) -> Finding:
    """Find answers that nothing in the run can have caused (REQ-REPL-11, REQ-COOK-10).

    Convicts an answer to a question that was never asked; a value that was never written under that key, or only by
    operations that definitely did nothing (denied, refused); a value shown by an answer that came before its write was
    asked; a session that answers although no login created it, or before its login was asked. A value of another
    session is isolation's business.

    Unknown outcomes: a write of unknown outcome may have put its value from its asking on; a login of unknown outcome
    may have created any session that its own client uses later.

    Judged: every operation. Cost: O(operations and values shown). Source: values unique in a run make each read name
    its write, as in Golab, Li and Shah, "Analyzing consistency properties for fun and profit" (2011).
    """
    convictions = Convictions()
    history = index.history
    for position in history.unasked:
        operation = history.operations[position]
        convictions.add((operation,), "{} answers a question that was never asked", operation.id)
    doubtful = _clients_with_doubtful_logins(history.operations)
    for session in index.sessions.values():
        _judge_origin(session, doubtful, convictions)
        for operation in session.operations:
            if operation.data and operation.outcome == OK and operation.op in (READ, PEEK):
                _judge_values(index, operation, convictions)
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        PROMISE,
        convictions,
        judged=len(history.operations),
        held=f"{counted(len(history.operations), 'operation')} fit together",
    )


def _clients_with_doubtful_logins(operations: list[Operation]) -> dict[str, int]:
    """Tell for each client with a login of unknown outcome when it first asked for one."""
    found: dict[str, int] = {}
    for operation in operations:
        if operation.op == LOGIN and operation.outcome == UNKNOWN:
            found[operation.client] = min(operation.asked, found.get(operation.client, operation.asked))
    return found


def _judge_origin(session: Session, doubtful: dict[str, int], convictions: Convictions) -> None:
    """Convict answers from a session that was never begun, or not yet."""
    login = session.login
    if login is None:
        begun = min((doubtful.get(operation.client, NEVER) for operation in session.operations), default=NEVER)
    else:
        begun = login.asked
    for operation in session.operations:
        if operation.asked >= begun:
            return
        if operation.outcome != OK or answered(operation) >= begun:
            continue
        if login is None:
            text = "{} was answered from session {}, which no login created"
            convictions.add((operation,), text, at(operation), session.id)
        else:
            text = "{} was answered from session {} before {} was asked to create it"
            convictions.add((operation, login), text, at(operation), session.id, at(login))


def _judge_values(index: Index, copy: Operation, convictions: Convictions) -> None:
    """Convict values that this session's key cannot hold at that time."""
    for name, value in (copy.data or {}).items():
        write = index.writer(value)
        if write is None:
            convictions.add((copy,), "{} showed {!r} = {!r}, which nobody wrote", at(copy), name, value)
        elif write.session != copy.session:
            continue
        elif write.key != name:
            text = "{} showed under {!r} what {} wrote under {!r}"
            convictions.add((write, copy), text, at(copy), name, at(write), write.key)
        elif write.outcome in (DENIED, REFUSED):
            text = "{} showed {!r} = {!r}, but its write {} was {}, so nothing can have happened"
            convictions.add((write, copy), text, at(copy), name, value, at(write), write.outcome)
        elif copy.answered is not None and copy.answered < write.asked:
            text = "{} showed {!r} = {!r} before {} was asked to write it"
            convictions.add((copy, write), text, at(copy), name, value, at(write))
