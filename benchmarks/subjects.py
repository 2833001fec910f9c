"""Stores over pipes: turns a second of an adapter that does nothing, and how a run's time is shared.

Turns are timed with harness and node on one core, as runs have them, and on any. The share is processor time: what the
harness used of a run against what the nodes used, by the kernel's own account.
"""

import argparse
import io
import os
import resource
import shutil
import time  # noqa: TID251 - a benchmark measures wall time
from collections.abc import Sequence
from pathlib import Path

from conformance.planning import plan
from conformance.runner import world_of
from conformance.subjects.foreign import ForeignNode
from conformance.subjects.stdio import Process
from conformance.subjects.third_party import hello
from reference.protocol import Init
from scenarios import load

HERE = Path(__file__).parent
STORES = HERE.parent / "examples" / "stores"
TURNS = 20_000
GOAL_TURNS = 10_000
GOAL_SHARE = 0.5
PROGRAMS = {"javascript": ["node", "empty.js"]}
RUNS = ("javascript",)


def turns_a_second(command: Sequence[str], *, pinned: bool) -> float:
    """Ring a timer of an empty adapter many times."""
    had = os.sched_getaffinity(0)
    if pinned:
        os.sched_setaffinity(0, {min(had)})
    process = Process(command, HERE, {}, "n1")
    try:
        hello(process)
        node = ForeignNode(process, Init("n1", 1, "c", (), "00" * 32, {}), 1)
        node.start((), 0, 0)
        for now in range(1_000):
            node.ring("warm", now, now)
        began = time.perf_counter()
        for now in range(TURNS):
            node.ring("t", now, now)
        return TURNS / (time.perf_counter() - began)
    finally:
        process.end()
        os.sched_setaffinity(0, had)


def share_of_the_harness(subject: Path, scenario: str) -> tuple[float, float]:
    """Run a scenario on a store; return the harness's share of the processor time, and the time in all, s."""
    decided = plan(load(scenario), subject=str(subject))
    crew = decided.prepared.enter(None)
    before = _used()
    try:
        world_of(decided, crew).run(io.BytesIO(), None)
    finally:
        crew.close()
    own, nodes = (after - was for after, was in zip(_used(), before, strict=True))
    return own / (own + nodes), own + nodes


def _used() -> tuple[float, float]:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; a language that is not there is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="crash-and-return-empty")
    chosen = parser.parse_args(arguments)
    for language, command in PROGRAMS.items():
        if shutil.which(command[0]) is None:
            print(f"{language}: not measured, {command[0]} is not installed")
            continue
        pinned, free = turns_a_second(command, pinned=True), turns_a_second(command, pinned=False)
        print(f"{language}, nothing done: {pinned:,.0f} turns/s on one core, {free:,.0f} on any (goal {GOAL_TURNS:,})")
    for language in RUNS:
        if shutil.which(PROGRAMS[language][0]) is not None:
            share, used_s = share_of_the_harness(STORES / f"{language}.yaml", chosen.scenario)
            said = f"the harness used {share:.0%} of {used_s:.1f} s (goal below {GOAL_SHARE:.0%})"
            print(f"{language}, {chosen.scenario}: {said}")


if __name__ == "__main__":
    main()
