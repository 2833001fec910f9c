"""What the client's guarantees share: whose reads are promised anything, how stale reads are counted, the finding.

Protocol, part 4: promised where the subject has routing, or one node served the client throughout; and no node was cut
off, paused or wrongly suspected within `converge` before. One node that crashes, leaves, joins or comes back is no
excuse. Elsewhere rate and longest staleness are figures.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from conformance.checks.copies import Copies
from conformance.checks.findings import Convictions, conclude_where_promised, counted, seconds
from conformance.checks.index import Index, Session, answered
from conformance.checks.plain import Plain, plain
from conformance.history import OBSERVER, PEEK, UNKNOWN, Operation
from conformance.verdict import Finding

_MEMBERS: Final = ("reads", "after_a_value", "after_two_updates", "after_a_read")


class Stale(Struct):
    """Why a read was stale.

    Attributes:
        due: the operation that contradicts the read.
        newer: the update that it should have shown.
        shown: the update that it showed instead, None where it showed nothing.
        text: what was seen, with {} for each of `values`.
        values: what stands in it.
    """

    due: Operation
    newer: Operation
    shown: Operation | None
    text: str
    values: tuple[object, ...]


class _Counted(Struct):
    """What one pass over the plain sessions counts for all four guarantees, and what it leaves.

    Attributes:
        promised: how many reads each guarantee is about and promised to, by the member of `Plain` that counts them.
        elsewhere: the same of reads to which nothing is promised.
        left: the other sessions; and, with True, those of which only what was denied needs a look.
    """

    promised: dict[str, int]
    elsewhere: dict[str, int]
    left: list[tuple[Session, bool]]


class Reads:
    """Counts the reads that one guarantee is about, and convicts those that broke it where it was promised."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.copies = Copies(index)
        self._routing = index.header.routing
        self.convictions = Convictions()
        self.judged = 0
        self.judged_promised = 0
        self.stale = 0
        self.staleness_us_max = 0

    def promised(self, read: Operation) -> bool:
        """Say whether the guarantee is promised to that read."""
        if not (self._routing or self._index.served_by_one(read.client)):
            return False
        return self._index.timeline.together(read.asked, answered(read))

    def judge(self, read: Operation, stale: Stale | None) -> None:
        """Count a read, and convict it where it is stale, promised otherwise, and the two updates have an order.

        Args:
            read: a read of a client that the guarantee says something about.
            stale: why it is; None if it showed what it should.
        """
        promised = self.promised(read)
        self.judged += 1
        self.judged_promised += promised
        if stale is None:
            return
        self.stale += 1
        self.staleness_us_max = max(self.staleness_us_max, read.asked - answered(stale.due))
        if promised and (stale.shown is None or self.copies.ordered(stale.shown, stale.newer)):
            self.convictions.add((stale.due, read), stale.text, *stale.values)

    def count(self, plainly: str) -> list[tuple[Session, bool]]:
        """Count the reads of plain sessions, all of which show what they should.

        Args:
            plainly: the member of `Plain` that counts the reads which the guarantee is about.

        Returns:
            The sessions that need a closer look, in the order of the index; with True those in which only what was
            denied may concern a guarantee.
        """
        shared = self._index.shared
        found: _Counted = shared.get(__name__) or shared.setdefault(__name__, _count(self._index))
        self.judged_promised += found.promised[plainly]
        self.judged += found.promised[plainly] + found.elsewhere[plainly]
        return found.left

    def conclude(self, name: str, requirements: list[str], promise: str) -> Finding:
        """Make the finding."""
        stale = f"{self.stale:,} of {counted(self.judged, 'read')} were stale"
        longest = f", at most by {seconds(self.staleness_us_max)}" if self.stale else ""
        return conclude_where_promised(
            self._index,
            name,
            requirements,
            promise,
            self.convictions,
            promised=self.judged_promised,
            met=self.judged,
            kept=f"{counted(self.judged_promised, 'read')} to which it is promised kept it",
            seen=f"{stale}{longest}",
            figures={
                "reads": self.judged,
                "reads_promised": self.judged_promised,
                "stale_reads": self.stale,
                "stale_ppm": self.stale * 1_000_000 // self.judged if self.judged else 0,
                "staleness_us_max": self.staleness_us_max,
            },
        )


def _count(index: Index) -> _Counted:
    """Count for all four guarantees at once; where something disturbed the nodes, each read has its own promise."""
    together, routing, left = index.timeline.together, index.header.routing, []
    promised, elsewhere = [0, 0, 0, 0], [0, 0, 0, 0]
    for session in index.sessions.values():
        known, login = session.plain, session.login
        if known is None or login is None:
            left.append((session, False))
            continue
        if known.denied and login.by != OBSERVER:
            left.append((session, True))
        if not (routing or index.served_by_one(known.client)):
            _add(elsewhere, known)
        elif together(login.asked, known.heard):
            _add(promised, known)
        elif (promised_to := plain(login, session.operations, together)) is not None:
            _add(promised, promised_to)
            _add(elsewhere, known)
            _add(elsewhere, promised_to, -1)
    return _Counted(dict(zip(_MEMBERS, promised, strict=True)), dict(zip(_MEMBERS, elsewhere, strict=True)), left)


def _add(total: list[int], known: Plain, sign: int = 1) -> None:
    total[0] += sign * known.reads
    total[1] += sign * known.after_a_value
    total[2] += sign * known.after_two_updates
    total[3] += sign * known.after_a_read


def by_client(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Part what browsers asked of a session by client, each in the order of asking; without peeks and observers."""
    clients: dict[str, list[Operation]] = {}
    for operation in operations:
        if operation.by != OBSERVER and operation.op != PEEK and operation.outcome != UNKNOWN:
            clients.setdefault(operation.client, []).append(operation)
    yield from clients.values()


def may_be_deleted(copies: Copies, session: Session, name: str, since: Operation, read: Operation) -> bool:
    """Say whether a delete, of any outcome but definite failure, may explain that a read lacks what `since` wrote."""
    key = session.keys.get(name)
    if key is None:
        return False
    return any(d.asked <= answered(read) and not copies.ordered(d, since) for d in reversed(key.deletes))
