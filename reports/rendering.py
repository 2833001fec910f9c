"""How templates are filled: names that are missing are errors, and nothing that a store said is ever markup.

Two environments, one for HTML and one for Markdown. Both escape every value by default; a template opts out of nothing.
What is said stands in `reports.view`, how it looks in `reports/templates`.
"""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from reports.words import visible

_MARKS: Final = re.compile(r"[\\`*_\[\]|~$]")
_FIRST: Final = re.compile(r"^([#+=-]|\d+(?=[.)]))")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINKING: Final = re.compile(r":(?=\S)|@(?=\S)|#(?=\d)|(?<=www)\.", re.IGNORECASE)
_UNLINKED: Final = {":": "&#58;", "@": "@&#8203;", "#": "#&#8203;", ".": "&#46;"}
_TICKS: Final = re.compile(r"`+")
_JOINT: Final = re.compile(r"([_:/])(?=[A-Za-z])")


def html(name: str, view: dict[str, Any]) -> str:
    """Fill a template of HTML; every value is escaped, and what cannot be seen is made visible."""
    return _HTML.get_template(name).render(view)


def markdown(name: str, view: dict[str, Any]) -> str:
    """Fill a template of Markdown; every value is escaped for GitHub's dialect."""
    return _MARKDOWN.get_template(name).render(view)


def trusted(text: str) -> Markup:
    """Let a text into HTML as it is: for drawings and style sheets made here, in which strangers' text is escaped."""
    return Markup(text)  # noqa: S704 (made here)


class Script(Struct, frozen=True):
    """A script of ours, and the hash by which a page's policy lets it run and no other."""

    text: Markup
    hash: Markup


def script(name: str) -> Script:
    """Read a script that stands beside the templates."""
    text, _, _ = _LOADER.get_source(_HTML, name)
    assert "</" not in text, "a script must not end its own element"  # noqa: S101 (our own invariant)
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Script(trusted(text), trusted(f"sha256-{digest}"))


def escaped(text: str) -> Markup:
    """Escape a text for Markdown: no emphasis, link, table cell, HTML, mention or address comes out of it."""
    plain = _MARKS.sub(r"\\\g<0>", " ".join(visible(text).split())).translate(_ENTITIES)
    plain = _LINKING.sub(lambda match: _UNLINKED[match[0]], plain)
    return Markup(_FIRST.sub(_started, plain))  # noqa: S704 (escaped here)


def _started(match: re.Match[str]) -> str:
    """Keep what would open a heading, a list or a rule from doing so."""
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def code(text: str) -> Markup:
    """Make a span of code of a text, for a table cell too: its fence is longer than any run of ticks inside."""
    plain = " ".join(visible(text).split()).replace("|", "\\|") or " "
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(plain)), default=0))
    gap = " " if plain[0] == "`" or plain[-1] == "`" else ""
    return Markup(f"{fence}{gap}{plain}{gap}{fence}")  # noqa: S704 (a code span holds text only)


def block(text: str) -> Markup:
    """Make a block of code of a text: its fence is longer than any run of ticks inside."""
    plain = " ".join(visible(text).split())
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(plain)), default=0))
    return Markup(f"{fence}text\n{plain}\n{fence}")  # noqa: S704 (a code block holds text only)


def breakable(text: str) -> Markup:
    """Let a name be broken after its parts: long names of stores and files stand in narrow columns."""
    return Markup(_JOINT.sub(r"\1<wbr>", str(Markup.escape(visible(text)))))  # noqa: S704 (escaped here)


def _seen(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def _marked(value: Any) -> Any:
    return value if isinstance(value, Markup) else escaped(str(value))


_LOADER: Final = PackageLoader("reports")
_HTML: Final = Environment(
    loader=_LOADER, undefined=StrictUndefined, autoescape=True, finalize=_seen, trim_blocks=True, lstrip_blocks=True
)
_MARKDOWN: Final = Environment(
    loader=_LOADER,
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 (`finalize` escapes every value, for Markdown instead of HTML)
    finalize=_marked,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_HTML.filters.update(breakable=breakable)
_MARKDOWN.filters.update(code=code, block=block)
