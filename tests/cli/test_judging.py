"""How the judge stands what it should never meet, through the commands: failing checks, made-up answers, odd wishes."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import checks
from conformance.checks.index import Index
from conformance.cli.app import execute
from conformance.verdict import Finding
from reports.document import read

HISTORIES = Path(__file__).parents[1] / "histories"
HELD = HISTORIES / "durability" / "ok" / "acknowledged-is-there.jsonl"
NEVER_WRITTEN = HISTORIES / "structure" / "bad" / "value-that-nobody-wrote.jsonl"
NEVER_ASKED = HISTORIES / "structure" / "bad" / "answer-that-was-never-asked-for.jsonl"
STALE = HISTORIES / "causal" / "bad" / "older-than-the-answer-to-it.jsonl"

SCENARIO = """
title: A minute
shows: [REQ-REPL-2]
duration: 1m
cluster: {nodes: 2}
workload: {users: 7, balancer: sticky}
observers: {witnesses: 5}
expect: {checks: [EXPECTED]}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario of a minute that expects one check."""
    file = tmp_path / "minute.yaml"
    file.write_text(SCENARIO.replace("EXPECTED", "structure"), encoding="utf-8")
    return file


def expecting(scenario: Path, check: str) -> Path:
    scenario.write_text(SCENARIO.replace("EXPECTED", check), encoding="utf-8")
    return scenario


def falls(index: Index) -> Finding:
    raise LookupError(index.header.scenario)


def found(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["name"]: finding for finding in told["checks"]}


def test_a_run_whose_check_raises_exits_5_and_keeps_the_traceback_and_every_other_finding(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(checks.CHECKS, "isolation", falls)
    assert execute(["run", str(scenario), "--out", str(tmp_path / "run")]) == 5
    told = capsys.readouterr()
    assert "in falls" in told.err
    assert "verdict: unknown" in told.out
    document = read(tmp_path / "run" / "run.jsonl")
    by_name = {finding.check: finding for finding in document.checks}
    assert by_name["isolation"].verdict == "unknown"
    assert "LookupError" in by_name["isolation"].traceback
    assert by_name["structure"].verdict == "holds"
    assert document.footer is not None
    assert document.footer.verdict == "unknown"
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_check_that_raises_leaves_the_others_their_verdicts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(checks.CHECKS, "isolation", falls)
    assert execute(["check", str(HELD), "--json"]) == 5
    told = found(json.loads(capsys.readouterr().out))
    assert told["durability"]["verdict"] == "holds"
    assert [name for name, finding in told.items() if finding["traceback"]] == ["isolation"]


@pytest.mark.parametrize(
    ("file", "said"),
    [(NEVER_WRITTEN, "which nobody wrote"), (NEVER_ASKED, "answers a question that was never asked")],
    ids=["a value that nobody wrote", "an answer to no question"],
)
def test_what_nothing_can_have_caused_convicts_in_structure_and_there_first(
    file: Path, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["check", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    convicted = [line for line in lines if line.startswith("violated")]
    assert convicted[0].split()[1] == "structure"
    assert said in convicted[0]
    assert not any(line.startswith("unknown") for line in lines)


def test_an_optional_check_judges_where_it_is_asked_for_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["check", str(HELD), "--json"]) == 0
    assert not set(checks.OPTIONAL) & set(found(json.loads(capsys.readouterr().out)))
    asked = [word for name in checks.OPTIONAL for word in ("--with", name)]
    execute(["check", str(HELD), "--json", *asked])
    told = found(json.loads(capsys.readouterr().out))
    assert list(told) == [*checks.CHECKS, *checks.OPTIONAL]
    assert all(told[name]["expected"] for name in checks.OPTIONAL)


def test_an_optional_check_convicts_what_it_is_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unasked = tmp_path / "history.jsonl"
    unasked.write_text(STALE.read_text().replace('"expect": ["causal"]', '"expect": ["structure"]'))
    assert execute(["check", str(unasked), "--with", "causal"]) == 1
    assert "violated      causal" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "mend"),
    [("linearisable", "write --with linearizability"), ("durability", "leave it out: durability always judges")],
)
def test_a_wish_for_no_optional_check_is_refused(name: str, mend: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["check", str(HELD), "--with", name]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert f"one of {', '.join(checks.OPTIONAL)}" in told.err
    assert mend in told.err


def test_a_wish_beside_a_model_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["check", str(HELD), "--model", "register", "--with", "causal"]) == 2
    assert "no --model beside it" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["causal", "linearizability"])
def test_a_scenario_may_expect_an_optional_check(
    name: str, scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["run", str(expecting(scenario, name)), "--out", str(tmp_path / "run"), "--json"]) == 0
    told = found(json.loads(capsys.readouterr().out))
    assert told[name]["verdict"] == "holds"
    assert told[name]["expected"]
    assert [other for other in checks.OPTIONAL if other in told] == [name]


def test_a_scenario_that_expects_no_check_of_ours_is_refused_with_the_nearest(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["run", str(expecting(scenario, "casual"))]) == 2
    assert "the nearest is 'causal'" in capsys.readouterr().err
