"""From a matplotlib figure to an SVG that follows the page: its colours are CSS variables, its text is text.

Drawn in CSS pixels (a figure's inch has 72 of them here), without a date, without anything but the drawing, the same
bytes for the same figure. Which marks are drawn is the business of `reports.plots`.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from reports.palette import PALETTE, css_variables
from reports.words import visible

PIXELS_AN_INCH: Final = 72
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

INKS: Final[dict[str, str]] = {name: f"#0a1b{number:02x}" for number, name in enumerate(PALETTE, start=0xC0)}
"""What to hand to matplotlib for each colour of the palette: values that no drawing has by chance, replaced later."""

_ID: Final = re.compile(r'\sid="([^"]+)"')
_REFERENCE: Final = re.compile(r'(url\(#|xlink:href="#)([^)"]+)')
_NOISE: Final = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->|"
    r"<style type=\"text/css\">.*?</style>|<defs>\s*</defs>",
    re.DOTALL,
)
_TAG: Final = re.compile(r"<[^>]*>")
_SURFACE: Final = PALETTE["surface"].light
_MEANING: Final = {ink: meaning for meaning, ink in INKS.items()}
_INK: Final = re.compile("|".join(_MEANING))
_ROOT: Final = re.compile(r"<svg[^>]*>")
_FAMILY: Final = re.compile(r"\s*font-family:[^;\"]*;?")
_NO_ROTATION: Final = re.compile(r' transform="rotate\(-?0 [^"]*\)"')


HALO: Final = "text { stroke: var(--surface); stroke-width: 3px; }"
"""With `paint-order` at every text: lines that run under it, such as those of faults, leave it readable."""


@contextmanager
def settings(name: str) -> Iterator[None]:
    """Draw under our settings alone, whatever the user's matplotlibrc says; text is never read as mathematics.

    Args:
        name: of the plot; it salts the ids, so that two plots on one page have different ones.
    """
    plain = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")}
    ours: dict[str, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": "DejaVu Sans",
        "figure.dpi": PIXELS_AN_INCH,
    }
    every: Any = {**plain, **ours}  # matplotlib types the names of its settings one by one
    with mpl.rc_context(every):
        yield


def svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Write a figure as an SVG element for a page that defines the palette's variables.

    Args:
        figure: drawn with the colours of `INKS`, inside `settings`.
        name: begins every id of the drawing; letters, digits and hyphens.
        title: the short text for those who cannot see it.
        description: what it shows, in sentences.

    Returns:
        One `<svg>` element that scales to the width it is given.
    """
    sheet = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a name in a script that the measuring font lacks; browsers have it
        figure.savefig(sheet, format="svg", metadata=nothing, transparent=True)
    width, height = (round(side * PIXELS_AN_INCH) for side in figure.get_size_inches())
    drawing = _NOISE.sub("", sheet.getvalue())
    needed = {match[2] for tag in _TAG.finditer(drawing) for match in _REFERENCE.finditer(tag[0])}
    drawing = _TAG.sub(lambda tag: _themed(tag[0], name, needed), drawing)
    drawing = drawing.replace("<text ", '<text paint-order="stroke" ')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-text" font-family="{FONT}" stroke-linejoin="round">\n'
        f'<title id="{name}-title">{escape(visible(title))}</title>\n'
        f'<desc id="{name}-text">{escape(visible(description))}</desc>'
    )
    return re.sub(r"\n\s*", "\n", _ROOT.sub(lambda _: head, drawing, count=1)).strip() + "\n"


def png(figure: Figure) -> bytes:
    """Paint a figure as a PNG of the light theme, two dots a CSS pixel, the same bytes for the same figure.

    Args:
        figure: drawn with the colours of `INKS`, inside `settings`; its colours are replaced.
    """
    for artist in figure.findobj():
        _paint(artist)
    sheet = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name in a script that the font lacks is drawn as boxes
        figure.savefig(sheet, format="png", dpi=2 * PIXELS_AN_INCH, metadata={"Software": None}, facecolor=_SURFACE)
    return sheet.getvalue()


def _paint(artist: Artist) -> None:
    """Give one part of a figure the light theme's colours."""
    match artist:
        case Line2D():
            artist.set_color(_painted(artist.get_color()))
            artist.set_markerfacecolor(_painted(artist.get_markerfacecolor()))
            artist.set_markeredgecolor(_painted(artist.get_markeredgecolor()))
        case Patch():
            artist.set_facecolor(_painted(artist.get_facecolor()))
            artist.set_edgecolor(_painted(artist.get_edgecolor()))
        case Text():
            artist.set_color(_painted(artist.get_color()))
            artist.set_path_effects([withStroke(linewidth=3, foreground=_SURFACE)])
        case _:
            pass


def _painted(colour: Any) -> Any:
    """Give the light theme's colour for an ink, as opaque as it was; other colours stay."""
    meaning = _MEANING.get(to_hex(colour))
    return colour if meaning is None else to_rgba(PALETTE[meaning].light, to_rgba(colour)[3])


def standalone(element: str) -> str:
    """Make a file of its own from an SVG element: the palette in light and dark, and a surface to stand on."""
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', element)
    assert size is not None, "every element of svg() has a viewBox"  # noqa: S101 (our own invariant)
    style = (
        f"<style>svg {{ {css_variables('light')} }} "
        f"@media (prefers-color-scheme: dark) {{ svg {{ {css_variables('dark')} }} }} {HALO}</style>\n"
        '<rect width="100%" height="100%" style="fill: var(--surface)"/>\n'
    )
    sized = element.replace("<svg ", f'<svg width="{size[1]}" height="{size[2]}" ', 1)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + sized.replace("</desc>\n", f"</desc>\n{style}", 1)


def _themed(tag: str, name: str, needed: set[str]) -> str:
    """Rewrite one tag: variables for inks, no font of its own, a prefix for the ids that are needed; text stays."""

    def kept(match: re.Match[str]) -> str:
        wanted = match[1] in needed or match[1].startswith("mark-")
        return f' id="{name}-{match[1]}"' if wanted else ""

    tag = _FAMILY.sub("", _NO_ROTATION.sub("", tag))
    tag = _REFERENCE.sub(lambda match: f"{match[1].replace('xlink:', '')}{name}-{match[2]}", _ID.sub(kept, tag))
    return _INK.sub(lambda match: f"var(--{_MEANING[match[0]]})", tag)
