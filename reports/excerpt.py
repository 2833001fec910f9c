"""What a run's folder holds of its first violation: the session's operations, and what went between nodes around them.

Reads history.jsonl and trace.jsonl.gz line by line and keeps little of either; judges nothing and draws nothing.
"""

import re
from bisect import bisect_right
from collections import deque
from pathlib import Path
from typing import Any, Final, TypeGuard

import msgspec
from msgspec import Struct, field

from conformance.history import DENIED, ENDED, EXPIRED, LOGIN, LOGOUT, OK, REVOKE, Operation
from conformance.trace import Answered, Asked, Died, Line, Noted, Started, whole_lines
from conformance.verdict import VIOLATED, Finding
from reports.document import FaultSeen, RunDocument

HISTORY: Final = "history.jsonl"
TRACE: Final = "trace.jsonl.gz"

DRAWN_MOST: Final = 8
"""Operations around which messages are looked for."""
TOLD_MOST: Final = 9
"""Operations that are told: more of what did not matter hides what did."""

CLOCK: Final = "clock"
LINES_MOST: Final = 4_000
"""Messages that are kept: more than a picture can show."""

_AFTER_US: Final = 500_000
"""What a request set off is looked for until so long after its answer."""
_BEFORE_US: Final = 1_000
_REPAIRING: Final = (b'"want', b'"difference"', b'"compare"')
"""Kinds of the messages by which copies are repaired, which no request sets off."""
_SENT: Final = re.compile(rb'\["m",(\d+),(\d+),')


class Quoted(Struct, frozen=True):
    """One operation with its line in the history (from 1) and that line as it stands there."""

    line: int
    raw: str
    operation: Operation


class Excerpt(Struct):
    """What is told and drawn of one violation.

    Attributes:
        finding: what convicted.
        session: the session's hash; "" where the contradiction is about none.
        told: operations for the story, in order of asking.
        drawn: the ids of those that are drawn, which are those closest to the contradiction.
        witnesses: the ids of the operations that contradict each other, each once, in the finding's order.
        last: the id of the witness that was asked last: with it the contradiction is complete.
        left_out: how many operations of the session are not told.
        nodes: the nodes of the run.
        records: the trace's records around what is drawn, in order.
        begin, end: from when to when is drawn, µs.
        traced: whether there was a trace.
    """

    finding: Finding
    session: str
    told: list[Quoted]
    drawn: list[str]
    witnesses: list[str]
    last: str
    left_out: int
    nodes: list[str]
    begin: int
    end: int
    records: list[Line] = field(default_factory=list)
    traced: bool = False


def excerpt(run_dir: Path, document: RunDocument) -> Excerpt | None:
    """Read what is told of a run's first violation.

    Args:
        run_dir: the run's folder.
        document: its run document.

    Returns:
        None where nothing was convicted, or by no operation. Without a history the operations are those of the finding
        alone; without a trace nothing is known of messages.
    """
    finding = first_violation(document)
    if finding is None:
        return None
    own = [
        Quoted(piece.line, msgspec.json.encode(piece.operation).decode(), operation)
        for piece in finding.evidence
        if (operation := _operation(piece.operation)) is not None
    ]
    witnesses = list(dict.fromkeys(quoted.operation.id for quoted in own))
    latest = sorted(own, key=lambda quoted: (quoted.operation.asked, quoted.line), reverse=True)
    session = next((quoted.operation.session for quoted in latest if quoted.operation.session), "") or ""
    life = _life(run_dir / HISTORY, session, own)
    told, drawn = _chosen(life, witnesses, session)
    seen = [quoted.operation for quoted in told if quoted.operation.id in drawn]
    begin = min(operation.asked for operation in seen)
    if not session:  # what nodes believe of each other begins with the last fault
        begin = max((fault.begin for fault in document.faults if fault.begin < begin), default=begin)
    found = Excerpt(
        finding=finding,
        session=session,
        told=told,
        drawn=drawn,
        witnesses=witnesses,
        last=latest[0].operation.id,
        left_out=len(life) - len(told),
        nodes=document.header.nodes,
        begin=begin,
        end=max(operation.answered or operation.asked for operation in seen),
    )
    _read_trace(run_dir / TRACE, found, seen)
    return found


