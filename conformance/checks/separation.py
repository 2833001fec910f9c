"""Separation: another name or another key is another cluster, and nothing passes between the two."""

from msgspec import Struct

from conformance.checks.findings import Convictions, at, conclude, counted, seconds
from conformance.checks.index import Index, Session
from conformance.history import DELETE, DENIED, LOGOUT, MEMBERS, OK, PEEK, READ, WRITE, Operation
from conformance.verdict import Finding

NAME = "separation"
REQUIREMENTS = ["REQ-SEC-1", "REQ-SEC-2", "REQ-REPL-15"]
WRONG_KEY = "wrong-key"
"""The fault: from one instant to another a node runs under a pre-shared key that no other has, in a life of its own."""
_OF_SESSIONS = frozenset({READ, WRITE, DELETE, LOGOUT, PEEK})


class _Stay(Struct):
    """A node's time under another key."""

    node: str
    begin: int
    end: int


def separation(index: Index) -> Finding:
    """Find what passed between clusters: of other names, or of another key (REQ-SEC-1, REQ-SEC-2, REQ-REPL-15).

    The fault `wrong-key` restarts a node under another key, and again under the right one: memory alone carries nothing
    across either restart. Convicts an answer from a session, a peek that shows a copy included, by a node under another
    key, of a login that was not answered by it under that key; and the other way round, at any time. Also a view of
    such a node that names anybody else, and, once it had to be found out, a view of another that names it. Of clusters
    side by side, which stay what they are, any such answer, and any view that names a node of another cluster.

    Excused: nothing that was asked before the fault or answered after it counts as its side's. Unknown outcomes: only
    answers count. A denial shows nothing, but that somebody asked.

    Judged: answers and denials about sessions of the other side, and views. Cost: O(operations · faults).
    """
    stays = [
        _Stay(node, fault.begin, fault.end)
        for fault in index.history.faults
        if fault.fault == WRONG_KEY and fault.end is not None
        for node in fault.nodes
    ]
    convictions, judged = Convictions(), 0
    clusters = {node: name for name, nodes in index.header.clusters.items() for node in nodes}
    if stays or clusters:
        judged = sum(_judge_session(session, stays, clusters, convictions) for session in index.sessions.values())
        judged += _judge_views(index, stays, clusters, convictions)
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        "Nothing passes between clusters, of different names or keys: no session, and no membership.",
        convictions,
        judged=judged,
        held=f"{counted(judged, 'answer')} about the other side showed nothing of it",
        figures={"nodes_under_another_key": len(stays), "clusters": max(1, len(index.header.clusters))},
    )


def _side_of(stays: list[_Stay], clusters: dict[str, str], operation: Operation) -> _Stay | str:
    """Tell under which other key an operation was asked and answered, else in which cluster; "" for the only one."""
    for stay in stays:
        if stay.node == operation.node and stay.begin <= operation.asked < stay.end:
            return stay
    return clusters.get(operation.node, "")


def _judge_session(session: Session, stays: list[_Stay], clusters: dict[str, str], convictions: Convictions) -> int:
    login = session.login
    if login is None or login.outcome != OK:
        return 0
    began, judged = _side_of(stays, clusters, login), 0
    for operation in session.operations:
        if operation.op not in _OF_SESSIONS or operation.outcome not in (OK, DENIED):
            continue
        side = _side_of(stays, clusters, operation)
        if side == began or (isinstance(side, _Stay) and not _within(side, operation)):
            continue
        judged += 1
        if operation.outcome == OK:
            of_keys = isinstance(side, _Stay) or isinstance(began, _Stay)
            text = "{} of session {} was answered " + ("under another key" if of_keys else "in another cluster")
            convictions.add((login, operation), text + " than {}, which began it", at(operation), session.id, at(login))
    return judged


def _judge_views(index: Index, stays: list[_Stay], clusters: dict[str, str], convictions: Convictions) -> int:
    due_us = index.contract.detect_us + index.contract.converge_us
    judged = 0
    for view in index.history.operations:
        if view.op != MEMBERS or view.outcome != OK or view.answered is None:
            continue
        side, named = _side_of(stays, clusters, view), view.members or ()
        for stay in stays:
            if side is stay and _within(stay, view):
                judged += 1
                others = [name for name in named if name != view.node]
                if others:
                    text = "{} named {}, and runs under another key"
                    convictions.add((view,), text, at(view), ", ".join(others))
            elif not isinstance(side, _Stay) and stay.begin + due_us <= view.asked and view.answered < stay.end:
                judged += 1
                if stay.node in named:
                    text = "{} named {}, which had been under another key for {}"
                    convictions.add((view,), text, at(view), stay.node, seconds(due_us))
        if clusters:
            judged += 1
            others = [name for name in named if clusters.get(name, "") != clusters[view.node]]
            if others:
                text = "{} of cluster {} named {}, of another"
                convictions.add((view,), text, at(view), clusters[view.node], ", ".join(others))
    return judged


def _within(stay: _Stay, operation: Operation) -> bool:
    return operation.answered is not None and operation.answered < stay.end
