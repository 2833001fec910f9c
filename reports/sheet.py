"""The paper that plots are drawn on: x is simulated time, y counts CSS pixels from the top.

It knows pixels, the time axis, and how faults lie behind everything else; what is plotted is the business of
`reports.plots` and `reports.strips`.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon
from msgspec import Struct

from conformance.verdict import VIOLATED
from reports import words
from reports.document import RunDocument
from reports.svg import INKS, PIXELS_AN_INCH, png, settings, svg

DESK: Final = 760
PHONE: Final = 352
"""Widths in CSS pixels; a phone of 390 leaves this much beside its margins."""

AXIS: Final = 26
"""Height of the time axis with its labels."""

TEXT: Final = 12
SMALL: Final = 11
LANE: Final = 17
"""Height of a line of text above a plot, in pixels."""

LANES_NAMED: Final = 5
"""With more faults than this their numbers alone are written above the bands; the page's table has their names."""

_STEPS_S: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)
_TICK_ROOM: Final = 62
_LINES: Final = 16
"""Pixels between two lines in which no text has room."""

_HOUR_S: Final = 3_600
_LETTER: Final = 0.56
"""Width of an average letter of a system font, as a share of its height: text is measured by nobody here."""

_DIGIT: Final = 0.64
"""Width of a digit, the same."""


class Plot(Struct, frozen=True):
    """One picture: its stable name, who saw what it shows, the same in words, the drawing for a desk and a phone.

    `paint` gives the drawing for a desk as a PNG, for where no SVG can be shown; it takes as long as drawing it again.
    """

    name: str
    title: str
    source: str
    description: str
    desk: str
    phone: str
    paint: Callable[[], bytes]


class Sheet:
    """One figure with one pair of axes in pixels.

    Attributes:
        figure, axes: matplotlib's own.
        left, right: where time begins and ends, in pixels.
        end_us: the last instant on the axis, in µs.
        height: of the whole sheet.
    """

    def __init__(self, *, width: int, height: int, left: int, end_us: int, right_margin: int = 12) -> None:
        self.figure = Figure(figsize=(width / PIXELS_AN_INCH, height / PIXELS_AN_INCH))
        self.left, self.right, self.height, self.end_us = left, width - right_margin, height, end_us
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)

    def x(self, us: int) -> float:
        """Tell where an instant lies, in pixels."""
        return round(self.left + (self.right - self.left) * min(us, self.end_us) / self.end_us, 2)

    def write(self, x: float, y: float, text: str, **how: Any) -> None:
        """Write text in one line, with what cannot be seen made visible."""
        style: dict[str, Any] = {"fontsize": TEXT, "color": INKS["ink"], "va": "center_baseline", **how}
        self.axes.text(x, y, one_line(text), **style)

    def area(self, xs: Sequence[float], ys: Sequence[float], base: float, gid: str) -> None:
        """Draw what was seen: a line, and the area between it and its base."""
        ink = INKS["seen"]
        self.fill([xs[0], *xs, xs[-1]], [base, *ys, base], color=ink, alpha=0.18)
        self.axes.plot(xs, ys, color=ink, linewidth=1.6, gid=gid, solid_joinstyle="miter")

    def fill(self, xs: Sequence[float], ys: Sequence[float], **how: Any) -> None:
        """Fill an outline given by its corners, with no line around it."""
        self.add(Polygon(list(zip(xs, ys, strict=True)), closed=True, linewidth=0, **how))

    def add(self, patch: Patch) -> None:
        """Put a shape on the paper.

        As an artist: added as a patch, each would be searched for its limits, a quarter of the time of a page, while
        those of the paper stand.
        """
        self.axes.add_artist(patch)

    def rule(self, x: Sequence[float], y: Sequence[float], **how: Any) -> None:
        """Draw a thin line through points in pixels."""
        style: dict[str, Any] = {"color": INKS["hairline"], "linewidth": 1, "solid_capstyle": "butt", **how}
        self.axes.plot(x, y, **style)


