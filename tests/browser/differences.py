"""Where a real browser does otherwise than the world's browser, which follows the draft: each by its name, as code.

docs/decisions/0008-own-cookie-jar.md says whom the world's browser follows, and section 8 of the cookie specification
which engine does what. `Like` is the world's browser with some of these differences in it; with all those of an engine
(of_chromium.py, of_firefox.py) it does what that engine does, or a difference is missing there.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from msgspec import Struct, structs

from conformance.cookie_cases import Context
from simulator import visits
from simulator.browser import Browser, Cookie
from simulator.set_cookie import ATTRIBUTE_MOST, LAX, NONE, UNSET, Line, Refusal, read
from simulator.visits import Visit

Reading = Callable[[str, Visit], str | None]


class Difference(Struct, frozen=True):
    """One difference.

    Attributes:
        name: what it is called in tests.
        section: where it is told.
        as_read: what the engine makes of a line that answers a request, written as a line that means the same to the
            draft; None for nothing.
    """

    name: str
    section: str
    as_read: Reading = lambda line, _visit: line


def of_line(read_otherwise: Callable[[str], str | None]) -> Reading:
    """Make a reading of a function that does not look at the request."""
    return lambda line, _visit: read_otherwise(line)


MOVES_BACK = Difference("a cookie with another value goes to the end", "8, Order; COOK-41")
UNSET_HAS_GRACE = Difference("without SameSite it goes along with another site's form for two minutes", "COOK-32")
UNSET_IS_NONE = Difference("without SameSite it goes everywhere", "COOK-31")
SCHEME_COUNTS_NOT = Difference("http and https of one host are one site", "COOK-29")
HOPS_COUNT = Difference("what a request was redirected through counts", "8, Redirect chains")


class Like(Browser):
    """The world's browser, with some differences."""

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        super().__init__()
        self._differences = differences

    def visit(self, url: str, context: Context) -> Visit:
        """Say how it sees a request."""
        initiator = context.initiator
        if initiator and SCHEME_COUNTS_NOT in self._differences:
            initiator = urlsplit(initiator)._replace(scheme=urlsplit(url).scheme).geturl()
        asked = visits.visit(url, context.kind, initiator)
        hops = context.redirect_via if HOPS_COUNT in self._differences else ()
        return structs.replace(
            asked, same_site=asked.same_site and all(visits.visit(url, context.kind, hop).same_site for hop in hops)
        )

    def store(self, text: str, visit: Visit, wall: int) -> Refusal | None:
        """Take in a line as it is read with the differences."""
        as_read: str | None = text
        for difference in () if isinstance(read(text), Refusal) else self._differences:
            as_read = difference.as_read(as_read, visit) if as_read is not None else None
        if as_read is None:
            return None
        line = read(as_read)
        if UNSET_IS_NONE in self._differences and isinstance(line, Line) and line.same_site == UNSET:
            visit = structs.replace(visit, same_site=True)  # it may come from anywhere (COOK-34)
        return super().store(as_read, visit, wall)

    def _keep(self, line: Line, domain: str, path: str, visit: Visit, wall: int) -> None:
        key = (line.name, domain or visit.url.host, not domain, path, visit.frame_of if line.partitioned else "")
        before = self.kept.get(key)
        if MOVES_BACK in self._differences and before is not None and before.value != line.value:
            del self.kept[key]
        if UNSET_IS_NONE in self._differences and line.same_site == UNSET:
            line = structs.replace(line, same_site=NONE)
        super()._keep(line, domain, path, visit, wall)

    def _applying(self, visit: Visit, wall: int) -> list[Cookie]:
        if UNSET_HAS_GRACE in self._differences and visit.kind == "form-post" and not visit.same_site:
            # No test takes two minutes; what goes with a link goes along, but for what says that it is Lax.
            return [one for one in super()._applying(structs.replace(visit, kind="link"), wall) if one.same_site != LAX]
        return super()._applying(visit, wall)


# ---------------------------------------------------------------------------------------------------- a line, changed

BETWEEN = re.compile(r"([\t\x20-\x2f;-@\[-`{-~]+)")
"""What stands between the tokens of a date (draft, section 5.1.1)."""


def dated(line: str, change: Callable[[str], str]) -> str:
    """Change the tokens of dates, from the first to the last."""
    return changed(line, "expires", lambda value: "".join(change(token) for token in BETWEEN.split(value)))


def changed(line: str, name: str, change: Callable[[str], str]) -> str:
    """Change the values of the attributes of that name, but for those that are too long to count (COOK-6)."""
    pair, *attributes = line.split(";")
    counts = (named(one, name) and len(value_of(one)) <= ATTRIBUTE_MOST for one in attributes)
    changed_ones = (_with(one, change) if it else one for one, it in zip(attributes, counts, strict=True))
    return ";".join([pair, *changed_ones])


def _with(attribute: str, change: Callable[[str], str]) -> str:
    name, equals, value = attribute.partition("=")
    return f"{name}{equals}{change(value)}"


def value_of(attribute: str) -> str:
    """Give an attribute's value."""
    return attribute.partition("=")[2].strip(" \t")


def named(attribute: str, name: str) -> bool:
    """Say whether an attribute has that name."""
    return attribute.partition("=")[0].strip(" \t").lower() == name


def _with_the_last(line: str) -> str:
    """Let only the last Expires and the last Max-Age count, whether they can be read or not."""
    pair, *attributes = line.split(";")
    for name in ("expires", "max-age"):
        there = [at for at, one in enumerate(attributes) if named(one, name) and len(value_of(one)) <= ATTRIBUTE_MOST]
        attributes = [one for at, one in enumerate(attributes) if at not in there[:-1]]
    return ";".join([pair, *attributes])


LAST_COUNTS = Difference(
    "a date or an age that cannot be read after one that can",
    "8, Unreadable last Expires; COOK-7",
    of_line(_with_the_last),
)
