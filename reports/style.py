"""The style sheet of every page, filled in: colours for light and dark, the fonts of pages and drawings."""

from markupsafe import Markup

from reports.palette import css_variables
from reports.rendering import html, trusted
from reports.svg import FONT, HALO


def style() -> Markup:
    """Return the style sheet, made here and so trusted."""
    colours = {"light": css_variables("light"), "dark": css_variables("dark")}
    return trusted(html("page.css.j2", {**colours, "font": trusted(FONT), "halo": trusted(HALO)}))
