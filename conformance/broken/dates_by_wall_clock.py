"""A write is dated by the wall clock alone: one made after the clock stepped back loses against the one before it."""

from reference.node import Node
from reference.records import Records
from reference.session import Session


class WallClock(Records):
    """Records whose stamps are readings of the wall clock."""

    def stamp(self, session: Session) -> int:
        """Read the wall clock, whatever the copy holds already."""
        del session
        return self.turn.wall


class BrokenNode(Node):
    """The reference with those stamps."""

    records_class = WallClock
