"""A node denies for idleness by its own view: it tells nobody of touches, and asks nobody before it denies."""

from reference.asking import Asking
from reference.node import Node
from reference.protocol import Request
from reference.replication import Replication
from reference.session import Session


class Discreet(Replication):
    """Replication that keeps touches to itself."""

    def touch(self, session: Session) -> None:
        """Hold the touch back for ever."""
        self._coalesced[session.id] = self.turn.wall


class Alone(Asking):
    """Questions that are never put."""

    def ask(self, session: str, request: Request) -> bool:
        """Say that there is nobody to ask."""
        del session, request
        return False


class BrokenNode(Node):
    """The reference with those."""

    replication_class = Discreet
    asking_class = Alone
