"""What one node holds when sessions are kept on it alone: no more than a capacity, least recently used out first.

The local store of the product (facts, section 2.6). Where every node holds every session, a bound would make nodes
differ or delete for all what one has no room for: there is none then.
"""

from heapq import heapify

from msgspec import structs

from reference.clocks import HybridClock
from reference.records import Records
from reference.session import Session
from reference.settings import Settings
from reference.turn import Turn

SPARE = 1_000
"""So many more entries than records the list of what is to be forgotten may have before it is cleaned."""


class BoundedRecords(Records):
    """The records of a node that shares them with nobody, at most `settings.capacity` of them (REQ-EXP-17).

    Used are the login, a write, and every other request that a session answers; neither a denial nor a look from
    outside. Sessions that have ended go first: their record says why a request is denied, and nothing else.
    """

    def __init__(self, turn: Turn, settings: Settings, clock: HybridClock) -> None:
        super().__init__(turn, settings, clock)
        self._over: dict[str, None] = {}

    def put(self, session: Session) -> bool:
        """Hold this copy, as the one used last, and let others go while there are too many."""
        changed = super().put(session)
        held = self.sessions.pop(session.id)
        self.sessions[session.id] = held  # last in the order of use
        if held.end is not None:
            self._over[session.id] = None
        while len(self.sessions) > self.settings.capacity:
            self._evict(next(iter(self._over), None) or next(iter(self.sessions)))
        return changed

    def touched(self, session: Session, wall: int) -> Session:
        """Move last activity forward, never back; used it was also if the clock stood still or went back."""
        self.put(structs.replace(session, last=max(wall, session.last)))
        return self.sessions[session.id]

    def _evict(self, key: str) -> None:
        """Let one record go; a request with its cookie hears `no-session` from now on."""
        session = self.sessions[key]
        self._remove(session)
        if session.end is None:
            self.turn.note("evicted", held=len(self.sessions))
        if len(self._oldest) > 2 * (len(self.sessions) + len(self._revoked)) + SPARE:
            self._oldest = [entry for entry in self._oldest if self.record(entry[1]) is not None]
            heapify(self._oldest)

    def _remove(self, session: Session) -> None:
        self._over.pop(session.id, None)
        super()._remove(session)
