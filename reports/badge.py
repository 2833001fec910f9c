"""A badge of one verdict: a small SVG for a page of somebody else, and the same as JSON for badge services."""

from typing import Any
from xml.sax.saxutils import escape

from conformance import verdict

_COLOURS = {verdict.HOLDS: "#2b6f4e", verdict.VIOLATED: "#a3312a", verdict.BROKEN_ADAPTER: "#a3312a"}
_OTHER = "#5b6470"
LETTER = 7
"""Width of a letter in px; the text is stretched to what that gives, so that any font fits."""


def badge_svg(subject: str, word: str) -> str:
    """Draw the badge: whom and what.

    Args:
        subject: its name.
        word: the verdict.

    Returns:
        An SVG with a text for those who cannot see it.
    """
    left, right = f"anynode: {subject}", word
    wide, narrow = LETTER * len(left) + 12, LETTER * len(right) + 12
    colour = _COLOURS.get(word, _OTHER)
    label = escape(f"{left}: {word}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + narrow}" height="20" role="img" aria-label="{label}">'
        f"<title>{label}</title>"
        f'<rect width="{wide}" height="20" fill="#2f343b"/>'
        f'<rect x="{wide}" width="{narrow}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{LETTER * len(left)}">{escape(left)}</text>'
        f'<text x="{wide + 6}" y="14" textLength="{LETTER * len(right)}">{escape(right)}</text>'
        "</g></svg>\n"
    )


def badge_json(subject: str, word: str) -> dict[str, Any]:
    """Say the same as an endpoint of shields.io is read (schema version 1)."""
    colour = _COLOURS.get(word, _OTHER)
    return {"schemaVersion": 1, "label": f"anynode: {subject}", "message": word, "color": colour}
