"""The cookie jar of one browser: what it keeps of a `Set-Cookie` line, and what it sends back.

Rules are the rows of the cookie specification (COOK-12 to COOK-46), which names the sections of the draft
draft-ietf-httpbis-rfc6265bis-22; docs/decisions/0008-own-cookie-jar.md says whom it follows where browsers differ from
it. Knows nothing of sessions. Values only, no I/O.
"""

from functools import lru_cache
from operator import attrgetter

from msgspec import Struct

from reference import hosts
from simulator.clock import s
from simulator.set_cookie import LAX, NONE, STRICT, UNSET, Line, Refusal, read
from simulator.visits import Url, Visit

AGE_MOST = s(400 * 86_400)
"""The longest that a cookie is kept, µs (COOK-10)."""
NEVER = 1 << 62
"""The expiry of a cookie that lives until the browser is closed (COOK-11)."""
OF_A_SITE, IN_ALL = 180, 3_300
"""Cookies of one registrable domain, and of all; the draft asks for 50 and 3,000 at least (COOK-46)."""

Key = tuple[str, str, bool, str, str]
"""What makes two cookies one (COOK-40): name, domain, host-only or not, path, and whose frames it belongs to."""


class Cookie(Struct):
    """One cookie that is kept."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    partition: str
    expires: int
    secure: bool
    http_only: bool
    same_site: str
    site: str
    created: int
    used: int


class _Sent(Struct):
    """A `Cookie` header, written once: until when it is right, which cookies are in it, and when it last was sent."""

    text: str | None
    until: int
    cookies: list[Cookie]
    used: int


class Browser:
    """Keeps cookies and sends those that apply.

    Attributes:
        kept: every cookie; the expired ones too, until they are in the way, but they count for nothing.
    """

    __slots__ = ("_count", "_headers", "kept")

    def __init__(self) -> None:
        self.kept: dict[Key, Cookie] = {}
        self._count = 0
        self._headers: dict[Visit, _Sent] = {}

    # -------------------------------------------------------------------------------------------------------- keeping

    def store(self, text: str, visit: Visit, wall: int) -> Refusal | None:
        """Take in one line of an answer, whatever its status (COOK-45).

        Args:
            text: the value of the `Set-Cookie` header.
            visit: the request that was answered.
            wall: the browser's wall clock, µs since 1970.

        Returns:
            Why nothing is kept, None when it was done as the line says; one that has expired deletes (COOK-42).
        """
        line = read(text)
        if isinstance(line, Refusal):
            return line
        domain = _domain(line, visit.url)
        if isinstance(domain, Refusal):
            return domain
        refusal = _refused(line, domain, visit)
        if refusal is not None:
            return refusal
        path = line.path or default_path(visit.url.path)
        host = domain or visit.url.host
        if not visit.url.secure and not line.secure and self._shields(line.name, host, path, wall):
            return Refusal("COOK-26", "a Secure cookie of this name is there, and this answer came without TLS")
        self._keep(line, domain, path, visit, wall)
        return None

    def _keep(self, line: Line, domain: str, path: str, visit: Visit, wall: int) -> None:
        partition = visit.frame_of if line.partitioned else ""
        key = (line.name, domain or visit.url.host, not domain, path, partition)
        expires = _expiry(line, wall)
        self._forget_headers()
        before = self.kept.pop(key, None)
        if expires <= wall:
            return
        self._count += 1
        # What is replaced leaves its place (COOK-41), what has expired leaves none.
        created = before.created if before is not None and before.expires > wall else self._count
        site = visit.url.site.partition("://")[2]
        self.kept[key] = Cookie(
            line.name, line.value, key[1], key[2], path, partition, expires, line.secure, line.http_only,
            line.same_site, site, created, self._count,
        )  # fmt: skip
        self._make_room(site, wall)

    def _shields(self, name: str, domain: str, path: str, wall: int) -> bool:
        return any(
            kept.name == name
            and kept.secure
            and kept.expires > wall
            and (hosts.matches(kept.domain, domain) or hosts.matches(domain, kept.domain))
            and path_matches(path, kept.path)
            for kept in self.kept.values()
        )

    def _forget_headers(self) -> None:
        """Tell cookies when they were last sent: at each request, it would cost more than the header itself."""
        for sent in sorted(self._headers.values(), key=attrgetter("used")):
            used = sent.used
            for cookie in sent.cookies:
                cookie.used = used
        self._headers.clear()

    def _make_room(self, site: str, wall: int) -> None:
        """Let go what has expired, then the least recently used, those without Secure first (COOK-46)."""
        if len(self.kept) <= OF_A_SITE:
            return
        for most, wanted in ((OF_A_SITE, site), (IN_ALL, None)):
            there = [key for key, cookie in self.kept.items() if wanted is None or cookie.site == wanted]
            if len(there) > most:
                there.sort(key=lambda key: (self.kept[key].expires > wall, self.kept[key].secure, self.kept[key].used))
                for key in there[: len(there) - most]:
                    del self.kept[key]

    # -------------------------------------------------------------------------------------------------------- sending

    def header(self, visit: Visit, wall: int) -> str | None:
        """Write the `Cookie` header of a request, None when no cookie applies (COOK-44).

        Args:
            visit: the request.
            wall: the browser's wall clock, µs since 1970.
        """
        self._count += 1
        known = self._headers.get(visit)
        if known is not None and wall < known.until:
            known.used = self._count
            return known.text
        found = self._applying(visit, wall)
        text = "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in found) or None
        until = min((cookie.expires for cookie in found), default=NEVER)
        self._headers[visit] = _Sent(text, until, found, self._count)
        return text

    def shown_to_script(self, visit: Visit, wall: int) -> str:
        """Write what a script of that page sees: no HttpOnly cookie (COOK-28)."""
        found = [cookie for cookie in self._applying(visit, wall) if not cookie.http_only]
        return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in found)

    def _applying(self, visit: Visit, wall: int) -> list[Cookie]:
        """Find what goes with a request: longer paths first, then older ones (COOK-43)."""
        url = visit.url
        domains = _domains(url.host)
        found = [
            cookie
            for cookie in self.kept.values()
            if cookie.expires > wall
            and (url.host == cookie.domain if cookie.host_only else cookie.domain in domains)
            and path_matches(url.path, cookie.path)
            and (url.secure or not cookie.secure)
            and (not cookie.partition or cookie.partition == visit.frame_of)
            and (visit.same_site or _goes_across(cookie.same_site, visit))
        ]
        found.sort(key=lambda cookie: (-len(cookie.path), cookie.created))
        return found


@lru_cache(maxsize=1_024)
def _domains(host: str) -> frozenset[str]:
    """List every domain that a host domain-matches (COOK-14)."""
    labels = host.split(".")
    above = (".".join(labels[number:]) for number in range(1, len(labels)))
    return frozenset([host, *(domain for domain in above if hosts.matches(host, domain))])


def default_path(path: str) -> str:
    """Give the path of a cookie that names none: that of the request, up to its last slash (COOK-22)."""
    return path[: path.rfind("/")] or "/" if path.startswith("/") else "/"


def path_matches(path: str, prefix: str) -> bool:
    """Say whether a request's path is that of a cookie or lies below it (COOK-23)."""
    return path == prefix or (path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix)] == "/"))


