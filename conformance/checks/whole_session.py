"""What the optional checks share: to which sessions an order of all that was done in them is promised."""

from conformance.checks.index import Index, Session, answered
from conformance.checks.settling import NEVER
from conformance.history import OBSERVER, OK, PEEK, READ, UNKNOWN, WRITE, Operation


class Promise:
    """To whom more is promised than part 4 of the protocol does: with routing, or where one node served a session."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._on_one_node: dict[str, bool] = {}

    def made_to(self, session: Session, begin: int, end: int) -> bool:
        """Say whether one order is promised to what was done in a session from one instant to another.

        Args:
            session: the session.
            begin: when the first of it was asked for, µs.
            end: when the last of it was answered, µs.

        Returns:
            Whether the subject has routing, or one node in one life served the session, and nothing disturbed the
            nodes meanwhile (`Timeline.calm`).
        """
        return (self._index.header.routing or self._served_by_one(session)) and self._index.timeline.calm(begin, end)

    def _served_by_one(self, session: Session) -> bool:
        found = self._on_one_node.get(session.id)
        if found is None:
            asked = [*session.logins, *(o for o in session.operations if in_order(o))]
            life = self._index.timeline.life
            found = len({(o.node, life(o.node, t)) for o in asked for t in (o.asked, answered(o)) if t != NEVER}) == 1
            self._on_one_node[session.id] = found
        return found


def in_order(operation: Operation) -> bool:
    """Say whether an operation takes part in the order: what browsers did, and observers' updates, but no peeks.

    An observer asks every node itself, past whatever keeps a session together.
    """
    if operation.op == PEEK:
        return False
    return operation.by != OBSERVER or operation.op != READ


def took_part(operation: Operation) -> bool:
    """Say whether an operation may have read or changed a key: a write of unknown outcome may have."""
    if not in_order(operation):
        return False
    if operation.op == READ:
        return operation.outcome == OK and operation.data is not None
    happened = operation.outcome == OK or (operation.op == WRITE and operation.outcome == UNKNOWN)
    return operation.key is not None and happened
