"""One seed, one run, to the byte: in another process, with another hash seed, for every scenario."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios import names

SCENARIOS = [entry.name for entry in names()]


def digest_of(scenario: str, out: Path, hash_seed: str) -> tuple[str, bytes]:
    """Run a scenario in a process of its own and return its digest and its history."""
    ran = subprocess.run(
        [sys.executable, "-m", "anynode", "run", scenario, "--seed", "7", "--json", "--out", str(out)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout)["digest"], (out / "history.jsonl").read_bytes()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_two_processes_with_two_hash_seeds_give_one_run(scenario: str, tmp_path: Path) -> None:
    assert digest_of(scenario, tmp_path / "one", "1") == digest_of(scenario, tmp_path / "other", "977")
