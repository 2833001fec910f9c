"""Anti-entropy: digests compared in the background with one member after another, and the differences repaired.

One round asks one member: branches of the digest tree, then children of those that differ, then listings, then the
records themselves. Each question has its own number, so that an answer that comes twice, or late, or after a restart
counts once or not at all. The answering side keeps nothing between messages; a lost one costs the round and no more.

Rounds in turn leave out what is changing, which is on its way already. A round after a change of view, and that of a
node that joins, is thorough: what the other side of a partition wrote must not wait until the session's user goes home.
"""

from collections.abc import Callable

from reference.digests import DEPTH, EMPTY, LEAF, MOVING, Branch
from reference.membership import Membership
from reference.protocol import LIFE_BITS, Compare, Copies, Difference, Want, Wanted
from reference.records import Records
from reference.settings import SECOND
from reference.timing import COMPARE_OFTEN, COMPARE_SELDOM, ROUND_TRIP, SETTLING
from reference.turn import Turn

RECORDS_A_MESSAGE = 100
ROUND_LIMIT = 2 * SECOND
"""A round is given up when nothing came for so long: six of the slowest round trips between regions (0.33 s)."""
SECOND_LOOK = SETTLING + ROUND_TRIP
"""After this a member that came is compared with again: what was on its way at the first time has settled by then."""


