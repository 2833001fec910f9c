"""The pages of a sweep: a summary in Markdown, and pictures of how seeds differ. Rows in, text out; nothing is judged.

A picture shows, for each number, the share of seeds that had at most it. Where all seeds had the same number there is
nothing to draw, and the table says it.
"""

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Final

from msgspec import Struct

from conformance.sweep_rows import Row
from conformance.sweep_summary import MEASURES, Spread, Summary
from reports import words
from reports.rendering import markdown
from reports.sheet import AXIS, SMALL, Plot, Sheet, plot, staircase
from reports.svg import INKS

FAILING_MOST: Final = 20
"""Failing seeds that the summary names; all stand in the rows."""

PICTURES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "lag": ("Time from an answer to the last copy", ("lag_median", "lag_99", "lag_most")),
    "availability": ("Requests without an answer within 2 s", ("unanswered",)),
    "lost": ("Acknowledged operations lost", ("lost",)),
    "sessions": ("Sessions lost, and logins forced", ("sessions_lost", "logins_forced")),
}
"""What is drawn: by name, the title, and the measures in it."""

_DASHES: Final = ("solid", (0, (5, 2)), (0, (1, 1.5)))
_MANY: Final = 50
"""From so many times the least on, a scale of powers of ten tells more."""
_FROM_ZERO: Final = 2
"""A scale begins at nothing unless all numbers are further from it than so many times their span."""
_LEFT, _TOP, _BOTTOM, _LEGEND = 52, 34, 204, 18


class Line(Struct, frozen=True):
    """One row of the table of distributions, in words."""

    title: str
    least: str
    p50: str
    p95: str
    p99: str
    most: str
    worst: str


def summary(found: Summary, pictures: Sequence[Plot]) -> str:
    """Write the summary as Markdown; every value is escaped.

    Args:
        found: what the sweep came to.
        pictures: those that lie beside it, as NAME.svg.
    """
    return markdown(
        "sweep.md.j2",
        {
            "head": found.head,
            "seeds": words.count(found.seeds, "seed"),
            "first": found.first,
            "last": found.last,
            "verdicts": [(verdict, f"{number:,}") for verdict, number in found.verdicts.items()],
            "convicted": [(words.spoken(check), f"{number:,}") for check, number in found.convicted.items()],
            "lines": lines(found),
            "faults": [(kind, words.count(number, "seed")) for kind, number in found.faults.items()],
            "twice": twice(found),
            "worth": worth(found),
            "failing": found.failing[:FAILING_MOST],
            "left_out": max(len(found.failing) - FAILING_MOST, 0),
            "pictures": [(picture.name, picture.title, picture.description) for picture in pictures],
        },
    )


def lines(found: Summary) -> list[Line]:
    """Write the distributions in words, those that have a number."""
    return [_line(spread) for spread in found.spreads if spread.seeds]


def _line(spread: Spread) -> Line:
    least, p50, p95, p99, most = (
        number(value or 0, spread.unit) for value in (spread.least, spread.p50, spread.p95, spread.p99, spread.most)
    )
    worst = "-" if spread.most == spread.least else str(spread.worst)
    return Line(spread.title, least, p50, p95, p99, most, worst)


def number(value: int, unit: str) -> str:
    """Write a number of a measure: µs as a time, millionths as percent, a count as it is."""
    if unit == "us":
        return words.rounded(value)
    if unit == "ppm":
        return f"{value / 10_000:.4g} %"
    return f"{value:,}"


def twice(found: Summary) -> str:
    """Say how many seeds were run twice, and whether each was one run."""
    if not found.twice:
        return f"None of these seeds is among the {found.head.twice} % that are run twice."
    if found.one_run == found.twice:
        each = "it was one run" if found.twice == 1 else "each was one run"
        return f"{words.count(found.twice, 'seed')} of {found.seeds:,} ran twice, in two processes; {each}."
    parted = words.count(found.twice - found.one_run, "seed")
    return f"{words.count(found.twice, 'seed')} of {found.seeds:,} ran twice, in two processes; not one run: {parted}."


def worth(found: Summary) -> str:
    """Say what clean seeds are worth; "" where some were not."""
    if found.worth is None:
        return ""
    clean = words.count(found.worth.seeds, "clean seed")
    return (
        f"{clean} of this scenario leave room, at {found.worth.confidence * 100:.0f} % confidence, for a bug that "
        f"shows in up to {found.worth.exact * 100:.3g} % of its seeds (about 3 in {found.worth.seeds:,})."
    )


