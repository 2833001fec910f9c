"""Reads recorded histories of others: Jepsen's log of a register, and maps of processes with keys (Porcupine's data).

Both are lines that begin or end a call of a process; the order of the lines is the order of time. A process whose call
ended in `:info` never learns its outcome.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from conformance.checks.linearizability.models import APPEND, CAS, GET, PUT, WRITE
from conformance.checks.linearizability.operations import NEVER, Call

_REGISTER = re.compile(r"^INFO\s+jepsen\.util - (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$")
_KV = re.compile(r'^\{:process (\d+), :type :(invoke|ok|fail|info), :f :(get|put|append), :key "(.*?)", :value (.*)\}$')
_PAIR = re.compile(r"^\[(-?\d+) (-?\d+)\]$")


class UnreadableLog(ValueError):
    """A line is none of this format, or contradicts an earlier one: file, line (from 1), what was expected."""


class _Line(Struct, frozen=True):
    """One line: which process, whether it begins or ends a call, and of what."""

    process: str
    type: str
    what: str
    key: str
    value: str


def read_log(path: Path, model: str) -> list[Call]:
    """Read one recorded history.

    Args:
        path: the file.
        model: "register" for Jepsen's log lines, "kv" for maps with keys.

    Returns:
        The calls in the order in which they began; ids are the numbers of their first lines.

    Raises:
        UnreadableLog: a line that is none, an answer that nobody waits for, a question while another is open.
        OSError: when the file cannot be read.
    """
    parse = _register_line if model == "register" else _kv_line
    lines = path.read_text(encoding="utf-8").splitlines()
    return _paired(path, lines, parse)


def _paired(path: Path, lines: list[str], parse: Callable[[str], _Line | None]) -> list[Call]:
    calls: dict[int, Call] = {}
    open_calls: dict[str, tuple[int, _Line]] = {}
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        line = parse(text)
        if line is None:
            raise UnreadableLog(f"{path}:{number}: found {text[:80]!r}, which is no line of this format")
        if line.type == "invoke":
            if line.process in open_calls:
                raise UnreadableLog(
                    f"{path}:{number}: process {line.process} asks while its call of line "
                    f"{open_calls[line.process][0]} is open"
                )
            open_calls[line.process] = (number, line)
            continue
        if line.process not in open_calls:
            raise UnreadableLog(f"{path}:{number}: process {line.process} has an answer, and no call is open")
        began, asked = open_calls.pop(line.process)
        if line.type == "fail" and asked.what in (WRITE, PUT, APPEND):
            continue  # it says that nothing happened
        calls[began] = _call(asked, began, line, number)
    for began, asked in open_calls.values():
        calls[began] = _call(asked, began, None, NEVER)
    return [calls[began] for began in sorted(calls)]


def _call(asked: _Line, began: int, answer: _Line | None, ended: int) -> Call:
    argument = _value(asked.value, asked.what)
    known = answer is not None and answer.type in ("ok", "fail") and not answer.value.startswith(":timed-out")
    if answer is None or not known:
        # A read that timed out is over and told nothing; anything else may still happen.
        over = ended if answer is not None and answer.type == "fail" else NEVER
        return Call(str(began), asked.key, asked.what, argument, None, began, over, known=False)
    result: Any = _value(answer.value, asked.what)
    if asked.what == CAS:
        result = answer.type == "ok"
    elif asked.what == GET:
        result = result or ""
    return Call(str(began), asked.key, asked.what, argument, result, began, ended)


def _value(text: str, what: str) -> Any:
    text = text.strip()
    if text in ("nil", "") or text.startswith(":"):
        return None
    if text.startswith('"'):
        return text[1:-1]
    pair = _PAIR.match(text)
    if pair is not None and what == CAS:
        return int(pair[1]), int(pair[2])
    return int(text) if text.lstrip("-").isdigit() else text


def _register_line(text: str) -> _Line | None:
    found = _REGISTER.match(text)
    return None if found is None else _Line(found[1], found[2], found[3], "", found[4])


def _kv_line(text: str) -> _Line | None:
    found = _KV.match(text)
    return None if found is None else _Line(found[1], found[2], found[3], found[4], found[5])
