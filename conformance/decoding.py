"""From one line of a history to a record, or to the member and the rule that it breaks, before anybody knows where.

Here a line is looked at alone; what it must be beside other lines is `conformance.reading`'s business. Imports nothing
of the project but `conformance.history`.
"""

import re
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
    try:
        return _decode_header(line)
    except msgspec.MsgspecError as error:
        raise _explained(error, line) from None


def record_of(line: bytes) -> tuple[Any, bool]:
    """Decode a line after the first; raises Broken.

    Returns:
        The record, and whether it is an answer to a question that was never asked.
    """
    try:
        return (_decode_operation(line) if line.startswith(b'{"op"') else _record(line)), False
    except msgspec.MsgspecError as error:
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
    except (msgspec.MsgspecError, AttributeError):
        pass
    return None


def _explained(error: msgspec.MsgspecError, line: bytes) -> Broken:
    """Make member and rule of what the decoder says."""
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