class Comparison:
    """One node's side of comparing, as the one who asks and as the one who answers.

    Attributes:
        agreed_from: when the last round that came to its end was begun, by the monotonic clock: what its member held
            then is held here.
        finished: called with the member's name when everything that it holds is held here too.
        failed: called with the member's name when it did not answer.
    """

    def __init__(self, turn: Turn, membership: Membership, records: Records, boot: int) -> None:
        self.turn = turn
        self.membership = membership
        self.records = records
        self.boot = boot
        self.agreed_from = 0
        self.finished: Callable[[str], None] = lambda _member: None
        self.failed: Callable[[str], None] = lambda _member: None
        self._question = boot << LIFE_BITS
        self._unanswered: dict[int, None] = {}
        self._with: str | None = None
        self._began = 0
        self._moved = 0
        self._found = False
        self._thorough = False
        self._pause = COMPARE_OFTEN
        self._next = 0
        self._due: dict[str, None] = {}
        self._again: dict[str, int] = {}
        self.on_message = {
            Compare: self._answer,
            Difference: self._descend,
            Want: self._give,
            Wanted: self._take,
        }
        self.on_alarm = {"compare": self._begin}

    def soon(self, member: str) -> None:
        """Compare thoroughly with that member, before any other and again later; at once if no round moves just now."""
        self._due[member] = None
        self._again[member] = self.turn.mono + SECOND_LOOK
        self._pause = COMPARE_OFTEN
        if self._with is not None and self.turn.mono - self._moved > ROUND_TRIP:
            self._due[self._with] = None
            self._with = None
        if self._with is None:
            self.turn.alarm("compare", 1)

    def forget(self, member: str) -> None:
        """Ask nothing more of a member that is gone."""
        self._due.pop(member, None)
        self._again.pop(member, None)
        if self._with == member:
            self._with = None
            self.turn.alarm("compare", 1)

    def restart(self) -> None:
        """Forget a round under way: what it compared is no longer held here."""
        self._with = None
        self._due.clear()
        self._again.clear()

    # ---------------------------------------------------------------------------------------------------------- asking

    def _begin(self) -> None:
        """Begin a round with the next member: those due first, then all in turn."""
        if self._with is not None:
            # A message of the round is lost, or the way cut: others have their turn, that one keeps nobody waiting.
            silent, self._with = self._with, None
            self.failed(silent)
        member = self._next_member()
        if member is None:
            return
        self._with, self._began, self._found = member, self.turn.mono, False
        self._unanswered.clear()
        self._settle(thorough=self._thorough)
        self._compare((self.records.tree.branch(""),))
        self._await_answer()

    def _next_member(self) -> str | None:
        live = self.membership.live()
        if not live:
            return None
        if self._again:
            for name in [name for name, at in self._again.items() if at <= self.turn.mono]:
                del self._again[name]
                self._due[name] = None
        while self._due:
            member = next(iter(self._due))
            del self._due[member]
            if self.membership.is_live(member):
                self._thorough = True
                return member
        self._thorough = False
        self._next += 1
        return live[self._next % len(live)]

    def _settle(self, *, thorough: bool) -> None:
        self.records.settle(self.turn.mono if thorough else self.turn.mono - SETTLING)

    def _compare(self, branches: tuple[Branch, ...]) -> None:
        self._question += 1
        self._unanswered[self._question] = None
        self.turn.send(str(self._with), Compare(self._question, branches, self._thorough))

    def _await_answer(self) -> None:
        self._moved = self.turn.mono
        self.turn.alarm("compare", ROUND_LIMIT)

    def _answered(self, sender: str, question: int) -> bool:
        """Take note of an answer; say whether it is the first one to a question of this round."""
        if sender != self._with or question not in self._unanswered:
            return False
        del self._unanswered[question]
        return True

    def _descend(self, sender: str, difference: Difference) -> None:
        """Ask on where the answer differs, want what is missing here, and give what is missing there."""
        if not self._answered(sender, difference.round):
            return
        self._settle(thorough=self._thorough)
        if not difference.branches and not difference.leaves:  # as nearly always: both hold the same
            self._go_on()
            return
        tree = self.records.tree
        theirs = {prefix: (digest, count) for prefix, digest, count in difference.branches}
        parents = dict.fromkeys(prefix[:-1] for prefix in theirs)
        mine = {prefix: (digest, count) for parent in parents for prefix, digest, count in tree.children(parent)}
        differing = tuple(
            (prefix, *mine.get(prefix, EMPTY))
            for prefix in sorted(theirs.keys() | mine.keys())
            if mine.get(prefix, EMPTY) != theirs.get(prefix, EMPTY)
        )
        if differing:
            self._compare(differing)
        wanted, given = self._tell_apart(difference)
        if wanted or given:
            self._found = True
        for some in _in_parts(wanted):
            self._question += 1
            self._unanswered[self._question] = None
            self.turn.send(sender, Want(self._question, tuple(some)))
        if self.membership.members[sender].ready:  # else it fetches everything anyway, from one and not from all
            for some in _in_parts(given):
                sessions, revocations = self.records.chosen(some)
                self.turn.send(sender, Copies(self.boot, 0, sessions, revocations))
        self._go_on()

    def _tell_apart(self, difference: Difference) -> tuple[list[str], list[str]]:
        """Tell what is to be had and what is to be given; what is changing, here or there, is on its way already."""
        records = self.records
        wanted, given = [], []
        for prefix, theirs in difference.leaves:
            mine = records.tree.listing(prefix)
            for key, digest in theirs.items():
                held = mine.get(key)
                if held != digest and (records.record(key) is None or not (digest == MOVING or records.moving(key))):
                    wanted.append(key)
            given += [key for key, digest in mine.items() if theirs.get(key, digest + 1) not in (digest, MOVING)]
        return wanted, given

    def _take(self, sender: str, wanted: Wanted) -> None:
        """Merge the records that were asked for."""
        for revocation in wanted.revocations:
            self.records.take_revocation(revocation)
        for session in wanted.sessions:
            self.records.take(session)
        self.records.enter(wanted.sessions, wanted.revocations)
        if self._answered(sender, wanted.round):
            self._go_on()

    def _go_on(self) -> None:
        """Wait for the answers that are still out, or end the round."""
        if self._unanswered:
            self._await_answer()
            return
        member, self._with = str(self._with), None
        self.agreed_from = self._began
        if self._found:
            self.turn.note("repaired", member=member)
        self._pause = COMPARE_OFTEN if self._found else min(2 * self._pause, COMPARE_SELDOM)
        if self._due:
            self.turn.alarm("compare", 1)
        else:
            due = min([self._began + self._pause, *self._again.values()])
            self.turn.alarm("compare", due - self.turn.mono)
        self.finished(member)

    # -------------------------------------------------------------------------------------------------------- answering

    def _answer(self, sender: str, compare: Compare) -> None:
        """Say where the own tree differs from the branches that were sent."""
        self._settle(thorough=compare.thorough)
        tree = self.records.tree
        branches, leaves = [], []
        for prefix, digest, count in compare.branches:
            _, my_digest, my_count = tree.branch(prefix)
            if (my_digest, my_count) == (digest, count):
                continue
            if min(count, my_count) == 0 or max(count, my_count) <= LEAF or len(prefix) == DEPTH:
                leaves.append((prefix, self.records.listing(prefix)))
            else:
                branches += tree.children(prefix)
        self.turn.send(sender, Difference(compare.round, tuple(branches), tuple(leaves)))

    def _give(self, sender: str, want: Want) -> None:
        sessions, revocations = self.records.chosen(list(want.records))
        self.turn.send(sender, Wanted(want.round, sessions, revocations))


def _in_parts(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + RECORDS_A_MESSAGE] for start in range(0, len(keys), RECORDS_A_MESSAGE)]
