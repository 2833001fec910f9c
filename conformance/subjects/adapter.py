"""What can be wrong with a line that a foreign node says, told so that its author can mend it; and decoding lines.

Knows the lines of the protocol, and no process, world or check.
"""

import json
import re as patterns
from typing import Any, get_args

import msgspec
from msgspec import UNSET, Raw, Struct

from conformance.subjects.lines import KINDS, PROTOCOL, Channel, Output, Re

PART_2 = "subject protocol, part 2, Output"
PART_2_TURNS = "subject protocol, part 2"
SHOWN = 300
"""Characters of a wrong line that an error shows."""
DEEPEST = 100
"""Arrays and objects in one another, at most, in what is kept of a line: who reads it later has a stack that ends."""

_decode_output = msgspec.json.Decoder(Output).decode
_decode_any = msgspec.json.Decoder().decode
_decode_members = msgspec.json.Decoder(dict[str, Raw]).decode
_to_digest = msgspec.msgpack.Encoder().encode


class WrongLine(Exception):
    """One line, or one turn, that breaks the protocol.

    Attributes:
        member: what is wrong: a member of the line, the line, or the turn.
        found: what was found.
        expected: what would have been right.
        mend: what to write instead, as an order.
        part: the part of the protocol that says so.
        line: the line itself, "" where it is about no single one.
    """

    def __init__(self, member: str, found: str, expected: str, mend: str, part: str = PART_2, line: str = "") -> None:
        super().__init__(member, found, expected, mend, part, line)
        self.member, self.found, self.expected, self.mend, self.part, self.line = (
            member,
            found,
            expected,
            mend,
            part,
            line,
        )

    def __str__(self) -> str:
        """Name member, found, expected, mend, part and line."""
        shown = f"; the line was: {self.line}" if self.line else ""
        return f"{self.member}: found {self.found}, expected {self.expected} ({self.part}); {self.mend}{shown}"


class BrokenAdapter(Exception):
    """A subject broke the protocol: nothing can be said about its store.

    Attributes:
        node: which member of the cluster; "" before there is one.
        turn: what it was asked in that turn.
        wrong: what was wrong.
        stderr: the last lines of what it wrote there, for people; of an object, its traceback.
        repeat: the command that repeats the fault alone; "" where there is none.
    """

    heading = "its stderr ended with"

    def __init__(self, node: str, turn: str, wrong: WrongLine, stderr: str = "", repeat: str = "") -> None:
        super().__init__(node, turn, wrong, stderr, repeat)
        self.node, self.turn, self.wrong, self.stderr, self.repeat = node, turn, wrong, stderr, repeat

    def __str__(self) -> str:
        """Say who, in which turn, and what; then its stderr and how to repeat it. All of it can be shown anywhere."""
        who = f"node {self.node}, {self.turn}" if self.node else self.turn
        text = f"{who}: {self.wrong}"
        if self.stderr:
            text += f"\n{self.heading}:\n" + "\n".join(f"  {line}" for line in self.stderr.splitlines())
        if self.repeat:
            text += f"\nthis node alone: {self.repeat}"
        return printable(text)


def decode(raw: bytes) -> Output:
    """Decode one line that a node said.

    Raises:
        WrongLine: it is no JSON object, says nothing that is known or two things at once, or a member is wrong.
    """
    try:
        output = _decode_output(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise explained(raw) from None
    kinds = (
        (output.send is not UNSET)
        + (output.timer is not UNSET)
        + (output.respond is not UNSET)
        + (output.done is not UNSET)
        + (output.note is not UNSET)
        + (output.stopped is not UNSET)
        + (output.unsupported is not UNSET)
        + (output.re is not UNSET)
    )
    if output.send is not UNSET:
        whole = output.channel is not UNSET and output.body is not UNSET
    elif output.timer is not UNSET:
        whole = (output.after is UNSET) is not (output.cancel is UNSET) and output.cancel is not False
    else:
        whole = (output.respond is UNSET or output.status is not UNSET) and output.stopped is not False
    if kinds != 1 or not whole:
        raise explained(raw)
    return output


def kept(part: bytes, member: str, raw: bytes) -> Any:
    """Decode what trace and history keep of a line: a whole note, the body of an answer.

    Args:
        part: what is kept.
        member: where in the line it stands, for the error; "" for all of it.
        raw: the line, for the error.

    Raises:
        WrongLine: it cannot be kept: a number of more than 64 bits, too deep, or no JSON, which no one had looked for.
    """
    try:
        value = _decode_any(part)
        _to_digest(value)
    except (msgspec.ValidationError, OverflowError):
        raise _too_large(_number_in(part, member), raw) from None
    except RecursionError:
        raise _too_deep(member or "the line", raw) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise explained(raw) from None
    if part.count(b"[") + part.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise _too_deep(member or "the line", raw)
    return value


def _number_in(part: bytes, member: str) -> str:
    """Name the member that holds the number that cannot be kept."""
    try:
        members = _decode_members(part)
    except (ValueError, RecursionError):
        return member or "the line"
    for name, value in members.items():
        try:
            _to_digest(_decode_any(value))
        except (ValueError, OverflowError, RecursionError):
            return f"{member}.{name}".removeprefix(".")
    return member or "the line"


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, (dict, list))]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


def _too_large(member: str, raw: bytes) -> WrongLine:
    mend = "write greater numbers as strings"
    return WrongLine(member, "a number out of range", "at most 64 bits", mend, line=shown(raw))


