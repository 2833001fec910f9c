"""One node takes another for the home of its own sessions, that one takes it for it, and requests go round and fail."""

from reference.effects import Respond
from reference.node import Node
from reference.protocol import PassedOn, Request
from reference.replication import UNAVAILABLE
from reference.routing import CLIENT_WAIT, FORWARD_WAIT, Passed, Routing


class Circling(Routing):
    """Routing without a bound on hops, wrong about itself on the first node by name."""

    def route(self, request: Request, session: str) -> None:
        """Pass on to whom this node takes for the home, while there is time left."""
        homes = self.order.homes(session)
        if self.name < min(self.membership.live(), default=""):
            homes = tuple(name for name in homes if name != self.name)
        until = request.until - FORWARD_WAIT if isinstance(request, PassedOn) else self.turn.mono + CLIENT_WAIT
        if self.turn.mono < until:
            self._pass_on(request, session, homes[:1], until, again=False)

    def _pass_further(self, passed: Passed) -> None:
        self.turn.respond(Respond(passed.request.id, UNAVAILABLE, (), {"error": "no-home"}))


class BrokenNode(Node):
    """The reference with that routing."""

    routing_class = Circling
