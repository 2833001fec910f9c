"""A stale copy with later activity revives a session that was ended elsewhere: the later event wins, end or not."""

from reference.node import Node
from reference.records import Records
from reference.session import Session


class LatestWins(Records):
    """Records that take an end for an event like any other."""

    def merge(self, mine: Session, theirs: Session) -> Session:
        """Let a copy that was active after the end win over it."""
        for over, live in ((mine, theirs), (theirs, mine)):
            if over.end is not None and live.end is None and live.last > over.end.at:
                return live
        return super().merge(mine, theirs)


class BrokenNode(Node):
    """The reference with those records."""

    records_class = LatestWins
