"""A session stays pinned to the node that answered for it, and its requests fail when that node is lost for good."""

from reference.effects import Respond
from reference.node import Node
from reference.order import first_of
from reference.protocol import PassedOn, Request
from reference.replication import UNAVAILABLE
from reference.routing import CLIENT_WAIT, Passed, Routing


class Pinned(Routing):
    """Routing by an order of all whom this node has ever met."""

    met: tuple[str, ...] = ()

    def route(self, request: Request, session: str) -> None:
        """Pass on to the first of that order, whether it is live or not."""
        self.met = tuple(dict.fromkeys([*self.met, *self.membership.members]))
        if isinstance(request, PassedOn):
            super().route(request, session)
        else:
            homes = first_of(session, [*self.met, self.name], 1)
            self._pass_on(request, session, homes, self.turn.mono + CLIENT_WAIT, again=False)

    def _pass_further(self, passed: Passed) -> None:
        self.turn.respond(Respond(passed.request.id, UNAVAILABLE, (), {"error": "bad-gateway"}))


class BrokenNode(Node):
    """The reference with that routing."""

    routing_class = Pinned
