"""What led to what around a violation: events on the lines of clients and nodes, arrows between them. Nothing is drawn.

A trace says when a message left and when it came, not why. A node acts in turns, each of which has one instant: what
leaves it at the instant of a turn was set off by what came in that turn (Lamport, "Time, Clocks, and the Ordering of
Events in a Distributed System", 1978, for the order that follows). Two turns of a node in one microsecond are one here.
"""

from typing import Final

from msgspec import Struct, field

from conformance.history import REFUSED, REVOKE, Operation
from conformance.trace import Answered, Asked, Carried, Died, Noted, Started
from reports import words
from reports.excerpt import Excerpt

EVENTS_MOST: Final = 110
NODES_MOST: Final = 7
CLIENTS_MOST: Final = 3
NOTES_MOST: Final = 10

_HOPS: Final = 6
"""How far back from an answer or a note messages are followed: a comparison that finds differences takes five."""

REQUEST, ANSWER, MESSAGE = "request", "answer", "message"

_Turn = tuple[str, int]
"""A node and an instant."""

_SAID: Final = {
    "repaired": "noted that its copies were repaired from {member}",
    "ready": "noted that it was ready",
    "alone": "noted that nobody answered, and was ready alone",
    "solo": "noted that it acknowledged alone",
    "unacknowledged": "noted that nobody acknowledged its write",
    "quarantined": "noted that it had been out of contact for long, and dropped the sessions that it held before",
    "refuted": "refuted that it was {said}",
    "alive": "noted {member} as alive",
    "suspect": "suspected {member}",
    "dead": "held {member} for dead",
    "left": "noted that {member} had left",
    "out-of-reach": "noted {member} as out of reach",
    "reached": "noted {member} as reached again",
    "no-answer": "had no answer from {member} in time",
    "stood-still": "noted that it had stood still",
    "clock-off": "noted that its clock was off",
    "clock-right": "noted that its clock was right again",
    "clock-refused": "refused, since its clock was off",
    "evicted": "dropped a session for want of room",
    "unanswered": "noted that not everybody had answered its question",
}
"""What a node's note says after the node's name; notes of other kinds are told by their kind."""


class Event(Struct):
    """Something that happened on one line at one instant.

    Attributes:
        t: when, µs.
        line: the client or node.
        says: what happened, in words, without the name of the line.
        witness: whether it is part of an operation that contradicts another.
        node: whether the line is a node's.
        operations: the ids of the operations that were asked, reached a node or were answered here.
    """

    t: int
    line: str
    node: bool
    says: list[str] = field(default_factory=list)
    witness: bool = False
    operations: list[str] = field(default_factory=list)


class Arrow(Struct, frozen=True):
    """From one event to another, or to nowhere: `lost` then says why, at the instant `t` and on the way to `to`."""

    way: str
    source: int
    target: int | None
    to: str
    t: int
    lost: str = ""
    operation: str = ""
    witness: bool = False


class Causes(Struct):
    """The events in order of time and line, and the arrows between them.

    Attributes:
        clients, nodes: the lines that are drawn, in this order.
        events, arrows: what happened on them.
        hidden: how many nodes are not drawn.
        told: by the id of an operation, the messages that its node sent when it was asked.
        notes: what nodes noted meanwhile, and which began or ended a life.
    """

    clients: list[str]
    nodes: list[str]
    events: list[Event]
    arrows: list[Arrow]
    hidden: int
    told: dict[str, list[Carried]]
    notes: list[Noted | Died | Started]


def causes(found: Excerpt) -> Causes:
    """Make the events and arrows of a violation; of too many, those furthest from the contradiction are left out."""
    least = sum(id_ in found.witnesses for id_ in found.drawn)
    most = len(found.drawn)
    while len((made := _Making(found, found.drawn[:most]).made()).events) > EVENTS_MOST and most > least:
        most -= 1
    return made


def noted(record: Noted | Died | Started) -> str:
    """Tell a node's note, or that its life began or ended, after the node's name."""
    match record:
        case Died():
            return "was gone"
        case Started():
            return f"began life {record.boot}"
    try:
        return _SAID[record.kind].format(**record.fields)
    except KeyError:
        return f"noted {record.kind}"


