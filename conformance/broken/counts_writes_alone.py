"""A read that is answered from the node's own copy is no activity: what is only looked at dies of idleness."""

from reference.node import Node
from reference.replication import Replication
from reference.session import Session


class WritesAlone(Replication):
    """Replication in which only changes move last activity."""

    def touch(self, session: Session) -> None:
        """Do nothing."""


class BrokenNode(Node):
    """The reference with that replication."""

    replication_class = WritesAlone
