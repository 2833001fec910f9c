"""Where Chromium does otherwise than the world's browser, which follows the draft: each by its name, as code.

docs/decisions/0008-own-cookie-jar.md says whom the world's browser follows, and section 8 of the cookie specification
which engine does what. `Like` is the world's browser with some of these differences in it; with all of them it does
what Chromium does, or a difference is missing here.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from reference import hosts
from simulator.browser import Browser
from simulator.set_cookie import ATTRIBUTE_MOST, Line, Refusal, read
from simulator.visits import Visit


class Difference(Struct, frozen=True):
    """One difference.

    Attributes:
        name: what it is called in tests.
        section: where it is told.
        as_read: what Chromium makes of a line, written as a line that means the same to the draft; None for nothing.
    """

    name: str
    section: str
    as_read: Callable[[str], str | None] = lambda line: line


def _without_tabs(line: str) -> str | None:
    """Refuse a cookie with a tab anywhere but around its parts."""
    parts = (part for piece in line.split(";") for part in piece.split("=", 1))
    return None if any("\t" in part.strip(" \t") for part in parts) else line


def _without_bare_pairs(line: str) -> str | None:
    """Refuse a cookie without a name whose value could be taken for a name and a value."""
    told = read(line)
    return None if isinstance(told, Line) and not told.name and "=" in told.value else line


def _with_the_last(line: str) -> str:
    """Let only the last Expires and the last Max-Age count, whether they can be read or not."""
    pair, *attributes = line.split(";")
    for name in ("expires", "max-age"):
        there = [at for at, one in enumerate(attributes) if _named(one, name) and len(_value(one)) <= ATTRIBUTE_MOST]
        attributes = [one for at, one in enumerate(attributes) if at not in there[:-1]]
    return ";".join([pair, *attributes])


def _with_any_number(line: str) -> str:
    """Read a Max-Age with a plus, and take one beyond 64 bits for the largest or smallest whatever follows it."""
    return _changed(line, "max-age", _number)


def _number(value: str) -> str:
    found = _NUMBER.fullmatch(value.strip(" \t"))
    if found is None or (found[3] and int(found[2]) < _BEYOND):
        return value
    return ("-" if found[1] == "-" else "") + found[2]


def _with_whole_tokens(line: str) -> str:
    """Pass over a token of a date that goes on after its digits, where the draft takes the digits."""
    return _dated(line, lambda token: token if not token[:1].isdigit() or _WHOLE.fullmatch(token) else "x")


def _with_any_digits(line: str) -> str:
    """Read times with leading zeros, and a year of one digit or five."""
    return _changed(line, "expires", _any_digits)


def _any_digits(value: str) -> str:
    day = False
    tokens = _BETWEEN.split(value)
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
    return _dated(line, lambda token: "1601" if _EARLY.fullmatch(token) else token)


def _with_other_alphabets(line: str) -> str:
    """Take a domain in UTF-8 for the A-labels that it stands for."""
    return _changed(line, "domain", _a_labels)


def _a_labels(value: str) -> str:
    try:
        return value if value.isascii() else hosts.a_labels(value.strip(" \t").encode("latin-1").decode())
    except UnicodeError:
        return value


_BETWEEN = re.compile(r"([\t\x20-\x2f;-@\[-`{-~]+)")
"""What stands between the tokens of a date (draft, section 5.1.1)."""
_WHOLE = re.compile(r"[0-9]+(:[0-9]+:[0-9]+)?")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_DAY = re.compile(r"[0-9]{1,2}")
_YEAR = re.compile(r"[0-9]|[0-9]{5}")
_NUMBER = re.compile(r"([+-]?)([0-9]+)(.*)")
_BEYOND = 1 << 63
_EARLY = re.compile(r"[1-9][0-9]{2}|1[0-5][0-9]{2}|1600")


def _dated(line: str, change: Callable[[str], str]) -> str:
    """Change the tokens of dates, from the first to the last."""
    return _changed(line, "expires", lambda value: "".join(change(token) for token in _BETWEEN.split(value)))


def _changed(line: str, name: str, change: Callable[[str], str]) -> str:
    """Change the values of the attributes of that name."""
    pair, *attributes = line.split(";")
    return ";".join([pair, *(_with(one, change) if _named(one, name) else one for one in attributes)])


def _with(attribute: str, change: Callable[[str], str]) -> str:
    name, equals, value = attribute.partition("=")
    return f"{name}{equals}{change(value)}"


def _value(attribute: str) -> str:
    return attribute.partition("=")[2].strip(" \t")


def _named(attribute: str, name: str) -> bool:
    return attribute.partition("=")[0].strip(" \t").lower() == name


MOVES_BACK = Difference("a cookie with another value goes to the end", "8, Order; COOK-41")
ALL = (
    Difference("a tab inside of a cookie", "8, Tab inside a cookie; COOK-2", _without_tabs),
    Difference("no name, and '=' in the value", "8, Nameless cookie; COOK-4", _without_bare_pairs),
    Difference(
        "a date or an age that cannot be read after one that can", "8, Unreadable last Expires; COOK-7", _with_the_last
    ),
    Difference("a Max-Age with a plus, or beyond 64 bits", "draft, 5.6.2; COOK-9", _with_any_number),
    Difference("a date's token that goes on after its digits", "draft, 5.1.1; COOK-8", _with_whole_tokens),
    Difference("a time with leading zeros, a year of one digit or five", "draft, 5.1.1; COOK-8", _with_any_digits),
    Difference("a year before 1601", "draft, 5.1.1, step 6; COOK-8", _with_early_years),
    Difference("a domain in UTF-8", "8, IDN; COOK-20", _with_other_alphabets),
    MOVES_BACK,
)


class Like(Browser):
    """The world's browser, with some differences."""

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        super().__init__()
        self._differences = differences

    def store(self, text: str, visit: Visit, wall: int) -> Refusal | None:
        """Take in a line as it is read with the differences."""
        as_read: str | None = text
        for difference in () if isinstance(read(text), Refusal) else self._differences:
            as_read = difference.as_read(as_read) if as_read is not None else None
        return super().store(as_read, visit, wall) if as_read is not None else None

    def _keep(self, line: Line, domain: str, path: str, visit: Visit, wall: int) -> None:
        key = (line.name, domain or visit.url.host, not domain, path, visit.frame_of if line.partitioned else "")
        before = self.kept.get(key)
        if MOVES_BACK in self._differences and before is not None and before.value != line.value:
            del self.kept[key]
        super()._keep(line, domain, path, visit, wall)
