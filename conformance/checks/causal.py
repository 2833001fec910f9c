"""Causal consistency, on request: nothing is shown older than what its reader's past holds, whoever wrote that."""

from collections.abc import Iterator

from conformance.checks.causality import Causality, Event
from conformance.checks.copies import Copies
from conformance.checks.findings import Convictions, at, conclude_where_promised, counted, shown
from conformance.checks.index import Index, Session, answered
from conformance.checks.whole_session import Promise
from conformance.history import OK, READ, WRITE, Operation
from conformance.verdict import Finding

NAME = "causal"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-2"]


def causal(index: Index) -> Finding:
    """Find reads that contradict what happened before them in their own past (REQ-ROUT-1, REQ-ROUT-2).

    The past of an operation is what its client had been answered before it was asked, what its reads show, and the past
    of all these. In each session, with written values unique, convicts two bad patterns: a read that shows a write
    although an update of the key that has this write in its past is in the past of the read (WriteCORead); and a read
    that lacks a key although a write of it is in its past (WriteCOInitRead), unless a delete explains the absence. The
    other two, a value from nowhere and one shown before it was written (ThinAirRead, CyclicCO), are structure's.

    Promised with routing, or where one node in one life served the session, while nothing disturbs the nodes; elsewhere
    not promised, with the rate as a figure. Overlapping tabs have no order. Unknown outcomes: such a write is in the
    past of those that saw it and follows what its client had been answered, and nothing follows it for being asked
    later; such a delete explains an absence. Updates without an order for all nodes, and what part 4 allows to be lost
    (see durability), convict nobody. Left out: peeks, observers' reads, ends of sessions, order across sessions.

    Judged: reads with an update in their past. Cost: O(n log n) a tab, with the tabs of a session that overlap. Source:
    Bouajjani, Enea, Guerraoui and Hamza, "On Verifying Causal Consistency" (2017), section 5.
    """
    judge = _Judge(index)
    for session in index.sessions.values():
        if session.login is not None:
            judge.session(session)
    return conclude_where_promised(
        index,
        NAME,
        REQUIREMENTS,
        "With routing, or on one node throughout, no read is older than what its client, or whom it read from, knew.",
        judge.convictions,
        promised=judge.promised,
        met=judge.reads,
        kept=f"{counted(judge.promised, 'read')} to which it is promised agreed with their past",
        seen=f"{judge.stale:,} of {counted(judge.reads, 'read')} contradicted their past",
        figures={
            "reads": judge.reads,
            "reads_promised": judge.promised,
            "stale_reads": judge.stale,
            "stale_ppm": judge.stale * 1_000_000 // judge.reads if judge.reads else 0,
        },
    )


class _Judge:
    """Counts the reads that have an update in their past, and convicts those that contradict it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._copies = Copies(index)
        self._promise = Promise(index)
        self.convictions = Convictions()
        self.reads = self.promised = self.stale = 0

    def session(self, session: Session) -> None:
        """Judge the reads of one session."""
        causality = Causality(self._index, session)
        for event in causality.events:
            read = event.operation
            if read.op != READ or not causality.has_update_in_past(event):
                continue
            promised = self._promise.made_to(session, read.asked, answered(read))
            self.reads += 1
            self.promised += promised
            found = list(self._contradictions(session, causality, event))
            self.stale += bool(found)
            for older, newer, name in found if promised else ():
                if older is None or self._ordered(session, older, newer, read):
                    self._convict(causality, older, newer, event, name)
                    break  # one witness a read

    def _contradictions(
        self, session: Session, causality: Causality, event: Event
    ) -> Iterator[tuple[Event | None, Event, str]]:
        """Give what a read shows under a key, None for nothing, with what its past holds instead."""
        data = event.operation.data or {}
        for name in session.keys:
            shows = causality.source(event, name) if name in data else None
            if name in data and shows is None:
                continue  # a value from nowhere, or another session's
            for newer in causality.latest(name, event):
                if self._copies.lost_rightly(newer.operation, answered(event.operation)):
                    continue
                if shows is None:
                    right = newer.operation.op != WRITE or self._may_be_deleted(session, causality, name, newer, event)
                else:
                    right = newer is shows or not causality.precedes(shows, newer)
                if not right:
                    yield shows, newer, name

    def _may_be_deleted(self, session: Session, causality: Causality, name: str, write: Event, read: Event) -> bool:
        """Say whether a delete may come between a write and a read that lacks the key."""
        for delete in session.keys[name].deletes:
            if delete.asked > answered(read.operation):
                continue
            event = causality.event_of(delete) if delete.outcome == OK else None
            if event is None or not causality.precedes(event, write):
                return True
            if not self._ordered(session, event, write, read.operation):
                return True
        return False

    def _ordered(self, session: Session, one: Event, other: Event, read: Operation) -> bool:
        """Say whether the order of causes of two updates is one for every node, until a read was answered."""
        if self._promise.made_to(session, one.operation.asked, answered(read)):
            return True
        return self._copies.ordered(one.operation, other.operation)

    def _convict(self, causality: Causality, older: Event | None, newer: Event, read: Event, name: str) -> None:
        via = causality.path(newer, read)
        witness: tuple[Operation, ...] = (newer.operation, *via, read.operation)
        text = "{} showed {}, and {} was in its past" + (", by {}" if via else "")
        values: list[object] = [at(read.operation), shown(read.operation, name), at(newer.operation)]
        if via:
            values.append(", ".join(map(at, via)))
        if older is not None:
            witness = (older.operation, *witness)
            text += "; what it showed, {}, was in the past of that"
            values.append(at(older.operation))
        self.convictions.add(witness, text, *values)
