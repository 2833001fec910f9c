"""What went between the nodes over time: a row a kind of message, what was lost of it in a stronger shape.

Run document in, plots out, by the rules of `reports.plots`.
"""

from collections.abc import Sequence
from typing import Final

from reports import words
from reports.document import RunDocument
from reports.rows import Two, draw_part, draw_whole, rows_sheet
from reports.shapes import Kind, Traffic
from reports.sheet import SMALL, Plot, Sheet, plot, shortened, steps_of
from reports.svg import INKS

ROWS_MOST: Final = 10
"""Of more kinds the most frequent are drawn, and those of which most was lost."""

_ROW: Final = 40
_LEFT: Final = 92
_TWO: Final = Two("arrived", "lost", "mark-legend-arrived", 88)


def traffic(document: RunDocument) -> Plot | None:
    """Draw for each kind of message how many went between nodes over time, each row on its own scale."""
    seen = document.traffic()
    kinds = [kind for kind in seen.by_kind if _most(kind)] if seen is not None else []
    if seen is None or not kinds:
        return None
    worst = sorted(kinds, key=lambda kind: (-kind.lost, -kind.carried))[: ROWS_MOST // 2]
    often = [kind for kind in kinds if kind not in worst][: ROWS_MOST - len(worst)]
    rows = [kind for kind in kinds if kind in worst or kind in often]
    lost = any(kind.lost for kind in rows)
    last = max(begin for kind in rows for begin, _, _ in kind.buckets)

    def draw(width: int) -> Sheet:
        heading, size = "Messages between nodes, most in a second", (width, _LEFT)
        sheet, top = rows_sheet(document, size, (len(rows), _ROW), heading, _TWO if lost else None, [last])
        for place, kind in enumerate(rows):
            _row(sheet, kind, seen.bucket_us, top + _ROW * (place + 1), place)
        return sheet

    told = _in_words(seen, rows, len(kinds) - len(rows))
    return plot("traffic", "Messages between nodes", document.figures["traffic"].source, told, draw)


def _row(sheet: Sheet, kind: Kind, bucket_us: int, base: float, place: int) -> None:
    """Draw what arrived as an area and a line, and what was lost as a full area in front of it."""
    most = _most(kind)
    scale = (_ROW - 12) / most
    sheet.rule([sheet.left, sheet.right], [base, base])
    sheet.write(sheet.left - 8, base - 20, shortened(kind.kind, _LEFT - 14), ha="right")
    sheet.write(sheet.left - 8, base - 6, per_second(most, bucket_us), ha="right", fontsize=SMALL, color=INKS["muted"])
    arrived = steps_of([(begin, carried) for begin, carried, _ in kind.buckets], bucket_us)
    draw_whole(sheet, arrived, base, scale, f"mark-arrived-{place}")
    if kind.lost:
        gone = steps_of([(begin, lost) for begin, _, lost in kind.buckets], bucket_us)
        draw_part(sheet, gone, base, scale, f"mark-lost-{place}", _TWO.ink)


def per_second(number: int, bucket_us: int) -> str:
    """Write a count of a span as a rate: "3.2/s", "1,240/s"; what is too rare for that by the minute or the hour."""
    tenths, unit = 0, "s"
    for unit, seconds in (("s", 1), ("min", 60), ("h", 3_600)):  # noqa: B007 - the last one is used
        tenths = number * 10 * seconds * words.SECOND_US // bucket_us
        if tenths or not number:
            break
    each = f"{tenths // 10:,}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10:.1f}"  # noqa: PLR2004
    return f"{each}/{unit if number else 's'}"


def _most(kind: Kind) -> int:
    """Give the most that arrived, or was lost, in one span: the height of the kind's row."""
    return max((max(carried, lost) for _, carried, lost in kind.buckets), default=0)


def _in_words(seen: Traffic, rows: Sequence[Kind], rest: int) -> str:
    said = []
    for kind in rows:
        lost = f", {kind.lost:,} lost" if kind.lost else ""
        rate = per_second(_most(kind), seen.bucket_us)
        said.append(f"{kind.kind} on the {kind.channel} channel: {kind.carried:,} arrived{lost}, at most {rate}.")
    said += [f"{words.count(rest, 'rarer kind')} not drawn."] if rest else []
    if seen.lost_by_cause:
        causes = [f"{number:,} to {cause}" for cause, number in seen.lost_by_cause.items()]
        said.append(f"Lost by cause: {words.listed(causes)}.")
    return " ".join(said)
