"""A node has a local copy and looks no further: what was changed while it was out of reach, it never takes."""

from msgspec import structs

from reference.comparison import Comparison
from reference.node import Node
from reference.protocol import Copies, Wanted
from reference.replication import Replication


class LocalFirst(Comparison):
    """A comparison that brings in only sessions of which there is no local copy."""

    def _take(self, sender: str, wanted: Wanted) -> None:
        unknown = tuple(session for session in wanted.sessions if session.id not in self.records.sessions)
        super()._take(sender, structs.replace(wanted, sessions=unknown))


class Unrepaired(Replication):
    """Replication that takes changes as they happen, and no repair of what is held."""

    def _merge(self, sender: str, copies: Copies) -> None:
        if not copies.number:
            unknown = tuple(session for session in copies.sessions if session.id not in self.records.sessions)
            copies = structs.replace(copies, sessions=unknown)
        super()._merge(sender, copies)


class BrokenNode(Node):
    """The reference with both."""

    comparison_class = LocalFirst
    replication_class = Unrepaired
