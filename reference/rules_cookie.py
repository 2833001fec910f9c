"""What doctor says of the cookie's domain and the hosts that users visit: one function a rule, in a written-out table.

Rows of the cookie specification are named as COOK-n. How browsers see hosts and domains is `reference.hosts`.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from reference import hosts
from reference.errors import HINT, REFUSAL, WARNING, Finding
from reference.hosts import Host
from reference.reading import Reading

DOMAIN = ("session", "cookie", "domain")
NAME = ("session", "cookie", "name")
LOGOUT = ("singleLogout", "logoutURL")
MAX_TIMEOUT = ("session", "lifetime", "maxTimeout")
PRODUCTS_OWN = "maverics_session"
"""The name that the product gives where none is configured."""
LONGEST_US = 400 * 86_400 * 1_000_000
"""No browser keeps a cookie for longer (COOK-10)."""
LOST = "Cookie domain issues"
"""The third entry of the source document's troubleshooting list."""


def domain_of(read: Reading) -> str:
    """Give the configured domain as browsers take it: one leading dot dropped, lower case (COOK-13); "" when unset."""
    return hosts.as_browsers_take_it(read.model.session.cookie.domain or "")


def _usable(read: Reading) -> str:
    """Give the domain if a browser stores cookies for it; "" when it is unset or has its finding already."""
    domain = domain_of(read)
    return domain if hosts.is_name(domain) and not hosts.is_address(domain) and not _is_suffix(domain) else ""


def _is_suffix(domain: str) -> bool:
    return "." not in domain or hosts.is_public_suffix(domain)


def domain_is_a_name(read: Reading, _: Sequence[Host]) -> Iterator[Finding]:
    """The domain has no scheme, port, path, wildcard, white space or empty label (COOK-74, COOK-77)."""
    domain = domain_of(read)
    if read.model.session.cookie.domain is None or hosts.is_name(domain) or hosts.is_address(domain):
        return
    mended = _mended(domain)
    because = "the domain is a host name alone; written so, it matches no host and browsers drop the cookie"
    yield _refusal(
        read,
        "domain-no-name",
        f"write 'domain: .{mended}'" if mended else "write one such as 'domain: .example.com'",
        because,
        "COOK-74" if domain.isascii() else "COOK-77",
    )


def _mended(domain: str) -> str:
    """Guess the domain that was meant."""
    name = re.sub(r"^[a-z][a-z0-9+.-]*://", "", domain.strip())
    name = re.split(r"[/?#:,;\s]", name)[0].strip("\"'").removeprefix("*").strip(".")
    name = hosts.a_labels(name)
    return name if hosts.is_name(name) and not hosts.is_address(name) and not _is_suffix(name) else ""


