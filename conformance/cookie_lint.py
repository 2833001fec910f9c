"""What a browser keeps of an answer's cookies, where it sends them, and what is wrong with them as session cookies.

Rules are the rows of the cookie specification: how browsers are is COOK-1 to COOK-46, what a server sends COOK-47 to
COOK-51, what a session cookie is COOK-57 to COOK-66. What a browser does is `simulator.browser`, asked, not repeated.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct, field

from reference import hosts
from simulator.browser import AGE_MOST, NEVER, Browser, Cookie
from simulator.clock import s
from simulator.set_cookie import NONE, UNSET, Line, Refusal, read
from simulator.visits import Url, Visit

MUST, SHOULD = "MUST", "SHOULD"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r'("?)[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*\1')
_FIXDATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", re.ASCII)
_ALPHABETS = (
    (re.compile(r"[0-9]+"), 10),
    (re.compile(r"[0-9a-f]+|[0-9A-F]+"), 16),
    (re.compile(r"[0-9A-Za-z_+/=-]+"), 64),
)
_VISIBLE = 90
"""How many characters a value can be made of at most; of the alphabets above one is taken that holds all of it."""
_OF_A_PRODUCT = frozenset(
    {"jsessionid", "phpsessid", "asp.net_sessionid", "connect.sid", "sessionid", "laravel_session", "maverics_session"}
)
"""Names that say which product made the cookie (COOK-59)."""
SHOWN_MOST = 200
"""Of what a line says no more characters are shown; a Domain may be a megabyte."""
_BITS_MUST, _BITS_SHOULD = 64, 128
"""Bits that a session's id has at least, and should have (COOK-58)."""


class Fault(Struct, frozen=True):
    """One thing that is wrong: the row, how strictly it is meant, what was found and what to write instead."""

    rule: str
    level: str
    found: str
    write: str


class Told(Struct, frozen=True):
    """One cookie of an answer.

    Attributes:
        name: as it was sent; "" for a line that cannot be read.
        refused: why a browser does not keep it; None when it is kept.
        sent_to: where it is sent from then on; "" when it is not kept, or is a deletion.
        lives: how long it is kept, in words.
        faults: as a session cookie.
    """

    name: str
    refused: Refusal | None
    sent_to: str
    lives: str
    faults: tuple[Fault, ...]


def look_at(lines: Sequence[str], visit: Visit, wall: int) -> list[Told]:
    """Look at all `Set-Cookie` lines of one answer, in their order.

    Args:
        lines: values of the header; one character is one octet.
        visit: the request that was answered.
        wall: now, µs since 1970.
    """
    browser = Browser()
    before: dict[str, _Before] = {}
    told = []
    for text in lines:
        line = read(text)
        if isinstance(line, Refusal):
            told.append(Told("", line, "", "not kept", ()))
            continue
        refused = browser.store(text, visit, wall)
        kept = next((one for one in reversed(browser.kept.values()) if one.name == line.name), None)
        deletes = is_deletion(line, wall)
        rules = _OF_ANY_LINE if deletes else (*_OF_ANY_LINE, *_OF_A_SESSION)
        faults = [fault for rule in rules for fault in rule(text, line, visit.url)]
        faults += _repeated(line, before.setdefault(line.name, _Before()), deletes=deletes)
        if refused is not None:
            told.append(Told(line.name, refused, "", "not kept", tuple(faults)))
        elif deletes or kept is None:
            told.append(Told(line.name, None, "", "deleted at once", tuple(faults)))
        else:
            told.append(Told(line.name, None, _where(kept), _life(kept, wall), tuple(faults)))
    return told


def is_deletion(line: Line, wall: int) -> bool:
    """Say whether browsers keep nothing of a line, and drop what they have; `wall` is now, µs since 1970."""
    if line.max_age is not None:
        return line.max_age <= 0
    return line.expires is not None and line.expires <= wall


