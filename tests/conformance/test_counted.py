"""What each check counts in each recorded history and run: one line each in counted.jsonl, beside this file.

A verdict has two sides; what lies beside it (how many were judged, which operations bear witness, the figures) has many
values, and a change of any shows here as a changed line. After a change that is meant, `python
tests/conformance/test_counted.py` writes the lines again; read the difference before it is kept.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.checks import CHECKS, OPTIONAL
from conformance.checks.index import Index
from conformance.reading import read

HISTORIES = Path(__file__).parents[1] / "histories"
COUNTED = Path(__file__).with_name("counted.jsonl")
RUNS = Path(__file__).parents[1] / "recorded"
"""Some sessions of simulated runs, whole, with one peek in seven: SCENARIO--SUBJECT.jsonl.gz."""
EVERY = CHECKS | OPTIONAL
CASES = [
    *((file, file.parts[-3]) for file in sorted(HISTORIES.glob("*/*/*.jsonl"))),
    *((file, name) for file in sorted(RUNS.glob("*.jsonl.gz")) for name in EVERY),
]


def name_of(file: Path, name: str) -> str:
    if file.parent == RUNS:
        return f"{name}/{file.name.partition('.')[0]}"
    return "/".join([*file.parts[-3:-1], file.stem])


NAMES = [name_of(*case) for case in CASES]


def index_of(file: Path) -> Index:
    return Index(read(gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file))


def counted(index: Index, name: str) -> dict[str, Any]:
    """Let a check judge a history; what it says, but for its promise."""
    told = msgspec.to_builtins(EVERY[name](index))
    witness = [one["id"] for one in told["evidence"]]
    return {
        **{member: told[member] for member in ("verdict", "judged", "violations", "seen", "figures")},
        "witness": witness,
    }


def kept() -> dict[str, Any]:
    """Read what was counted when somebody last looked."""
    lines = [json.loads(line) for line in COUNTED.read_text(encoding="utf-8").splitlines()]
    return {line.pop("history"): line for line in lines}


KEPT = kept() if COUNTED.exists() else {}


@pytest.mark.parametrize(("file", "name"), CASES, ids=NAMES)
def test_a_recorded_history_is_counted_as_it_was(file: Path, name: str) -> None:
    assert json.loads(json.dumps(counted(index_of(file), name))) == KEPT[name_of(file, name)]


def test_nothing_is_kept_of_histories_that_are_gone() -> None:
    assert sorted(KEPT) == sorted(NAMES)


def lines() -> Iterator[str]:
    """Count everything again."""
    for file, name in CASES:
        yield json.dumps({"history": name_of(file, name), **counted(index_of(file), name)}) + "\n"


if __name__ == "__main__":
    COUNTED.write_text("".join(lines()), encoding="utf-8")
