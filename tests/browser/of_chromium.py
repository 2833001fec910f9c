"""What Chromium does otherwise than the world's browser: each by its name, as code (tests/browser/differences.py)."""

import re

from reference import hosts
from simulator.set_cookie import Line, read
from tests.browser.differences import (
    BETWEEN,
    LAST_COUNTS,
    MOVES_BACK,
    UNSET_HAS_GRACE,
    Difference,
    changed,
    dated,
    of_line,
)


def _without_tabs(line: str) -> str | None:
    """Refuse a cookie with a tab anywhere but around its parts."""
    parts = (part for piece in line.split(";") for part in piece.split("=", 1))
    return None if any("\t" in part.strip(" \t") for part in parts) else line


def _without_bare_pairs(line: str) -> str | None:
    """Refuse a cookie without a name whose value could be taken for a name and a value."""
    told = read(line)
    return None if isinstance(told, Line) and not told.name and "=" in told.value else line


def _with_any_number(line: str) -> str:
    """Read a Max-Age with a plus, and take one beyond 64 bits for the largest or smallest whatever follows it."""
    return changed(line, "max-age", _number)


def _number(value: str) -> str:
    found = _NUMBER.fullmatch(value.strip(" \t"))
    if found is None or (found[3] and int(found[2]) < _BEYOND):
        return value
    return ("-" if found[1] == "-" else "") + found[2]


def _with_whole_tokens(line: str) -> str:
    """Pass over a token of a date that goes on after its digits, where the draft takes the digits."""
    return dated(line, lambda token: token if not token[:1].isdigit() or _WHOLE.fullmatch(token) else "x")


def _with_any_digits(line: str) -> str:
    """Read times with leading zeros, and a year of one digit or five."""
    return changed(line, "expires", _any_digits)


def _any_digits(value: str) -> str:
    day = False
    tokens = BETWEEN.split(value)
    for at, token in enumerate(tokens):
        if ":" in token:
            tokens[at] = _ZEROS.sub("", token)
        elif not day and _DAY.fullmatch(token):
            day = True
        elif _YEAR.fullmatch(token):
            tokens[at] = f"{min(int(token), 9_999):02}"
    return "".join(tokens)


def _with_early_years(line: str) -> str:
    """Take a year before 1601 for one long past, where the draft takes the date for none."""
    return dated(line, lambda token: "1601" if _EARLY.fullmatch(token) else token)


def _with_other_alphabets(line: str) -> str:
    """Take a domain in UTF-8 for the A-labels that it stands for."""
    return changed(line, "domain", _a_labels)


def _a_labels(value: str) -> str:
    try:
        return value if value.isascii() else hosts.a_labels(value.strip(" \t").encode("latin-1").decode())
    except UnicodeError:
        return value


_WHOLE = re.compile(r"[0-9]+(:[0-9]+:[0-9]+)?")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_DAY = re.compile(r"[0-9]{1,2}")
_YEAR = re.compile(r"[0-9]|[0-9]{5}")
_NUMBER = re.compile(r"([+-]?)([0-9]+)(.*)")
_BEYOND = 1 << 63
_EARLY = re.compile(r"[1-9][0-9]{2}|1[0-5][0-9]{2}|1600")


CHROMIUM = (
    Difference("a tab inside of a cookie", "8, Tab inside a cookie; COOK-2", of_line(_without_tabs)),
    Difference("no name, and '=' in the value", "8, Nameless cookie; COOK-4", of_line(_without_bare_pairs)),
    LAST_COUNTS,
    Difference("a Max-Age with a plus, or beyond 64 bits", "draft, 5.6.2; COOK-9", of_line(_with_any_number)),
    Difference("a date's token that goes on after its digits", "draft, 5.1.1; COOK-8", of_line(_with_whole_tokens)),
    Difference(
        "a time with leading zeros, a year of one digit or five", "draft, 5.1.1; COOK-8", of_line(_with_any_digits)
    ),
    Difference("a year before 1601", "draft, 5.1.1, step 6; COOK-8", of_line(_with_early_years)),
    Difference("a domain in UTF-8", "8, IDN; COOK-20", of_line(_with_other_alphabets)),
    MOVES_BACK,
    UNSET_HAS_GRACE,
)
