"""Whoever discovery does not name is removed: a lookup that finds nobody empties the cluster."""

from collections.abc import Iterable

from reference.member import DEAD
from reference.membership import Membership
from reference.node import Node
from reference.protocol import Rumour


class Listed(Membership):
    """Membership for which the last list says who there is."""

    def discovered(self, peers: Iterable[str]) -> None:
        """Remove whom discovery does not name."""
        named = tuple(peers)
        for name in self.live():
            if name not in named:
                member = self.members[name]
                self._believe(Rumour(name, DEAD, member.incarnation, member.boot, ready=False))
        super().discovered(named)


class BrokenNode(Node):
    """The reference with that membership."""

    membership_class: type[Membership] = Listed
