"""What one node holds: every session, every revocation, and the digests of both. It knows no peers and sends nothing.

Here a copy that arrives meets the copy that is held, revocations reach the sessions of their owner, and records are
forgotten when no copy anywhere can still be alive.
"""

from hashlib import blake2b
from heapq import heappop, heappush

from msgspec import structs

from reference.clocks import HybridClock
from reference.digests import Tree, digest_of
from reference.lifetime import forget_at
from reference.session import LOGGED_OUT, Ending, Revocation, Session, ended, merge, revoked
from reference.settings import Settings
from reference.turn import Turn


def revocation_key(owner: str) -> str:
    """Key under which the revocation of an owner stands in the digests, beside the sessions."""
    return blake2b(owner.encode(), digest_size=16, person=b"revocation").hexdigest()


class Records:
    """The records of one node."""

    def __init__(self, turn: Turn, settings: Settings, clock: HybridClock) -> None:
        self.turn = turn
        self.settings = settings
        self.clock = clock
        self.sessions: dict[str, Session] = {}
        self.revocations: dict[str, Revocation] = {}
        self.tree = Tree()
        self._owned: dict[str, dict[str, None]] = {}
        self._revoked: dict[str, str] = {}
        self._unsettled: dict[str, int] = {}
        self._oldest: list[tuple[int, str]] = []

    # --------------------------------------------------------------------------------------------------------- merging

    def merge(self, mine: Session, theirs: Session) -> Session:
        """Join two copies of one session; the rule is the record's own."""
        return merge(mine, theirs)

    def take(self, theirs: Session) -> bool:
        """Merge a copy, or a part of one, that arrived from another node.

        Returns:
            Whether anything changed. A record past its whole life is refused: whoever still sends it was cut off for
            longer than any session lives, and could only revive what everybody else has forgotten.
        """
        if forget_at(theirs.created, self.settings) <= self.turn.wall:
            return False
        for cell in theirs.cells.values():
            self.clock.witness(cell.at, self.turn.wall)
        mine = self.sessions.get(theirs.id)
        return self.put(theirs if mine is None else self.merge(mine, theirs))

    def put(self, session: Session) -> bool:
        """Hold this copy from now on, ended if a revocation says so; return whether that changed anything."""
        held = self.sessions.get(session.id)
        if session is held:
            return False
        if session.end is None:
            revocation = self.revocations.get(session.owner)
            if revocation is not None and revoked(session, revocation):
                session = ended(session, Ending(LOGGED_OUT, revocation.at, revocation.by))
        if held is None:
            self._owned.setdefault(session.owner, {})[session.id] = None
            heappush(self._oldest, (session.created, session.id))
            self._await_forgetting()
        self.sessions[session.id] = session
        self._changed(session.id)
        return True

    def take_revocation(self, revocation: Revocation) -> int:
        """Hold a revocation unless a later one of that owner is held, and end whom it reaches.

        Returns:
            How many sessions it ended here.
        """
        held = self.revocations.get(revocation.owner)
        if held is not None and (held.at, held.by) >= (revocation.at, revocation.by):
            return 0
        self.clock.witness(revocation.at, self.turn.wall)
        self.revocations[revocation.owner] = revocation
        key = revocation_key(revocation.owner)
        self._revoked[key] = revocation.owner
        self._changed(key)
        reached = [self.sessions[name] for name in self._owned.get(revocation.owner, ())]
        live = [session for session in reached if session.end is None and revoked(session, revocation)]
        for session in live:
            self.put(ended(session, Ending(LOGGED_OUT, revocation.at, revocation.by)))
        return len(live)

    # --------------------------------------------------------------------------------------------------------- writing

    def stamp(self, session: Session) -> int:
        """Make a stamp for a write to this copy that exceeds every stamp in it."""
        above = max((cell.at for cell in session.cells.values()), default=0)
        return self.clock.stamp(self.turn.wall, above)

    def touched(self, session: Session, wall: int) -> Session:
        """Move last activity forward, never back (REQ-EXP-12), and return the copy that is now held."""
        if wall > session.last:
            session = structs.replace(session, last=wall)
            self.put(session)
        return session

    # --------------------------------------------------------------------------------------------------------- digests

    def _changed(self, key: str) -> None:
        self._unsettled.pop(key, None)
        self._unsettled[key] = self.turn.mono

    def settle(self, before: int) -> None:
        """Enter into the digests whatever last changed before that instant of the monotonic clock."""
        while self._unsettled:
            key = next(iter(self._unsettled))
            if self._unsettled[key] > before:
                return
            del self._unsettled[key]
            record = self.record(key)
            if record is not None:
                self.tree.put(key, digest_of(record))

    def record(self, key: str) -> Session | Revocation | None:
        """Find what is held under a key of the digests."""
        session = self.sessions.get(key)
        if session is not None:
            return session
        owner = self._revoked.get(key)
        return None if owner is None else self.revocations[owner]

    def chosen(self, keys: list[str]) -> tuple[tuple[Session, ...], tuple[Revocation, ...]]:
        """Gather the records under these keys that are held here, sessions and revocations apart."""
        sessions = tuple(self.sessions[key] for key in keys if key in self.sessions)
        revocations = tuple(self.revocations[self._revoked[key]] for key in keys if key in self._revoked)
        return sessions, revocations

    def keys_after(self, key: str, limit: int) -> list[str]:
        """Return the next keys of all records, in order."""
        every = sorted([*self.sessions, *self._revoked])
        return [found for found in every if found > key][:limit]

    # ------------------------------------------------------------------------------------------------------ forgetting

    def _await_forgetting(self) -> None:
        due = forget_at(self._oldest[0][0], self.settings)
        self.turn.alarm_unless_set("forget", due - self.turn.wall + 1)

    def forget(self) -> None:
        """Drop the sessions, and the revocations, that no copy anywhere can need any more."""
        wall = self.turn.wall
        while self._oldest and forget_at(self._oldest[0][0], self.settings) <= wall:
            _, name = heappop(self._oldest)
            session = self.sessions.pop(name)
            self._drop(name)
            del self._owned[session.owner][name]
            if not self._owned[session.owner]:
                del self._owned[session.owner]
        for owner in [owner for owner, held in self.revocations.items() if forget_at(held.at, self.settings) <= wall]:
            del self.revocations[owner]
            key = revocation_key(owner)
            del self._revoked[key]
            self._drop(key)
        if self._oldest:
            self._await_forgetting()

    def clear(self) -> None:
        """Drop everything, after the node was out of contact for longer than what it holds can be trusted."""
        for key in [*self.sessions, *self._revoked]:
            self._drop(key)
        self.sessions.clear()
        self.revocations.clear()
        self._owned.clear()
        self._revoked.clear()
        self._oldest.clear()

    def _drop(self, key: str) -> None:
        self._unsettled.pop(key, None)
        self.tree.remove(key)
