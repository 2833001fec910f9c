"""Monotonic reads: what a client has seen, it does not see undone."""

from conformance.checks.copies import Copies
from conformance.checks.findings import at, shown
from conformance.checks.guarantees import Reads, Stale, by_client, may_be_deleted
from conformance.checks.index import Index, Session, answered, surely_before
from conformance.history import OK, READ, Operation
from conformance.verdict import Finding

NAME = "monotonic_reads"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-2"]
PROMISE = "With routing, or on one node throughout, a client's read shows nothing older than its earlier reads did."


def monotonic_reads(index: Index) -> Finding:
    """Find reads that show something older than an earlier read of the same client (REQ-ROUT-1, REQ-ROUT-2).

    Of two reads of one browser in one session, the second asked for after the first was answered, convicts the second
    if it shows a value written definitely before the one that the first showed, or lacks the key though no delete may
    come after that write; or if it shows a value again that a read in between showed no more, as a value is written
    once (with `merge`, and while nothing parted the nodes from the first of the three reads on). An absence that was
    read says nothing else about later reads: it may be older than every write.
    Only where the guarantee is promised (protocol, part 4); elsewhere `not promised`, with rate and longest staleness.

    Overlapping tabs have no order. Unknown outcomes: a value of such a write may be seen at any time after its asking,
    so showing it never convicts; once seen it had happened, so what is older convicts afterwards, unless a node crashed
    meanwhile and took it along. An absence that a delete of unknown outcome explains convicts nobody.

    Judged: reads after an earlier read of the same client that showed a value. Cost: O(n log n).
    Source: Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994).
    """
    reads = Reads(index)
    for session, only_denials in reads.count("after_a_value"):
        if only_denials:
            continue
        for operations in by_client(session.operations):
            shown = [o for o in operations if o.op == READ and o.outcome == OK and o.data is not None]
            _judge(session, shown, reads)
    return reads.conclude(NAME, REQUIREMENTS, PROMISE)


def _judge(session: Session, operations: list[Operation], reads: Reads) -> None:
    """Judge one client's reads of one session, in the order of their asking."""
    seen = _Seen(session, reads.copies)
    pending: list[Operation] = []
    for read in operations:
        if pending:
            later = []
            for earlier in pending:
                if surely_before(earlier, read):
                    seen.take(earlier)
                else:
                    later.append(earlier)
            pending = later
        if seen.newest:
            reads.judge(read, seen.undone(read) or seen.returned(read))
        pending.append(read)


class _Seen:
    """What reads that were answered have shown one client of one session.

    Attributes:
        newest: by key, the newest write seen, and the read that saw it.
    """

    def __init__(self, session: Session, copies: Copies) -> None:
        self.newest: dict[str, tuple[Operation, Operation]] = {}
        self._session = session
        self._copies = copies
        self._shown: dict[str, dict[str, Operation]] = {}  # by key and write, who showed it and no later read did not
        self._passed: dict[tuple[str, str], tuple[Operation, Operation]] = {}  # who showed it, and who did no longer

    def take(self, read: Operation) -> None:
        """Keep what a read showed: the newest of each key, and what it showed no more."""
        data, writes = read.data or {}, {}
        for name, value in data.items():
            write = self._copies.index.writer(value)
            if write is None or write.session != self._session.id or write.key != name:
                continue
            writes[name] = write
            held = self.newest.get(name)
            if held is None or held[0].asked < write.asked:
                self.newest[name] = (write, read)
        for name, shown_by in self._shown.items():
            if name not in writes and name in data:
                continue  # of another session, or from nowhere
            now = writes[name].id if name in writes else ""
            for write_id, earlier in list(shown_by.items()):
                if write_id != now and surely_before(earlier, read):
                    self._passed[name, write_id] = (shown_by.pop(write_id), read)
        for name, write in writes.items():
            self._shown.setdefault(name, {}).setdefault(write.id, read)

    def undone(self, read: Operation) -> Stale | None:
        """Find a write that an earlier read of the client showed and this one takes back."""
        data, copies = read.data or {}, self._copies
        for name, (newer, earlier) in self.newest.items():
            write = None
            if name in data:
                write = copies.index.writer(data[name])
                others = write is None or write.session != self._session.id
                right = others or write is newer or (write is not None and not surely_before(write, newer))
            else:
                right = may_be_deleted(copies, self._session, name, newer, read)
            if not right and not copies.lost_rightly(newer, answered(read)):
                text = "{} showed {}, and {} had shown the newer {!r} to the same client"
                values = (at(read), shown(read, name), at(earlier), newer.value)
                return Stale(earlier, newer, write, text, values)
        return None

    def returned(self, read: Operation) -> Stale | None:
        """Find a value that the client was shown, then no more, and is shown again: whatever its order, one is undone.

        A value is written once. So this needs no order of the writes, but that nothing parted the nodes meanwhile.
        """
        if not self._passed or not self._copies.merges:
            return None  # without `merge` an update of another key may bring the whole session back
        for name, value in (read.data or {}).items():
            write = self._copies.index.writer(value)
            passed = None if write is None else self._passed.get((name, write.id))
            if write is None or passed is None or self._explained(name, write, *passed, read):
                continue
            first, between = passed
            text = "{} showed {}, which {} had shown to the same client, and {} no more ({})"
            values = (at(read), shown(read, name), at(first), at(between), shown(between, name))
            return Stale(between, write, None, text, values)
        return None

    def _explained(self, name: str, write: Operation, first: Operation, between: Operation, read: Operation) -> bool:
        """Say whether a parting, or a loss that is allowed, may have brought a value back."""
        copies = self._copies
        if not copies.timeline.together(first.asked, answered(read)) or copies.lost_rightly(write, answered(between)):
            return True
        value = (between.data or {}).get(name)
        replaced_by = None if value is None else copies.index.writer(value)
        if replaced_by is not None:
            return copies.lost_rightly(replaced_by, answered(read))
        key = self._session.keys.get(name)
        return key is not None and any(copies.lost_rightly(delete, answered(read)) for delete in key.deletes)
