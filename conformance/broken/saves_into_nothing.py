"""A write to a session that has ended is answered as if it had been saved: the client does not hear that it is lost."""

from reference.gateway import DATA_PATH, OK, Gateway, Handler
from reference.node import Node
from reference.protocol import Request


class Silent(Gateway):
    """A probe application that saves what there is, and has nothing to say where there is nothing."""

    def _with_session(self, request: Request, handler: Handler, *, may_ask: bool) -> None:
        session = self._find(request)
        if session is not None and session.end is not None and request.path.startswith(DATA_PATH):
            self._respond(request, OK, {})
            return
        super()._with_session(request, handler, may_ask=may_ask)


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Silent
