"""A client hears that its write is kept before any copy has left the node; a crash in between loses it."""

from reference.effects import Respond
from reference.node import Node
from reference.replication import Replication
from reference.session import Revocation, Session


class AnswersFirst(Replication):
    """Replication that waits for nobody."""

    def spread(
        self, sessions: tuple[Session, ...], revocations: tuple[Revocation, ...] = (), answer: Respond | None = None
    ) -> None:
        """Answer, then send."""
        if answer is not None:
            self.turn.respond(answer)
        super().spread(sessions, revocations)


class BrokenNode(Node):
    """The reference with that replication."""

    replication_class = AnswersFirst