def first_violation(document: RunDocument) -> Finding | None:
    """Give the finding whose contradiction was complete first, by the last operation of its witness."""
    found = [(max(times), place) for place, finding in enumerate(document.checks) if (times := _times(finding))]
    return document.checks[min(found)[1]] if found and document.finished else None


def _times(finding: Finding) -> list[int]:
    if finding.verdict != VIOLATED:
        return []
    return [piece.operation["asked"] for piece in finding.evidence if _operation(piece.operation) is not None]


def _operation(record: dict[str, Any]) -> Operation | None:
    try:
        return msgspec.convert(record, Operation)
    except msgspec.ValidationError:
        return None  # the witness of `sealing` is a fault


_decode_operation: Final = msgspec.json.Decoder(Operation).decode


def _life(history: Path, session: str, own: list[Quoted]) -> list[Quoted]:
    """Read every operation of a session and every revocation of its user, in order of asking."""
    found = {quoted.line: quoted for quoted in own}
    if session and history.is_file():
        name = msgspec.json.encode(session)
        user = next((quoted.operation.user for quoted in own if quoted.operation.user), None)
        revokes = b'"op":"revoke"'
        with history.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if name not in line and revokes not in line:
                    continue
                try:
                    operation = _decode_operation(line)
                except msgspec.DecodeError:
                    continue
                if session in (operation.session, operation.replaced) or (
                    operation.op == REVOKE and user is not None and operation.user == user
                ):
                    found[number] = Quoted(number, line.decode().rstrip("\n"), operation)
    return sorted(found.values(), key=lambda quoted: (quoted.operation.asked, quoted.line))


def _chosen(life: list[Quoted], witnesses: list[str], session: str) -> tuple[list[Quoted], list[str]]:
    """Choose what is told, and the ids of what is drawn: the witnesses, what explains them, and what is nearest.

    Of the witnesses the last comes first: without it there is no contradiction to see.
    """
    shown = [quoted for quoted in life if quoted.operation.id in witnesses]
    last = max(quoted.operation.asked for quoted in shown)
    read = [value for quoted in shown for value in (quoted.operation.data or {}).values()]
    before = [quoted for quoted in life if quoted.operation.asked <= last]
    first = min(quoted.operation.asked for quoted in shown)
    order = [
        *shown[-1:],
        *shown[:-1],
        *(quoted for quoted in before if quoted.operation.value is not None and quoted.operation.value in read),
        *(quoted for quoted in before if ends(quoted.operation, session)),
        *(
            quoted
            for quoted in reversed(before)
            if quoted.operation.asked >= first and quoted.operation.by != "observer"
        ),
    ]
    drawn = list(dict.fromkeys(quoted.operation.id for quoted in order))[:DRAWN_MOST]
    begun = [quoted for quoted in life if quoted.operation.op == LOGIN]
    wanted = [*(quoted for quoted in order if quoted.operation.id in drawn), *begun, *order, *reversed(before)]
    told = list({quoted.line: quoted for quoted in wanted}.values())[:TOLD_MOST]
    return sorted(told, key=lambda quoted: (quoted.operation.asked, quoted.line)), drawn


def meanwhile(found: Excerpt, document: RunDocument) -> list[tuple[int, FaultSeen]]:
    """Give the faults that lasted around a violation, with their numbers: those that struck or ended meanwhile first.

    A clock that is set again is no longer as it was set before.
    """
    numbered = list(enumerate(document.faults, start=1))
    lasting = [
        (number, fault)
        for number, fault in numbered
        if fault.begin <= found.end and (fault.end is None or fault.end >= found.begin)
    ]
    set_again = {
        number
        for number, fault in lasting
        if fault.fault == CLOCK
        and any(
            other.fault == CLOCK and other.nodes == fault.nodes and fault.begin < other.begin <= found.begin
            for _, other in lasting
        )
    }
    kept = [(number, fault) for number, fault in lasting if number not in set_again]
    return sorted(kept, key=lambda one: (not _changes(one[1], found), one[0]))