def plot(name: str, title: str, source: str, description: str, draw: Callable[[int], Sheet]) -> Plot:
    """Draw a plot twice, for a desk and for a phone.

    Args:
        name: its stable name, which is also its file's.
        title: what it is.
        source: who saw what it shows.
        description: what it shows, in sentences, for those who cannot see it.
        draw: takes a width in CSS pixels.
    """

    def paint() -> bytes:
        with settings(name):
            return png(draw(DESK).figure)

    with settings(name):
        desk, phone = (
            svg(draw(width).figure, f"{name}-{suffix}", title, description)
            for suffix, width in (("desk", DESK), ("phone", PHONE))
        )
    return Plot(name, title, source, description, desk, phone, paint)


def staircase(points: Iterable[tuple[float, float]], right: float) -> tuple[list[float], list[float]]:
    """Turn points, each of which holds until the next, into the corners of a line.

    Where many fall into one pixel, its lowest, its highest and its last are kept: the line looks the same, and a page
    stays small.

    Args:
        points: pairs of pixels in order of x, at least one.
        right: where the last one ends.

    Returns:
        The xs and the ys of the corners.
    """
    xs: list[float] = []
    ys: list[float] = []
    for _, within in groupby(points, key=lambda point: int(point[0])):
        column = list(within)
        if len(column) > 3:  # noqa: PLR2004 (lowest, highest, last)
            kept = {column.index(min(column, key=_height)), column.index(max(column, key=_height)), len(column) - 1}
            column = [column[place] for place in sorted(kept)]
        for x, y in column:
            xs += [x, x] if ys else [x]
            ys += [ys[-1], round(y, 2)] if ys else [round(y, 2)]
    return [*xs, right], [*ys, ys[-1]]


def steps_of(buckets: Iterable[tuple[int, int]], bucket_us: int) -> list[tuple[int, int]]:
    """Turn counts of spans into steps, each of which holds until the next: nothing where a span is missing.

    Args:
        buckets: [begin in µs, count] in order of time.
        bucket_us: the length of a span.

    Returns:
        [time in µs, count], from 0 on, ended by nothing after the last span.
    """
    steps: list[tuple[int, int]] = []
    until = 0
    for begin, number in buckets:
        if begin > until:
            steps.append((until, 0))
        steps.append((begin, number))
        until = begin + bucket_us
    return [*steps, (until, 0)]


def _height(point: tuple[float, float]) -> float:
    return point[1]


def one_line(text: str) -> str:
    """Write text in one line, with what cannot be seen made visible."""
    return " ".join(words.visible(text).split())


def shortened(text: str, room: float, size: int = TEXT) -> str:
    """Cut text to the room that it has, in pixels, an ellipsis in place of what is left out."""
    letters = max(int(room / (size * _LETTER)), 2)
    clean = one_line(text)
    return clean if len(clean) <= letters else clean[: letters - 1] + "…"


def time_end(document: RunDocument, *series: int) -> int:
    """Tell where the time axis of a run ends: at its end, and not before anything that was seen."""
    head = document.header
    simulated = document.footer.simulated_us if document.footer is not None else 0
    ends = [fault.end or fault.begin for fault in document.faults]
    return max(1, head.healed_us, simulated or head.duration_us, *ends, *series)


