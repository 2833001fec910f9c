"""The cookie jar of one browser, for the hosts of one site.

Knows nothing of sessions: it keeps what servers set and sends back what applies. Values only, no I/O.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime

from msgspec import Struct

SECOND_US = 1_000_000
NEVER = 1 << 62


class Cookie(Struct):
    """One cookie that was kept; `host_only` cookies go back to the very host that set them."""

    name: str
    value: str
    domain: str
    path: str
    host_only: bool
    expires: int


class Browser:
    """Keeps cookies by name, domain and path, and sends those that apply (RFC 6265, sections 5.3 and 5.4)."""

    __slots__ = ("_cookies", "_headers")

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}
        self._headers: dict[str, str | None] = {}

    def store(self, line: str, host: str, wall: int) -> None:
        """Take in one `Set-Cookie` line.

        Args:
            line: its value; a domain that does not cover the host makes the whole line void.
            host: who sent it.
            wall: the browser's wall clock, µs since 1970; what has expired by then is deleted.
        """
        cookie = read_set_cookie(line, host, wall)
        if cookie is None:
            return
        key = (cookie.name, cookie.domain, cookie.path)
        self._headers.clear()
        if cookie.expires <= wall:
            self._cookies.pop(key, None)
        else:
            self._cookies[key] = cookie

    def header(self, host: str, wall: int) -> str | None:
        """Write the `Cookie` header of a request for a page of that host, None when no cookie applies."""
        if host in self._headers:
            return self._headers[host]
        found = [cookie for cookie in self._cookies.values() if cookie.expires > wall and _goes_to(cookie, host)]
        header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in found) or None
        if all(cookie.expires == NEVER for cookie in self._cookies.values()):
            self._headers[host] = header  # nothing in it ends by itself
        return header


def read_set_cookie(line: str, host: str, wall: int) -> Cookie | None:
    """Read one `Set-Cookie` line.

    Args:
        line: its value.
        host: who sent it.
        wall: the browser's wall clock, µs since 1970, from which Max-Age counts.

    Returns:
        The cookie, or None when the line is void: no name, or a domain that does not cover the host.
    """
    first, *attributes = line.split(";")
    name, equals, value = (part.strip() for part in first.partition("="))
    if not equals or not name:
        return None
    domain, path, expires, max_age = "", "/", NEVER, None
    for attribute in attributes:
        key, _, text = (part.strip() for part in attribute.partition("="))
        key = key.lower()
        if key == "domain":
            domain = text.lstrip(".").lower()
        elif key == "path" and text.startswith("/"):
            path = text
        elif key == "expires":
            expires = _instant(text)
        elif key == "max-age" and text.removeprefix("-").isdigit():
            max_age = int(text)
    if max_age is not None:
        expires = wall + max_age * SECOND_US if max_age > 0 else 0
    if domain and not covers(domain, host):
        return None
    return Cookie(name, value, domain or host, path, not domain, expires)


def covers(domain: str, host: str) -> bool:
    """Say whether a cookie of that domain reaches the host: it is the host, or a parent of it."""
    return host == domain or host.endswith("." + domain)


def _goes_to(cookie: Cookie, host: str) -> bool:
    return host == cookie.domain if cookie.host_only else covers(cookie.domain, host)


def _instant(text: str) -> int:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return NEVER  # a date that cannot be read counts as absent
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()) * SECOND_US
