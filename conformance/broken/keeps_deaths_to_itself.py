"""That a member was found dead is told to nobody: views name it as it was last heard, and so it returns."""

from msgspec import structs

from reference.member import ALIVE, DEAD
from reference.membership import Membership
from reference.node import Node
from reference.protocol import Rumour


class Secretive(Membership):
    """Membership in which a death is one node's finding, and no part of what is gossiped."""

    def _spread(self, rumour: Rumour) -> None:
        if rumour.state != DEAD:
            super()._spread(rumour)

    def _whole_view(self) -> tuple[Rumour, ...]:
        view = super()._whole_view()
        return tuple(structs.replace(one, state=ALIVE) if one.state == DEAD else one for one in view)

    def _weigh(self, rumour: Rumour) -> None:
        member = self.members.get(rumour.member)
        if member is not None and member.state == DEAD and rumour.state == ALIVE:
            self._believe(rumour)
        else:
            super()._weigh(rumour)


class BrokenNode(Node):
    """The reference with that membership."""

    membership_class = Secretive
