"""A node that stood still takes its copies for the newest: for a minute it believes no other's of what it holds."""

from reference.membership import Membership
from reference.node import Node
from reference.protocol import Init
from reference.records import Records
from reference.session import Session
from reference.settings import Settings

LEASE_US = 60_000_000


class Leased(Records):
    """Records that hold for a minute from when the node last began to run."""

    membership: Membership

    def merge(self, mine: Session, theirs: Session) -> Session:
        """Keep what is held while the lease runs."""
        began = self.membership.resumed_at
        return mine if began and self.turn.mono < began + LEASE_US else super().merge(mine, theirs)


class BrokenNode(Node):
    """The reference with those records."""

    records_class = Leased
    records: Leased

    def __init__(self, init: Init, settings: Settings) -> None:
        super().__init__(init, settings)
        self.records.membership = self.membership