def domain_is_no_address(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """Addresses have no subdomains (COOK-75)."""
    if hosts.is_address(domain_of(read)):
        because = "an IP address has no subdomains to share a cookie with"
        mend = _write(read, visited) or "remove it, or give the nodes a name"
        yield _refusal(read, "domain-is-address", mend, because, "COOK-75")


def domain_is_no_suffix(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """Browsers store nothing for a public suffix (COOK-72, private section included) or a single label (COOK-76)."""
    domain = domain_of(read)
    if not hosts.is_name(domain) or hosts.is_address(domain) or not _is_suffix(domain):
        return
    because = f"{domain} counts as a public suffix, shared by strangers: browsers store no cookie for it"
    mend = _write(read, visited) or f"write a domain of your own below it, such as 'domain: .example.{domain}'"
    yield _refusal(read, "domain-is-suffix", mend, because, "COOK-72" if "." in domain else "COOK-76")


def hosts_are_in_the_domain(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """A host can set a cookie for itself and its parents alone (COOK-73)."""
    domain = _usable(read)
    strangers = [host for host in visited if domain and not hosts.matches(host.name, domain)]
    if strangers:
        mend = _write(read, visited) or (
            f"keep it only if users visit hosts below it alone; no domain joins {_listed(_sites(visited))}"
        )
        because = f"a browser drops a cookie for {domain} that {_listed([host.name for host in strangers])} sets"
        yield _refusal(read, "host-outside-domain", mend, because, "COOK-73")


def subdomains_share_the_cookie(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """Without a domain each host has a session of its own (COOK-12, COOK-69)."""
    if read.model.session.cookie.domain is not None or not read.knows(*DOMAIN):
        return
    for one in _sites(visited):
        names = _names([host for host in visited if hosts.site(host.name) == one])
        if len(names) > 1:
            because = f"without it a session begun at {names[0]} is not known at {_listed(names[1:])}"
            mend = _write(read, [host for host in visited if host.name in names])
            yield _refusal(read, "subdomains-apart", mend, because, "REQ-COOK-5")


def sites_are_one(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """No setting shares a cookie between two sites (COOK-29)."""
    apart = _sites(visited)
    if len(apart) > 1 and not _usable(read) and read.knows(*DOMAIN):
        yield read.finding(
            "sites-apart",
            DOMAIN,
            f"hosts of {len(apart)} sites: {_listed(apart)}",
            _write(read, visited) or "serve them below one domain, or let each have its own session",
            level=WARNING,
            because="browsers share no cookie between sites",
            requirement="REQ-COOK-5",
            complaint=LOST,
        )


def secure_cookies_have_https(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """A Secure cookie is not stored over plain http (COOK-80), and SameSite=None needs Secure (COOK-33)."""
    plain = [host.url for host in visited if not host.secure]
    if plain and not read.model.session.cookie.disable_secure:
        reason = "SameSite=None needs it" if read.model.extensions.same_site == "None" else "it protects the session"
        yield read.finding(
            "secure-over-http",
            ("session", "cookie"),
            f"a Secure cookie, and users who visit {_listed(plain)}",
            "serve https, at a proxy if need be",
            level=WARNING,
            requirement="COOK-80",
            complaint=LOST,
            because=f"browsers drop a Secure cookie that comes over plain http, and it is Secure since {reason}",
        )


def logout_is_in_the_domain(read: Reading, _: Sequence[Host]) -> Iterator[Finding]:
    """The logout page gets the session's cookie only inside the domain (facts, section 1.6; COOK-73)."""
    domain, name = _usable(read), _logs_out(read)
    if domain and name and not hosts.matches(name, domain):
        yield read.finding(
            "logout-outside-domain",
            LOGOUT,
            f"{read.shown(*LOGOUT)}, outside of {domain}",
            "serve it below that domain",
            level=WARNING,
            because="the logout page does not get the session's cookie",
            requirement="REQ-COOK-9",
            complaint=LOST,
        )


def domain_is_no_wider(read: Reading, visited: Sequence[Host]) -> Iterator[Finding]:
    """Every name below the domain is sent the cookie and can plant one of its name (COOK-82)."""
    domain, names = _usable(read), _names(visited)
    if not domain or not names or not read.knows(*LOGOUT):
        return
    names = list(dict.fromkeys([*names, _logs_out(read) or names[0]]))
    if not all(hosts.matches(name, domain) for name in names):
        return
    needed = hosts.common_parent(names)
    if len(names) > 1 and needed == domain:
        return
    write = f"write 'domain: .{needed}'" if len(names) > 1 else "remove it"
    yield read.finding(
        "domain-too-wide",
        DOMAIN,
        f"{read.shown(*DOMAIN)}, and no other host to visit than {_listed(names)}",
        f"{write}, or name the other hosts too",
        level=WARNING,
        because=f"every host below {domain} gets the session's cookie, and can plant one of its name",
        requirement="COOK-82",
        complaint=LOST,
    )


def prefix_is_kept(read: Reading, _: Sequence[Host]) -> Iterator[Finding]:
    """Browsers store a prefixed name only with what the prefix stands for (COOK-78, COOK-79); Path is always /."""
    cookie = read.model.session.cookie
    low = cookie.name.lower()
    if not low.startswith(("__host-", "__secure-", "__http-")):
        return
    of_one_host, shown = low.startswith("__host-"), read.shown(*NAME)
    if of_one_host and cookie.domain:
        plain = cookie.name[len("__host-") :]
        mend = f"write 'name: __Secure-{plain}', or remove the domain"
        because = "__Host- stands for a cookie of one host alone, so browsers drop one with a Domain"
        yield _prefixed(read, f"{shown} and a domain", mend, because, "COOK-78")
    if cookie.disable_secure:
        because = "browsers drop a cookie of that prefix without Secure"
        mend = "remove disableSecure and serve https, or take the prefix away"
        rule = "COOK-78" if of_one_host else "COOK-79"
        yield _prefixed(read, f"{shown} and disableSecure: true", mend, because, rule)
    if low.startswith(("__http-", "__host-http-")) and cookie.disable_http_only:
        because = "browsers drop a cookie of that prefix without HttpOnly"
        mend = "remove disableHTTPOnly, or take 'Http-' out of the name"
        yield _prefixed(read, f"{shown} and disableHTTPOnly: true", mend, because, "")


def name_tells_no_product(read: Reading, _: Sequence[Host]) -> Iterator[Finding]:
    """A default name tells strangers what to attack (COOK-59, COOK-81); a hint, as the product's own example has it."""
    cookie = read.model.session.cookie
    if cookie.name == PRODUCTS_OWN and read.knows(*NAME):
        prefix = "" if cookie.disable_secure else "__Secure-" if cookie.domain else "__Host-"
        yield read.finding(
            "name-of-the-product",
            NAME,
            f"'{PRODUCTS_OWN}', the product's default",
            f"write 'name: {prefix}id', the same on every node",
            level=HINT,
            because="it tells everybody which product has made it, and a prefix keeps siblings from planting one",
            requirement="COOK-81",
        )


def session_is_no_longer_than_its_cookie(read: Reading, _: Sequence[Host]) -> Iterator[Finding]:
    """No browser keeps a cookie for more than 400 days (COOK-10, COOK-81)."""
    longest = read.model.session.lifetime.max_timeout
    if longest is not None and longest > LONGEST_US:
        yield read.finding(
            "outlives-its-cookie",
            MAX_TIMEOUT,
            f"{read.shown(*MAX_TIMEOUT)}, more than 400 days",
            "write 'maxTimeout: 9600h' at the most",
            level=WARNING,
            because="browsers keep no cookie for longer, and nobody can come back to what is left of the session",
            requirement="COOK-81",
        )


def _prefixed(read: Reading, found: str, write: str, because: str, requirement: str) -> Finding:
    return read.finding(
        "prefix-not-kept", NAME, found, write, level=REFUSAL, because=because, requirement=requirement, complaint=LOST
    )


def _refusal(read: Reading, rule: str, write: str, because: str, requirement: str) -> Finding:
    found = read.shown(*DOMAIN)
    return read.finding(
        rule, DOMAIN, found, write, level=REFUSAL, because=because, requirement=requirement, complaint=LOST
    )


def _write(read: Reading, visited: Sequence[Host]) -> str:
    """Order the domain that all hosts share, or none where one is alone; "" when they share none."""
    names = _names(visited)
    needing = _needing(read, names) if names else []
    parent = hosts.common_parent(needing)
    if len(names) == len(needing) == 1:
        return "remove it, or name the other hosts too"
    orders = []
    if len(needing) == 1 and domain_of(read):
        orders.append("remove it")
    elif len(needing) > 1 and parent not in {"", domain_of(read)}:
        orders.append(f"write 'domain: .{parent}'")
    if (parent or len(needing) == 1) and any(name.endswith(".") for name in names):
        orders.append("send users to hosts without a dot at the end")
    return ", and ".join(orders)


def _needing(read: Reading, names: Sequence[str]) -> list[str]:
    """List the hosts that need the cookie: with them the one that logs out, where it can have it too.

    They stand without a dot at the end, since no domain has one (COOK-74) and so none holds a host with it (COOK-21).
    """
    bare = list(dict.fromkeys(name.removesuffix(".") for name in names))
    logs_out = _logs_out(read).removesuffix(".")
    return list(dict.fromkeys([*bare, logs_out])) if logs_out and hosts.common_parent([*bare, logs_out]) else bare


def _logs_out(read: Reading) -> str:
    """Name the host of the logout page; "" when none is known."""
    logout = read.model.single_logout
    return hosts.parse_host(logout.logout_url).name if logout is not None and logout.logout_url is not None else ""


def _names(visited: Sequence[Host]) -> list[str]:
    return list(dict.fromkeys(host.name for host in visited))


def _sites(visited: Sequence[Host]) -> list[str]:
    return list(dict.fromkeys(hosts.site(host.name) for host in visited))


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


RULES: tuple[Callable[[Reading, Sequence[Host]], Iterator[Finding]], ...] = (
    domain_is_a_name,
    domain_is_no_address,
    domain_is_no_suffix,
    hosts_are_in_the_domain,
    subdomains_share_the_cookie,
    sites_are_one,
    secure_cookies_have_https,
    logout_is_in_the_domain,
    domain_is_no_wider,
    prefix_is_kept,
    name_tells_no_product,
    session_is_no_longer_than_its_cookie,
)
"""Every rule on the cookie and the hosts that users visit."""
