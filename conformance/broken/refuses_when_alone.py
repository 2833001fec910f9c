"""A node that can reach no other refuses every change with an error, instead of serving the sessions that it has."""

from reference.node import Node
from reference.replication import Replication


class Helpless(Replication):
    """Replication that always wants somebody else to hold a change too."""

    def solo(self) -> bool:
        """Never acknowledge alone."""
        return False


class BrokenNode(Node):
    """The reference with that replication."""

    replication_class = Helpless
