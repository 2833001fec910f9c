"""How near to their deadlines nodes denied and admitted: a row a node, a plot a limit.

Run document in, plots out, by the rules of `reports.plots`; the values are figures of the findings of the two bands.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from reports import words
from reports.document import RunDocument
from reports.sheet import AXIS, SMALL, Plot, Sheet, plot, shortened
from reports.svg import INKS

BANDS: Final = {"absolute_band": "greatest age", "idle_band": "idleness"}
"""The findings with such figures, and what they limit."""

ROWS_MOST: Final = 24
_ROW: Final = 30
_LABEL: Final = 90
"""Pixels that a label of the axis needs."""
_SEEN: Final = (("earliest_denial_us", "first denial", "v"), ("latest_admission_us", "last admission", "o"))
_Rows = dict[str, dict[str, Any]]


class _Limit(Struct, frozen=True):
    """What is drawn of one limit: what nodes did around it, and what the contract allows; times in µs.

    Attributes:
        rows: by node its members of `_SEEN`.
        band: how far to either side the contract allows an answer.
        slack: how much activity before may be forgotten.
        clocks: by node how far its clock was off at most.
    """

    rows: _Rows
    band: int
    slack: int
    clocks: dict[str, int]

    @property
    def decades(self) -> int:
        """How many decades lie outside of the band, to either side."""
        seen = (row[member] for row in self.rows.values() for member, _, _ in _SEEN if row.get(member) is not None)
        widest = max(self.unit + self.slack, *map(abs, seen))
        return max(1, math.ceil(math.log10(widest / self.unit)))

    @property
    def unit(self) -> int:
        """What the scale is even within, and counts decades of."""
        return max(self.band, 1)


def expiry(document: RunDocument, check: str) -> Plot | None:
    """Draw, for each node, its earliest denial and latest admission before and after the deadline of true time.

    Args:
        document: the run.
        check: a name of `BANDS`.
    """
    limit = _limit(document, check)
    if limit is None:
        return None
    shown = list(limit.rows)[:ROWS_MOST]
    keys = ["pale: activity that may be forgotten"] if limit.slack else []
    keys += ["below a name: its clock"] if limit.clocks else []

    def draw(width: int) -> Sheet:
        top = 62 if keys else 44
        bottom = top + _ROW * len(shown)
        sheet = Sheet(width=width, height=bottom + AXIS + 16, left=76, end_us=1)
        x = _scale(sheet, limit)
        sheet.write(8, 10, f"Around the deadline of {BANDS[check]}", weight="bold")
        for place, (_, text, mark) in enumerate(_SEEN):
            _mark(sheet, 14 + 110 * place, 30, mark)
            sheet.write(22 + 110 * place, 30, text, fontsize=SMALL)
        sheet.write(8, 48, "; ".join(keys), fontsize=SMALL, color=INKS["muted"])
        _box(sheet, x(-limit.band), x(limit.band), (top, bottom), 0.18, "mark-band")
        if limit.slack:
            _box(sheet, x(-limit.band - limit.slack), x(-limit.band), (top, bottom), 0.08, "mark-slack")
        sheet.rule([x(0), x(0)], [top, bottom], color=INKS["ink"], linestyle=(0, (3, 2)))
        for row, name in enumerate(shown):
            _row(sheet, limit, name, row, top + _ROW * row + _ROW / 2, x)
        _axis(sheet, x, limit, bottom)
        return sheet

    told = _in_words(limit.rows, limit.band, limit.slack)
    return plot(check.replace("_", "-"), f"At the limit of {BANDS[check]}", "clients", told, draw)


def _limit(document: RunDocument, check: str) -> _Limit | None:
    """Gather what there is to draw, None where nothing was measured."""
    figures = next((finding.figures for finding in document.checks if finding.check == check), {})
    band, by_node = figures.get("band_us"), figures.get("by_node")
    if not isinstance(band, int) or not isinstance(by_node, dict):
        return None
    rows: _Rows = {
        name: seen for name, seen in by_node.items() if any(type(seen.get(member)) is int for member, _, _ in _SEEN)
    }
    slack = document.header.contract.idle_slack_us if check == "idle_band" else 0
    clocks = {name: clock.farthest_us for name, clock in document.clocks().items() if name in rows}
    return _Limit(rows, band, slack, clocks) if rows else None


def _scale(sheet: Sheet, limit: _Limit) -> Callable[[int], float]:
    """Place offsets from the deadline: evenly inside the band, by decades outside."""
    middle, each = (sheet.left + sheet.right) / 2, (sheet.right - sheet.left) / 2 / (1 + limit.decades)

    def x(us: int) -> float:
        far = abs(us) / limit.unit
        return round(middle + math.copysign(each * (far if far <= 1 else 1 + math.log10(far)), us), 2)

    return x


def _row(sheet: Sheet, limit: _Limit, name: str, row: int, y: float, x: Callable[[int], float]) -> None:
    clock = limit.clocks.get(name)
    sheet.rule([sheet.left, sheet.right], [y, y])
    sheet.write(sheet.left - 12, y - (7 if clock else 0), shortened(name, 56), ha="right")
    if clock:
        off = words.signed(clock)
        sheet.write(sheet.left - 12, y + 7, off, ha="right", fontsize=SMALL, color=INKS["muted"])
    for member, _, mark in _SEEN:
        if limit.rows[name].get(member) is not None:
            _mark(sheet, x(limit.rows[name][member]), y, mark, f"mark-{member.split('_')[1]}-{row}")


def _box(sheet: Sheet, left: float, right: float, rows: tuple[int, int], alpha: float, gid: str) -> None:
    top, bottom = rows
    xs, ys = [left, right, right, left], [top, top, bottom, bottom]
    sheet.fill(xs, ys, color=INKS["seen"], alpha=alpha, gid=gid)


def _mark(sheet: Sheet, x: float, y: float, mark: str, gid: str | None = None) -> None:
    sheet.axes.plot([x], [y], mark, color=INKS["seen"], markersize=6, gid=gid)


def _axis(sheet: Sheet, x: Callable[[int], float], limit: _Limit, y: float) -> None:
    """Mark every decade to either side, and write as many as there is room for, the innermost and outermost always."""
    every = math.ceil(_LABEL / (x(10 * limit.unit) - x(limit.unit)))
    sheet.rule([sheet.left, sheet.right], [y, y], color=INKS["muted"])
    for decade in range(limit.decades + 1):
        for sign in (-1, 1):
            us = sign * limit.unit * 10**decade
            sheet.rule([x(us)] * 2, [y, y + 4], color=INKS["muted"])
            between = decade % every == 0 and decade + every <= limit.decades
            if decade == limit.decades or between or not decade:
                side = "center" if decade < limit.decades else "right" if sign > 0 else "left"
                sheet.write(x(us), y + 13, words.signed(us), ha=side, fontsize=SMALL, color=INKS["muted"])
    sheet.write(sheet.right, y + 30, "after the deadline (log)", ha="right", fontsize=SMALL, color=INKS["muted"])


def _in_words(rows: _Rows, band: int, slack: int) -> str:
    said = [f"The contract allows {words.seconds(band)} to either side."]
    if slack:
        said.append(f"Before it, {words.seconds(slack)} more of activity may be forgotten.")
    for name, seen in rows.items():
        parts = [
            f"its {text} was {words.rounded(abs(seen[member]))} "
            f"{'before' if seen[member] < 0 else 'after'} the deadline"
            for member, text, _ in _SEEN
            if seen.get(member) is not None
        ]
        said.append(f"{name}: {words.listed(parts)}.")
    return " ".join(said)
