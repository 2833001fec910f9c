"""A session ended by a request is at hand until that request is over: who asks for it meanwhile saves it again."""

from typing import Any

from reference.effects import Respond
from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request
from reference.session import Session

TAKES_US = 1_000


class AtHand(Gateway):
    """A probe application that finds a session in the request that has just ended it."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._at_hand: dict[str, tuple[int, Session]] = {}

    def _end(self, session: Session, why: str, answer: Respond) -> None:
        self._at_hand[session.id] = (self.turn.mono + TAKES_US, session)
        super()._end(session, why, answer)

    def _find(self, request: Request) -> Session | None:
        session = super()._find(request)
        if session is None:
            return None
        until, at_hand = self._at_hand.get(session.id, (0, session))
        return at_hand if self.turn.mono < until else session


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = AtHand
