"""How a node that starts comes to hold every session before it says that it is ready (REQ-REPL-8, REQ-FAIL-3).

Announced first, so that new writes reach it; then all records in chunks from a ready member; then digests compared with
every live member. Until then it answers 503.
"""

from reference.comparison import Comparison
from reference.draws import Draws
from reference.membership import Membership
from reference.protocol import Chunk, Fetch
from reference.records import Records
from reference.settings import SECOND
from reference.timing import COMPARED_AT_ONCE
from reference.turn import Turn

ALONE_AFTER = 5 * SECOND
"""A node whom nobody answers for so long is ready alone (REQ-FAIL-7); it compares digests on first contact."""
CONTACT_AGAIN = 1 * SECOND
"""How often until then it speaks to whom discovery named: lost messages must not make it believe that it is alone."""
CHUNK_WAIT = 1 * SECOND
"""How long a chunk may take before another ready member is asked."""
ROUNDS_FAILED = 2
"""After so many comparisons in a row without an answer a node becomes ready without that member: it may be alive for
all others and out of reach of this node alone, for as long as a one-way cut lasts."""
RECORDS_A_CHUNK = 500

WAITING, FETCHING, COMPARING, READY = "waiting", "fetching", "comparing", "ready"


class Join:
    """The way of one node from its start to readiness, and what it gives to others on theirs."""

    def __init__(
        self, turn: Turn, draws: Draws, membership: Membership, records: Records, comparison: Comparison, boot: int
    ) -> None:
        self.turn = turn
        self.draws = draws
        self.membership = membership
        self.records = records
        self.comparison = comparison
        self.boot = boot
        self.phase = WAITING
        self._named: dict[str, None] = {}
        self._source: str | None = None
        self._after = ""
        self._uncompared: dict[str, int] = {}
        self._began = 0
        comparison.finished = self._compared
        comparison.failed = self._unanswered
        self.on_message = {Fetch: self._serve, Chunk: self._take}
        self.on_alarm = {"join": self._waited}

    def start(self, peers: tuple[str, ...]) -> None:
        """Begin with the names that discovery gave; a node with no peers at all is ready at once."""
        self.phase = WAITING
        self._began = self.turn.mono
        self._source = None
        self.comparison.restart()
        self._named = dict.fromkeys(peers)
        if peers:
            self.turn.alarm("join", CONTACT_AGAIN)
        else:
            self._become_ready()

    # ------------------------------------------------------------------------------------------- what the view changes

    def view_changed(self) -> None:
        """Look whether the next step is possible now that members came, went or became ready."""
        if self.phase == WAITING:
            live = self.membership.live()
            if self.membership.routable():
                self._fetch("")
            elif live and all(self.membership.is_live(name) for name in self._named):
                # Everybody is there and nobody is ready: all start at once, and merge what they have (REQ-FAIL-6).
                self._compare()
        elif self.phase == COMPARING:
            for name in [name for name in self._uncompared if not self.membership.is_live(name)]:
                del self._uncompared[name]
            self._become_ready_if_compared()

    def came(self, member: str) -> None:
        """Compare with a member that came; not before this node has its first copy, which would come twice.

        In a large cluster so many compare with it, drawn by each for itself, as it compares with.
        """
        others = len(self.membership.live())
        if others > COMPARED_AT_ONCE and self.draws.below(others) >= COMPARED_AT_ONCE:
            return
        if self.phase == COMPARING:
            self._uncompared[member] = 0
        if self.phase in (COMPARING, READY):
            self.comparison.soon(member)

    def gone(self) -> None:
        """Compare with all that are left: what a lost life had sent to some only, any of them can give to others."""
        if self.phase == READY:
            for member in self._some_live():
                self.comparison.soon(member)

    def _some_live(self) -> list[str]:
        """Name those to compare with: all in a small cluster, drawn ones of a large one, who do the same."""
        return self.draws.some(self.membership.live(), COMPARED_AT_ONCE)

    def _waited(self) -> None:
        if self.phase == FETCHING:
            self._fetch(self._after)
        elif self.phase == WAITING:
            if self.turn.mono - self._began < ALONE_AFTER:
                self.membership.discovered(self._named)
                self.turn.alarm("join", CONTACT_AGAIN)
            elif self.membership.live():
                self._compare()
            else:
                self.turn.note("alone")
                self._become_ready()

    # -------------------------------------------------------------------------------------------------------- fetching

    def _fetch(self, after: str) -> None:
        ready = self.membership.routable()
        if not ready:
            self.phase = WAITING
            self.turn.alarm("join", min(CONTACT_AGAIN, self._began + ALONE_AFTER - self.turn.mono))
            return
        self.phase = FETCHING
        if self._source not in ready or after == self._after:
            # Whoever did not answer is asked again only if there is nobody else.
            self._source = self.draws.some([name for name in ready if name != self._source] or ready, 1)[0]
        self._after = after
        self.turn.send(str(self._source), Fetch(self.boot, after))
        self.turn.alarm("join", CHUNK_WAIT)

    def _serve(self, sender: str, fetch: Fetch) -> None:
        """Give the next chunk of everything that is held here."""
        keys = self.records.keys_after(fetch.after, RECORDS_A_CHUNK)
        sessions, revocations = self.records.chosen(keys)
        after = keys[-1] if len(keys) == RECORDS_A_CHUNK else ""
        self.turn.send(sender, Chunk(fetch.boot, sessions, revocations, after, fetch.after))

    def _take(self, sender: str, chunk: Chunk) -> None:
        """Merge a chunk and ask for the next; a repeated one, or one that an earlier life asked for, means nothing."""
        asked = (chunk.boot, chunk.asked) == (self.boot, self._after)
        if self.phase != FETCHING or sender != self._source or not asked:
            return
        for revocation in chunk.revocations:
            self.records.take_revocation(revocation)
        for session in chunk.sessions:
            self.records.take(session)
        if chunk.after:
            self._fetch(chunk.after)
        else:
            self._compare()

    # ------------------------------------------------------------------------------------------------------- comparing

    def _compare(self) -> None:
        """Compare with every live member, by digests of all that is held: what was fetched had settled already."""
        self.phase = COMPARING
        self.turn.cancel("join")
        self.records.settle(self.turn.mono)
        self._uncompared = dict.fromkeys(self._some_live(), 0)
        for member in self._uncompared:
            self.comparison.soon(member)
        self._become_ready_if_compared()

    def _compared(self, member: str) -> None:
        if self.phase == COMPARING:
            self._uncompared.pop(member, None)
            self._become_ready_if_compared()

    def _unanswered(self, member: str) -> None:
        if self.phase == COMPARING and member in self._uncompared:
            self._uncompared[member] += 1
            if self._uncompared[member] < ROUNDS_FAILED:
                self.comparison.soon(member)
            else:
                self.turn.note("ready-without", member=member)
                del self._uncompared[member]
                self._become_ready_if_compared()

    def _become_ready_if_compared(self) -> None:
        if not self._uncompared:
            self._become_ready()

    def _become_ready(self) -> None:
        self.phase = READY
        self.turn.cancel("join")
        self.turn.note("ready", sessions=len(self.records.sessions))
        self.membership.become_ready()