def _changes(fault: FaultSeen, found: Excerpt) -> bool:
    """Say whether a fault struck or was undone while what is drawn happened."""
    return found.begin <= fault.begin or (fault.end is not None and fault.end <= found.end)


def ends(operation: Operation, session: str) -> bool:
    """Say whether an operation ended a session for good, or found that it had ended.

    Args:
        operation: what was asked.
        session: the session's hash; a login that was sent its cookie ended it too.
    """
    if operation.outcome == OK and session and operation.replaced == session:
        return True
    if operation.outcome == DENIED:
        return operation.why in (EXPIRED, ENDED)
    return operation.outcome == OK and operation.op in (LOGOUT, REVOKE)


# ------------------------------------------------------------------------------------------------------------ the trace

_decode_line: Final = msgspec.json.Decoder(Line).decode
_RARE: Final = (b'["n"', b'["up"', b'["down"')


def _read_trace(trace: Path, found: Excerpt, drawn: list[Operation]) -> None:
    """Keep of the trace what happened around the operations drawn, and what their nodes noted between them."""
    if not trace.is_file():
        return
    wanted = _Wanted(found, drawn)
    kept = deque[Line](maxlen=LINES_MOST)  # the latest, which are nearest to the contradiction
    for line in whole_lines(trace):
        if line.startswith(b'["m"'):
            if wanted.message(line) and (record := _record(line)) is not None:
                kept.append(record)
        elif line.startswith((b'["q"', b'["r"')):
            record = _record(line)
            if wanted.request(record):
                kept.append(record)
        elif line.startswith(_RARE) and wanted.note(record := _record(line)):
            kept.append(record)
    found.traced = True
    found.records = list(kept)


class _Wanted:
    """Which of the trace's lines are wanted; lines come in order of time."""

    def __init__(self, found: Excerpt, drawn: list[Operation]) -> None:
        self._ids = frozenset(operation.id for operation in drawn)
        self._nodes = frozenset(operation.node for operation in drawn if operation.id in found.witnesses)
        self._about_members = not found.session
        self._begin, self._end = found.begin - _BEFORE_US, found.end + _AFTER_US
        self._spans = _spans(drawn)
        self._begins = [begin for begin, _ in self._spans]
        self._turns: set[bytes] = set()

    def message(self, line: bytes) -> bool:
        """Whether a message was on its way around an operation drawn, or repairs copies between the first and last."""
        match = _SENT.match(line)
        if match is None or b'"membership"' in line:
            return False
        t = int(match[1])
        if match[2] in self._turns:
            return True
        place = bisect_right(self._begins, t) - 1
        if place >= 0 and t <= self._spans[place][1]:
            return True
        return self._begin <= t <= self._end and any(kind in line for kind in _REPAIRING)

    def request(self, record: Line | None) -> TypeGuard[Asked | Answered]:
        """Whether an operation that is drawn reached a node or was answered there; its turn is remembered."""
        if not isinstance(record, Asked | Answered) or record.operation not in self._ids:
            return False
        self._turns.add(b"%d" % record.t)
        return True

    def note(self, record: Line | None) -> TypeGuard[Noted | Died | Started]:
        """Whether a node began or ended a life, or noted something of its own copies, of members, of what is drawn."""
        if not isinstance(record, Noted | Died | Started) or not self._begin <= record.t <= self._end:
            return False
        if not isinstance(record, Noted) or record.node in self._nodes:
            return True
        if self._about_members:
            return "member" in record.fields
        return record.fields.get("request") in self._ids


def _spans(drawn: list[Operation]) -> list[tuple[int, int]]:
    """Give when to look for messages: around each operation, spans that touch joined."""
    spans: list[tuple[int, int]] = []
    for operation in sorted(drawn, key=lambda operation: operation.asked):
        begin, end = operation.asked - _BEFORE_US, (operation.answered or operation.asked) + _AFTER_US
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    return spans


def _record(line: bytes) -> Line | None:
    try:
        record: Line | None = _decode_line(line)
    except msgspec.DecodeError:
        record = None
    return record
