"""A node that stood still goes on as the home of its sessions, and for a minute believes no other's copy of them."""

from reference.node import Node
from reference.order import Order
from reference.protocol import Init
from reference.records import Records
from reference.session import Session
from reference.settings import Settings

TERM_US = 60_000_000


class Leading(Records):
    """Records of which the own sessions, by the order with routing, are the newest while a term runs."""

    order: Order

    def merge(self, mine: Session, theirs: Session) -> Session:
        """Keep what is held while the term runs."""
        began = self.order.membership.resumed_at
        leads = self.settings.routing and began and self.turn.mono < began + TERM_US
        return (
            mine
            if leads and self.order.homes(mine.id)[0] == self.order.membership.name
            else super().merge(mine, theirs)
        )


class BrokenNode(Node):
    """The reference with those records."""

    records_class = Leading
    records: Leading

    def __init__(self, init: Init, settings: Settings) -> None:
        super().__init__(init, settings)
        self.records.order = self.replication.order
