"""How near to their deadlines nodes denied and admitted: a row a node, a plot a limit.

Run document in, plots out, by the rules of `reports.plots`; the values are figures of the findings of the two bands.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from reports import words
from reports.document import RunDocument
from reports.sheet import AXIS, PHONE, SMALL, Plot, Sheet, plot, shortened
from reports.svg import INKS

BANDS: Final = {"absolute_band": "greatest age", "idle_band": "idleness"}
"""The findings with such figures, and what they limit."""

ROWS_MOST: Final = 24
_ROW: Final = 24
_SEEN: Final = (("earliest_denial_us", "first denial", "v"), ("latest_admission_us", "last admission", "o"))
_Rows = dict[str, dict[str, Any]]


def expiry(document: RunDocument, check: str) -> Plot | None:
    """Draw, for each node, its earliest denial and latest admission before and after the deadline of true time.

    Args:
        document: the run.
        check: a name of `BANDS`.
    """
    figures = next((finding.figures for finding in document.checks if finding.check == check), {})
    band, by_node = figures.get("band_us"), figures.get("by_node")
    if not isinstance(band, int) or not isinstance(by_node, dict):
        return None
    rows: _Rows = {
        name: seen for name, seen in by_node.items() if any(type(seen.get(member)) is int for member, _, _ in _SEEN)
    }
    if not rows:
        return None
    shown = list(rows)[:ROWS_MOST]
    unit = max(band, 1)
    widest = max(abs(seen[member]) for seen in rows.values() for member, _, _ in _SEEN if seen.get(member) is not None)
    decades = max(1, math.ceil(math.log10(max(widest, unit) / unit)))

    def draw(width: int) -> Sheet:
        top = 44
        bottom = top + _ROW * len(shown)
        sheet = Sheet(width=width, height=bottom + AXIS + 16, left=76, end_us=1, right_margin=24)
        middle, each = (sheet.left + sheet.right) / 2, (sheet.right - sheet.left) / 2 / (1 + decades)

        def x(us: int) -> float:
            """Place an offset: evenly inside the band, by decades outside."""
            far = abs(us) / unit
            return round(middle + math.copysign(each * (far if far <= 1 else 1 + math.log10(far)), us), 2)

        sheet.write(8, 10, f"Around the deadline of {BANDS[check]}", weight="bold")
        for place, (_, text, mark) in enumerate(_SEEN):
            _mark(sheet, 14 + 110 * place, 30, mark)
            sheet.write(22 + 110 * place, 30, text, fontsize=SMALL)
        box = [x(-band), x(band), x(band), x(-band)]
        sheet.axes.fill(box, [top, top, bottom, bottom], color=INKS["seen"], alpha=0.14, linewidth=0, gid="mark-band")
        sheet.rule([middle, middle], [top, bottom], color=INKS["ink"], linestyle=(0, (3, 2)))
        for row, name in enumerate(shown):
            y = top + _ROW * row + _ROW / 2
            sheet.rule([sheet.left, sheet.right], [y, y])
            sheet.write(sheet.left - 12, y, shortened(name, 56), ha="right")
            for member, _, mark in _SEEN:
                if rows[name].get(member) is not None:
                    _mark(sheet, x(rows[name][member]), y, mark, f"mark-{member.split('_')[1]}-{row}")
        _axis(sheet, x, unit, decades, bottom, every=3 if width == PHONE else 1)
        return sheet

    told = _in_words(rows, band)
    return plot(check.replace("_", "-"), f"At the limit of {BANDS[check]}", "clients", told, draw)


def _mark(sheet: Sheet, x: float, y: float, mark: str, gid: str | None = None) -> None:
    sheet.axes.plot([x], [y], mark, color=INKS["seen"], markersize=6, gid=gid)


def _axis(sheet: Sheet, x: Callable[[int], float], unit: int, decades: int, y: float, *, every: int) -> None:
    sheet.rule([sheet.left, sheet.right], [y, y], color=INKS["muted"])
    for decade in range(decades + 1):
        for sign in (-1, 1):
            us = sign * unit * 10**decade
            sheet.rule([x(us)] * 2, [y, y + 4], color=INKS["muted"])
            if decade % every == 0:
                text = f"{'+' if sign > 0 else ''}{words.seconds(us)}"
                sheet.write(x(us), y + 13, text, ha="center", fontsize=SMALL, color=INKS["muted"])
    sheet.write(sheet.right, y + 30, "after the deadline (log)", ha="right", fontsize=SMALL, color=INKS["muted"])


def _in_words(rows: _Rows, band: int) -> str:
    said = [f"The contract allows {words.seconds(band)} to either side."]
    for name, seen in rows.items():
        parts = [
            f"its {text} was {words.rounded(abs(seen[member]))} "
            f"{'before' if seen[member] < 0 else 'after'} the deadline"
            for member, text, _ in _SEEN
            if seen.get(member) is not None
        ]
        said.append(f"{name}: {words.listed(parts)}.")
    return " ".join(said)
