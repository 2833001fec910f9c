"""Hosts, domains and sites as browsers see them: which host may set a cookie for which domain. Reads no configuration.

Rules are named as in the cookie specification's rows (COOK-n). The public suffix list is the one that
`publicsuffixlist` carries, its private section included.
"""

import ipaddress
import re
from functools import lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

from msgspec import Struct
from publicsuffixlist import PublicSuffixList

from reference.errors import Malformed

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class Host(Struct, frozen=True):
    """A host that users visit.

    Attributes:
        url: as it was given.
        name: the host in lower-case A-label form (COOK-20), or an IP address.
        secure: whether the browser sees https, or plain http from its own machine (COOK-25).
    """

    url: str
    name: str
    secure: bool


def parse_host(url: str) -> Host:
    """Read a host that users visit.

    Args:
        url: `https://shop.example.com/path`; without a scheme https is meant, port and path play no part (COOK-19).

    Returns:
        The host.

    Raises:
        Malformed: when no host is in it.
    """
    mend = "write one such as 'https://shop.example.com'"
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        name = a_labels(parts.hostname or "")
    except ValueError:
        raise Malformed("no URL", mend) from None
    try:
        _ = parts.port  # raises when it is none
    except ValueError:
        raise Malformed("with a port that is none (0 to 65535)", mend) from None
    if parts.scheme not in {"http", "https"}:
        raise Malformed("neither http nor https", mend)
    if not name:
        raise Malformed("without a host name", mend)
    if not is_address(name) and not is_name(name.removesuffix(".")):
        raise Malformed("with a host that is no name: labels of 1 to 63 letters, digits and hyphens", mend)
    return Host(url, name, parts.scheme == "https" or is_own_machine(name))


def a_labels(name: str) -> str:
    """Write a name in lower-case A-label form (COOK-20, COOK-77); what has none stays as it is."""
    try:
        return name.lower() if name.isascii() else name.encode("idna").decode().lower()
    except UnicodeError:
        return name.lower()


def as_browsers_take_it(domain: str) -> str:
    """Drop one leading dot of a cookie's domain, lower case (COOK-13)."""
    return domain.removeprefix(".").lower()


def is_address(name: str) -> bool:
    """Tell whether a name is an IP address."""
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def is_own_machine(name: str) -> bool:
    """Tell whether browsers take plain http to this host for secure (COOK-25), its last dot written out or not."""
    if is_address(name):
        return ipaddress.ip_address(name).is_loopback
    return f".{name.removesuffix('.')}".endswith(".localhost")


def is_name(domain: str) -> bool:
    """Tell whether a domain is written as a host name: letters, digits and hyphens between single dots (COOK-74)."""
    return all(_LABEL.fullmatch(label) for label in domain.split("."))


def is_public_suffix(domain: str) -> bool:
    """Tell whether no browser stores a cookie for this domain (COOK-16): `com`, `co.uk`, `github.io`, also `com.`."""
    name = domain.removesuffix(".")  # a last dot makes it another name (COOK-21), and it ends in the same suffix
    return bool(_suffixes_under(name).publicsuffix(name) == name)


def site(name: str) -> str:
    """Tell the registrable domain of a host, its site (COOK-29); an address or a suffix is a site of its own.

    A last dot stays: `example.com.` is another name (COOK-21), and so another site.
    """
    if is_address(name):
        return name
    short = name.removesuffix(".")
    return str(_suffixes_under(short).privatesuffix(short) or short) + name[len(short) :]


def matches(name: str, domain: str) -> bool:
    """Tell whether a host domain-matches a domain (COOK-14)."""
    return name == domain or (name.endswith(f".{domain}") and not is_address(name))


def common_parent(names: list[str]) -> str:
    """Find the narrowest domain that all hosts match and a browser stores (COOK-62); "" when there is none."""
    labels = [name.split(".")[::-1] for name in names if not is_address(name)]
    if not names or len(labels) < len(names):
        return ""
    shared = []
    for column in zip(*labels, strict=False):
        if any(label != column[0] for label in column):
            break
        shared.append(column[0])
    domain = ".".join(reversed(shared))
    return "" if not domain or is_public_suffix(domain) else domain


def _suffixes_under(name: str) -> PublicSuffixList:
    """Give the rules that can concern a name: those under its last label, or all where that is not plain ASCII."""
    top = name.removesuffix(".").rpartition(".")[2].lower()
    return _suffixes(top if top.isascii() and not top.startswith("xn--") else "")


@lru_cache(maxsize=64)
def _suffixes(top: str) -> PublicSuffixList:
    """Read the rules under a top-level domain, all for "": that takes half a second, which a run seldom needs."""
    rules = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_bytes().splitlines()
    ending = f".{top}".encode()
    chosen = [rule for rule in rules if not top or rule.endswith(ending) or rule == ending[1:]]
    return PublicSuffixList(chosen, accept_encoded_idn=not all(map(bytes.isascii, chosen)))
