"""A node refuses data of members whose clock differs from its own, though nothing in it needs a clock to agree."""

from typing import Any

from reference.effects import Effect
from reference.node import Node
from reference.protocol import DATA
from reference.sanity import Sanity

APART_US = 400_000


class Wary(Sanity):
    """Readings by which members are told apart."""

    def refuses(self, member: str) -> bool:
        """Say whether a member's clock is too far from the own one."""
        reading = self._read.get(member)
        return reading is not None and abs(reading[0] - self.turn.shown() + self.turn.mono) > APART_US


class BrokenNode(Node):
    """The reference with that refusal."""

    sanity_class = Wary
    sanity: Wary

    def receive(self, sender: str, channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        """Drop what a member with another clock sends."""
        self.turn.open(wall, mono)
        if channel == DATA and self.sanity.refuses(sender):
            return []
        return super().receive(sender, channel, message, wall, mono)
