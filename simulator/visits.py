"""Who asks for what from where, as far as cookies look at it: the URL, and the page that the request came from.

Rows COOK-n are those of the cookie specification. What a host is, and which site it belongs to, is `reference.hosts`.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

from reference import hosts

TYPED = "typed"
"""A person gave the address, or came back to a bookmark: nobody's page made the request."""
TOP_LEVEL = frozenset({TYPED, "link", "form-get", "form-post", "window-open"})
"""What leads to a new page in the whole window."""
WITHIN = frozenset({"fetch", "img", "iframe"})
"""What a page asks for beside itself."""
KINDS = tuple(sorted(TOP_LEVEL | WITHIN))
_UNSAFE = frozenset({"form-post"})


class Url(Struct, frozen=True):
    """Where a request goes.

    Attributes:
        scheme: "http" or "https".
        host: in lower-case A-label form, an IPv6 address without brackets; the port plays no part (COOK-19).
        path: without the query, "/" when it is empty.
        secure: https, or plain http to the browser's own machine (COOK-25).
        site: scheme and registrable domain, what counts as the same site (COOK-29).
    """

    scheme: str
    host: str
    path: str
    secure: bool
    site: str


class Visit(Struct, frozen=True):
    """One request of a browser.

    Attributes:
        url: where it goes.
        kind: one of KINDS.
        same_site: whether page and URL are of one site; a typed one is.
        frame_of: the site of the page in the window, under which partitioned cookies are kept (COOK-39).
    """

    url: Url
    kind: str
    same_site: bool
    frame_of: str

    @property
    def top_level(self) -> bool:
        """Whether it changes the page in the whole window."""
        return self.kind in TOP_LEVEL

    @property
    def safe(self) -> bool:
        """Whether its method is one that asks only (COOK-30)."""
        return self.kind not in _UNSAFE


@lru_cache(maxsize=4_096)
def url_of(text: str) -> Url:
    """Read a URL.

    Raises:
        ValueError: it has no host or a port that is none, or is neither http nor https.
    """
    wrong = f"found '{text}', expected a URL such as https://shop.example.com/cart"
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit looks at it only when it is asked for
    except ValueError as error:
        raise ValueError(f"{wrong} ({error})") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(wrong)
    host = hosts.a_labels(parts.hostname)
    secure = parts.scheme == "https" or hosts.is_own_machine(host)
    return Url(parts.scheme, host, parts.path or "/", secure, f"{parts.scheme}://{_site(host)}")


@lru_cache(maxsize=4_096)
def visit(url: str, kind: str = TYPED, initiator: str = "") -> Visit:
    """Make a visit.

    Args:
        url: where it goes.
        kind: one of KINDS.
        initiator: the URL of the page that makes the request; "" for a typed one.

    Raises:
        ValueError: one of the URLs is none, or there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"found kind '{kind}', expected one of {', '.join(KINDS)}")
    to = url_of(url)
    origin = url_of(initiator).site if initiator else to.site
    return Visit(to, kind, origin == to.site, to.site if kind in TOP_LEVEL else origin)


def _site(host: str) -> str:
    """Tell the site of a host; a trailing dot makes another host, and another site (COOK-21)."""
    name = host.removesuffix(".")
    return hosts.site(name) + host[len(name) :]
