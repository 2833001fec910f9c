"""What the rows of a sweep come to: verdicts, who convicted, distributions over seeds, and what clean seeds are worth.

Pure functions of rows. A distribution is over seeds: each is one number of one seed, and all seeds count the same.
"""

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from conformance.sweep_rows import Head, Row
from conformance.verdict import HOLDS, UNFINISHED, VIOLATED
from conformance.worth import Worth, worth_of

_PER: Final = 1_000_000


def _unanswered(row: Row) -> int | None:
    """Give a share in millionths, rounded up: one of many is never none."""
    return -((row.answered - row.requests) * _PER // row.requests) if row.requests else None


MEASURES: Final[dict[str, tuple[str, str, Callable[[Row], int | None]]]] = {
    "lag_median": ("time to the last copy, median", "us", lambda row: row.lag.get("p50_us")),
    "lag_99": ("time to the last copy, 99th percentile", "us", lambda row: row.lag.get("p99_us")),
    "lag_most": ("time to the last copy, slowest write", "us", lambda row: row.lag.get("max_us")),
    "unanswered": ("requests without an answer in time", "ppm", _unanswered),
    "lost": ("acknowledged operations lost", "", lambda row: row.lost),
    "sessions_lost": ("sessions lost", "", lambda row: row.sessions_lost),
    "logins_forced": ("logins forced", "", lambda row: row.logins_forced),
}
"""What is compared over seeds: by name, what it is, its unit (µs, millionths, or a count), and its number of a seed."""


class Spread(Struct, kw_only=True):
    """How one measure spreads over seeds.

    Attributes:
        name, title, unit: of the measure.
        seeds: how many had a number.
        least, p50, p95, p99, most: of them, None where no seed had a number; a percentile is a number of some seed.
        worst: the seed that had the most.
    """

    name: str
    title: str
    unit: str
    seeds: int
    least: int | None = None
    p50: int | None = None
    p95: int | None = None
    p99: int | None = None
    most: int | None = None
    worst: int | None = None


class Failing(Struct, kw_only=True):
    """A seed that did not hold: why, and the command that repeats it."""

    seed: int
    verdict: str
    why: str
    again: str


class Summary(Struct, kw_only=True):
    """What a sweep came to.

    Attributes:
        head: what was swept.
        seeds: how many, from `first` to `last`.
        verdicts: how many seeds had each, the most first.
        convicted: by check, how many seeds it convicted.
        spreads: how each measure spreads.
        faults: by kind, in how many seeds it touched something.
        twice: how many seeds were run twice; `one_run` is how many of those were one run.
        failing: every seed that did not hold, or was not one run.
        worth: what these seeds are worth; None unless all of them held.
        broken: the seeds that say something of anynode: with a defect, or not one run.
    """

    head: Head
    seeds: int
    first: int
    last: int
    verdicts: dict[str, int]
    convicted: dict[str, int]
    spreads: list[Spread]
    faults: dict[str, int]
    twice: int
    one_run: int
    failing: list[Failing]
    worth: Worth | None
    broken: list[int]


def summary_of(head: Head, rows: Sequence[Row], scenario: str) -> Summary:
    """Put rows together.

    Args:
        head: what was swept.
        rows: at least one, in the order of their seeds.
        scenario: as it was named on the command line, for the commands that repeat a seed.
    """
    whom = [] if head.subject == "reference" else ["--subject", head.subject]
    failing = [
        Failing(
            seed=row.seed,
            verdict=row.verdict,
            why=why,
            again=shlex.join(["anynode", "run", scenario, "--seed", str(row.seed), *whom]),
        )
        for row in rows
        if (why := _why(row))
    ]
    verdicts = Counter(row.verdict for row in rows)
    return Summary(
        head=head,
        seeds=len(rows),
        first=rows[0].seed,
        last=rows[-1].seed,
        verdicts=dict(verdicts.most_common()),
        convicted=dict(Counter(check for row in rows for check in row.convicted).most_common()),
        spreads=[spread(name, rows) for name in MEASURES],
        faults=dict(sorted(Counter(kind for row in rows for kind, touched in row.faults.items() if touched).items())),
        twice=sum(row.twice for row in rows),
        one_run=sum(row.twice and not row.differs for row in rows),
        failing=failing,
        worth=None if failing else worth_of(len(rows)),
        broken=[row.seed for row in rows if row.defect or row.differs],
    )


def spread(name: str, rows: Sequence[Row]) -> Spread:
    """Tell how one of `MEASURES` spreads over seeds."""
    title, unit, of = MEASURES[name]
    numbers = sorted((number, -row.seed) for row in rows if (number := of(row)) is not None)
    if not numbers:
        return Spread(name=name, title=title, unit=unit, seeds=0)

    def at(percent: int) -> int:
        return numbers[max(-(-len(numbers) * percent // 100), 1) - 1][0]

    most, seed = numbers[-1]
    return Spread(
        name=name,
        title=title,
        unit=unit,
        seeds=len(numbers),
        least=numbers[0][0],
        p50=at(50),
        p95=at(95),
        p99=at(99),
        most=most,
        worst=-seed,
    )


def _why(row: Row) -> str:
    """Say in a few words why a seed is among those that fail; "" where it is not."""
    if row.differs:
        return f"run twice, it was not one run: {row.differs}"
    if row.defect:
        return f"a defect of anynode: {row.defect}" if row.verdict == UNFINISHED else row.defect
    if row.verdict == VIOLATED:
        return f"convicted by {', '.join(row.convicted)}"
    return "" if row.verdict == HOLDS else row.verdict
