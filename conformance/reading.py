"""From the lines of a file to a `History`, or to the line, the member and the rule that it breaks (protocol, part 5).

Whatever contradicts itself is refused here, so that no check has to ask again; what a subject did wrong is not: that is
the checks' business. Members that nobody knows are ignored. Imports nothing of the project but `conformance.history`
and `conformance.decoding`.
"""

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from conformance import history as h
from conformance.decoding import Broken, header_of, record_of
from conformance.history import Clock, End, Fault, Header, Healed, History, Operation, Ready, Unready

_PEEKED: Final = frozenset({"user", "data", "created", "last", "ended"})


class BrokenHistory(Exception):
    """A history that cannot be judged: which file, which line (from 1), which member, and the rule that it breaks."""

    def __init__(self, file: str, line: int, member: str, rule: str) -> None:
        super().__init__(file, line, member, rule)
        self.file = file
        self.line = line
        self.member = member
        self.rule = rule

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file else f"line {self.line}"
        return f"{place}: {self.member}: {self.rule}" if self.member else f"{place}: {self.rule}"


def read(source: Path | str | bytes, file: str = "") -> History:
    """Read a history and refuse whatever contradicts itself.

    Args:
        source: the path of a file, or the bytes of one.
        file: what to call it in messages; the path where there is one.

    Returns:
        The history; its `end` is None when the run is unfinished.

    Raises:
        BrokenHistory: with line, member and rule, for the first line that is broken.
        OSError: when the file cannot be read.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), file)
    with Path(source).open("rb") as lines:
        return _read(lines, file or str(source))


def _read(lines: Iterable[bytes], file: str) -> History:
    number, reader = 0, None
    try:
        for number, line in enumerate(lines, 1):
            if reader is None:
                reader = _Reader(_header(line), file)
            elif not line.isspace():
                reader.take(line, number)
    except Broken as broken:
        raise BrokenHistory(file, number, broken.member, broken.rule) from None
    if reader is None:
        raise BrokenHistory(file, 1, "", "the file is empty; a history begins with its header")
    return reader.finish()


def _header(line: bytes) -> Header:
    header = header_of(line)
    if header.history != h.VERSION:
        raise Broken("history", f"version {header.history} is not known; this anynode reads version {h.VERSION}")
    if not header.nodes or len(dict.fromkeys(header.nodes)) != len(header.nodes):
        raise Broken("nodes", f"found {header.nodes}; expected the names of the nodes, at least one and each once")
    if header.clusters:
        _refuse_clusters(header)
    if header.store not in (h.LOCAL, h.CLUSTER):
        raise Broken("store", f"found {header.store!r}; expected 'cluster' or 'local'")
    for part, values in (("contract", header.contract), ("lifetime", header.lifetime)):
        for member, value in msgspec.structs.asdict(values).items():
            if value < 0:
                raise Broken(f"{part}.{member}", f"found {value}; expected 0 or more")
    return header


def _refuse_clusters(header: Header) -> None:
    """Refuse clusters side by side of which some node is in none, or in two; raises Broken."""
    cluster_of: dict[str, str] = {}
    for name, nodes in header.clusters.items():
        if not nodes:
            raise Broken(f"clusters.{name}", "found no nodes; expected at least one, or leave the cluster out")
        for node in nodes:
            if node not in header.nodes:
                raise Broken(f"clusters.{name}", f"found {node!r}; the header names {', '.join(header.nodes)}")
            if node in cluster_of:
                raise Broken(
                    f"clusters.{name}", f"found {node!r}, which is in {cluster_of[node]!r} already; expected it in one"
                )
            cluster_of[node] = name
    if left_out := [node for node in header.nodes if node not in cluster_of]:
        raise Broken("clusters", f"found {', '.join(left_out)} in none of them; expected every node in one")


class _Reader:
    """Takes line after line and holds what later lines are compared with."""

    def __init__(self, header: Header, file: str) -> None:
        self.history = History(header=header, file=file)
        self._nodes = dict.fromkeys(header.nodes)
        self._ids: dict[str, int] = {}
        self._words: dict[str, str] = {}
        self._whole: list[Operation] = []

    def take(self, line: bytes, number: int) -> None:
        """Add one line after the header; raises Broken."""
        if self.history.end is not None:
            raise Broken("end", "the line after it; 'end' is the last line of a history")
        record, unasked = record_of(line)
        if unasked:
            self.history.unasked.append(len(self.history.operations))
        if type(record) is Operation:
            self._operation(record, line, number)
        else:
            self._event(record, number)

    def finish(self) -> History:
        """Give the history, once every line is taken: a value may be shown before the line of its write."""
        for operation in self._whole:
            _unpack(operation, self.history.written)
        return self.history

    def _operation(self, operation: Operation, line: bytes, number: int) -> None:
        _consistent(operation, line)
        if operation.node not in self._nodes:
            raise self._unknown_node("node", operation.node)
        if (first := self._ids.setdefault(operation.id, number)) != number:
            raise Broken("id", f"{operation.id!r} is the id of line {first} already; every id is given once")
        if operation.op == h.WRITE:
            if (writer := self.history.written.setdefault(h.token(operation.value), operation)) is not operation:
                first = self._ids[writer.id]
                raise Broken("value", f"{operation.value!r} is written by line {first} already; each is written once")
        elif operation.data is not None and "data" in operation.data and _may_be_whole(operation):
            self._whole.append(operation)
        self._share(operation)
        self.history.operations.append(operation)
        self.history.lines.append(number)

    def _share(self, operation: Operation) -> None:
        """Let equal words be one object: an operation takes a quarter less memory, and checks compare faster."""
        once = self._words.setdefault
        operation.op = once(operation.op, operation.op)
        operation.by = once(operation.by, operation.by)
        operation.node = once(operation.node, operation.node)
        operation.outcome = once(operation.outcome, operation.outcome)
        if operation.key is not None:
            operation.key = once(operation.key, operation.key)
        if operation.answered_user == operation.user:
            operation.answered_user = operation.user

    def _event(self, record: Any, number: int) -> None:
        kind, history = type(record), self.history
        if kind is Fault:
            if record.end is not None and record.end < record.begin:
                raise Broken("to", f"{record.end} is before 'from' ({record.begin}); a fault ends after it begins")
            if record.touched < 0:
                raise Broken("touched", f"found {record.touched}; expected 0 or more, it counts what was changed")
            self._places(record)
            history.faults.append(record)
            history.fault_lines.append(number)
        elif kind is Healed:
            history.healed = max(history.healed or 0, record.healed)
        elif kind is End:
            self._last(record)
            history.end = record
        else:
            self._state_of_a_node(record)

    def _last(self, end: End) -> None:
        """Refuse a last line that does not fit the operations before it; raises Broken."""
        operations = self.history.operations
        if end.operations != len(operations):
            found = f"{end.operations}, but {len(operations)} operations stand before it"
            raise Broken("operations", f"{found}; lines are missing or were added")
        last = max((operation.answered or operation.asked for operation in operations), default=end.end)
        if last > end.end:
            lines = zip(operations, self.history.lines, strict=True)
            line = next(line for operation, line in lines if last in (operation.answered, operation.asked))
            raise Broken(
                "end", f"{end.end} is before {last}, an instant of line {line}; nothing is heard after the end"
            )

    def _places(self, fault: Fault) -> None:
        """Refuse a fault between nodes that are none, or on two sides at once; raises Broken."""
        for link in fault.links or ():
            if len(link) != len(("from", "to")):
                raise Broken("links", f"found {link!r}; expected pairs [from, to] of nodes")
        sides = [node for group in fault.groups or () for node in dict.fromkeys(group)]
        ends = [node for link in fault.links or () for node in link]
        for member, nodes in (("nodes", fault.nodes), ("groups", sides), ("links", ends)):
            for node in nodes:
                if node not in self._nodes:
                    raise self._unknown_node(member, node)
        if twice := [node for node, times in Counter(sides).items() if times > 1]:
            raise Broken("groups", f"found {twice[0]!r} in two of them; expected each node in one, or in none")

    def _state_of_a_node(self, record: Ready | Unready | Clock) -> None:
        if isinstance(record, Ready):
            member, node = "ready", record.ready
            self.history.readies.append(record)
        elif isinstance(record, Unready):
            member, node = "unready", record.unready
            self.history.unreadies.append(record)
        else:
            member, node = "clock", record.clock
            self.history.clocks.append(record)
        if node not in self._nodes:
            raise self._unknown_node(member, node)

    def _unknown_node(self, member: str, node: str) -> Broken:
        return Broken(member, f"found {node!r}; the header names {', '.join(self._nodes)}")


def _consistent(operation: Operation, line: bytes) -> None:
    """Refuse an operation whose members contradict each other or lack one that its kind needs."""
    outcome, status = operation.outcome, operation.status
    if operation.op not in h.OPERATIONS:
        raise Broken("op", f"found {operation.op!r}; expected one of {', '.join(h.OPERATIONS)}")
    if operation.by not in (h.USER, h.OBSERVER):
        raise Broken("by", f"found {operation.by!r}; expected 'user' or 'observer'")
    if outcome not in h.OUTCOMES:
        raise Broken("outcome", f"found {outcome!r}; expected one of {', '.join(h.OUTCOMES)}")
    if operation.answered is None:
        if outcome != h.UNKNOWN:
            raise Broken("answered", f"null, but the outcome is {outcome!r}; what nobody answered is 'unknown'")
    elif operation.answered < operation.asked:
        raise Broken("answered", f"{operation.answered} is before 'asked' ({operation.asked})")
    if status is not None and outcome != h.UNKNOWN and _outcome_of(status) not in (outcome, ""):
        raise Broken("outcome", f"found {outcome!r} with status {status}, which says {_outcome_of(status)!r}")
    if missing := _lacks(operation, line):
        raise Broken(missing, f"missing; an operation {operation.op!r} with outcome {outcome!r} has one")


def _outcome_of(status: int) -> str:
    """Tell what an HTTP status says (protocol, part 1); "" where the protocol names no reading."""
    if status in range(200, 300):
        return h.OK
    if status == 401:  # noqa: PLR2004 (the protocol's own number)
        return h.DENIED
    if status in (400, 404, 405, 501):
        return h.REFUSED
    return h.UNKNOWN if status in range(500, 600) else ""


def _lacks(operation: Operation, line: bytes) -> str:
    """Name a member that this kind of operation needs and does not have, "" if it has all."""
    op, ok = operation.op, operation.outcome == h.OK
    if op in (h.WRITE, h.DELETE) and operation.key is None:
        return "key"
    if op == h.WRITE and operation.value is None and "value" not in msgspec.json.decode(line):  # null is a value too
        return "value"
    if op in (h.LOGIN, h.REVOKE) and operation.user is None:
        return "user"
    if ok and operation.session is None and (op == h.LOGIN or op in h.IN_SESSION):
        return "session"
    return ""


def _may_be_whole(operation: Operation) -> bool:
    """Say whether `data` looks like the whole body of an answer: {"user": …, "data": {…}, …}.

    A writer that gives what stands beside the data in members of their own has taken the body apart.
    """
    body = operation.data or {}
    if operation.answered_user is not None or operation.ended is not None:
        return False
    return isinstance(body["data"], dict) and _PEEKED.issuperset(body) and ("user" in body or "ended" in body)


def _unpack(operation: Operation, written: dict[Any, Operation]) -> None:
    """Take a whole body apart, unless it is data after all: keys of a session may have such names."""
    body = operation.data or {}
    for name, value in body.items():
        writer = written.get(h.token(value))
        if writer is not None and writer.key == name:
            return
    operation.data = body["data"]
    operation.answered_user = body.get("user")
    for member in ("ended", "created", "last"):
        if getattr(operation, member) is None:
            setattr(operation, member, body.get(member))
