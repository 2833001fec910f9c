"""What one node holds: every session, every revocation, and the digests of both. It knows no peers and sends nothing.

Here a copy that arrives meets the copy that is held, revocations reach the sessions of their owner, and records are
forgotten when no copy anywhere can still be alive.
"""

from collections.abc import Iterable
from hashlib import blake2b
from heapq import heapify, heappop, heappush

from msgspec import structs

from reference.clocks import HybridClock
from reference.digests import MOVING, Tree, digest_of
from reference.lifetime import forget_at
from reference.session import Revocation, Session, merge, revoked
from reference.settings import SECOND, Settings
from reference.turn import Turn

FORGETTING_LATE = 3600 * SECOND
"""How much later a node may forget whose wall clock was set forward: the alarm runs by the monotonic one."""


def revocation_key(owner: str) -> str:
    """Key under which the revocation of an owner stands in the digests, beside the sessions."""
    return blake2b(owner.encode(), digest_size=16, person=b"revocation").hexdigest()


class Records:
    """The records of one node.

    Attributes:
        sessions, revocations: what is held, by id and by owner.
        keys: how many keys all sessions have; those that ended have none.
        ends: how many of the sessions have ended.
        tree: the digests of what is held.
    """

    def __init__(self, turn: Turn, settings: Settings, clock: HybridClock) -> None:
        self.turn = turn
        self.settings = settings
        self.clock = clock
        self.sessions: dict[str, Session] = {}
        self.revocations: dict[str, Revocation] = {}
        self.keys = self.ends = 0
        self.tree = Tree()
        self._owned: dict[str, list[str]] = {}
        self._revoked: dict[str, str] = {}
        self._unsettled: dict[str, int] = {}
        self._oldest: list[tuple[int, str, int]] = []

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
        # Whatever is seen here lies before what happens here next: a revocation must exceed the logins that it reaches.
        self.clock.witness(theirs.created, self.turn.wall)
        for cell in theirs.cells.values():
            self.clock.witness(cell.at, self.turn.wall)
        mine = self.sessions.get(theirs.id)
        return self.put(theirs if mine is None else self.merge(mine, theirs))

    def put(self, session: Session) -> bool:
        """Hold this copy from now on, ended if a revocation says so; return whether that changed anything."""
        held = self.sessions.get(session.id)
        if session is held:
            return False
        revocation = self.revocations.get(session.owner)
        if revocation is not None:
            session = revoked(session, revocation)
        name = session.id
        if held is None:
            self._owned.setdefault(session.owner, []).append(name)
            self._forget_later(session.created, name)
            self._count(session, 1)
        else:
            if held.end is not session.end or held.cells is not session.cells:
                self._count(held, -1)
                self._count(session, 1)
            if held.owner != session.owner:  # a peer's mistake, which must not bring this node down when it forgets
                self._disown(held)
                self._owned.setdefault(session.owner, []).append(name)
        self.sessions[name] = session
        self._changed(name)
        return True

    def take_revocation(self, revocation: Revocation) -> int:
        """End whom a revocation reaches, and hold it unless a later one of that owner is held.

        Returns:
            How many sessions it ended here. One that reaches no session that any node can still hold alive is refused,
            as such sessions are.
        """
        if forget_at(revocation.at, self.settings) <= self.turn.wall:
            return 0
        held = self.revocations.get(revocation.owner)
        if held is None or (held.at, held.by) < (revocation.at, revocation.by):
            self.clock.witness(revocation.at, self.turn.wall)
            self.revocations[revocation.owner] = revocation
            key = revocation_key(revocation.owner)
            self._revoked[key] = revocation.owner
            self._changed(key)
            self._forget_later(revocation.at, key)
        elif held == revocation:
            return 0
        live = 0
        for session in self.owned(revocation.owner):
            over = revoked(session, revocation)
            if over is not session:
                live += session.end is None
                self.put(over)
        return live

    def owned(self, owner: str) -> list[Session]:
        """Return the sessions of an owner that are held here, ended ones included."""
        return [self.sessions[name] for name in self._owned.get(owner, ())]

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
        """Take a record that changes out of the digests until the change has had time to arrive everywhere.

        Further changes do not prolong that time: a session that is never quiet must be compared too.
        """
        if key not in self._unsettled:
            self._unsettled[key] = self.turn.mono
            self.tree.remove(key)

    def settle(self, before: int) -> None:
        """Enter into the digests whatever began to change before that instant of the monotonic clock."""
        while self._unsettled:
            key = next(iter(self._unsettled))
            if self._unsettled[key] > before:
                return
            self._enter(key)

    def enter(self, sessions: Iterable[Session], revocations: Iterable[Revocation]) -> None:
        """Enter what came out of another's digests at once: it has settled there, and would be found missing again."""
        for session in sessions:
            self._enter(session.id)
        for revocation in revocations:
            self._enter(revocation_key(revocation.owner))

    def _enter(self, key: str) -> None:
        if self._unsettled.pop(key, None) is None:
            return
        record = self.record(key)
        if record is not None:
            self.tree.put(key, digest_of(record))

    def listing(self, prefix: str) -> dict[str, int]:
        """List every record below a prefix with its digest; one that is changing has the digest MOVING."""
        moving = dict.fromkeys([key for key in self._unsettled if key.startswith(prefix)], MOVING)
        return self.tree.listing(prefix) | moving

    def moving(self, key: str) -> bool:
        """Say whether a record is changing, so that digests say nothing of it."""
        return key in self._unsettled

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

    def _forget_later(self, begun: int, key: str) -> None:
        """Remember when a record may be forgotten, and since when by the monotonic clock it is held.

        The alarm is for the oldest, which need not have come first.
        """
        entry = (begun, key, self.turn.mono)
        heappush(self._oldest, entry)
        if self._oldest[0] is entry:
            self._await_forgetting()

    def _await_forgetting(self) -> None:
        due = forget_at(self._oldest[0][0], self.settings) - self.turn.wall
        self.turn.alarm("forget", min(due, FORGETTING_LATE))

    def forget(self) -> None:
        """Drop the sessions, and the revocations, that no copy anywhere can need any more."""
        wall = self.turn.wall
        while self._oldest and forget_at(self._oldest[0][0], self.settings) <= wall:
            begun, key, _ = heappop(self._oldest)
            session = self.sessions.get(key)
            if session is not None:
                self._remove(session)
            elif key not in self._revoked or self.revocations[self._revoked[key]].at > begun:
                continue  # evicted before its time, or a later revocation of that owner has taken its place
            else:
                del self.revocations[self._revoked.pop(key)]
                self._drop(key)
        if self._oldest:
            self._await_forgetting()

    def drop_lives(self, held_at: int) -> None:
        """Drop the sessions that are alive here and were held at an instant already: each may have ended unheard.

        What came since stays, and so does every end and revocation: those bring nothing back.

        Args:
            held_at: by the monotonic clock, µs.
        """
        kept = []
        for entry in self._oldest:
            session = self.sessions.get(entry[1])
            if session is not None and session.end is None and entry[2] <= held_at:
                self._remove(session)
            else:
                kept.append(entry)
        heapify(kept)
        self._oldest = kept

    def _count(self, session: Session, by: int) -> None:
        """Count a copy, or with -1 count it no more."""
        self.keys += by * len(session.cells)
        if session.end is not None:
            self.ends += by

    def _remove(self, session: Session) -> None:
        del self.sessions[session.id]
        self._count(session, -1)
        self._disown(session)
        self._drop(session.id)

    def _disown(self, session: Session) -> None:
        self._owned[session.owner].remove(session.id)
        if not self._owned[session.owner]:
            del self._owned[session.owner]

    def _drop(self, key: str) -> None:
        self._unsettled.pop(key, None)
        self.tree.remove(key)