def time_axis(sheet: Sheet, y: float) -> None:
    """Draw the time axis in seconds, or in hours where the marks are, with as many marks as there is room for."""
    fitting = max((sheet.right - sheet.left) // _TICK_ROOM, 1)
    end_s = sheet.end_us // words.SECOND_US
    step = next((step for step in _STEPS_S if end_s <= step * fitting), max(end_s, 1))
    sheet.rule([sheet.left, sheet.right], [y, y], color=INKS["muted"])
    for tick in range(0, end_s + 1, step):
        x = sheet.x(tick * words.SECOND_US)
        sheet.rule([x, x], [y, y + 4], color=INKS["muted"])
        side = "right" if x > sheet.right - _TICK_ROOM / 4 else "center"
        label = f"{tick // _HOUR_S:,} h" if step >= _HOUR_S else f"{tick:,} s"
        sheet.write(x, y + 13, label, ha=side, fontsize=SMALL, color=INKS["muted"])


def lanes(document: RunDocument) -> int:
    """Tell how many lines of text stand above a plot of this run: the faults, the healing, where it was convicted."""
    faults = len(document.faults)
    named = 0 if not faults else (faults if faults <= LANES_NAMED else 1) + 1
    return named + bool(_convicted(document))


def _convicted(document: RunDocument) -> dict[int, list[str]]:
    """Tell when what convicted the subject was asked, by the last operation of each witness, and by which check."""
    found: dict[int, list[str]] = {}
    for finding in document.checks if document.finished else []:
        asked = [t for piece in finding.evidence if type(t := piece.operation.get("asked")) is int]
        if finding.verdict == VIOLATED and asked:
            found.setdefault(max(asked), []).append(words.spoken(finding.check))
    return dict(sorted(found.items()))


def fault_bands(sheet: Sheet, document: RunDocument, top: float, bottom: float) -> None:
    """Shade when faults lasted, name them above, mark when everything was healed and where the subject was convicted.

    Args:
        sheet: what to draw on.
        document: whose faults.
        top: where the first line of names stands, in pixels; `lanes` tells how many lines there are.
        bottom: where the bands end.
    """
    _verdicts(sheet, document, top + LANE * (lanes(document) - 1), bottom)
    if not document.faults:
        return
    named = len(document.faults) <= LANES_NAMED
    for number, fault in enumerate(document.faults):
        lane = top + LANE * (number if named else 0)
        start, end = sheet.x(fault.begin), sheet.x(sheet.end_us if fault.end is None else fault.end)
        xs, ys = [start, end, end, start], [lane + 2, lane + 2, bottom, bottom]
        sheet.fill(xs, ys, color=INKS["fault"], alpha=0.8, gid=f"mark-fault-{number}")
        sheet.rule([start, start], [lane + 2, bottom], color=INKS["muted"], linewidth=0.8)
        if named:
            _name(sheet, lane, start, f"{number + 1} {fault.title}")
    if not named:
        _numbers(sheet, document, top)
    healed = document.header.healed_us
    lane = top + LANE * (len(document.faults) if named else 1)
    sheet.rule([sheet.x(healed)] * 2, [lane + 2, bottom], color=INKS["ink"], linestyle=(0, (3, 2)), gid="mark-healed")
    bound = words.seconds(document.header.contract.converge_us)
    near = [sheet.x(fault.begin) for fault in document.faults if -_LINES < sheet.x(fault.begin) - sheet.x(healed) < 0]
    _name(sheet, lane, min([sheet.x(healed), *near]), f"healed: {bound} to agree")


def _verdicts(sheet: Sheet, document: RunDocument, lane: float, bottom: float) -> None:
    """Mark where the subject was convicted; the first of them is named, and the others where they have room."""
    taken = 0.0
    for place, (t, checks) in enumerate(_convicted(document).items()):
        x, text, ys = sheet.x(t), f"✗ {words.listed(checks)}", [lane + 2, bottom]
        sheet.rule([x, x], ys, color=INKS["bad"], linewidth=1.6, linestyle=(0, (2, 1.5)), gid=f"mark-convicted-{place}")
        end = x + 6 + len(text) * SMALL * _LETTER
        if not place or (taken <= x and end <= sheet.right):
            _name(sheet, lane, x, text, color=INKS["bad"])
            taken = max(x, end)


def _numbers(sheet: Sheet, document: RunDocument, lane: float) -> None:
    """Write the faults' numbers where they begin, those of one instant together, and none over another."""
    at: dict[float, list[int]] = {}
    for number, fault in enumerate(document.faults, start=1):
        at.setdefault(sheet.x(fault.begin), []).append(number)
    taken = float(sheet.left)
    for start, numbers in sorted(at.items()):
        text = " ".join(map(str, numbers))
        width = len(text) * SMALL * _DIGIT
        if taken <= start and start + 4 + width <= sheet.right:
            sheet.write(start + 4, lane + LANE / 2 + 1, text, fontsize=SMALL)
            taken = start + 4 + width


def _name(sheet: Sheet, lane: float, start: float, text: str, **how: Any) -> None:
    """Write to the right of an instant, or to its left where that has more room."""
    gap = 6
    rightwards = sheet.right - start >= start - sheet.left or len(text) * SMALL * _LETTER < sheet.right - start
    room = sheet.right - start - gap if rightwards else start - sheet.left - gap
    x, side = (start + gap, "left") if rightwards else (start - gap, "right")
    sheet.write(x, lane + LANE / 2 + 1, shortened(text, room, SMALL), ha=side, fontsize=SMALL, **how)
