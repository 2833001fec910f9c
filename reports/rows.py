"""Plots of rows under one heading: the sheet that they stand on, and two shapes a row, the whole and the worse part.

The whole is a line over a light area, the worse part a full area in front of it. What a row is, its scale and its names
are the business of `reports.memory`, `routes` and `traffic`.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from reports.document import RunDocument
from reports.sheet import AXIS, LANE, SMALL, Sheet, fault_bands, lanes, staircase, time_axis, time_end
from reports.svg import INKS

_LEGEND: Final = 24
_HEADING: Final = 22


class Two(Struct, frozen=True):
    """What the two shapes stand for.

    Attributes:
        whole, part: in words.
        mark: the name of the legend's line in the drawing.
        part_at: where the legend of the part begins, in pixels.
        ink: of the part, by its name in the palette.
    """

    whole: str
    part: str
    mark: str
    part_at: int
    ink: str = "bad"


def rows_sheet(
    document: RunDocument,
    size: tuple[int, int],
    rows: tuple[int, int],
    heading: str,
    two: Two | None,
    ends: Iterable[int],
) -> tuple[Sheet, int]:
    """Begin a sheet of rows: its heading, the legend if there is any part, the faults behind, and the time below.

    Args:
        document: the run.
        size: width of the sheet, and where time begins on it, in pixels.
        rows: how many there are, and how tall each is.
        heading: what they show, with the scale.
        two: what the shapes stand for; None where no part is drawn.
        ends: instants that must lie on the time axis, µs.

    Returns:
        The sheet, and where the first row begins.
    """
    (width, left), (number, tall) = size, rows
    names = _HEADING + (_LEGEND if two is not None else 0)
    top = names + LANE * lanes(document)
    bottom = top + tall * number + 6
    sheet = Sheet(width=width, height=bottom + AXIS, left=left, end_us=time_end(document, *ends))
    sheet.write(8, 10, heading, weight="bold")
    if two is not None:
        _legend(sheet, two, 30)
    fault_bands(sheet, document, names, bottom)
    time_axis(sheet, bottom)
    return sheet, top


def _legend(sheet: Sheet, two: Two, y: float) -> None:
    sheet.area([8.0, 26.0], [y - 4, y - 4], y + 4, two.mark)
    sheet.write(31, y, two.whole, fontsize=SMALL)
    begin, end = two.part_at, two.part_at + 18
    sheet.fill([begin, end, end, begin], [y - 5, y - 5, y + 5, y + 5], color=INKS[two.ink])
    sheet.write(end + 5, y, two.part, fontsize=SMALL)


def draw_whole(sheet: Sheet, steps: Iterable[tuple[int, int]], base: float, scale: float, mark: str) -> None:
    """Draw a line and the area below it.

    Args:
        sheet: what to draw on.
        steps: [time in µs, value], each until the next.
        base: where the value is 0, in pixels.
        scale: pixels that a unit takes.
        mark: the line's name in the drawing.
    """
    sheet.area(*_corners(sheet, steps, base, scale), base, mark)


def draw_part(sheet: Sheet, steps: Iterable[tuple[int, int]], base: float, scale: float, mark: str, ink: str) -> None:
    """Draw a full area; the arguments are those of `draw_whole`, and the ink by its name in the palette."""
    xs, ys = _corners(sheet, steps, base, scale)
    outline = [xs[0], *xs, xs[-1]], [base, *ys, base]
    sheet.fill(*outline, color=INKS[ink], gid=mark)


def _corners(
    sheet: Sheet, steps: Iterable[tuple[int, int]], base: float, scale: float
) -> tuple[list[float], list[float]]:
    return staircase(((sheet.x(t), base - value * scale) for t, value in steps), sheet.right)
