"""Whom the balancer sent requests to, over time: a row a node, what failed there in a stronger shape.

Run document in, plots out, by the rules of `reports.plots`.
"""

from typing import Final

from reports import words
from reports.document import RunDocument
from reports.shapes import Route
from reports.sheet import (
    AXIS,
    LANE,
    SMALL,
    Plot,
    Sheet,
    fault_bands,
    lanes,
    plot,
    shortened,
    staircase,
    steps_of,
    time_axis,
    time_end,
)
from reports.svg import INKS

ROWS_MOST: Final = 12
"""Of more nodes those with the most errors are drawn, and then those that were sent the most."""

_ROW: Final = 42
_LEGEND: Final = 24


def routes(document: RunDocument) -> Plot | None:
    """Draw for each node what was sent to it over time, and what of that failed: one scale for all rows."""
    seen = document.routes()
    if seen is None or not any(route.asked for route in seen.by_node.values()):
        return None
    most = max(asked for route in seen.by_node.values() for _, asked, _ in route.buckets)
    worst = sorted(seen.by_node, key=lambda node: (-seen.by_node[node].errors, -seen.by_node[node].asked))[:ROWS_MOST]
    rows = [node for node in seen.by_node if node in worst]
    span = words.instant(seen.bucket_us)
    failed = any(route.errors for route in seen.by_node.values())

    def draw(width: int) -> Sheet:
        names = 22 + (_LEGEND if failed else 0)
        top = names + LANE * lanes(document)
        bottom = top + _ROW * len(rows) + 6
        last = max(begin for route in seen.by_node.values() for begin, _, _ in route.buckets)
        sheet = Sheet(width=width, height=bottom + AXIS, left=76, end_us=time_end(document, last))
        sheet.write(8, 10, f"Requests to each node, 0 to {most:,} in {span}", weight="bold")
        if failed:
            _legend(sheet, 30)
        fault_bands(sheet, document, names, bottom)
        for place, node in enumerate(rows):
            base = top + _ROW * (place + 1)
            _line(sheet, seen.by_node[node], seen.bucket_us, base, (_ROW - 10) / most, place)
            sheet.write(sheet.left - 8, base - 8, shortened(node, 62), ha="right")
        time_axis(sheet, bottom)
        return sheet

    told = " ".join(_in_words(node, seen.by_node[node]) for node in rows)
    rest = len(seen.by_node) - len(rows)
    told += f" {words.count(rest, 'other node')} with no more errors than these." if rest else ""
    return plot("routes", "Where the balancer sent requests", document.figures["routes"].source, told, draw)


def _legend(sheet: Sheet, y: float) -> None:
    sheet.area([8.0, 26.0], [y - 4, y - 4], y + 4, "mark-legend-sent")
    sheet.write(31, y, "sent", fontsize=SMALL)
    sheet.axes.fill([72, 90, 90, 72], [y - 5, y - 5, y + 5, y + 5], color=INKS["bad"], linewidth=0)
    sheet.write(95, y, "of these, failed", fontsize=SMALL)


def _line(sheet: Sheet, route: Route, bucket_us: int, base: float, scale: float, place: int) -> None:
    sheet.rule([sheet.left, sheet.right], [base, base])
    if not route.buckets:
        sheet.write(sheet.left + 4, base - 8, "nothing was sent to it", fontsize=SMALL, color=INKS["muted"])
        return
    sent = steps_of([(begin, asked) for begin, asked, _ in route.buckets], bucket_us)
    sheet.area(
        *staircase(((sheet.x(t), base - value * scale) for t, value in sent), sheet.right), base, f"mark-sent-{place}"
    )
    if route.errors:
        failed = steps_of([(begin, wrong) for begin, _, wrong in route.buckets], bucket_us)
        xs, ys = staircase(((sheet.x(t), base - value * scale) for t, value in failed), sheet.right)
        ink = INKS["bad"]
        sheet.axes.fill([xs[0], *xs, xs[-1]], [base, *ys, base], color=ink, linewidth=0, gid=f"mark-failed-{place}")


def _in_words(node: str, route: Route) -> str:
    said = f"{node} was sent {words.count(route.asked, 'request')}"
    if route.unready:
        said += f", {route.unready:,} while it did not say that it was ready"
    return f"{said}; {route.errors:,} failed." if route.errors else f"{said}; none failed."
