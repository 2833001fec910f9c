"""What each colour means, in light and in dark: one table for the page and for every plot. No drawing lives here.

The hues are Okabe and Ito's ("Color Universal Design", 2008), which the colour-blind can tell apart, darkened or
lightened until they read as text on the surface (WCAG 2.2, 1.4.3: 4.5 to 1). Nothing is said by colour alone.
"""

from typing import Final

from msgspec import Struct


class Colour(Struct, frozen=True):
    """One meaning, as hex colours on the light and on the dark surface."""

    light: str
    dark: str


PALETTE: Final[dict[str, Colour]] = {
    "surface": Colour("#ffffff", "#15181c"),
    "raised": Colour("#f5f7f9", "#1e2329"),
    "ink": Colour("#1b1f24", "#e6e9ed"),
    "muted": Colour("#57606a", "#9ea8b3"),
    "hairline": Colour("#d3d9e0", "#3a424c"),
    "fault": Colour("#e3e7ec", "#2d343d"),  # the world: something was done to nodes or links
    "seen": Colour("#0068a6", "#56b4e9"),  # what was measured
    "good": Colour("#00735c", "#3cc79f"),  # holds; alive
    "bad": Colour("#ab3f00", "#ff8a4c"),  # violated; held for dead
    "doubt": Colour("#8a5a00", "#f0b429"),  # unknown, nothing to judge; suspected
    "outside": Colour("#8b3a73", "#dd9cc4"),  # not promised, not tested, unfinished; left
}


def css_variables(theme: str) -> str:
    """Write the declarations of every colour as a CSS variable.

    Args:
        theme: "light" or "dark".
    """
    return " ".join(f"--{name}: {getattr(colour, theme)};" for name, colour in PALETTE.items())
