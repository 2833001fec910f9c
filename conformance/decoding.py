"""From one line of a history to a record, or to the member and the rule that it breaks, before anybody knows where.

Here a line is looked at alone; what it must be beside other lines is `conformance.reading`'s business. Imports nothing
of the project but `conformance.history`.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from conformance.history import Clock, End, Fault, Header, Healed, Operation, Ready, Unready

_KINDS: Final = {
    "op": Operation,
    "fault": Fault,
    "ready": Ready,
    "unready": Unready,
    "clock": Clock,
    "healed": Healed,
    "end": End,
}
_WHERE: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING: Final = re.compile(r"missing required field `(?P<member>[^`]+)`")

_MARKS: Final = re.compile(rb'(?P<text>"(?:[^"\\]|\\.)*+"?)(?P<name>\s*:)?|[][{}]', re.DOTALL)
_OTHERS: Final = {
    b"\xef\xbb\xbf": ("a byte order mark", "write UTF-8 without one"),
    b"\xff\xfe": ("UTF-16", "write it as UTF-8"),
    b"\xfe\xff": ("UTF-16", "write it as UTF-8"),
    b"\x1f\x8b": ("a file compressed by gzip", "unpack it: gunzip"),
}
"""Beginnings of files that are no JSON lines in UTF-8: what they look like, and what to do."""
DEEPEST: Final = 200
"""So many levels of lists and objects are read; one more could outdo the stack of whoever compares values."""

_decode_operation = msgspec.json.Decoder(Operation).decode
_decoders: Final = {kind: msgspec.json.Decoder(struct) for kind, struct in _KINDS.items()}
_decode_header = msgspec.json.Decoder(Header).decode


class Broken(Exception):
    """What is wrong with a line: the member, "" for the whole, and the rule that it breaks."""

    def __init__(self, member: str, rule: str) -> None:
        super().__init__(member, rule)
        self.member = member
        self.rule = rule


def header_of(line: bytes) -> Header:
    """Decode the first line; raises Broken."""
    for beginning, (looks_like, mend) in _OTHERS.items():
        if line.startswith(beginning):
            raise Broken("", f"begins like {looks_like}; expected JSON lines in UTF-8, so {mend}")
    _refuse_deep(line)
    try:
        return _decode_header(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _explained(error, line) from None


def record_of(line: bytes) -> tuple[Any, bool]:
    """Decode a line after the first; raises Broken.

    Returns:
        The record, and whether it is an answer to a question that was never asked.
    """
    if len(line) > 2 * DEEPEST:  # every level is opened and closed: a shorter line has fewer
        _refuse_deep(line)
    try:
        return (_decode_operation(line) if line.startswith(b'{"op"') else _record(line)), False
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        record = _answer_unasked(line)
        if record is None:
            raise _explained(error, line) from None
        return record, True


def _record(line: bytes) -> Any:
    """Decode a line whose kind is yet to be found out."""
    raw = msgspec.json.decode(line)
    if isinstance(raw, dict):
        for kind, decoder in _decoders.items():
            if kind in raw:
                return decoder.decode(line)
    raise Broken("", f"no record of a history; each has one member of {', '.join(_KINDS)}")


def _answer_unasked(line: bytes) -> Operation | None:
    """Decode an operation whose `asked` is null though it was answered: for the check of structure to convict."""
    try:
        raw = msgspec.json.decode(line)
        if raw.get("asked", 0) is None and isinstance(raw.get("answered"), int):
            return msgspec.convert({**raw, "asked": raw["answered"]}, Operation)
    except (msgspec.MsgspecError, UnicodeDecodeError, AttributeError):
        pass
    return None


def _refuse_deep(line: bytes) -> None:
    """Refuse what nests too deep, before a decoder goes down into it; raises Broken."""
    if line.count(b"[") + line.count(b"{") > DEEPEST:
        for _, depth, member in _steps(line):
            if depth > DEEPEST:
                raise Broken(member, f"nests deeper than {DEEPEST} levels, which is the most that is read")


def _steps(line: bytes) -> Iterator[tuple[int, int, str]]:
    """Walk through a line, from text to bracket: where each begins, how deep it stands, and in which member."""
    depth, member = 0, ""
    for mark in _MARKS.finditer(line):
        if mark["name"] and depth == 1:
            member = mark["text"].strip(b'"').decode(errors="replace")
        elif mark[0] in (b"{", b"["):
            depth += 1
        elif mark[0] in (b"}", b"]"):
            depth -= 1
        yield mark.start(), depth, member


def _no_utf8(line: bytes) -> Broken:
    """Say where a line ceases to be UTF-8; the decoder counts within a text alone."""
    place = 0
    try:
        line.decode()
    except UnicodeDecodeError as error:
        place = error.start
    member = ["", *(member for begin, _, member in _steps(line) if begin <= place)][-1]
    return Broken(member, f"byte {place + 1} of the line is {line[place]:#04x}, no UTF-8; write the file as UTF-8")


def _explained(error: msgspec.MsgspecError | UnicodeDecodeError, line: bytes) -> Broken:
    """Make member and rule of what the decoder says."""
    if isinstance(error, UnicodeDecodeError):
        return _no_utf8(line)
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        cut = "" if line.endswith(b"\n") else "; the line is cut off"
        return Broken("", f"no JSON: {text}{cut}")
    where = _WHERE.search(text)
    path = where["path"] if where else ""
    rule = _WHERE.sub("", text)
    if missing := _MISSING.search(rule):
        member = f"{path}.{missing['member']}" if path else missing["member"]
        return Broken(member, "missing")
    return Broken(path, f"{rule[0].lower()}{rule[1:]}")