def _too_deep(member: str, raw: bytes) -> WrongLine:
    found, expected = f"more than {DEEPEST} arrays and objects in one another", f"at most {DEEPEST}"
    return WrongLine(member, found, expected, "write it flatter, or as a string", line=shown(raw))


def explained(raw: bytes) -> WrongLine:
    """Say what is wrong with a line that could not be taken."""
    text = shown(raw)
    try:
        value: Any = _decode_any(raw)
    except (ValueError, RecursionError) as error:
        return _undecoded(raw, error)
    if not isinstance(value, dict):
        return WrongLine("the line", _kind_of(value), "one JSON object", "write an object", line=text)
    kinds = [name for name in KINDS if name in value]
    if len(kinds) != 1:
        found = f"the members {', '.join(kinds)}" if kinds else f"only {', '.join(map(repr, value)) or 'no members'}"
        return WrongLine("the line", found, f"exactly one of {', '.join(KINDS)}", "say one thing a line", line=text)
    kind = kinds[0]
    types = KINDS[kind]
    chosen = types[1] if kind == "timer" and "cancel" in value and "after" not in value else types[0]
    if kind == "timer" and "cancel" in value and "after" in value:
        return WrongLine("timer", "both after and cancel", "one of them", "set a timer or cancel it", line=text)
    return _misfit(chosen, value, kind, text)


def _undecoded(raw: bytes, error: Exception) -> WrongLine:
    """Say why a line cannot be decoded."""
    if isinstance(error, RecursionError):
        return _too_deep("the line", raw)
    if isinstance(error, msgspec.ValidationError):  # it is JSON, in which a number is too large for any type
        return _too_large(_number_in(raw, ""), raw)
    found, mend = f"no JSON ({error})", "write logs to stderr and only lines to stdout"
    if _has_half_a_character(raw):
        found = "half a character, as \\ud83c is without \\udf6a"
        mend = "cut strings between characters, not between the halves of one"
    return WrongLine("the line", found, "one JSON object", mend, line=shown(raw))


def _has_half_a_character(raw: bytes) -> bool:
    """Say whether a line is JSON but for a surrogate that stands alone; what decodes lines calls that truncated."""
    try:
        json.dumps(json.loads(raw), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        pass
    return False


def _misfit(chosen: type[Struct], value: dict[str, Any], kind: str, text: str) -> WrongLine:
    """Say which member of a line does not fit its kind."""
    example = _EXAMPLES[kind]
    try:
        msgspec.convert(value, chosen)
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at `$.")
        member = place.rstrip("`") or kind
        found = seen(_at(value, member)) if place else "it missing"
        if expected.startswith("Object missing required field"):
            member = expected.split("`")[1]
            return WrongLine(member, "nothing", f"a member `{member}`", f"write {example}", line=text)
        expected = _ONE_OF.get(member, expected) if expected.startswith("Invalid enum value") else expected
        return WrongLine(member, found, expected.removeprefix("Expected "), f"write {example}", line=text)
    return WrongLine(
        "the line", "something that cannot be taken", "a line of the protocol", f"write {example}", line=text
    )


def decode_re(raw: bytes, asked: int) -> Re:
    """Decode the answer to `hello`.

    Raises:
        WrongLine: it is none, answers another line, or speaks another version of the protocol.
    """
    try:
        re = msgspec.json.decode(raw, type=Re)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise explained(raw) from None
    if not same(re.re, asked):
        raise WrongLine(
            "re", repr(re.re), f"the id of the line `hello`, {asked!r}", f'write "re": {asked}', line=shown(raw)
        )
    if re.protocol != PROTOCOL:
        mend = f"speak version {PROTOCOL}, or use an anynode that speaks {re.protocol}"
        raise WrongLine("protocol", str(re.protocol), str(PROTOCOL), mend, line=shown(raw))
    return re


def same(said: Any, asked: Any) -> bool:
    """Say whether an id came back as it was: equal, and of the same JSON type."""
    return type(said) is type(asked) and bool(said == asked)


def shown(raw: bytes) -> str:
    """Show the beginning of a line."""
    text = raw[: SHOWN + 1].decode("utf-8", "backslashreplace").strip()
    return printable(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def printable(text: str) -> str:
    """Write out what would do something to a terminal, such as an escape; ends of lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in "\n\t" else each.encode("unicode_escape").decode() for each in text
    )


def seen(value: Any) -> str:
    """Show the beginning of a value, whatever it is."""
    try:
        return repr(value)[:SHOWN]
    except Exception:  # noqa: BLE001 - a number of 10,000 digits, or what an object's own __repr__ raises
        return f"an object of {type(value).__name__}"


def _at(value: Any, place: str) -> Any:
    for step in patterns.findall(r"[^.\[\]]+|\.\.\.", place):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and value:
            value = value[int(step) if step.isdecimal() else 0]
    return value


def _kind_of(value: Any) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


_ONE_OF = {"channel": " or ".join(get_args(Channel)), "cancel": "true", "stopped": "true"}
"""Members that have one of a few values."""
_EXAMPLES = {
    "re": '{"re": 1, "protocol": 1, "name": "my-store", "features": [], "contract": {"converge_us": 3000000}}',
    "send": '{"send": "n2", "channel": "data", "body": {}}',
    "timer": '{"timer": "gossip", "after": 200000} or {"timer": "gossip", "cancel": true}',
    "respond": '{"respond": "c7-41", "status": 200, "headers": [], "body": {}}',
    "note": '{"note": "suspect"}',
    "stopped": '{"stopped": true}',
    "unsupported": '{"unsupported": "the op"}',
    "done": '{"done": 6}',
}
