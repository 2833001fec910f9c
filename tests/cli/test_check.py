"""`anynode check`: judged from the file alone, told to people and to programs, with the right exit code."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import checks
from conformance.checks.index import Index
from conformance.cli.app import execute
from conformance.verdict import Finding

HISTORIES = Path(__file__).parents[1] / "histories"
HELD = HISTORIES / "durability" / "ok" / "acknowledged-is-there.jsonl"
VIOLATED = HISTORIES / "durability" / "bad" / "login-is-lost.jsonl"
VACUOUS = HISTORIES / "durability" / "vacuous" / "nobody-reads.jsonl"
NOT_PROMISED = HISTORIES / "durability" / "not-promised" / "local-store.jsonl"

Checked = Callable[..., tuple[int, Any]]


@pytest.fixture
def checked(capsys: pytest.CaptureFixture[str]) -> Checked:
    """Check files with --json; give exit code and the one JSON value."""

    def check(*files: Path | str) -> tuple[int, Any]:
        code = execute(["check", *map(str, files), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return check


@pytest.mark.parametrize(
    ("file", "code", "verdict"),
    [(HELD, 0, "holds"), (VIOLATED, 1, "violated"), (VACUOUS, 3, "vacuous"), (NOT_PROMISED, 3, "not tested")],
)
def test_the_exit_code_says_the_verdict(checked: Checked, file: Path, code: int, verdict: str) -> None:
    ended, told = checked(file)
    assert (ended, told["verdict"]) == (code, verdict)
    assert told["files"][0]["file"] == str(file)
    assert told["files"][0]["verdict"] == verdict
    assert told["checks"] == told["files"][0]["checks"]
    assert told["operations"] == told["files"][0]["operations"] > 0


def test_a_finding_has_all_that_a_reader_needs(checked: Checked) -> None:
    found = {finding["name"]: finding for finding in checked(VIOLATED)[1]["checks"]}
    assert list(found) == list(checks.CHECKS)
    durability = found["durability"]
    assert durability["expected"] is True
    assert durability["requirements"] == ["REQ-FAIL-1", "REQ-FAIL-2", "REQ-ROUT-6"]
    assert "3 s" in durability["promise"]
    assert [(one["id"], one["line"]) for one in durability["evidence"]] == [("c1-1", 5), ("c1-2", 6)]
    assert durability["evidence"][1]["operation"]["why"] == "no-session"
    assert found["convergence"]["expected"] is False


def test_people_read_what_run_prints_too_and_the_lines_that_contradict(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a check that was expected, its promise and requirements below a violation, of the rest the names."""
    assert execute(["check", str(VIOLATED)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("violated      durability  c1-2 (read on ")
    assert lines[1].strip().startswith("promised: ")
    assert lines[1].endswith("(REQ-FAIL-1, REQ-FAIL-2, REQ-ROUT-6)")
    assert [line.strip() for line in lines[2:4]] == [
        f"line 5 of {VIOLATED.name}: c1-1",
        f"line 6 of {VIOLATED.name}: c1-2",
    ]
    assert lines[4].startswith("besides       holds ")
    for name in checks.CHECKS:
        assert sum(name in re.split(r"[ ,;]+", line) for line in lines) == 1
    assert lines[-1] == "verdict: violated"


def test_the_worst_of_several_files_counts(checked: Checked) -> None:
    code, told = checked(HELD, VACUOUS, VIOLATED)
    assert (code, told["verdict"]) == (1, "violated")
    assert [entry["verdict"] for entry in told["files"]] == ["holds", "vacuous", "violated"]
    assert "checks" not in told
    code, told = checked(HELD, VACUOUS)
    assert (code, told["verdict"]) == (3, "vacuous")


def test_a_broken_line_is_named_and_nothing_is_judged(
    checked: Checked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "history.jsonl"
    lines = HELD.read_text().splitlines()
    broken.write_text("\n".join([*lines[:5], lines[5].replace('"node": "n1"', '"node": "n7"'), *lines[6:]]))
    code, told = checked(broken)
    assert code == 2
    assert "verdict" not in told
    error = told["error"]
    assert (error["file"], error["line"], error["member"]) == (str(broken), "6", "node")
    assert error["message"] == f"{broken}:6: node: found 'n7'; the header names n1, n2, n3"
    assert execute(["check", str(broken)]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.splitlines() == [f"error: {error['message']}", f"again: anynode check {broken}"]


def test_a_broken_file_among_others_is_told_beside_their_verdicts(
    checked: Checked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{")
    code, told = checked(HELD, broken)
    assert code == 2
    assert told["verdict"] == "holds"
    assert [entry["file"] for entry in told["files"]] == [str(HELD), str(broken)]
    assert "no JSON" in told["files"][1]["error"]
    assert execute(["check", str(HELD), str(broken)]) == 2
    assert f"error: {broken}:1: no JSON" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(checked: Checked, tmp_path: Path) -> None:
    code, told = checked(tmp_path / "nothing.jsonl")
    assert code == 2
    assert "name a history.jsonl, or the folder of a run" in told["error"]["message"]


def test_an_expectation_of_an_unknown_check_is_refused(checked: Checked, tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(HELD.read_text().replace('"expect": ["durability"]', '"expect": ["durablity"]'))
    code, told = checked(file)
    assert code == 2
    assert "nearest is 'durability'" in told["error"]["message"]


def test_an_unfinished_history_has_no_verdict_of_its_own(
    checked: Checked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text("".join(HELD.read_text().splitlines(keepends=True)[:-1]))
    code, told = checked(file)
    assert (code, told["verdict"]) == (3, "unfinished")
    assert {finding["name"] for finding in told["checks"]} == set(checks.CHECKS)
    assert execute(["check", str(file)]) == 3
    assert "did not finish" in capsys.readouterr().out


def test_the_folder_of_a_run_stands_for_its_history(checked: Checked, tmp_path: Path) -> None:
    shutil.copy(HELD, tmp_path / "history.jsonl")
    assert checked(tmp_path)[0] == 0


def test_a_check_that_raises_is_our_own_defect(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def falls(index: Index) -> Finding:
        raise LookupError(index.header.scenario)

    monkeypatch.setitem(checks.CHECKS, "isolation", falls)
    code, told = checked(HELD)
    assert (code, told["verdict"]) == (5, "unknown")
    assert "LookupError" in told["checks"][1]["traceback"]
    assert execute(["check", str(HELD)]) == 5
    assert "in falls" in capsys.readouterr().err


def test_nothing_in_an_unfinished_history_is_judged(checked: Checked, tmp_path: Path) -> None:
    """The faults are told at the end: without them a partition would look like a broken promise."""
    file = tmp_path / "history.jsonl"
    file.write_text("".join(VIOLATED.read_text().splitlines(keepends=True)[:-1]))
    code, told = checked(file)
    assert (code, told["verdict"]) == (3, "unfinished")
    assert {finding["verdict"] for finding in told["checks"]} == {"not tested"}
