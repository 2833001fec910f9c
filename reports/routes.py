"""Whom the balancer sent requests to, over time: a row a node, what failed there in a stronger shape.

Run document in, plots out, by the rules of `reports.plots`.
"""

from typing import Final

from reports import words
from reports.document import RunDocument
from reports.rows import Two, draw_part, draw_whole, rows_sheet
from reports.shapes import Route
from reports.sheet import SMALL, Plot, Sheet, plot, shortened, steps_of
from reports.svg import INKS

ROWS_MOST: Final = 12
"""Of more nodes those with the most errors are drawn, and then those that were sent the most."""

_ROW: Final = 42
_LEFT: Final = 76
_TWO: Final = Two("sent", "of these, failed", "mark-legend-sent", 72)


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
        last = max(begin for route in seen.by_node.values() for begin, _, _ in route.buckets)
        heading, size = f"Requests to each node, 0 to {most:,} in {span}", (width, _LEFT)
        sheet, top = rows_sheet(document, size, (len(rows), _ROW), heading, _TWO if failed else None, [last])
        for place, node in enumerate(rows):
            base = top + _ROW * (place + 1)
            _line(sheet, seen.by_node[node], seen.bucket_us, base, (_ROW - 10) / most, place)
            sheet.write(sheet.left - 8, base - 8, shortened(node, 62), ha="right")
        return sheet

    told = " ".join(_in_words(node, seen.by_node[node]) for node in rows)
    rest = len(seen.by_node) - len(rows)
    told += f" {words.count(rest, 'other node')} with no more errors than these." if rest else ""
    return plot("routes", "Where the balancer sent requests", document.figures["routes"].source, told, draw)


def _line(sheet: Sheet, route: Route, bucket_us: int, base: float, scale: float, place: int) -> None:
    sheet.rule([sheet.left, sheet.right], [base, base])
    if not route.buckets:
        sheet.write(sheet.left + 4, base - 8, "nothing was sent to it", fontsize=SMALL, color=INKS["muted"])
        return
    sent = steps_of([(begin, asked) for begin, asked, _ in route.buckets], bucket_us)
    draw_whole(sheet, sent, base, scale, f"mark-sent-{place}")
    if route.errors:
        failed = steps_of([(begin, wrong) for begin, _, wrong in route.buckets], bucket_us)
        draw_part(sheet, failed, base, scale, f"mark-failed-{place}", _TWO.ink)


def _in_words(node: str, route: Route) -> str:
    said = f"{node} was sent {words.count(route.asked, 'request')}"
    if route.unready:
        said += f", {route.unready:,} while it did not say that it was ready"
    return f"{said}; {route.errors:,} failed." if route.errors else f"{said}; none failed."