class _Making:
    """The making of one picture of causes."""

    def __init__(self, found: Excerpt, ids: list[str]) -> None:
        self._found = found
        chosen = {quoted.operation.id: quoted.operation for quoted in found.told if quoted.operation.id in ids}
        self._operations = [chosen[id_] for id_ in ids if id_ in chosen]
        self._sent: dict[_Turn, list[Carried]] = {}
        self._came: dict[_Turn, list[Carried]] = {}
        for record in found.records:
            if isinstance(record, Carried):
                self._sent.setdefault((record.sender, record.sent), []).append(record)
                if not record.lost:
                    self._came.setdefault((record.to, record.t), []).append(record)
        self._asked = {record.operation: record for record in found.records if isinstance(record, Asked)}
        self._answered = {record.operation: record for record in found.records if isinstance(record, Answered)}
        self._events: dict[_Turn, Event] = {}
        self._arrows: list[tuple[Arrow, _Turn, _Turn | None]] = []

    def made(self) -> Causes:
        """Give the picture."""
        notes = self._notes()
        told = {operation.id: self._set_off(operation) for operation in self._operations}
        messages = self._messages(notes, told)
        clients = list(dict.fromkeys(operation.client for operation in self._operations))[:CLIENTS_MOST]
        nodes = self._columns(messages)
        for operation in self._operations:
            if operation.client in clients and operation.node in nodes:
                self._add_operation(operation)
        for message in messages:
            if message.sender in nodes and message.to in nodes:
                self._add_message(message)
        notes = [note for note in notes if note.node in nodes]
        for note in notes:
            self._event(note.node, note.t, node=True).says.append(noted(note))
        order = sorted(self._events, key=lambda turn: (turn[1], turn[0] in nodes, [*clients, *nodes].index(turn[0])))
        place = {turn: number for number, turn in enumerate(order)}
        arrows = [
            Arrow(
                arrow.way, place[source], None if target is None else place[target], arrow.to, arrow.t,
                arrow.lost, arrow.operation, arrow.witness,
            )
            for arrow, source, target in self._arrows
        ]  # fmt: skip
        return Causes(
            clients=clients,
            nodes=nodes,
            events=[self._events[turn] for turn in order],
            arrows=sorted(arrows, key=lambda arrow: (arrow.source, arrow.t, arrow.to)),
            hidden=len(self._found.nodes) - len(nodes),
            told=told,
            notes=notes,
        )

    def _notes(self) -> list[Noted | Died | Started]:
        """Give what nodes noted between the first and the last operation drawn, the latest of many."""
        begin = min([self._found.begin, *(operation.asked for operation in self._operations)])
        notes = [
            record
            for record in self._found.records
            if isinstance(record, Noted | Died | Started) and begin <= record.t <= self._found.end
        ]
        before: dict[str, str] = {}
        changed = []
        for record in notes:
            said = noted(record)
            if before.get(record.node) != said:  # said again and again, it is told once
                changed.append(record)
            before[record.node] = said
        return changed[-NOTES_MOST:]

    def _set_off(self, operation: Operation) -> list[Carried]:
        asked = self._asked.get(operation.id)
        return self._sent.get((asked.node, asked.t), []) if asked is not None else []

    def _messages(self, notes: list[Noted | Died | Started], told: dict[str, list[Carried]]) -> list[Carried]:
        """Give what requests set off, and what led to answers and notes, in order of time."""
        wanted = {id(message): message for messages in told.values() for message in messages}
        ids = {operation.id for operation in self._operations}
        turns = [(record.node, record.t) for record in self._answered.values() if record.operation in ids]
        turns += [(note.node, note.t) for note in notes]
        for _ in range(_HOPS):
            came = [message for turn in turns for message in self._came.get(turn, [])]
            wanted |= {id(message): message for message in came}
            turns = list(dict.fromkeys((message.sender, message.sent) for message in came))
        return sorted(wanted.values(), key=lambda message: (message.t, message.sent, message.sender, message.to))

    def _columns(self, messages: list[Carried]) -> list[str]:
        """Choose the nodes that are drawn: those asked, then those that took part, then the rest."""
        asked = [operation.node for operation in self._operations]
        back = [name for message in messages for name in (message.sender, message.to)]
        lost = [message.to for message in messages if message.lost]
        every = [
            name for name in dict.fromkeys([*asked, *lost, *back, *self._found.nodes]) if name in self._found.nodes
        ]
        chosen = every[:NODES_MOST]
        return [name for name in self._found.nodes if name in chosen]

    def _event(self, line: str, t: int, *, node: bool) -> Event:
        return self._events.setdefault((line, t), Event(t, line, node))

    def _add_operation(self, operation: Operation) -> None:
        """Add what the client asked and heard, and what its node did."""
        is_witness = operation.id in self._found.witnesses
        what = named(operation)
        reached_t, left_t = self._at_node(operation)
        begun = self._event(operation.client, operation.asked, node=False)
        begun.says.append(f"asked {operation.node} to {what}")
        touched = [begun]
        if reached_t is None:
            arrow = Arrow(REQUEST, 0, None, operation.node, operation.asked, "refused", operation.id, is_witness)
            self._arrows.append((arrow, (operation.client, operation.asked), None))
        else:
            reached = self._event(operation.node, reached_t, node=True)
            reached.says.append(f"was asked by {operation.client} to {what}")
            touched.append(reached)
            arrow = Arrow(REQUEST, 0, 0, operation.node, reached_t, "", operation.id, is_witness)
            self._arrows.append((arrow, (operation.client, operation.asked), (operation.node, reached_t)))
        if left_t is not None:
            left = self._event(operation.node, left_t, node=True)
            left.says.append(f"answered {operation.id}: {outcome(operation)}")
            touched.append(left)
            heard = None if operation.answered is None else (operation.client, operation.answered)
            lost = "" if heard else "never heard"
            heard_t = operation.answered or left_t
            arrow = Arrow(ANSWER, 0, 0, operation.client, heard_t, lost, operation.id, is_witness)
            self._arrows.append((arrow, (operation.node, left_t), heard))
        if operation.answered is not None:
            heard_event = self._event(operation.client, operation.answered, node=False)
            heard_event.says.append(f"heard of {operation.id}: {outcome(operation)}")
            touched.append(heard_event)
        for event in touched:
            event.witness = event.witness or is_witness
            event.operations.append(operation.id)

    def _at_node(self, operation: Operation) -> tuple[int | None, int | None]:
        """Tell when a request reached its node and when the answer left it, µs; None where that is not known.

        Of what was answered and the trace does not tell, there being none or only a part, it is halfway between asking
        and hearing. What was refused may have reached nobody.
        """
        asked, answered = self._asked.get(operation.id), self._answered.get(operation.id)
        reached_t, left_t = asked.t if asked else None, answered.t if answered else None
        if operation.answered is not None and operation.outcome != REFUSED:
            halfway = (operation.asked + operation.answered) // 2
            if reached_t is None:
                reached_t = halfway if left_t is None else min(halfway, left_t)
            if left_t is None:
                left_t = max(halfway, reached_t)
        return reached_t, left_t

    def _add_message(self, message: Carried) -> None:
        source = self._event(message.sender, message.sent, node=True)
        if message.lost:
            source.says.append(f"sent {message.kind} to {message.to}: lost ({message.lost})")
            target = None
        else:
            source.says.append(f"sent {message.kind} to {message.to}")
            came = self._event(message.to, message.t, node=True)
            came.says.append(f"was reached by {message.kind} from {message.sender}")
            target = (message.to, message.t)
        arrow = Arrow(MESSAGE, 0, 0, message.to, message.t, message.lost)
        self._arrows.append((arrow, (message.sender, message.sent), target))


_ASKED: Final = {
    "login": "log in",
    "logout": "log out",
    "members": "name the members",
    "status": "say how it is",
    "peek": "show its copy",
}


def named(operation: Operation) -> str:
    """Name what an operation asks for: "write k1 = u145-116"."""
    if operation.key is not None:
        value = "" if operation.value is None else f" = {words.raw(operation.value)}"
        return f"{operation.op} {operation.key}{value}"
    if operation.op == REVOKE:
        return f"end every session of {operation.user}"
    return _ASKED.get(operation.op, operation.op)


def outcome(operation: Operation) -> str:
    """Tell in a few words what was answered."""
    if operation.answered is None:
        return "no answer"
    told = f"{operation.outcome} ({operation.why})" if operation.why else operation.outcome
    if operation.members is not None:
        return f"{told}, members {words.listed(operation.members)}"
    if operation.data is None:
        return told
    shown = ", ".join(f"{key} = {words.raw(value)}" for key, value in operation.data.items())
    return f"{told}, {shown or 'no data'}"
