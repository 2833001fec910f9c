"""One seed, one run, to the byte: in another process, with another hash seed, for every scenario.

A long scenario runs some minutes around its faults here, and whole in `make soak`; a large one its first seconds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios import around_faults, load, names
from scenarios.shortened import LARGE, LARGE_US

SCENARIOS = [entry.name for entry in names()]
MINUTES = 2
"""Enough for every fault to strike; what a run keeps in longer time is what suites and soak look at."""
SMALLEST = 300
"""What was found is kept as small as it could be made: there less happens."""
WHOLE = 0
RUN = """
import hashlib, io, sys
from conformance.planning import plan
from conformance.runner import world_of
from scenarios import load

class Enough(Exception): pass

def stop(now):
    if 0 < int(sys.argv[2]) <= now:
        raise Enough

world, history = world_of(plan(load(sys.argv[1]), seed=7)), io.BytesIO()
try:
    world.run(history, progress=stop)
except Enough:
    pass
happened = world.recorder.messages + history.getvalue().count(b"\\n")
print(world.recorder.digest(), happened, hashlib.sha256(history.getvalue()).hexdigest())
"""
"""Runs a scenario up to an instant, and prints the digest, how much was carried and asked, and its history's hash."""


def told(scenario: str, until_us: int, hash_seed: str) -> list[str]:
    """Run a scenario in a process of its own, whose sets have an order of their own."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN, scenario, str(until_us)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


@pytest.mark.parametrize("name", SCENARIOS)
def test_two_processes_with_two_hash_seeds_give_one_run(name: str, tmp_path: Path) -> None:
    whole = load(name)
    scenario, until_us = name, LARGE_US
    if whole.cluster.nodes <= LARGE:
        until_us = WHOLE
        short = around_faults(whole, MINUTES)
        if short is not whole:
            file = tmp_path / f"{name}.yaml"
            file.write_text(short.text, encoding="utf-8")
            scenario = str(file)
    one, other = told(scenario, until_us, "1"), told(scenario, until_us, "977")
    assert one == other
    assert whole.path is not None
    least = SMALLEST if whole.path.parent.name == "regressions" else 1_000
    assert int(one[1]) > least, "hardly anything happened"
