"""Activity renews the age of a session: the time of authentication moves with every write, on every copy."""

from msgspec import structs

from reference.node import Node
from reference.records import Records
from reference.session import Session


class Youthful(Records):
    """Records in which a session is as old as its last activity."""

    def put(self, session: Session) -> bool:
        """Hold a copy, begun when it was last active."""
        if session.end is None and session.last > session.created:
            session = structs.replace(session, created=session.last)
        return super().put(session)


class BrokenNode(Node):
    """The reference with those records."""

    records_class = Youthful
