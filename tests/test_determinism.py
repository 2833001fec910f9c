"""One seed, one run, to the byte: in another process, with another hash seed, for every scenario.

A long scenario runs the minutes around its faults here, and whole in `make soak`; a large one its first seconds.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios import around_faults, load, names
from scenarios.shortened import LARGE, LARGE_US

SCENARIOS = [entry.name for entry in names() if load(entry.name).cluster.nodes <= LARGE]
LARGE_ONES = [entry.name for entry in names() if load(entry.name).cluster.nodes > LARGE]
FIRST_SECONDS = """
import sys
from conformance.planning import plan
from conformance.runner import world_of
from scenarios import load

class Enough(Exception): pass

def stop(now):
    if now >= int(sys.argv[2]):
        raise Enough

world = world_of(plan(load(sys.argv[1]), seed=7))
try:
    world.run(progress=stop)
except Enough:
    print(world.recorder.digest(), world.recorder.messages)
"""
"""Runs a scenario up to an instant, and prints the digest and how many messages were carried until then."""
HELD, UNDECIDED = 0, 3


def digest_of(scenario: Path, out: Path, hash_seed: str, exits: tuple[int, ...]) -> tuple[str, bytes]:
    """Run a scenario in a process of its own and return its digest and its history."""
    ran = subprocess.run(
        [sys.executable, "-m", "anynode", "run", str(scenario), "--seed", "7", "--json", "--out", str(out)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=False,
    )
    assert ran.returncode in exits, ran.stderr.decode()
    return json.loads(ran.stdout)["digest"], (out / "history.jsonl").read_bytes()


@pytest.mark.parametrize("name", SCENARIOS)
def test_two_processes_with_two_hash_seeds_give_one_run(name: str, tmp_path: Path) -> None:
    whole = load(name)
    short = around_faults(whole)
    path, exits = whole.path, (HELD,)
    assert path is not None
    if short is not whole:
        path, exits = tmp_path / f"{name}.yaml", (HELD, UNDECIDED)  # so short that a check may meet nothing
        path.write_text(short.text, encoding="utf-8")
    assert digest_of(path, tmp_path / "one", "1", exits) == digest_of(path, tmp_path / "other", "977", exits)


@pytest.mark.parametrize("name", LARGE_ONES)
def test_two_processes_with_two_hash_seeds_begin_a_large_run_alike(name: str) -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", FIRST_SECONDS, name, str(LARGE_US)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        for hash_seed in ("1", "977")
    ]
    assert told[0] == told[1]
    assert int(told[0][1]) > 1_000
