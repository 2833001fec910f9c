"""What Firefox does otherwise than the world's browser: each by its name, as code (tests/browser/differences.py)."""

import re

from simulator.browser import default_path
from simulator.visits import Visit
from tests.browser import nspr_dates
from tests.browser.differences import (
    HOPS_COUNT,
    LAST_COUNTS,
    SCHEME_COUNTS_NOT,
    UNSET_IS_NONE,
    Difference,
    changed,
    named,
    of_line,
    value_of,
)


def _with_a_name(line: str) -> str | None:
    """Take what has no '=' for a name without a value, and drop what has no name."""
    pair, semicolon, attributes = line.partition(";")
    name, equals, _ = pair.partition("=")
    if not name.strip(" \t"):
        return None
    return line if equals else f"{pair}={semicolon}{attributes}"


def _with_the_path_of_a_root(line: str, visit: Visit) -> str:
    """Take the path that a page at the root gives for one that was written out."""
    pair, *attributes = line.split(";")
    said = [value_of(one) for one in attributes if named(one, "path")]
    if pair.strip(" \t").lower().startswith("__host-") and default_path(visit.url.path) == "/":
        return line if said and said[-1].startswith("/") else f"{line};Path=/"
    return line


def _in_utf_8(line: str) -> str:
    """Put the sign for what cannot be read in place of octets of the value that are not UTF-8; the name's stay."""
    pair, semicolon, attributes = line.partition(";")
    name, equals, value = pair.partition("=")
    readable = value.encode("latin-1").decode(errors="replace").encode().decode("latin-1")
    return f"{name}{equals}{readable}{semicolon}{attributes}"


def _with_dates_of_its_own(line: str) -> str:
    """Read dates as NSPR does."""
    return changed(line, "expires", _date)


def _date(value: str) -> str:
    day = nspr_dates.day_of(value)
    return "" if day is None else f"{day:%d %b} {max(day.year, 1601)} 00:00:00"


def _with_any_minus(line: str) -> str:
    """Take a Max-Age that begins with a minus for one that is over, and one beyond 64 bits whatever follows it."""
    return changed(line, "max-age", _number)


def _number(value: str) -> str:
    value = value.strip(" \t")
    if value.startswith("-"):
        return "-1"
    digits = _DIGITS.match(value)
    return digits[0] if digits is not None and int(digits[0]) >= 1 << 63 else value


_DIGITS = re.compile(r"[0-9]+")

FIREFOX = (
    Difference("no name, or nothing but a name", "8, Nameless cookie; COOK-4", of_line(_with_a_name)),
    Difference("'__Host-' with the path of a page at the root", "8, `__Host-`; COOK-36", _with_the_path_of_a_root),
    Difference("octets of a value that are not UTF-8", "COOK-1", of_line(_in_utf_8)),
    Difference("dates that NSPR reads", "draft, 5.1.1; COOK-8", of_line(_with_dates_of_its_own)),
    Difference(
        "a Max-Age that begins with a minus, or beyond 64 bits", "draft, 5.6.2; COOK-9", of_line(_with_any_minus)
    ),
    LAST_COUNTS,
    UNSET_IS_NONE,
    SCHEME_COUNTS_NOT,
    HOPS_COUNT,
)