def granted(lines: Iterable[str], name: str, wall: int) -> list[str]:
    """Give the values to which lines set a cookie of a name, in their order; one that deletes it sets none.

    Args:
        lines: of one answer, whatever cookies they are of.
        name: whose values.
        wall: now, µs since 1970.
    """
    read_lines = (line for line in map(read, lines) if isinstance(line, Line))
    return [line.value for line in read_lines if line.name == name and not is_deletion(line, wall)]


def printable(text: str) -> str:
    """Write text of a stranger for a terminal: no octet that steers it, and no more than fits a line or two."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[:SHOWN_MOST])
    return shown + "…" * (len(text) > SHOWN_MOST)


def _where(cookie: Cookie) -> str:
    """Say in words where a browser sends a cookie."""
    host = cookie.domain if cookie.host_only else f"{cookie.domain} and every name below it"
    scheme = "https" if cookie.secure else "http and https"
    below = "" if cookie.path == "/" else f", {cookie.path} and below"
    across = {NONE: "from any page", "strict": "from pages of its own site"}.get(
        cookie.same_site, "from pages of its own site, and by links from others"
    )
    script = "" if cookie.http_only else "; scripts see it"
    return f"{host} over {scheme}{below}; {across}{script}"


def _life(cookie: Cookie, wall: int) -> str:
    if cookie.expires == NEVER:
        return "until the browser is closed"
    seconds = (cookie.expires - wall) // s(1)
    cut = " (cut to the longest that browsers keep)" if cookie.expires - wall == AGE_MOST else ""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}{cut}"
    return f"{seconds} s"


# ------------------------------------------------------------------------------------------------------------- faults


class _Before(Struct):
    """The domains and paths for which earlier lines of an answer set a name, and those for which they delete it."""

    given: set[tuple[str, str]] = field(default_factory=set)
    deleted: set[tuple[str, str]] = field(default_factory=set)


def _repeated(line: Line, before: _Before, *, deletes: bool) -> Iterator[Fault]:
    """Find a name that an answer sets twice; to delete one of another domain or path beside it is no second setting."""
    scope = line.domain, line.path
    if scope in before.given or scope in before.deleted or (before.given and not deletes):
        yield Fault(
            "COOK-48", MUST, f"two lines of one answer set '{printable(line.name)}'", "send one line for a name"
        )
    (before.deleted if deletes else before.given).add(scope)


def values_of(text: str, attribute: str) -> list[str]:
    """Give every value that the line says for an attribute, in order."""
    parts = (part.partition("=") for part in text.split(";")[1:])
    return [value.strip() for name, equals, value in parts if equals and name.strip().lower() == attribute]


def _grammar(text: str, line: Line, _: Url) -> Iterator[Fault]:
    if not line.name:
        yield Fault("COOK-51", MUST, "no name", "write 'name=value'")
    elif not _TOKEN.fullmatch(line.name):
        yield Fault("COOK-47", MUST, f"the name '{printable(line.name)}' is no token", "use letters, digits and -_.")
    if not _VALUE.fullmatch(line.value):
        yield Fault("COOK-47", MUST, "the value holds what must not stand in one", "encode it, base64url for example")
    names = Counter(part.partition("=")[0].strip().lower() for part in text.split(";")[1:])
    twice = next((name for name, times in names.items() if name and times > 1), None)
    if twice is not None:
        yield Fault("COOK-48", MUST, f"the attribute {printable(twice)} stands there twice", "send each attribute once")


def _dates(text: str, _: Line, __: Url) -> Iterator[Fault]:
    said = values_of(text, "expires")
    if any(not _FIXDATE.fullmatch(date) for date in said):
        yield Fault(
            "COOK-49", SHOULD, f"Expires={printable(said[-1])}", "write it like 'Wed, 25 Nov 2026 08:00:00 GMT'"
        )


def _lasts(_: str, line: Line, __: Url) -> Iterator[Fault]:
    if line.max_age is not None or line.expires is not None:
        found = "it outlives the browser"
        yield Fault("COOK-63", SHOULD, found, "leave Expires and Max-Age out: the server ends sessions")


def _domain(text: str, line: Line, _: Url) -> Iterator[Fault]:
    said = values_of(text, "domain")
    if line.domain and hosts.is_address(line.domain):
        yield Fault("COOK-75", MUST, f"Domain={printable(said[-1])} is an address", "leave Domain out")
    elif line.domain and (said[-1].startswith(".") or not hosts.is_name(line.domain)):
        host = hosts.a_labels(line.domain.partition(":")[0].strip("."))
        mend = f"write Domain={host} on the wire" if hosts.is_name(host) else "write a host name alone, in A-labels"
        yield Fault("COOK-50", MUST, f"Domain={printable(said[-1])}", mend)


def _reach(_: str, line: Line, url: Url) -> Iterator[Fault]:
    domain = line.domain
    if domain and domain != url.host and hosts.matches(url.host, domain) and not hosts.is_public_suffix(domain):
        found = f"every name below {domain} gets it and can plant one"
        yield Fault("COOK-62", SHOULD, found, "leave Domain out unless subdomains share the session")


def _attributes(_: str, line: Line, __: Url) -> Iterator[Fault]:
    if not line.secure:
        yield Fault("COOK-60", MUST, "no Secure", "add Secure")
    if not line.http_only:
        yield Fault("COOK-60", MUST, "no HttpOnly", "add HttpOnly")
    if line.same_site == UNSET:
        found = "no SameSite that is known: engines differ in what they take for it"
        yield Fault("COOK-61", MUST, found, "add SameSite=Lax or SameSite=Strict")
    elif line.same_site == NONE:
        found = "SameSite=None: other sites' pages use the session"
        yield Fault("COOK-61", SHOULD, found, "write SameSite=Lax unless that is meant")
    if line.path == "" and line.path_said is not None:
        yield Fault("COOK-22", MUST, f"Path={printable(line.path_said)} does not begin with '/'", "write Path=/")


def _name(_: str, line: Line, url: Url) -> Iterator[Fault]:
    low = line.name.lower()
    if low in _OF_A_PRODUCT:
        yield Fault("COOK-59", SHOULD, f"'{line.name}' tells which product made it", "name it 'id'")
    if url.secure and line.secure and not low.startswith(("__host-", "__secure-")):
        prefix = "__Secure-" if line.domain else "__Host-"
        yield Fault(
            "COOK-57",
            SHOULD,
            "no prefix: a sibling can plant one of this name",
            f"name it '{prefix}{printable(line.name)}'",
        )


def own_part(value: str) -> str:
    """Give what a server has drawn of a session's id: behind a dot a balancer has hung its own (COOK-71)."""
    return value.partition(".")[0]


def _id(_: str, line: Line, __: Url) -> Iterator[Fault]:
    if line.value.startswith(("eyJ", "{", "%7B")):
        yield Fault(
            "COOK-64", MUST, "the value holds data", "send a reference without meaning, and keep data on the server"
        )
        return
    own = own_part(line.value)
    bits = int(len(own) * math.log2(next((n for shape, n in _ALPHABETS if shape.fullmatch(own)), _VISIBLE)))
    if 0 < bits < _BITS_SHOULD:
        level, least = (MUST, _BITS_MUST) if bits < _BITS_MUST else (SHOULD, _BITS_SHOULD)
        found = f"{len(own)} characters hold at most {bits} bits"
        yield Fault("COOK-58", level, found, f"draw {least} bits or more from a cryptographic generator")


_Rule = Callable[[str, Line, Url], Iterator[Fault]]
_OF_ANY_LINE: tuple[_Rule, ...] = (_grammar, _dates, _domain)
_OF_A_SESSION: tuple[_Rule, ...] = (_lasts, _reach, _attributes, _name, _id)
"""What is asked of a line that sets, not of one that deletes."""