def drawn(rows: Sequence[Row]) -> list[Plot]:
    """Draw every picture in which seeds differ."""
    found = []
    for name, (title, measures) in PICTURES.items():
        series = [(measure, numbers) for measure in measures if len(set(numbers := _numbers(measure, rows))) > 1]
        if series:
            found.append(_picture(name, title, series))
    return found


def _numbers(measure: str, rows: Sequence[Row]) -> list[int]:
    _, _, of = MEASURES[measure]
    return sorted(value for row in rows if (value := of(row)) is not None)


def _picture(name: str, title: str, series: Sequence[tuple[str, list[int]]]) -> Plot:
    unit = MEASURES[series[0][0]][1]
    least = min(numbers[0] for _, numbers in series)
    most = max(numbers[-1] for _, numbers in series)

    def draw(width: int) -> Sheet:
        top = _TOP + _LEGEND * len(series)
        bottom = top + _BOTTOM - _TOP
        sheet = Sheet(width=width, height=bottom + AXIS + 16, left=_LEFT, end_us=1, right_margin=26)
        marks, decades = marks_of(least, most)
        x = _scale(sheet, marks, decades=decades)
        sheet.write(8, 10, f"{title}: share of seeds with at most this", weight="bold")
        for percent in (0, 50, 100):
            y = bottom - (bottom - top) * percent / 100
            sheet.rule([_LEFT, sheet.right], [y, y])
            sheet.write(_LEFT - 8, y, f"{percent} %", ha="right", fontsize=SMALL, color=INKS["muted"])
        for mark in marks:
            sheet.rule([x(mark)] * 2, [bottom, bottom + 4], color=INKS["muted"])
            sheet.write(x(mark), bottom + 13, number(mark, unit), ha="center", fontsize=SMALL, color=INKS["muted"])
        for place, (measure, numbers) in enumerate(series):
            legend = _TOP - 8 + _LEGEND * place
            how: dict[str, Any] = {"color": INKS["seen"], "linewidth": 1.6, "linestyle": _DASHES[place]}
            sheet.rule([_LEFT, _LEFT + 30], [legend, legend], **how)
            sheet.write(_LEFT + 36, legend, MEASURES[measure][0], fontsize=SMALL)
            points = [(x(value), bottom - (bottom - top) * share) for value, share in shares(numbers)]
            xs, ys = staircase([(x(numbers[0]), float(bottom)), *points], sheet.right)
            sheet.rule(xs, ys, gid=f"mark-curve-{place}", **how)
        return sheet

    return plot(name, title, "rows of the sweep", _in_words(series, unit), draw)


def shares(numbers: Sequence[int]) -> list[tuple[int, float]]:
    """Give each number that occurs with the share of numbers that are at most it; the numbers are in order."""
    found, below = [], 0
    for value, alike in groupby(numbers):
        below += len(list(alike))
        found.append((value, below / len(numbers)))
    return found


def _scale(sheet: Sheet, marks: Sequence[int], *, decades: bool) -> Callable[[int], float]:
    """Make what tells where a number lies, in pixels."""
    room, first, last = sheet.right - sheet.left, marks[0], marks[-1]
    if decades:
        return lambda value: sheet.left + room * math.log(value / first) / math.log(last / first)
    return lambda value: sheet.left + room * (value - first) / (last - first)


def marks_of(least: int, most: int) -> tuple[list[int], bool]:
    """Say which numbers a scale marks, from the first to the last, and whether they are powers of ten.

    Args:
        least: the least number on it, not below 0.
        most: the greatest, above that.
    """
    if least > 0 and most > _MANY * least:
        return [10**power for power in range(len(str(least)) - 1, len(str(most)) + 1)], True
    from_zero = least < (most - least) * _FROM_ZERO
    step = _step(most if from_zero else most - least)
    return [step * mark for mark in range(0 if from_zero else least // step, -(-most // step) + 1)], False


def _step(span: int) -> int:
    """Give the round number that divides a span into at most five, and is no part of one."""
    size: int = 10 ** max(len(str(span)) - 2, 0)
    return next(size * factor for factor in (1, 2, 5, 10, 20, 50) if size * factor * 5 >= span)


def _in_words(series: Sequence[tuple[str, list[int]]], unit: str) -> str:
    said = []
    for measure, numbers in series:
        half, most = (number(numbers[place], unit) for place in ((len(numbers) - 1) // 2, -1))
        title = words.begun(MEASURES[measure][0])
        said.append(f"{title}: at most {half} in half of {words.count(len(numbers), 'seed')}, at most {most} in all.")
    return " ".join(said)
