"""What was in the past of each operation of a session: the order of causes, by vector clocks.

A client's operations are laid into lanes, so that those of a lane follow each other; a browser has as many as its tabs
overlap. The past of an operation is then a number for each lane: how many of its operations, from the first, belong to
it. A write of unknown outcome is the last of its lane: nothing follows it for being asked later.
Whether a past convicts anybody is the business of causal.
"""

from bisect import bisect_left

from conformance.checks.index import Index, Session, answered
from conformance.checks.whole_session import took_part
from conformance.history import READ, Operation


class Event:
    """One operation and its past.

    Attributes:
        operation: a read, or an update that happened or may have.
        lane: in which lane it lies.
        position: how many lie in it before.
        past: for each lane, how many of its operations are in the past; its own excluded.
    """

    __slots__ = ("lane", "operation", "past", "position")

    def __init__(self, operation: Operation, lane: int, position: int) -> None:
        self.operation = operation
        self.lane = lane
        self.position = position
        self.past: list[int] = []


class _Lane:
    """Operations of one client, each answered before the next was asked for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.answers: list[int] = []
        self.updates: dict[str, list[int]] = {}  # by key: the positions of its updates


class Causality:
    """The events of one session, each with its past.

    Attributes:
        events: in an order in which everything comes after its past.
    """

    def __init__(self, index: Index, session: Session) -> None:
        self._index = index
        self._session = session
        self._lanes: list[_Lane] = []
        self._by_client: dict[str, list[int]] = {}
        self._by_id: dict[str, Event] = {}
        for operation in session.operations:
            if took_part(operation):
                self._lay(operation)
        self.events = sorted(self._by_id.values(), key=_place)
        for event in self.events:
            self._remember(event)

    def has_update_in_past(self, event: Event) -> bool:
        """Say whether any update is in the past of an event."""
        return any(
            positions[0] < known
            for lane, known in zip(self._lanes, event.past, strict=True)
            for positions in lane.updates.values()
        )

    def precedes(self, one: Event, other: Event) -> bool:
        """Say whether one event is in the past of another."""
        return other.past[one.lane] > one.position

    def source(self, read: Event, key: str) -> Event | None:
        """Find the write whose value a read shows under a key; None if this session has none that can be."""
        write = self._index.writer((read.operation.data or {})[key])
        if write is None or write.session != self._session.id or write.key != key:
            return None
        return self._by_id.get(write.id) if write.asked <= answered(read.operation) else None

    def event_of(self, operation: Operation) -> Event | None:
        """Give the event of an operation, None where it takes no part."""
        return self._by_id.get(operation.id)

    def latest(self, key: str, event: Event) -> list[Event]:
        """Give the last update of a key in each lane of the past of an event; any earlier one precedes one of these."""
        found = []
        for lane, known in zip(self._lanes, event.past, strict=True):
            positions = lane.updates.get(key, [])
            before = bisect_left(positions, known)
            if before:
                found.append(lane.events[positions[before - 1]])
        return found

    def path(self, cause: Event, effect: Event) -> tuple[Operation, ...]:
        """Find the reads by which a cause came into the past of an effect, in the order of time; O(n)."""
        via = list[Operation]()
        known = [e for e in self.events if self.precedes(cause, e) and (e is effect or self.precedes(e, effect))]
        at = effect
        while at.operation.client != cause.operation.client or answered(cause.operation) >= at.operation.asked:
            own = (e for e in known if e.operation.client == at.operation.client and (e is at or self.precedes(e, at)))
            entry = next((e for e in own if e.operation.op == READ and self._sources(e, cause)), None)
            if entry is None:
                break
            if entry is not effect:
                via.append(entry.operation)
            at = self._sources(entry, cause)[0]
            if at is cause:
                break
            via.append(at.operation)
        return tuple(reversed(via))

    def _sources(self, read: Event, cause: Event) -> list[Event]:
        """Give the writes that a read shows and that are a cause or come after it."""
        shown = (self.source(read, key) for key in read.operation.data or {})
        return [w for w in shown if w is not None and (w is cause or self.precedes(cause, w))]

    def _lay(self, operation: Operation) -> None:
        """Lay an operation into the first lane of its client that is free when it is asked for."""
        lanes = self._by_client.setdefault(operation.client, [])
        number = next((n for n in lanes if self._lanes[n].answers[-1] < operation.asked), None)
        if number is None:
            number = len(self._lanes)
            lanes.append(number)
            self._lanes.append(_Lane())
        lane = self._lanes[number]
        event = self._by_id[operation.id] = Event(operation, number, len(lane.events))
        lane.events.append(event)
        lane.answers.append(answered(operation))
        if operation.op != READ and operation.key is not None:
            lane.updates.setdefault(operation.key, []).append(event.position)

    def _remember(self, event: Event) -> None:
        """Join the pasts of what came before: the client's own answers, and what the operation shows."""
        event.past = [0] * len(self._lanes)
        for number in self._by_client[event.operation.client]:
            lane = self._lanes[number]
            told = bisect_left(lane.answers, event.operation.asked)
            if told:
                self._join(event, lane.events[told - 1])
        if event.operation.op == READ:
            for key in event.operation.data or {}:
                write = self.source(event, key)
                if write is not None:
                    self._join(event, write)

    def _join(self, event: Event, earlier: Event) -> None:
        event.past = list(map(max, event.past, earlier.past))
        event.past[earlier.lane] = max(event.past[earlier.lane], earlier.position + 1)


def _place(event: Event) -> tuple[int, bool, str]:
    """Give the place of an event: updates when they are asked for, reads when they are answered, after the updates."""
    operation = event.operation
    if operation.op == READ:
        return answered(operation), True, operation.id
    return operation.asked, False, operation.id
