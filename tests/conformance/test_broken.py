"""Every broken store is convicted by the check meant for it, and passes where its bug is not reached."""

import inspect
from pathlib import Path

import pytest

from conformance.broken import BROKEN
from conformance.checks import CHECKS
from conformance.runner import run
from conformance.verdict import HOLDS, VIOLATED

QUIET = "steady-lan"
LOSS = "join-after-a-loss"
RACE = "logout-beside-a-write"
REACHED_BY_A_LOSS = [name for name, broken in BROKEN.items() if broken.scenario == LOSS] + ["ready_before_join"]
"""What these get wrong is that a node is lost for good, or that another joins."""
WITNESS_OF_ONE = ("availability", "id_renewal", "membership")
"""A request without an answer contradicts nothing; a login may name in itself the id that it should not have given, and
a view a node of which no operation but the history's own faults tell that it was gone."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_is_convicted_by_the_check_meant_for_it(name: str, tmp_path: Path) -> None:
    broken = BROKEN[name]
    result = run(broken.scenario, subject=f"broken:{name}", out=tmp_path / "run")
    assert result.verdict == VIOLATED
    convicted = {finding.check: finding for finding in result.checks if finding.verdict == VIOLATED}
    assert broken.convicted_by in convicted
    evidence = convicted[broken.convicted_by].evidence
    lines = (tmp_path / "run" / "history.jsonl").read_bytes().splitlines()
    contradiction = {one.id for one in evidence}
    assert len(contradiction) >= 2 or broken.convicted_by in WITNESS_OF_ONE, "two operations that contradict each other"
    for one in evidence:
        assert f'"id":"{one.id}"'.encode() in lines[one.line - 1]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_passes_where_its_bug_is_not_reached(name: str, tmp_path: Path) -> None:
    """Convicting by demolition would prove nothing about the check."""
    result = run(QUIET, subject=f"broken:{name}", out=tmp_path / "run")
    assert result.verdict == HOLDS, [finding.seen for finding in result.checks if finding.verdict == VIOLATED]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_passes_where_other_things_happen_than_its_bug_is_about(name: str, tmp_path: Path) -> None:
    """A node is lost and another joins; those to whom just that is too much meet tabs that race instead."""
    result = run(RACE if name in REACHED_BY_A_LOSS else LOSS, subject=f"broken:{name}", out=tmp_path / "run")
    assert result.verdict == HOLDS, [finding.seen for finding in result.checks if finding.verdict == VIOLATED]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_is_one_bug_in_at_most_thirty_lines(name: str) -> None:
    broken = BROKEN[name]
    assert broken.convicted_by in CHECKS
    assert broken.bug.endswith(".")
    assert broken.seen_in.startswith("https://")
    source = inspect.getsource(inspect.getmodule(broken.node))  # type: ignore[arg-type]
    bodies = [
        line for line in source.splitlines() if line.strip() and not line.startswith(("import ", "from ", '"""', "#"))
    ]
    assert len(bodies) <= 30
