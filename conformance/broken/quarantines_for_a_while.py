"""The dead are kept out for ten seconds and then forgotten: whoever still has their entry passes it round for ever."""

from typing import Any

from reference.member import DEAD, SUSPECT
from reference.membership import Membership
from reference.node import Node
from reference.protocol import Rumour

KEPT_OUT_US = 10_000_000


class Quarantine(Membership):
    """Membership in which each node counts for itself how long it keeps somebody out."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._out_until: dict[str, int] = {}

    def _believe(self, rumour: Rumour) -> None:
        super()._believe(rumour)
        if rumour.state == DEAD:
            self._out_until[rumour.member] = self.turn.mono + KEPT_OUT_US

    def _weigh(self, rumour: Rumour) -> None:
        member = self.members.get(rumour.member)
        over = member is not None and member.state == DEAD and self._out_until[rumour.member] < self.turn.mono
        if over and rumour.state <= SUSPECT:
            self._believe(rumour)
        else:
            super()._weigh(rumour)


class BrokenNode(Node):
    """The reference with that membership."""

    membership_class: type[Membership] = Quarantine
