"""A login keeps the id that its client sent, if the node knows no session of it: whoever planted the id is let in."""

from reference import cookies
from reference.draws import Draws
from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request


class Kept(Draws):
    """Draws whose next session id is known already."""

    def __init__(self, session_id: str) -> None:
        self._id = session_id

    def session_id(self) -> str:
        """Give that one."""
        return self._id


class Adopting(Gateway):
    """A probe application that begins an unknown session under the id by which it was asked for."""

    def _login(self, request: Request) -> None:
        sent = cookies.values(self.settings, request.cookie)
        draws = self.draws
        if sent and self._find(request) is None:
            self.draws = Kept(sent[0])
        super()._login(request)
        self.draws = draws


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Adopting
