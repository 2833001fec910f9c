"""One `Set-Cookie` line, read as browsers read it; whether it is kept is `simulator.browser`'s business.

Rules are the rows of the cookie specification (COOK-1 to COOK-11), which names the sections of the draft
draft-ietf-httpbis-rfc6265bis-22. Text is isomorphic: one character is one octet on the wire.
"""

import re
from functools import lru_cache

from msgspec import Struct

from simulator.cookie_dates import instant

PAIR_MOST = 4_096
"""Octets of name and value together (COOK-5)."""
ATTRIBUTE_MOST = 1_024
"""Octets of an attribute's value; a longer attribute is skipped (COOK-6)."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SPACE = " \t"
_SECONDS = re.compile(r"-?[0-9]+")
LAX, STRICT, NONE, UNSET = "lax", "strict", "none", ""


class Refusal(Struct, frozen=True):
    """Why a browser does not keep a cookie: the row of the cookie specification, and half a sentence."""

    rule: str
    why: str


class Line(Struct, frozen=True):
    """What one line says.

    Attributes:
        name, value: as they stand there, without the space around them.
        domain: lower case, one leading dot dropped (COOK-13); "" when there is none or an empty one (COOK-12).
        path: "" when there is none that begins with a slash (COOK-22).
        path_said: the last Path attribute as it stands there, None when there is none.
        expires: µs since 1970, None without one that can be read (COOK-8).
        max_age: seconds, None without one that can be read (COOK-9).
        same_site: "strict", "lax", "none", or "" for one that is missing or unknown (COOK-31).
    """

    name: str
    value: str
    domain: str = ""
    path: str = ""
    path_said: str | None = None
    expires: int | None = None
    max_age: int | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str = UNSET
    partitioned: bool = False


@lru_cache(maxsize=4_096)
def read(text: str) -> Line | Refusal:
    """Read one line.

    Args:
        text: the value of the header field; never split at a comma, never decoded (COOK-1).

    Returns:
        What it says, or why the whole line is dropped.
    """
    if _CONTROL.search(text):
        return Refusal("COOK-2", "it holds a control character")
    pair, _, rest = text.partition(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip(_SPACE), value.strip(_SPACE)
    if not name and not value:
        return Refusal("COOK-4", "neither a name nor a value stands before the first ';'")
    if len(name) + len(value) > PAIR_MOST:
        return Refusal("COOK-5", f"name and value are {len(name) + len(value)} octets, more than {PAIR_MOST}")
    said = _attributes(rest)
    path = said.get("path")
    max_age = said.get("max-age")
    return Line(
        name,
        value,
        domain=_domain(said.get("domain", "")),
        path=path if path is not None and path.startswith("/") else "",
        path_said=path,
        expires=instant(said["expires"]) if "expires" in said else None,
        max_age=int(max_age) if max_age is not None else None,
        secure="secure" in said,
        http_only="httponly" in said,
        same_site=_same_site(said.get("samesite", "")),
        partitioned="partitioned" in said,
    )


def _attributes(text: str) -> dict[str, str]:
    """Take the attributes by their names in lower case; of one that is repeated the last readable counts (COOK-7)."""
    said: dict[str, str] = {}
    for attribute in text.split(";"):
        name, _, value = attribute.partition("=")
        name, value = name.strip(_SPACE).lower(), value.strip(_SPACE)
        if len(value) > ATTRIBUTE_MOST:
            continue
        if name == "expires" and instant(value) is None:
            continue
        if name == "max-age" and not _SECONDS.fullmatch(value):
            continue
        said[name] = value
    return said


def _domain(value: str) -> str:
    """Drop one leading dot (COOK-13); a dot alone stays, and matches no host: both browsers refuse it."""
    return value if value == "." else value.removeprefix(".").lower()


def _same_site(value: str) -> str:
    word = value.lower()
    return word if word in {LAX, STRICT, NONE} else UNSET
