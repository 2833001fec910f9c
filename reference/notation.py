"""How the product writes single values: durations, addresses, keys, switches. No key path is known here.

Each function takes what stood in the YAML, returns the value, and raises `Malformed` with the mend. Messages never
repeat the value: it may be a secret in the wrong place, and the caller knows what may be shown.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from reference.errors import Malformed
from reference.hosts import as_browsers_take_it, is_name, parse_host

NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
LONGEST_NS = 2**63 - 1
"""Go keeps a duration in 63 bits of nanoseconds, about 292 years."""

_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_WORDS = re.compile(r"([0-9]+)\s*(d|days?|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|ms)", re.IGNORECASE)
_PYTHON_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_SECRET = re.compile(r"<[^<>\s]+>")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 6265, section 4.1.1: a cookie's name is a token."""
_HOST_CHARACTERS = re.compile(r"[A-Za-z0-9._-]+")
HIGHEST_PORT = 65_535


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """Find the right word that a wrong one most likely stands for; "" when none is near."""
    by_lower = {right.lower(): right for right in words}
    found = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else ""


def text(value: object) -> str:
    """Read a name: a text that is not empty."""
    if isinstance(value, bool | int | float):
        raise Malformed("no text, since it stands without quotes", "write it in quotes")
    if not isinstance(value, str):
        raise Malformed("no text", "write one value, in quotes")
    if not value.strip():
        raise Malformed("an empty text", "write a name")
    return value


def switch(value: object) -> bool:
    """Read a switch: true or false, also as text, as a placeholder in quotes leaves it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise Malformed("neither true nor false", "write true or false")


def flag_is_on(value: object) -> bool:
    """Tell whether a feature's value counts as on (REQ-CFG-5, REQ-CFG-6): true or enabled, in any case."""
    return value is True or (isinstance(value, str) and value.lower() in {"true", "enabled"})


def one_of(*words: str) -> Callable[[object], str]:
    """Make the reader of a value that is one of a few words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        choice = nearest(value, words) if isinstance(value, str) else ""
        listed = " or ".join(f"'{word}'" for word in words)
        raise Malformed(f"not {listed}", f"write '{choice}'" if choice else f"write {listed}")

    return read


def python_name(value: object) -> str:
    """Read the name of a Python callable: package.module:function."""
    if not isinstance(value, str) or not _PYTHON_NAME.fullmatch(value):
        raise Malformed("no name of a Python callable", "write 'package.module:function'")
    return value


def duration_us(value: object) -> int:
    """Read a Go duration such as '1h30m' (REQ-CFG-14).

    Args:
        value: a sequence of numbers with units (h, m, s, ms, us, ns), as Go's time.ParseDuration takes it, never
            negative; 0 needs no unit.

    Returns:
        Whole microseconds, what is finer cut off.

    Raises:
        Malformed: when a unit is missing or unknown, or the value cannot be kept.
    """
    if value == 0 and isinstance(value, int) and not isinstance(value, bool):
        return 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Malformed("a number without a unit", f"write '{value}s' or '{value}m'" if value > 0 else "write '15m'")
    if not isinstance(value, str):
        raise Malformed("no duration", "write a number with its unit, such as '15m'")
    if value in {"0", "+0"}:
        return 0
    parts = list(_PART.finditer(value.removeprefix("+")))
    if not parts or "".join(part[0] for part in parts) != value.removeprefix("+"):
        raise Malformed(*_not_a_duration(value))
    total = 0
    for part in parts:
        whole, _, fraction = part[1].partition(".")
        scale = NANOSECONDS[part[2]]
        total += int(whole or "0") * scale + int(fraction or "0") * scale // 10 ** len(fraction)
    if total > LONGEST_NS:
        raise Malformed("longer than the 292 years that a Go duration holds", "write a shorter one, such as '24h'")
    if 0 < total < NANOSECONDS["us"]:
        raise Malformed("shorter than a microsecond, which would count as 0", "write '1us' or '0'")
    return total // NANOSECONDS["us"]


def _not_a_duration(value: str) -> tuple[str, str]:
    number = value.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        return "a number without a unit", f"write '{number}s' or '{number}m'"
    if value.startswith("-"):
        return "negative", "write a duration such as '15m', or '0'"
    if words := _WORDS.fullmatch(number):
        unit = words[2].lower() if words[2].lower() == "ms" else words[2][0].lower()
        mend = f"{int(words[1]) * 24}h" if unit == "d" else f"{words[1]}{unit}"
        return "not in Go's notation (units h, m, s, ms, us, ns; no spaces, no days)", f"write '{mend}'"
    return "no duration in Go's notation (units h, m, s, ms, us, ns)", "write one such as '15m', '24h' or '1h30m'"


def psk(value: object) -> str:
    """Read a pre-shared key: 64 hex digits, or a reference to the secret provider (REQ-CFG-10, REQ-CFG-19).

    Returns:
        The key in lower case, or the reference as it stands.
    """
    make = 'write 64 hex digits (openssl rand -hex 32), best as "{{ env.CLUSTER_PSK }}"'
    if isinstance(value, int | float):
        raise Malformed("a number, not a text of 64 hex digits", "write the key in quotes")
    if not isinstance(value, str):
        raise Malformed("no text of 64 hex digits", make)
    if is_secret_reference(value):
        return value
    if _HEX_KEY.fullmatch(value):
        return value.lower()
    if "{{" in value or "${" in value:
        raise Malformed("a placeholder of a form that the product does not know", 'write "{{ env.NAME }}"')
    if value != value.strip() and _HEX_KEY.fullmatch(value.strip()):
        raise Malformed("64 hex digits with white space around them", "write the digits alone")
    wrong = sum(character not in "0123456789abcdefABCDEF" for character in value)
    digits = f"{len(value)} characters" if wrong else f"{len(value)} hex digits"
    others = f", {wrong} of them no hex digits" if wrong else ""
    raise Malformed(f"{digits}{others}, where a key of 32 bytes has 64 hex digits", make)


def is_secret_reference(value: object) -> bool:
    """Tell whether a value names a secret of the secret provider, such as `<vault.cluster.psk>`."""
    return isinstance(value, str) and _SECRET.fullmatch(value) is not None


class Endpoint(Struct, frozen=True, order=True):
    """A host or IP address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def multiaddr(value: object) -> Endpoint:
    """Read a listen address such as `/ip4/0.0.0.0/tcp/9450` (REQ-CFG-13)."""
    if not isinstance(value, str):
        raise Malformed("no address", "write one such as '/ip4/0.0.0.0/tcp/9450'")
    parts = value.split("/")
    if len(parts) != 5 or parts[0] or parts[3] != "tcp" or parts[1] not in {"ip4", "ip6"}:  # noqa: PLR2004 - '', ip4, IP, tcp, port
        raise Malformed("not of the form /ip4/IP/tcp/PORT", f"write '{_as_multiaddr(value)}'")
    try:
        address = ipaddress.IPv4Address(parts[2]) if parts[1] == "ip4" else ipaddress.IPv6Address(parts[2])
    except ValueError:
        raise Malformed(f"no {parts[1]} address before /tcp", "write one such as '/ip4/0.0.0.0/tcp/9450'") from None
    return Endpoint(str(address), _port(parts[4]))


