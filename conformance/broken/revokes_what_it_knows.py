"""A revocation ends the sessions that nodes know when they hear of it, and is not kept for those that come later."""

from reference.node import Node
from reference.records import Records
from reference.session import Revocation, revoked


class Forgetful(Records):
    """Records that take a revocation for an instruction, not for a fact."""

    def take_revocation(self, revocation: Revocation) -> int:
        """End whom it reaches now."""
        live = 0
        for session in self.owned(revocation.owner):
            over = revoked(session, revocation)
            live += over is not session and session.end is None
            self.put(over)
        return live


class BrokenNode(Node):
    """The reference with those records."""

    records_class = Forgetful
