"""Who comes when on a day: drawn from figures, or as it was recorded. Instants only; what a page does is elsewhere."""

from collections.abc import Sequence
from math import exp, log

from scenarios.traffic import Figures, Recording
from simulator.chance import MILLION, TABLE_SIZE, Chance, Stream

HOUR_US = 3_600 * MILLION

Day = list[tuple[int, ...]]
"""The instants of each visitor's pages in order, µs since the day began; visitors in the order of their first pages."""


def drawn_day(figures: Figures, chance: Chance) -> Day:
    """Draw a day with the figures of a measured one.

    Visitors come until the pages of the day are used up. One draws how many pages, and how far apart; all fit into the
    day, and the first is put where pages are still lacking, so that every hour comes to have its share.

    Args:
        figures: pages by hour, and the quantiles of gaps and of pages of a visitor.
        chance: of the day alone; a visitor has a stream of its own.

    Returns:
        As many pages as the figures have.
    """
    counts = quantile_table(figures.levels_percent, figures.pages_per_visitor)
    gaps_us = quantile_table(figures.levels_percent, [gap * MILLION for gap in figures.page_gap_s])
    span_us = figures.span_s * MILLION
    lacking, left = list(figures.pages_by_hour), figures.pages
    day: Day = []
    while left:
        stream = chance.stream("visitor", str(len(day) + 1))
        after = [0]
        for _ in range(min(left, stream.choice(counts)) - 1):
            after.append(after[-1] + stream.choice(gaps_us))
        after = [us for us in after if us < span_us]
        begin = _first_page(lacking, span_us - after[-1], stream)
        pages = tuple(begin + us for us in after)
        for at in pages:
            lacking[at // HOUR_US] -= 1
        left -= len(pages)
        day.append(pages)
    return sorted(day)


def recorded_day(recording: Recording, chance: Chance) -> Day:
    """Take a day as it was recorded: a recording tells the second, and where in it is drawn.

    Args:
        recording: its pages.
        chance: of the day alone; a visitor has a stream of its own.
    """
    seconds: list[list[int]] = [[] for _ in range(recording.visitors)]
    for second, visitor in recording.pages:
        seconds[visitor - 1].append(second)
    day = []
    for number, pages in enumerate(seconds, start=1):
        stream = chance.stream("visitor", str(number))
        day.append(tuple(sorted(second * MILLION + stream.below(MILLION) for second in pages)))
    return sorted(day)


def cut_out(day: Day, begin_us: int, end_us: int) -> Day:
    """Take a stretch of a day, with its instants counted from its beginning; who has no page in it does not come."""
    stretch = [tuple(at - begin_us for at in pages if begin_us <= at < end_us) for pages in day]
    return sorted(pages for pages in stretch if pages)


def quantile_table(levels_percent: Sequence[int], values: Sequence[int]) -> tuple[int, ...]:
    """Make an even table of quantiles from those at a few levels.

    Between two levels it rises geometrically, as what spans several powers of ten does, and evenly from 0. Rounded
    down, it does not depend on the last bit of the machine's `exp` and `log`.

    Args:
        levels_percent: from 0 to 100, rising.
        values: the quantile at each, from 0, not falling.
    """
    table = []
    place = 0
    for entry in range(TABLE_SIZE):
        percent = (entry + 0.5) * 100 / TABLE_SIZE
        while levels_percent[place + 1] <= percent:
            place += 1
        low, high = values[place], values[place + 1]
        part = (percent - levels_percent[place]) / (levels_percent[place + 1] - levels_percent[place])
        if low == 0:
            table.append(int(high * part))
        else:
            table.append(min(high, int(low * exp(log(high / low) * part) + _TINY)))
    return tuple(table)


_TINY = 1e-6
"""So that a value that should be whole is not rounded down for its last bit."""


def _first_page(lacking: Sequence[int], before_us: int, stream: Stream) -> int:
    """Draw an instant before another, in each hour as likely as pages are lacking there; anywhere if none are."""
    hours = lacking[: (before_us - 1) // HOUR_US + 1]
    place = stream.below(max(1, sum(max(0, pages) for pages in hours)))
    for hour, pages in enumerate(hours):
        if place < pages:
            return hour * HOUR_US + stream.below(min(HOUR_US, before_us - hour * HOUR_US))
        place -= max(0, pages)
    return stream.below(before_us)
