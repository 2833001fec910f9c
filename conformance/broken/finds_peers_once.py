"""Discovery is asked once, at the start: whoever comes later is a stranger to those who were there before."""

from typing import Any

from reference.effects import Effect
from reference.node import Node


class BrokenNode(Node):
    """A node that knows those alone whom its first lookup named."""

    listed: tuple[str, ...] = ()

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Keep the first list."""
        self.listed = peers
        return super().start(peers, wall, mono)

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Take the first list for the newest."""
        return super().discovered(tuple(peer for peer in peers if peer in self.listed), wall, mono)

    def receive(self, sender: str, channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        """Hear those alone whom it names."""
        return super().receive(sender, channel, message, wall, mono) if sender in self.listed else []
