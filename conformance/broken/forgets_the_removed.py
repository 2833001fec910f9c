"""A member found dead is removed without a trace: a peer that lags behind brings it back, and it cannot go twice."""

from typing import Any

from reference.member import ALIVE, DEAD
from reference.membership import Membership
from reference.node import Node
from reference.protocol import Rumour


class NoTombstones(Membership):
    """Membership that is done with a life once it has removed it."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._removed: dict[str, int] = {}

    def _weigh(self, rumour: Rumour) -> None:
        member = self.members.get(rumour.member)
        if member is not None and member.state == DEAD and rumour.state == ALIVE:
            self._believe(rumour)  # as of somebody never met
        else:
            super()._weigh(rumour)

    def _believe(self, rumour: Rumour) -> None:
        if rumour.state == ALIVE or self._removed.get(rumour.member) != rumour.boot:
            super()._believe(rumour)
        if rumour.state == DEAD:
            self._removed[rumour.member] = rumour.boot


class BrokenNode(Node):
    """The reference with that membership."""

    membership_class: type[Membership] = NoTombstones
