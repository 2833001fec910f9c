"""`make soak`: many seeds of every scenario, whole; the reference must be acquitted, and each seed be one run.

Each seed is run twice, in two processes with two hash seeds: judged the first time, only digested the second.
`python -m conformance.soak --help` tells the options. A table goes to stdout, how far it has come to stderr.
"""

import argparse
import os
import sys
import time  # noqa: TID251 - how long each run took is a figure of the table, and decides nothing
import traceback
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from conformance.cli import output
from conformance.cli.seeds import seeds_of
from conformance.judging import judgement
from conformance.planning import plan
from conformance.runner import world_of
from conformance.sweep_pool import Processes, in_order
from conformance.verdict import HOLDS
from scenarios import ScenarioRefused, load, names
from scenarios.shortened import LARGE

SEEDS = "20"
HASH_SEEDS = ("1", "977")
"""What the two runs of a seed differ in, besides their process."""


class Job(Struct, frozen=True):
    """One run to make."""

    scenario: str
    seed: int


class Ran(Struct, frozen=True):
    """What came of it; `verdict` is "" where nobody judged."""

    job: Job
    digest: str
    verdict: str
    wall_s: float


class Row(Struct, frozen=True):
    """What came of all seeds of one scenario; `again` are the commands that repeat what went wrong."""

    scenario: str
    seeds: int
    verdicts: dict[str, int]
    same: int
    wall_s: float
    again: list[str]

    @property
    def clean(self) -> bool:
        """Whether every seed was acquitted, and was one run."""
        return self.verdicts.get(HOLDS, 0) == self.same == self.seeds


def judged(job: Job) -> Ran:
    """Run a seed and judge it."""
    began = time.perf_counter()
    came = judgement(plan(load(job.scenario), seed=job.seed), f"{job.scenario}, seed {job.seed}")
    return Ran(job, came.outcome.digest, came.verdict, time.perf_counter() - began)


def digested(job: Job) -> Ran:
    """Run a seed for its digest alone."""
    began = time.perf_counter()
    outcome = world_of(plan(load(job.scenario), seed=job.seed)).run()
    return Ran(job, outcome.digest, "", time.perf_counter() - began)


def jobs_of(scenarios: Sequence[str], seeds: Sequence[int]) -> list[Job]:
    """List what is to be run, each scenario's seeds together; of a cluster above 20 nodes the first seed alone."""
    found = []
    for name in scenarios:
        chosen = seeds[:1] if load(name).cluster.nodes > LARGE else seeds
        found += [Job(name, seed) for seed in chosen]
    return found


def soak(jobs: Sequence[Job], processes: int, progress: Callable[[int], None]) -> list[Row]:
    """Run everything twice.

    Args:
        jobs: what to run.
        processes: how many at a time.
        progress: told how many runs are done.

    Returns:
        A row a scenario, in the order of the jobs.
    """
    done = 0
    passes: list[list[Ran]] = []
    for work, hash_seed in zip((judged, digested), HASH_SEEDS, strict=True):
        passes.append([])
        for ran in in_order(work, jobs, Processes(processes, hash_seed)):
            passes[-1].append(ran)
            done += 1
            progress(done)
    return rows(*passes)


def rows(first: Iterable[Ran], second: Iterable[Ran]) -> list[Row]:
    """Lay the two runs of each seed side by side."""
    pairs: dict[str, list[tuple[Ran, Ran]]] = {}
    for one, other in zip(first, second, strict=True):
        pairs.setdefault(one.job.scenario, []).append((one, other))
    return [_row(scenario, ran) for scenario, ran in pairs.items()]


def table(found: Sequence[Row]) -> str:
    """Write the rows for people, and below them the commands that repeat what went wrong."""
    width = max(len(row.scenario) for row in found)
    lines = [f"{'scenario':<{width}}  seeds  digests equal  wall s  verdicts"]
    for row in found:
        verdicts = ", ".join(f"{count} {word}" for word, count in sorted(row.verdicts.items()))
        lines.append(f"{row.scenario:<{width}}  {row.seeds:>5}  {row.same:>13}  {row.wall_s:>6.1f}  {verdicts}")
    seeds, same = sum(row.seeds for row in found), sum(row.same for row in found)
    held = sum(row.verdicts.get(HOLDS, 0) for row in found)
    lines.append(f"{'all':<{width}}  {seeds:>5}  {same:>13}  {sum(row.wall_s for row in found):>6.1f}  {held} {HOLDS}")
    lines += [f"again: {command}" for row in found for command in row.again]
    return "\n".join(lines)


def exit_code(found: Sequence[Row]) -> int:
    """Tell how it ends: a digest that differs is our own defect, a verdict tells as `anynode run` would."""
    if any(row.same != row.seeds for row in found):
        return output.OUR_DEFECT
    codes = {output.exit_code(word) for row in found for word in row.verdicts}
    return next(code for code in (output.VIOLATED, output.UNDECIDED, output.HELD) if code in codes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m conformance.soak", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=_seeds(SEEDS), metavar="N|A-B", help=f"default {SEEDS}")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="this one only; may be given several times")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="runs at a time")
    asked = parser.parse_args(arguments)
    try:
        jobs = jobs_of(asked.scenario or [entry.name for entry in names()], asked.seeds)
    except ScenarioRefused as error:
        parser.error(str(error))
    try:
        with output.progress(f"{len(jobs)} seeds, each twice", 2 * len(jobs)) as advance:
            found = soak(jobs, max(1, asked.processes), advance)
    except Exception:  # noqa: BLE001 (our own defect, whatever it is: exit code 1 would say "violated")
        output.note(traceback.format_exc())
        return output.OUR_DEFECT
    output.say(table(found))
    return exit_code(found)


def _row(scenario: str, ran: list[tuple[Ran, Ran]]) -> Row:
    verdicts: dict[str, int] = {}
    again = []
    for one, other in ran:
        verdicts[one.verdict] = verdicts.get(one.verdict, 0) + 1
        if one.verdict != HOLDS or one.digest != other.digest:
            again.append(f"anynode run {scenario} --seed {one.job.seed}")
    same = sum(one.digest == other.digest for one, other in ran)
    return Row(scenario, len(ran), verdicts, same, sum(one.wall_s + other.wall_s for one, other in ran), again)


def _seeds(text: str) -> list[int]:
    try:
        return seeds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
