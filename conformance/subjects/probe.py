"""The shape of the probe application's answers (subject protocol, part 1): what an adapter must get right.

Whether an answer is true is the business of the checks; whether it can be read at all is told here.
"""

from collections.abc import Callable
from typing import Any

from conformance.subjects.adapter import WrongLine, shown
from reference.effects import Respond
from reference.protocol import Request

PART_1 = "subject protocol, part 1"
OK, DENIED = 200, 401
DATA_PATH = "/session/data/"
DENIALS = ("no-session", "expired", "ended")
LARGEST = 2**53
"""Whole numbers up to here come back as they were (protocol, part 1)."""


def check_shape(request: Request, answer: Respond, raw: bytes) -> None:
    """Make sure that an answer can be read.

    Args:
        request: what was asked.
        answer: what came.
        raw: the line, for the error.

    Raises:
        WrongLine: a 200 lacks what its path promises, or a 401 says no known reason.
    """
    if answer.status == DENIED:
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if error not in DENIALS:
            found = repr(error) if isinstance(answer.body, dict) else _said(answer.body)
            mend = 'write "body": {"error": "no-session"}'
            raise WrongLine("body.error", found, f"one of {', '.join(DENIALS)}", mend, PART_1, shown(raw))
    if answer.status != OK:
        return
    path = DATA_PATH if request.path.startswith(DATA_PATH) else request.path
    shape = _SHAPES.get((request.method, path))
    if shape is None:
        return
    if not isinstance(answer.body, dict):
        raise WrongLine("body", _said(answer.body), "an object", "answer with a JSON object", PART_1, shown(raw))
    for member, (expected, fits) in shape.items():
        if not fits(answer.body.get(member)):
            found = repr(answer.body[member]) if member in answer.body else "nothing"
            asked = f"{request.method} {path}"
            mend = f'a 200 to {asked} has "{member}"'
            raise WrongLine(f"body.{member}", found, expected, mend, PART_1, shown(raw))
    if (request.method, path) == ("POST", "/login") and not any(
        name.lower() == "set-cookie" for name, _ in answer.headers
    ):
        mend = 'write "headers": [["Set-Cookie", "NAME=ID; Path=/; Secure; HttpOnly"]]'
        raise WrongLine("headers", "no Set-Cookie", "one with the new session's id", mend, PART_1, shown(raw))


def _said(value: Any) -> str:
    return "nothing" if value is None else repr(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_USER = ("a string, the user's name", _is_text)
_DATA = ("an object of keys and values", _is_object)
_INSTANT = ("µs since 1970, a whole number", _is_count)

_SHAPES: dict[tuple[str, str], dict[str, tuple[str, Callable[[Any], bool]]]] = {
    ("POST", "/login"): {"user": _USER},
    ("GET", "/session"): {"user": _USER, "data": _DATA},
    ("PUT", DATA_PATH): {},
    ("DELETE", DATA_PATH): {},
    ("POST", "/logout"): {},
    ("POST", "/revoke"): {"sessions": ("a count", _is_count)},
    ("GET", "/peek"): {"user": _USER, "data": _DATA, "created": _INSTANT, "last": _INSTANT},
    ("GET", "/members"): {"members": ("an array of node names", _is_names)},
    ("GET", "/status"): {"status": ('"up"', lambda value: value == "up")},
}
