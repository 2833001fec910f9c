"""A record expires with its session: a request that came just before finds nothing to save into, and fails."""

from typing import Any

from reference.effects import Respond
from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request
from reference.session import EXPIRED, Session

TAKES_US = 2_000_000


class Lingering(Gateway):
    """A probe application that takes its time between loading a session and saving it."""

    def _change(self, request: Request, session: Session, value: Any, *, gone: bool) -> None:
        if session.created + self.settings.absolute_us < self.turn.wall + TAKES_US:
            self._end(session, EXPIRED, Respond(request.id, 500, (), {"error": "session-was-invalidated"}))
            return
        super()._change(request, session, value, gone=gone)


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Lingering
