"""A login renames the record of the session whose cookie was sent: if that has just ended, it fails for want of one."""

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request

JUST_US = 2_000_000


class Renaming(Gateway):
    """A probe application that looks whether there is a session to rename, and then renames it."""

    def _login(self, request: Request) -> None:
        old = self._find(request)
        if old is not None and old.end is not None and self.turn.wall - old.end.at < JUST_US:
            self._respond(request, 500, {"error": "no-such-key"})
            return
        super()._login(request)


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Renaming