def _as_multiaddr(value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        return f"/ip4/{ipaddress.IPv4Address(host or '0.0.0.0')}/tcp/{_port(port)}"  # noqa: S104 - the chart's own value
    except ValueError:
        return "/ip4/0.0.0.0/tcp/9450"


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value[:6]) <= HIGHEST_PORT:
        raise Malformed(f"without a port from 1 to {HIGHEST_PORT}", "write the port at the end, such as 9450")
    return int(value)


def peer(value: object) -> Endpoint:
    """Read one entry of `discovery.static.nodes`.

    The product's own shape is not documented (facts, section 8): taken are `host:port`, a multiaddr, and a mapping
    with `endpoint` or `address`.
    """
    if isinstance(value, dict):
        if len(value) == 1 and ("endpoint" in value or "address" in value):
            return peer(next(iter(value.values())))
        raise Malformed(
            "no mapping with endpoint or address alone", "write '10.0.0.1:9450', the peer's membership address"
        )
    if not isinstance(value, str):
        raise Malformed("no address", "write '10.0.0.1:9450', the peer's membership address")
    if value.startswith("/"):
        parts = value.split("/")
        if len(parts) == 5 and parts[1] in {"dns", "dns4", "dns6"} and parts[3] == "tcp":  # noqa: PLR2004 - '', dns4, name, tcp, port
            return Endpoint(_host(parts[2]), _port(parts[4]))
        return multiaddr(value)
    host, colon, port = value.rpartition(":")
    if not colon or not host:
        raise Malformed("without host and port", "write 'host:port', the peer's membership address")
    if host.startswith("[") and host.endswith("]"):
        try:
            return Endpoint(str(ipaddress.IPv6Address(host[1:-1])), _port(port))
        except ipaddress.AddressValueError:
            raise Malformed("no IPv6 address in the brackets", "write one such as '[fd00::1]:9450'") from None
    return Endpoint(_host(host), _port(port))


def _host(value: str) -> str:
    if not _HOST_CHARACTERS.fullmatch(value):
        raise Malformed("not of the form host:port", "write 'host:port' without a scheme, such as '10.0.0.1:9450'")
    return value.lower()


def cookie_name(value: object) -> str:
    """Read a cookie's name: a token (RFC 6265, section 4.1.1)."""
    name = text(value)
    if not _TOKEN.fullmatch(name):
        raise Malformed("a name that no cookie can have", "write letters, digits, '-' and '_' alone")
    return name


def former_domain(value: object) -> str:
    """Read a domain that the cookie had: a host name, its leading dot left, or "" for the host alone (COOK-74)."""
    if isinstance(value, str) and (not value or is_name(as_browsers_take_it(value))):
        return value
    raise Malformed("no host name", "write one such as 'example.com', or '' for the host alone")


def url(value: object) -> str:
    """Read an absolute http or https URL, whose host and port can be those of one."""
    address, mend = text(value), "write one such as 'https://auth.example.com/single-logout'"
    if not address.lower().startswith(("http://", "https://")):
        raise Malformed("no absolute URL", mend)
    try:
        parse_host(address)
    except Malformed as error:
        raise Malformed(error.problem, mend) from None
    return address
