"""The node that answers for a session keeps it at hand, and has it so again when it takes over after a failover."""

from typing import Any

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request
from reference.session import Session


class Caching(Gateway):
    """A probe application that, where requests are routed to it, reads a session's record once."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._at_hand: dict[str, Session] = {}

    def _find(self, request: Request) -> Session | None:
        session = super()._find(request)
        if session is None or session.end is not None or self.route is None:
            return session
        if request.path == "/peek" or self.replication.order.homes(session.id)[0] != self.name:
            return session
        return self._at_hand.setdefault(session.id, session)

    def _change(self, request: Request, session: Session, value: Any, *, gone: bool) -> None:
        super()._change(request, session, value, gone=gone)
        if session.id in self._at_hand:
            self._at_hand[session.id] = self.records.sessions[session.id]


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Caching
