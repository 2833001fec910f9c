"""A node that restarts counts anew and is never believed again: its earlier life had the higher count."""

from msgspec import structs

from reference.membership import Membership
from reference.node import Node
from reference.protocol import Rumour


class CountsAlone(Membership):
    """Membership that takes every life of a node for one."""

    def _weigh(self, rumour: Rumour) -> None:
        member = self.members.get(rumour.member)
        if member is not None and rumour.incarnation <= member.incarnation:
            rumour = structs.replace(rumour, boot=member.boot)
        super()._weigh(rumour)


class BrokenNode(Node):
    """The reference with that membership."""

    membership_class = CountsAlone
