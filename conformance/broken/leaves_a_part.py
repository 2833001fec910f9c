"""A change that arrives after the session has expired makes a session of itself: no creation time, no other keys."""

from msgspec import structs

from reference.node import Node
from reference.records import Records
from reference.session import EXPIRED, Session


class Upserting(Records):
    """Records from which what has expired is gone, and that make what they are told to change."""

    def merge(self, mine: Session, theirs: Session) -> Session:
        """Begin anew, now, with the part that came."""
        if mine.end is not None and mine.end.why == EXPIRED and theirs.end is None and theirs.cells:
            return structs.replace(theirs, created=self.turn.wall)
        return super().merge(mine, theirs)


class BrokenNode(Node):
    """The reference with those records."""

    records_class = Upserting