def _domain(line: Line, url: Url) -> str | Refusal:
    """Tell the domain that a cookie is kept for, "" for its host alone (COOK-12, COOK-14 to COOK-16, COOK-20)."""
    domain = line.domain
    if not domain:
        return ""
    if not domain.isascii():
        return Refusal("COOK-20", f"the domain '{domain}' is not written in A-labels")
    if hosts.is_address(url.host):
        itself = domain.removeprefix("[").removesuffix("]") == url.host
        return "" if itself else Refusal("COOK-15", f"{url.host} is an address, whose only domain is itself")
    if hosts.is_public_suffix(domain):
        whole = Refusal("COOK-16", f"'{domain}' is a public suffix: whoever has a name below it would get the cookie")
        return "" if domain == url.host else whole
    return domain if hosts.matches(url.host, domain) else Refusal("COOK-15", f"{url.host} is not below '{domain}'")


def _refused(line: Line, domain: str, visit: Visit) -> Refusal | None:
    """Look at Secure, SameSite, prefixes and partitions (COOK-25, COOK-33 to COOK-39)."""
    if line.secure and not visit.url.secure:
        return Refusal("COOK-25", "it is Secure, and the answer came without TLS")
    if line.same_site == NONE and not line.secure:
        return Refusal("COOK-33", "SameSite=None is kept with Secure alone")
    if line.same_site != NONE and not visit.same_site and not visit.top_level:
        said = line.same_site.capitalize() or "none"
        return Refusal("COOK-34", f"an answer within another site's page sets SameSite=None alone, not {said}")
    if line.partitioned and not line.secure:
        return Refusal("COOK-39", "Partitioned is kept with Secure alone")
    return _refused_by_prefix(line, domain)


def _refused_by_prefix(line: Line, domain: str) -> Refusal | None:
    name = line.name.lower()
    if not name:
        begins = line.value.lower().startswith(("__secure-", "__host-", "__http-"))
        return Refusal("COOK-37", "it has no name, and its value begins like a prefix") if begins else None
    if not name.startswith(("__secure-", "__host-", "__http-")):
        return None
    rule = "COOK-35" if name.startswith("__secure-") else "COOK-36"
    if name.startswith(("__http-", "__host-http-")):
        rule = "COOK-38"
        if not line.http_only:
            return Refusal(rule, f"'{line.name}' is kept with HttpOnly alone")
    if not line.secure:
        return Refusal(rule, f"'{line.name}' is kept with Secure alone")
    if name.startswith("__host-") and (domain or line.domain or line.path_said != "/"):
        return Refusal(rule, f"'{line.name}' is kept with 'Path=/' and without Domain alone")
    return None


def _expiry(line: Line, wall: int) -> int:
    """Tell when a cookie ends: Max-Age before Expires, neither beyond the age cap (COOK-9 to COOK-11)."""
    if line.max_age is not None:
        return wall + min(s(line.max_age), AGE_MOST) if line.max_age > 0 else 0
    return NEVER if line.expires is None else min(line.expires, wall + AGE_MOST)


def _goes_across(same_site: str, visit: Visit) -> bool:
    """Say whether a cookie goes with a request of another site's page (COOK-30, COOK-31)."""
    if same_site in {LAX, UNSET}:
        return visit.top_level and visit.safe
    return same_site != STRICT
