"""Drawn cases: `Set-Cookie` lines that are valid or nearly so, the requests that get them, and those that come after.

ROOT stands for a domain that the case has for itself, so that many cases share a browser and none meets another.
Dates keep away from the present: what comes of a case does not depend on when it is tried.
"""

from hypothesis import strategies as st
from msgspec import Struct, structs

from conformance.cookie_cases import Context
from simulator.visits import TYPED
from tests.browser.player import Request

ROOT = "ROOT"
ROOTS = ("{}.test", "{}.com", "{}.co.uk", "{}.github.io", "{}.localhost", "{}", "{}.b.c.kobe.jp")
STRANGER = "http://page.test/"
TOP = Context(TYPED)
LINK, FETCH = Context("link", STRANGER), Context("fetch", STRANGER)


class Asked(Struct, frozen=True):
    """One request; `lines` are what its answer sets."""

    url: str
    lines: tuple[str, ...] = ()
    context: Context = TOP


class Drawn(Struct, frozen=True):
    """A case: what its ROOT looks like, requests that set cookies, and requests that only carry them."""

    root: str
    sets: tuple[Asked, ...]
    reads: tuple[Asked, ...]

    def requests(self, number: int) -> list[Request]:
        """Write its requests, for the root that the case of that number has."""
        root = self.root.format(f"c{number}")
        return [
            Request(
                one.url.replace(ROOT, root),
                tuple(line.replace(ROOT, root) for line in one.lines),
                structs.replace(one.context, initiator=one.context.initiator.replace(ROOT, root)),
            )
            for one in (*self.sets, *self.reads)
        ]


HOSTS = ("ROOT", "app.ROOT", "app.ROOT", "a.b.ROOT", "xn--bcher-kva.ROOT", "xn--bcher-kva.ROOT", "ROOT.")
DOMAINS = (
    "ROOT", ".ROOT", "..ROOT", "app.ROOT", ".app.ROOT", "APP.ROOT", "b.ROOT", "a.b.ROOT", "pay.ROOT", "x.app.ROOT",
    "badROOT", "adROOT", "ROOT.", "app.ROOT.", "ROOT:443", "ROOT/", "*.ROOT", '"ROOT"', "http://ROOT", "ap%70.ROOT",
    "app..ROOT", "app_.ROOT", "", ".", "test", "com", "co.uk", "github.io", "localhost", "127.0.0.1", "[::1]",
    "b\xc3\xbccher.ROOT", "b\xfccher.ROOT", "app.\xef\xbd\x92ROOT", "app ROOT", "app.ROOT,ROOT",
    "app\uff0eROOT".encode().decode("latin-1"),
)  # fmt: skip
PATHS = ("/", "/app", "/app/", "/app/x", "/App", "/application", "/a%2fb", "/a/b/c.d", "//", "/app//x")
PATHS_SAID = (
    *PATHS, "", "app", '"/app"', "/app?x", "/a/../app", "/%61pp", "\\app", "/\xc3\xa9", "/app#", ".", "/app/.",
)  # fmt: skip
NAMES = (
    "a", "a", "b", "A", "", "__Host-a", "__HOST-a", "__Secure-a", "__secure-a", "__Http-a", "__Host-Http-a",
    "__host-", "$Version", "a b", "a,b", '"a"', "__Hosta", "\xc3\xa9", "__Host -a", "n" * 4_090,
)  # fmt: skip
VALUES = (
    "1", "2", "", "a=b", "=", '"1"', '"1', "a b", "1,2", "%20", "__Host-a", "__Secure-a=1", "\xe2\x82\xac", "1\xe9",
    "v" * 4_094, "v" * 4_095, "v" * 4_096,
)  # fmt: skip
_OCTETS = (*"aZ09= \t\"',\\()[]{}<>@:?/%&+.-_$\x01\x0b\x1f\x7f", "\xc3\xa9", "\xe2\x82\xac")
ODD = st.lists(st.sampled_from(_OCTETS), max_size=4).map("".join)
SECONDS = (
    "0", "-1", "-0", "00", "3600", "34560000", "34560001", "99999999", "9999999999999999999999",
    "-99999999999999999999", "+3600", "3600.5", "3600s", "+0", "99999999999999999999x", "0x10", "1e9", '"3600"', "",
    "-", "\xb2", "3 600", "- 1",
)  # fmt: skip
SAMES = ("Strict", "Lax", "None", "strict", "LAX", "nOnE", "", "Sure", '"Lax"', "Lax,Strict", "Default", "Extended")
_DAYS = ("01", "1", "31", "30", "29", "00", "0", "32", "015", "7th", "1a", "a1", "\xb2")
_MONTHS = ("Jan", "feb", "DEC", "January", "Janus", "Ja", "13", "01", "xJan", "JanFeb")
_YEARS = (
    "2000", "2099", "00", "15", "68", "69", "70", "99", "1601", "1600", "1969", "9999",
    "10000", "199", "9", "2099x",
)  # fmt: skip
_TIMES = (
    "00:00:00", "23:59:59", "24:00:00", "23:60:59", "23:59:60", "1:2:3", "12:00", "12:00:00pm", "001:00:00",
    "0023:59:59", "00:000:00", ":1:2:3", "1:2:3:4", "12:00:000", "12:00:00.5",
)  # fmt: skip
_ORDERS = (
    "{w} {d} {m} {y} {t} {z}",
    "{w} {d}-{m}-{y} {t} {z}",
    "{w} {m} {d} {t} {y}",
    "{y} {m} {d} {t}",
    "{t} {y} {d} {m} {z}",
    "{d}{m}{y} {t}",
)
_BETWEEN = (" ", " ", " ", "  ", "/", ".", ",", "\t", "_", "T", "\x80", "&")


