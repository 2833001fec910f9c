"""What each check counts in each recorded history: one line a history in counted.jsonl, beside this file, for people.

A verdict has two sides; what lies beside it (how many were judged, which operations bear witness, the figures) has many
values, and a change of any shows here as a changed line. After a change that is meant, `python
tests/conformance/test_counted.py` writes the lines again; read the difference before it is kept.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.checks import CHECKS, OPTIONAL
from conformance.checks.index import Index
from conformance.reading import read

HISTORIES = Path(__file__).parents[1] / "histories"
COUNTED = Path(__file__).with_name("counted.jsonl")
FILES = sorted(HISTORIES.glob("*/*/*.jsonl"))


def name_of(file: Path) -> str:
    return "/".join([*file.parts[-3:-1], file.stem])


def counted(file: Path) -> dict[str, Any]:
    """Let the check that a history is for judge it; what it says, but for its promise."""
    name = file.parts[-3]
    found = (CHECKS | OPTIONAL)[name](Index(read(file)))
    told = msgspec.to_builtins(found)
    witness = [one["id"] for one in told["evidence"]]
    shown = {member: told[member] for member in ("verdict", "judged", "violations", "seen", "figures")}
    return {"history": name_of(file), **shown, "witness": witness}


def kept() -> dict[str, Any]:
    """Read what was counted when somebody last looked."""
    lines = [json.loads(line) for line in COUNTED.read_text(encoding="utf-8").splitlines()]
    return {line["history"]: line for line in lines}


KEPT = kept() if COUNTED.exists() else {}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_recorded_history_is_counted_as_it_was(file: Path) -> None:
    assert json.loads(json.dumps(counted(file))) == KEPT[name_of(file)]


def test_nothing_is_kept_of_histories_that_are_gone() -> None:
    assert sorted(KEPT) == sorted(map(name_of, FILES))


if __name__ == "__main__":
    COUNTED.write_text("".join(json.dumps(counted(file)) + "\n" for file in FILES), encoding="utf-8")
