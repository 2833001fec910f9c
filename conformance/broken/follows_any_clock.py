"""A node takes its own clock for right, whatever those of the others show: a year ahead it ends every session."""

from reference.node import Node
from reference.sanity import Sanity


class Trusting(Sanity):
    """Readings of other clocks that change nothing."""

    def _heard(self, member: str, wall: int, asked: int) -> None:
        """Forget the reading."""

    def trusts(self) -> bool:
        """Take the clock for right."""
        return True


class BrokenNode(Node):
    """The reference with that trust."""

    sanity_class = Trusting