@st.composite
def dates(draw: st.DrawFn) -> str:
    """Draw a date that few would write."""
    order, between = draw(st.sampled_from(_ORDERS)), draw(st.sampled_from(_BETWEEN))
    parts = {
        "w": ("", "Wed,", "Wednesday,", "1"),
        "d": _DAYS,
        "m": _MONTHS,
        "y": _YEARS,
        "t": _TIMES,
        "z": ("", "GMT", "PST", "+0100"),
    }
    usual = {"w": "Wed,", "d": "01", "m": "Jan", "y": "2000", "t": "00:00:00", "z": "GMT"}
    odd = draw(st.sets(st.sampled_from(sorted(parts)), max_size=3))
    said = {part: draw(st.sampled_from(parts[part])) if part in odd else usual[part] for part in parts}
    return order.format(**said).replace(" ", between)


WRITTEN = (
    "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 09 Jun 2021 10:18:14 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Wednesday, 01-Jan-70 00:00:00 GMT", "Sat Jan  1 00:00:00 2000", "Mon, 31 Feb 2000 00:00:00 GMT",
    "Tue, 29 Feb 2000 00:00:00 GMT", "Thu, 29 Feb 2001 00:00:00 GMT", "0", "-1", "soon",
    "Wed, 01 Jan 2098 00:00:00 GMT", "2000-01-01T00:00:00Z", "2098-01-01T00:00:00Z", "1 Jan 2000", "",
    "Thu, 01 Jan 1970 000:00:00 GMT", "Sat, 01 Jan 2000 0012:00:00 GMT", "Sat, 01 Jan 7 00:00:00 GMT",
)  # fmt: skip


ATTRIBUTES = (
    *(f"Domain={domain}" for domain in DOMAINS), *(f"Path={path}" for path in PATHS_SAID),
    *(f"Expires={date}" for date in WRITTEN), *(f"Max-Age={seconds}" for seconds in SECONDS),
    *(f"SameSite={same}" for same in SAMES), "Secure=false", "HttpOnly=no", "Domain", "Path", "Expires", "Max-Age",
    "SameSite", "Version=1", "Priority=High", "=", "=Secure", "",
    *(f"{name}=/{'p' * (length - 1)}" for name in ("Path", "X") for length in (1_023, 1_024, 1_025)),
)  # fmt: skip
PLAIN = (
    "Domain=ROOT",
    "Domain=app.ROOT",
    "Path=/",
    "Path=/app",
    "SameSite=None",
    "Secure",
    "Secure",
    "Secure",
    "HttpOnly",
    "Partitioned",
)
RARE = (
    "Domain=b\xc3\xbccher.ROOT", "Domain=B\xc3\xbcCHER.ROOT", "Max-Age=+3600", "Max-Age=soon", "Max-Age=--1",
    "Expires=soon", "Expires=Fri, 01 Jan 1600 00:00:00 GMT", "Expires=01 Jan 199 00:00:00",
    "Expires=01st Jan 2000 00:00:00", "Expires=Thu, 01 Jan 1970 00:00:00pm",
    "Expires=Sat, 01 Jan 2000 0012:00:00 GMT", "Expires=01 Jan 7 00:00:00",
)  # fmt: skip
"""What seldom comes together by chance, and engines read one way or another."""
BLANKS = tuple(
    (before, after, last) for before in ("", " ", "\t") for after in ("", "", " ") for last in ("", "", " ", "\t ")
)
attributes = st.one_of(
    st.sampled_from(RARE),
    st.sampled_from(PLAIN),
    st.sampled_from(PLAIN),
    st.sampled_from(ATTRIBUTES),
    st.sampled_from(ATTRIBUTES),
    st.builds("Expires={}".format, dates()),
    st.builds("{}={}".format, st.sampled_from(["Path", "Domain", "SameSite", "Max-Age"]), ODD),
)


def _line(
    name: str, equals: str, value: str, said: list[str], blanks: tuple[str, str, str], asked_for: tuple[str, ...]
) -> str:
    """Write a line; most names with a prefix are refused for lack of what it asks for, whatever else they are."""
    written = [
        blanks[1].join([blanks[0] + key, equal + blanks[2] + rest])
        for key, equal, rest in (one.partition("=") for one in said)
    ]
    prefixed = name.lower().startswith("__")
    return ";".join([f"{name}{equals}{value}", *written, *(asked_for if prefixed else ())])


lines = st.builds(
    _line,
    st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), ODD),
    st.sampled_from(["=", "=", "=", "=", "=", " = ", ""]),
    st.one_of(st.sampled_from(VALUES), st.sampled_from(VALUES), ODD),
    st.lists(attributes, max_size=5),
    st.sampled_from(BLANKS),
    asked_for=st.sampled_from([(), ("Secure", "Path=/", "HttpOnly"), ("Secure", "HttpOnly")]),
)
URLS = tuple(f"{scheme}://{host}{path}" for scheme in ("https", "https", "http") for host in HOSTS for path in PATHS)


@st.composite
def cases(draw: st.DrawFn) -> Drawn:
    """Draw a case."""
    setting = st.builds(
        Asked,
        st.sampled_from(URLS),
        st.lists(lines, min_size=1, max_size=8).map(tuple),
        st.sampled_from([TOP, TOP, TOP, LINK, FETCH]),
    )
    reading = st.builds(Asked, st.sampled_from(URLS), st.just(()), st.sampled_from([TOP, TOP, LINK, FETCH]))
    sets = draw(st.lists(setting, min_size=1, max_size=2))
    back = [Asked(one.url) for one in sets]
    return Drawn(draw(st.sampled_from(ROOTS)), tuple(sets), (*back, *draw(st.lists(reading, min_size=2, max_size=3))))
