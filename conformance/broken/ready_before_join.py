"""A node says that it is ready as soon as it has met another, and compares what they hold only some seconds later."""

from reference.join import READY, Join
from reference.node import Node
from reference.settings import SECOND

LATER = 5 * SECOND


class Hasty(Join):
    """A way to readiness that ends where the copies should begin."""

    def _fetch(self, after: str) -> None:
        del after
        self._become_ready()

    def _become_ready(self) -> None:
        super()._become_ready()
        self.turn.alarm("join", LATER)

    def came(self, member: str) -> None:
        """Compare with a member that came, later."""
        del member
        if self.phase == READY:
            self.turn.alarm("join", LATER)

    def _waited(self) -> None:
        if self.phase != READY:
            super()._waited()
            return
        for member in self.membership.live():
            self.comparison.soon(member)


class BrokenNode(Node):
    """The reference with that haste."""

    join_class = Hasty
