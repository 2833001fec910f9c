"""A node dates activity by its own clock, however far ahead: what was looked at there is not idle for a long time."""

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request
from reference.replication import Replication
from reference.session import Session


class Serving(Gateway):
    """A probe application that answers whatever the clock shows."""

    def handle(self, request: Request) -> None:
        """Answer as with a clock that is right."""
        astray, self.sanity.astray = self.sanity.astray, False
        super().handle(request)
        self.sanity.astray = astray


class Ahead(Replication):
    """Replication that dates touches as the node's own clock shows."""

    def touch(self, session: Session) -> None:
        """Move last activity to there."""
        right, self.turn.wall = self.turn.wall, self.turn.shown()
        super().touch(session)
        self.turn.wall = right


class BrokenNode(Node):
    """The reference with both."""

    gateway_class = Serving
    replication_class = Ahead
