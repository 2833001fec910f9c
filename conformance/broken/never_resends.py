"""A copy that was lost is neither sent again nor repaired by digests: whoever missed it never gets it."""

from reference.comparison import Comparison
from reference.node import Node
from reference.protocol import Difference
from reference.replication import Pending, Replication


class SendsOnce(Replication):
    """Replication that never sends a copy twice."""

    def _may_send(self, peer: str, pending: Pending, now: int) -> bool:
        del peer, pending, now
        return False


class SeesNoDifference(Comparison):
    """A comparison that finds differences and repairs none."""

    def _tell_apart(self, difference: Difference) -> tuple[list[str], list[str]]:  # noqa: ARG002 - the bug: not looked at
        return [], []


class BrokenNode(Node):
    """The reference with both."""

    replication_class = SendsOnce
    comparison_class = SeesNoDifference
