"""What users' clients met over time: how many of their requests were answered, and how fast.

Run document in, plots out, by the rules of `reports.plots`.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from reports import words
from reports.document import RunDocument
from reports.sheet import AXIS, LANE, SMALL, Plot, Sheet, fault_bands, lanes, plot, time_axis, time_end
from reports.svg import INKS

_ROW: Final = 96
"""Height of a row in pixels."""

_LINES: Final[tuple[tuple[str, float, Any], ...]] = (
    ("half", 2.2, "solid"),
    ("95 %", 1.4, (0, (5, 2))),
    ("99 %", 1.2, (0, (1.5, 1.5))),
)
"""Name, width and dashes of each line of latency, so that they read without colour."""


def availability(document: RunDocument) -> Plot | None:
    """Draw the share of requests that had a definite answer within 2 s, and below it how many had none."""
    seen = document.availability()
    if seen is None or not seen.buckets:
        return None
    missed = [(begin, asked - answered) for begin, asked, answered in seen.buckets]
    most = max(1, *(number for _, number in missed))

    def draw(width: int) -> Sheet:
        top, bottom, failed = _frame(document)
        sheet = Sheet(width=width, height=failed + AXIS, left=76, end_us=time_end(document, seen.buckets[-1][0]))
        sheet.write(sheet.left, 10, "Requests answered within 2 s; below, those that were not", weight="bold")
        fault_bands(sheet, document, 22, failed)
        for percent in (0, 50, 100):
            y = bottom - (bottom - top) * percent / 100
            sheet.rule([sheet.left, sheet.right], [y, y])
            sheet.write(sheet.left - 8, y, f"{percent} %", ha="right", fontsize=SMALL, color=INKS["muted"])
        shares = [(begin, bottom - (bottom - top) * answered / asked) for begin, asked, answered in seen.buckets]
        xs, ys = _broken(sheet, shares, seen.bucket_us)
        sheet.axes.plot(xs, ys, color=INKS["seen"], linewidth=1.6, gid="mark-share")
        sheet.rule([sheet.left, sheet.right], [bottom + 14, bottom + 14])
        sheet.write(sheet.left - 8, bottom + 14, "0", ha="right", fontsize=SMALL, color=INKS["muted"])
        sheet.write(sheet.left - 8, failed - 6, f"{most:,} not", ha="right", fontsize=SMALL, color=INKS["muted"])
        for begin, number in missed:
            if number:
                _bar(sheet, begin, seen.bucket_us, bottom + 14, (failed - bottom - 20) * number / most)
        time_axis(sheet, failed)
        return sheet

    source = document.figures["availability"].source
    return plot("availability", "Answered, over time", source, _answered_in_words(seen.buckets, seen.bucket_us), draw)


def latency(document: RunDocument) -> Plot | None:
    """Draw how long the answers took: half, 95 % and 99 % of them, on a logarithmic scale."""
    seen = document.latency()
    if seen is None or not seen.buckets:
        return None
    values = [max(value, 1) for bucket in seen.buckets for value in bucket[1:]]
    low = 10 ** (len(str(min(values))) - 1)
    high = 10 ** len(str(max(values)))

    def draw(width: int) -> Sheet:
        top = 40 + LANE * lanes(document)
        bottom = top + 2 * _ROW
        sheet = Sheet(width=width, height=bottom + AXIS, left=76, end_us=time_end(document, seen.buckets[-1][0]))
        sheet.write(8, 10, "Time to the answer (log)", weight="bold")
        fault_bands(sheet, document, 40, bottom)

        def y(us: int) -> float:
            return bottom - (bottom - top) * math.log(max(us, low) / low) / math.log(high / low)

        decade = low
        while decade <= high:
            sheet.rule([sheet.left, sheet.right], [y(decade)] * 2)
            sheet.write(sheet.left - 8, y(decade), words.span(decade), ha="right", fontsize=SMALL, color=INKS["muted"])
            decade *= 10
        for place, (name, thick, dashes) in enumerate(_LINES):
            xs, ys = _broken(sheet, [(bucket[0], y(bucket[place + 1])) for bucket in seen.buckets], seen.bucket_us)
            style: dict[str, Any] = {"color": INKS["seen"], "linewidth": thick, "linestyle": dashes}
            sheet.axes.plot(xs, ys, gid=f"mark-latency-{place}", **style)
            sheet.axes.plot([8 + 84 * place, 30 + 84 * place], [29, 29], **style)
            sheet.write(35 + 84 * place, 29, name, fontsize=SMALL)
        time_axis(sheet, bottom)
        return sheet

    begin, _, _, worst = max(seen.buckets, key=lambda bucket: bucket[3])
    told = (
        f"In spans of {words.seconds(seen.bucket_us)}: half of the answers took between "
        f"{words.rounded(min(bucket[1] for bucket in seen.buckets))} and "
        f"{words.rounded(max(bucket[1] for bucket in seen.buckets))}. The slowest span began at "
        f"{words.rounded(begin)}: 99 % of its answers took at most {words.rounded(worst)}."
    )
    return plot("latency", "Latency, over time", document.figures["latency"].source, told, draw)


def _frame(document: RunDocument) -> tuple[float, float, int]:
    """Give top and bottom of the row of shares, and the bottom of the row of failures."""
    top = 30 + LANE * lanes(document)
    return top, top + _ROW, top + _ROW + 14 + 60


def _broken(sheet: Sheet, points: Sequence[tuple[int, float]], bucket_us: int) -> tuple[list[float], list[float]]:
    """Make level pieces of a line, one a span, joined where spans follow each other and broken where one is missing."""
    xs: list[float] = []
    ys: list[float] = []
    before = points[0][0] - bucket_us
    for begin, y in points:
        if begin != before + bucket_us:
            xs.append(math.nan)
            ys.append(math.nan)
        xs += [sheet.x(begin), sheet.x(begin + bucket_us)]
        ys += [round(y, 2)] * 2
        before = begin
    return xs, ys


def _bar(sheet: Sheet, begin: int, bucket_us: int, base: float, height: float) -> None:
    left, right = sheet.x(begin), max(sheet.x(begin + bucket_us), sheet.x(begin) + 1)
    low = base + max(height, 1)
    xs, ys = [left, right, right, left], [base, base, low, low]
    sheet.axes.fill(xs, ys, color=INKS["bad"], linewidth=0, gid=f"mark-missed-{begin // bucket_us}")


def _answered_in_words(buckets: Sequence[tuple[int, int, int]], bucket_us: int) -> str:
    asked, answered = sum(bucket[1] for bucket in buckets), sum(bucket[2] for bucket in buckets)
    said = f"Of {words.count(asked, 'request')} {answered:,} had a definite answer within 2 s."
    begin, most, least = min(buckets, key=lambda bucket: bucket[2] / bucket[1])
    if least == most:
        return f"{said} None went without."
    span = words.seconds(bucket_us)
    return f"{said} The worst {span} began at {words.rounded(begin)}: {least:,} of {most:,} were answered."
