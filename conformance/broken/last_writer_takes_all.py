"""A session is copied whole, and the copy with the later activity replaces the other, with all of its keys."""

from reference.effects import Respond
from reference.node import Node
from reference.records import Records
from reference.replication import Replication
from reference.session import Revocation, Session


class Whole(Replication):
    """Replication that sends every session whole."""

    def spread(
        self, sessions: tuple[Session, ...], revocations: tuple[Revocation, ...] = (), answer: Respond | None = None
    ) -> None:
        """Send what is held in place of the changed parts."""
        super().spread(tuple(self.records.sessions[session.id] for session in sessions), revocations, answer)


class LastWriter(Records):
    """Records of which one copy wins with all that is in it."""

    def merge(self, mine: Session, theirs: Session) -> Session:
        """Choose between two live copies."""
        if mine.end is not None or theirs.end is not None:
            return super().merge(mine, theirs)
        return theirs if (theirs.last, str(theirs.cells)) > (mine.last, str(mine.cells)) else mine


class BrokenNode(Node):
    """The reference with both."""

    replication_class = Whole
    records_class = LastWriter
