"""Which seed of drawn worlds first convicts each broken store, and how small that failure becomes, and in what time.

The goals: every broken store within 200 seeds, and of what is left by shrinking a median of at most 3 faults and 8
requests, each in less than 60 s of one core. Known failures are left out: here only what is drawn counts. It takes
about a minute a store, so `make bench` does not run it.
"""

import argparse
import tempfile
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time  # noqa: TID251 - a benchmark measures time

import yaml
from msgspec import Struct

from conformance.broken import BROKEN
from conformance.shrinking import TRIES
from conformance.shrinking.shrinking import Shrinking
from conformance.shrinking.trial import Size, Trial
from conformance.swarm import drawing
from conformance.swarm.trying import Job, tried
from conformance.verdict import VIOLATED

SEEDS = 200


class Found(Struct, frozen=True):
    """What came of one store: the seed that convicts it, None for no such; then what is left of that run."""

    store: str
    seed: int | None
    check: str = ""
    before: Size | None = None
    after: Size | None = None
    runs: int = 0
    took_s: float = 0.0


def found(store: str) -> Found:
    """Draw worlds until one convicts, and make that failure small."""
    subject = f"broken:{store}"
    for seed in range(1, SEEDS + 1):
        if tried(Job(subject, seed, gate=False)).verdict == VIOLATED:
            return _shrunk(store, subject, seed)
    return Found(store, None)


def _shrunk(store: str, subject: str, seed: int) -> Found:
    began = process_time()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(subject, seed, Path(folder) / f"{drawing.name_of(seed)}.yaml")
        failing = trial.failing(yaml.safe_load(drawing.told(seed)), None)
        if failing is None:
            raise SystemExit(f"{subject}: seed {seed} convicts in the one way, and not in the other")
        smallest = Shrinking(trial, failing, lambda _: None, TRIES).run()
    took_s = process_time() - began
    return Found(store, seed, smallest.reason.check, failing.size, smallest.size, trial.runs, took_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, each store as it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broken", nargs="+", choices=sorted(BROKEN), default=sorted(BROKEN), metavar="NAME")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    print("store, seed, check: faults and requests before, and after; runs, processor seconds", flush=True)
    done = []
    with get_context("spawn").Pool(chosen.workers) as pool:
        for one in pool.imap_unordered(found, chosen.broken, chunksize=1):
            done.append(one)
            print(_line(one), flush=True)
    _sum_up(done)


def _line(one: Found) -> str:
    if one.before is None or one.after is None:
        return f"{one.store}: not within {SEEDS} seeds"
    before, after = one.before, one.after
    return (
        f"{one.store}, {one.seed}, {one.check}: {before.faults} and {before.operations:,}, {after.faults} and "
        f"{after.operations}; {one.runs}, {one.took_s:.1f}"
    )


def _sum_up(done: Sequence[Found]) -> None:
    shrunk = [one.after for one in done if one.after is not None]
    print(f"found {len(shrunk)} of {len(done)} within {SEEDS} seeds (goal: all)")
    if shrunk:
        print(f"median of faults {median(size.faults for size in shrunk)} (goal 3)")
        print(f"median of requests {median(size.operations for size in shrunk)} (goal 8)")
        print(f"longest {max(one.took_s for one in done):.1f} s (goal 60)")


if __name__ == "__main__":
    main()
