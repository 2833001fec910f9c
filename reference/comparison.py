"""Anti-entropy: digests compared in the background with one member after another, and the differences repaired.

One round asks one member: branches of the digest tree, then children of those that differ, then listings, then the
records themselves. The answering side keeps nothing between messages; a lost message costs the round and nothing else.
"""

from collections.abc import Callable

from reference.digests import DEPTH, LEAF
from reference.membership import Membership
from reference.protocol import Compare, Copies, Difference, Want, Wanted
from reference.records import Records
from reference.settings import SECOND
from reference.timing import COMPARE_OFTEN, COMPARE_SELDOM, SETTLING
from reference.turn import Turn

RECORDS_A_MESSAGE = 100
ROUND_LIMIT = 3 * SECOND
"""A round is given up after this: five round trips between the farthest regions (0.33 s each) fit in twice."""


class Comparison:
    """One node's side of comparing, as the one who asks and as the one who answers.

    Attributes:
        finished: called with the member's name when everything that it holds is held here too.
    """

    def __init__(self, turn: Turn, membership: Membership, records: Records, boot: int) -> None:
        self.turn = turn
        self.membership = membership
        self.records = records
        self.boot = boot
        self.finished: Callable[[str], None] = lambda _member: None
        self._round = 0
        self._with: str | None = None
        self._began = 0
        self._found = False
        self._open = 0
        self._pause = COMPARE_OFTEN
        self._next = 0
        self._due: dict[str, None] = {}
        self.on_message = {
            Compare: self._answer,
            Difference: self._descend,
            Want: self._give,
            Wanted: self._take,
        }
        self.on_alarm = {"compare": self._begin}

    def soon(self, member: str) -> None:
        """Compare with that member before any other, beginning at once if no round is under way."""
        self._due[member] = None
        self._pause = COMPARE_OFTEN
        if self._with is None:
            self.turn.alarm("compare", 1)

    def forget(self, member: str) -> None:
        """Ask nothing more of a member that is gone."""
        self._due.pop(member, None)
        if self._with == member:
            self._with = None
            self.turn.alarm("compare", 1)

    # ---------------------------------------------------------------------------------------------------------- asking

    def _begin(self) -> None:
        """Begin a round with the next member: those due first, then all in turn."""
        if self._with is not None:
            # No end in all that time: a message of the round is lost, and the member has its turn again, after others.
            self._due[self._with] = None
            self._with = None
        live = self.membership.live()
        if not live:
            return
        due = [name for name in self._due if name in live]
        if due:
            member = due[0]
            del self._due[member]
        else:
            self._next += 1
            member = live[self._next % len(live)]
        self._round += 1
        self._with, self._began, self._found, self._open = member, self.turn.mono, False, 1
        self.records.settle(self.turn.mono - SETTLING)
        self.turn.send(member, Compare(self._round, (self.records.tree.branch(""),)))
        self.turn.alarm("compare", ROUND_LIMIT)

    def _descend(self, sender: str, difference: Difference) -> None:
        """Ask on where the answer differs, want what is missing here, and give what is missing there."""
        if sender != self._with or difference.round != self._round:
            return
        self._open -= 1
        if difference.branches or difference.leaves:
            self._found = True
        tree = self.records.tree
        theirs = {prefix: (digest, count) for prefix, digest, count in difference.branches}
        parents = dict.fromkeys(prefix[:-1] for prefix in theirs)
        mine = [tree.branch(parent + digit) for parent in parents for digit in "0123456789abcdef"]
        differing = tuple(branch for branch in mine if theirs.get(branch[0], (0, 0)) != branch[1:])
        if differing:
            self._open += 1
            self.turn.send(sender, Compare(self._round, differing))
        wanted, given = self._tell_apart(difference)
        for some in _in_parts(wanted):
            self._open += 1
            self.turn.send(sender, Want(self._round, tuple(some)))
        for some in _in_parts(given):
            sessions, revocations = self.records.chosen(some)
            self.turn.send(sender, Copies(self.boot, 0, sessions, revocations))
        self._close_if_done()

    def _tell_apart(self, difference: Difference) -> tuple[list[str], list[str]]:
        wanted, given = [], []
        for prefix, theirs in difference.leaves:
            mine = self.records.tree.listing(prefix)
            wanted += [key for key, digest in theirs.items() if mine.get(key) != digest]
            given += [key for key, digest in mine.items() if theirs.get(key) != digest]
        return wanted, given

    def _take(self, sender: str, wanted: Wanted) -> None:
        """Merge the records that were asked for."""
        for revocation in wanted.revocations:
            self.records.take_revocation(revocation)
        for session in wanted.sessions:
            self.records.take(session)
        if sender == self._with and wanted.round == self._round:
            self._open -= 1
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._open > 0 or self._with is None:
            return
        member, self._with = self._with, None
        if self._found:
            self.turn.note("repaired", member=member)
        self._pause = COMPARE_OFTEN if self._found else min(2 * self._pause, COMPARE_SELDOM)
        self.turn.alarm("compare", 1 if self._due else self._began + self._pause - self.turn.mono)
        self.finished(member)

    # -------------------------------------------------------------------------------------------------------- answering

    def _answer(self, sender: str, compare: Compare) -> None:
        """Say where the own tree differs from the branches that were sent."""
        self.records.settle(self.turn.mono - SETTLING)
        tree = self.records.tree
        branches, leaves = [], []
        for prefix, digest, count in compare.branches:
            _, my_digest, my_count = tree.branch(prefix)
            if (my_digest, my_count) == (digest, count):
                continue
            if min(count, my_count) == 0 or max(count, my_count) <= LEAF or len(prefix) == DEPTH:
                leaves.append((prefix, tree.listing(prefix)))
            else:
                branches += tree.children(prefix)
        self.turn.send(sender, Difference(compare.round, tuple(branches), tuple(leaves)))

    def _give(self, sender: str, want: Want) -> None:
        sessions, revocations = self.records.chosen(list(want.records))
        self.turn.send(sender, Wanted(want.round, sessions, revocations))


def _in_parts(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + RECORDS_A_MESSAGE] for start in range(0, len(keys), RECORDS_A_MESSAGE)]
