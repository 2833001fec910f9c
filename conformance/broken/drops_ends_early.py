"""The record of an end is dropped after half a minute, before all have heard of it: who was cut off revives it."""

from reference.node import Node
from reference.records import Records
from reference.session import Session

KEPT_US = 30_000_000


class ShortMemory(Records):
    """Records that drop what has ended."""

    def put(self, session: Session) -> bool:
        """Hold a copy, and drop those that ended a while ago."""
        over = [held for held in self.sessions.values() if held.end and held.end.at + KEPT_US < self.turn.wall]
        for held in over:
            self._remove(held)
        return super().put(session)


class BrokenNode(Node):
    """The reference with those records."""

    records_class = ShortMemory
