"""Nodes that all start again at once find nobody ready; each founds a cluster of its own, and they never merge."""

from typing import Any

from reference.effects import Effect
from reference.join import WAITING, Join
from reference.node import Node


class Founding(Join):
    """A join that is over when nobody is ready to join with, but for the first start of all."""

    apart = False

    def _compare(self) -> None:
        if self.boot > 1 and self.phase == WAITING:
            self.apart = True
            self._become_ready()
        else:
            super()._compare()


class BrokenNode(Node):
    """The reference with that join, deaf to members of other clusters."""

    join_class = Founding
    join: Founding

    def receive(self, sender: str, channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        """Take nothing once this node is a cluster of its own."""
        return [] if self.join.apart else super().receive(sender, channel, message, wall, mono)
