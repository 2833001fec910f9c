"""A node answers reads from a cache that holds every key for two seconds: new keys appear beside old values."""

from typing import Any

from reference.gateway import OK, Gateway
from reference.node import Node
from reference.protocol import Request
from reference.session import Cell, Session

HELD_US = 2_000_000


class Cached(Gateway):
    """A probe application that looks a key up again only when its entry is too old."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._cache: dict[tuple[str, str], tuple[int, Cell]] = {}

    def _cached(self, place: tuple[str, str], cell: Cell) -> Cell:
        since, held = self._cache.get(place, (-HELD_US, cell))
        if since + HELD_US <= self.turn.mono:
            held = cell
            self._cache[place] = (self.turn.mono, cell)
        return held

    def _show(self, request: Request, session: Session) -> None:
        self.replication.touch(session)
        cells = {key: self._cached((session.id, key), cell) for key, cell in session.cells.items()}
        data = {key: cell.value for key, cell in cells.items() if not cell.gone}
        self._respond(request, OK, {"user": session.user, "data": data})


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Cached
