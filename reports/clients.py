"""What users' clients met over time: how much they asked, how many requests were answered, and how fast.

Run document in, plots out, by the rules of `reports.plots`.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from reports import words
from reports.document import RunDocument
from reports.sheet import (
    AXIS,
    LANE,
    SMALL,
    Plot,
    Sheet,
    fault_bands,
    lanes,
    plot,
    staircase,
    steps_of,
    time_axis,
    time_end,
)
from reports.svg import INKS

_ROW: Final = 96
"""Height of a row in pixels."""

_GAP: Final = 26
_FAILED: Final = 54
"""Heights of what lies between the rows of the answered and the unanswered, and of the latter."""

_LINES: Final[tuple[tuple[str, float, Any], ...]] = (
    ("half", 2.2, "solid"),
    ("95 %", 1.4, (0, (5, 2))),
    ("99 %", 1.2, (0, (1.5, 1.5))),
)
"""Name, width and dashes of each line of latency, so that they read without colour."""


def availability(document: RunDocument) -> Plot | None:
    """Draw the share of requests that had a definite answer within 2 s, and below it, if any, how many had none."""
    seen = document.availability()
    if seen is None or not seen.buckets:
        return None
    missed = [(begin, asked - answered) for begin, asked, answered in seen.buckets]
    most = max(number for _, number in missed)

    def draw(width: int) -> Sheet:
        top = 30 + LANE * lanes(document)
        bottom = top + _ROW
        end = bottom + _GAP + _FAILED if most else bottom
        sheet = Sheet(width=width, height=end + AXIS, left=76, end_us=time_end(document, seen.buckets[-1][0]))
        sheet.write(8, 10, "Requests answered within 2 s", weight="bold")
        fault_bands(sheet, document, 22, end)
        for percent in (0, 50, 100):
            y = bottom - (bottom - top) * percent / 100
            sheet.rule([sheet.left, sheet.right], [y, y])
            sheet.write(sheet.left - 8, y, f"{percent} %", ha="right", fontsize=SMALL, color=INKS["muted"])
        shares = [(begin, bottom - (bottom - top) * answered / asked) for begin, asked, answered in seen.buckets]
        xs, ys = _broken(sheet, shares, seen.bucket_us)
        sheet.axes.plot(xs, ys, color=INKS["seen"], linewidth=1.6, gid="mark-share")
        if most:
            _missed(sheet, missed, most, seen.bucket_us, bottom + _GAP)
        time_axis(sheet, end)
        return sheet

    source = document.figures["availability"].source
    return plot("availability", "Answered, over time", source, _answered_in_words(seen.buckets, seen.bucket_us), draw)


def _missed(sheet: Sheet, missed: Sequence[tuple[int, int]], most: int, bucket_us: int, base: float) -> None:
    """Draw downwards from a line how many requests of each span were not answered in time."""
    sheet.write(sheet.left, base - 10, "Not answered within 2 s, downwards", fontsize=SMALL)
    sheet.rule([sheet.left, sheet.right], [base, base])
    sheet.write(sheet.left - 8, base, "0", ha="right", fontsize=SMALL, color=INKS["muted"])
    sheet.write(sheet.left - 8, base + _FAILED - 6, f"{most:,}", ha="right", fontsize=SMALL, color=INKS["muted"])
    for begin, number in missed:
        if number:
            _bar(sheet, begin, bucket_us, base, (_FAILED - 6) * number / most)


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
        f"In spans of {words.instant(seen.bucket_us)}: half of the answers took between "
        f"{words.rounded(min(bucket[1] for bucket in seen.buckets))} and "
        f"{words.rounded(max(bucket[1] for bucket in seen.buckets))}. The slowest span began at "
        f"{words.instant(begin)}: 99 % of its answers took at most {words.rounded(worst)}."
    )
    return plot("latency", "Latency, over time", document.figures["latency"].source, told, draw)


def load(document: RunDocument) -> Plot | None:
    """Draw how much users asked, and below it how many sessions they held live."""
    seen = document.load()
    if seen is None or not seen.buckets:
        return None
    asked = steps_of([(begin, number) for begin, number, _ in seen.buckets], seen.bucket_us)
    live = [(0, 0), *((begin + seen.bucket_us, number) for begin, _, number in seen.buckets)]
    span = words.instant(seen.bucket_us)

    def draw(width: int) -> Sheet:
        top = 4 + LANE * lanes(document)
        end = time_end(document, asked[-1][0])
        sheet = Sheet(width=width, height=top + 2 * (_ROW + _GAP) + AXIS, left=76, end_us=end)
        fault_bands(sheet, document, 2, top + 2 * (_ROW + _GAP))
        _row(sheet, asked, top + _GAP, f"Requests in {span}", "mark-asked")
        _row(sheet, live, top + _ROW + 2 * _GAP, "Sessions live", "mark-live")
        time_axis(sheet, top + 2 * (_ROW + _GAP))
        return sheet

    most_at, most = max(asked, key=lambda step: step[1])
    held_at, held = max(live, key=lambda step: step[1])
    told = (
        f"At most {words.count(most, 'request')} in {span}, from {words.instant(most_at)} on, and "
        f"{words.count(held, 'session')} live at once, at {words.instant(held_at)}. A session is live to its user from "
        "its login until a logout, another login, a revocation, a denial or a limit."
    )
    return plot("load", "Requests and live sessions, over time", document.figures["load"].source, told, draw)


def _row(sheet: Sheet, steps: Sequence[tuple[int, int]], top: float, title: str, gid: str) -> None:
    """Draw steps upwards in a row of their own, under its title."""
    most, base = max(1, *(value for _, value in steps)), top + _ROW
    sheet.write(sheet.left, top - 12, title, weight="bold")
    for value in (0, most):
        y = base - _ROW * value / most
        sheet.rule([sheet.left, sheet.right], [y, y])
        sheet.write(sheet.left - 8, y, f"{value:,}", ha="right", fontsize=SMALL, color=INKS["muted"])
    points = ((sheet.x(t), base - _ROW * value / most) for t, value in steps)
    sheet.area(*staircase(points, sheet.right), base, gid)


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
    sheet.fill(xs, ys, color=INKS["bad"], gid=f"mark-missed-{begin // bucket_us}")


def _answered_in_words(buckets: Sequence[tuple[int, int, int]], bucket_us: int) -> str:
    asked, answered = sum(bucket[1] for bucket in buckets), sum(bucket[2] for bucket in buckets)
    said = f"Of {words.count(asked, 'request')} {answered:,} had a definite answer within 2 s."
    begin, most, least = min(buckets, key=lambda bucket: bucket[2] / bucket[1])
    if least == most:
        return f"{said} None went without."
    span = words.instant(bucket_us)
    return f"{said} The worst {span} began at {words.instant(begin)}: {least:,} of {most:,} were answered."
