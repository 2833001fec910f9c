"""Discovery is asked when a node starts, and then never again: whoever was cut off for long is never found."""

from reference.effects import Effect
from reference.node import Node


class BrokenNode(Node):
    """The reference, deaf to what discovery finds later."""

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Leave it as it is."""
        del peers
        self.turn.open(wall, mono)
        return self._close()
