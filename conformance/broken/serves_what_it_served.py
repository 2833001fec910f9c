"""Who takes over the session of a lost node goes on from what it served of it last, not from the copies since."""

from typing import Any

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request
from reference.session import Session


class Resuming(Gateway):
    """A probe application that keeps each session as it served it, for when its user is sent here by a failover."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._served: dict[str, Session] = {}

    def _find(self, request: Request) -> Session | None:
        session = super()._find(request)
        if session is None or session.end is not None:
            return session
        writers = {cell.by for cell in session.cells.values()} - {self.name}
        if all(self.membership.is_live(name) for name in writers):
            self._served[session.id] = session
        return self._served.get(session.id, session)

    def _change(self, request: Request, session: Session, value: Any, *, gone: bool) -> None:
        super()._change(request, session, value, gone=gone)
        self._served[session.id] = self.records.sessions[session.id]


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Resuming
