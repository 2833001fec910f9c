"""One seed, one run, to the byte: in another process, with another hash seed, for every scenario.

A long scenario runs some minutes around its faults here, and whole in `make soak`; a large one its first seconds.
"""

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from conformance.planning import plan
from conformance.runner import world_of
from conformance.sweep_pool import Processes
from scenarios import around_faults, load, names
from scenarios.shortened import LARGE

SCENARIOS = [entry.name for entry in names()]
MINUTES = 2
"""Enough for every fault to strike; what a run keeps in longer time is what suites and soak look at."""
FIRST_US = 4_000_000
"""Of a cluster above 20 nodes: they all start and meet in that time, which is most of what they ever do."""
SMALLEST = 300
"""What was found is kept as small as it could be made: there less happens."""
WHOLE = 0
HASH_SEEDS = ("1", "977")


class Enough(Exception):
    """Ends a run early."""


def told(scenario: str, until_us: int) -> tuple[int, str, str, str]:
    """Run a scenario up to an instant, µs.

    Returns:
        How much was carried and asked, the digest, the hash of the history, and what is another in each process: the
        hash of a word.
    """

    def stop(now: int) -> None:
        if 0 < until_us <= now:
            raise Enough

    world, history = world_of(plan(load(scenario), seed=7)), io.BytesIO()
    with suppress(Enough):
        world.run(history, progress=stop)
    happened = world.recorder.messages + history.getvalue().count(b"\n")
    return happened, world.recorder.digest(), hashlib.sha256(history.getvalue()).hexdigest(), str(hash("a word"))


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Executor]]:
    """Two processes whose sets have each an order of their own."""
    with ExitStack() as stack:
        opened = []
        for hash_seed in HASH_SEEDS:
            opened.append(stack.enter_context(Processes(1, hash_seed).opened()))
            opened[-1].submit(int).result()  # a process begins with its first job
        yield opened


@pytest.mark.parametrize("name", SCENARIOS)
def test_two_processes_with_two_hash_seeds_give_one_run(name: str, tmp_path: Path, processes: list[Executor]) -> None:
    whole = load(name)
    scenario, until_us = name, FIRST_US
    if whole.cluster.nodes <= LARGE:
        until_us = WHOLE
        short = around_faults(whole, MINUTES)
        if short is not whole:
            file = tmp_path / f"{name}.yaml"
            file.write_text(short.text, encoding="utf-8")
            scenario = str(file)
    (*one, salt), (*other, another) = [process.submit(told, scenario, until_us).result() for process in processes]
    assert salt != another, "both processes hash alike"
    assert one == other
    assert whole.path is not None
    least = SMALLEST if whole.path.parent.name == "regressions" else 1_000
    assert one[0] > least, "hardly anything happened"
