"""Each of a node's two workers answers reads from a cache of its own: what one shows, the other may not know."""

from typing import Any

from conformance.broken.caches_by_key import Cached
from reference.node import Node
from reference.protocol import Request
from reference.session import Cell, Session


class TwoWorkers(Cached):
    """A probe application whose workers take turns."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._worker = 0

    def _cached(self, place: tuple[str, str], cell: Cell) -> Cell:
        return super()._cached((f"{self._worker} {place[0]}", place[1]), cell)

    def _show(self, request: Request, session: Session) -> None:
        self._worker = 1 - self._worker
        super()._show(request, session)


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = TwoWorkers
