"""`anynode check --model`: recorded histories of others, told to people and to programs."""

import json
from pathlib import Path

import pytest

from conformance.cli.app import execute

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "linearizability"


def log(path: Path, *lines: str) -> Path:
    """Write a Jepsen log of one register."""
    path.write_text("".join(f"INFO  jepsen.util - {line}\n" for line in lines))
    return path


def test_a_stale_read_is_convicted_with_the_lines_of_its_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = log(
        tmp_path / "stale.log",
        "0\t:invoke\t:write\t1",
        "0\t:ok\t:write\t1",
        "1\t:invoke\t:read\tnil",
        "1\t:ok\t:read\tnil",
    )
    assert execute(["check", "--model", "register", str(stale), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == told["files"][0]["verdict"] == "violated"
    assert sorted(evidence["line"] for evidence in told["files"][0]["evidence"]) == [1, 3]
    assert execute(["check", "--model", "register", str(stale)]) == 1
    assert "have no order" in capsys.readouterr().out


def test_an_unknown_model_and_a_line_of_another_format_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = log(tmp_path / "fine.log", "0\t:invoke\t:read\tnil", "0\t:ok\t:read\tnil")
    assert execute(["check", "--model", "registr", str(fine)]) == 2
    assert "one of register, kv" in capsys.readouterr().err
    assert execute(["check", "--model", "kv", str(fine)]) == 2
    assert f"{fine}:1: found" in capsys.readouterr().err
    assert execute(["check", "--model", "kv", str(tmp_path / "missing")]) == 2


def test_the_worst_verdict_of_several_files_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fine = log(tmp_path / "fine.log", "0\t:invoke\t:read\tnil", "0\t:ok\t:read\tnil")
    wrong = log(tmp_path / "wrong.log", "0\t:invoke\t:read\tnil", "0\t:ok\t:read\t7")
    assert execute(["check", "--model", "register", str(fine)]) == 0
    assert execute(["check", "--model", "register", str(fine), str(wrong), "--json"]) == 1
    assert [
        entry["verdict"] for entry in json.loads(capsys.readouterr().out.split("verdict: holds\n")[1])["files"]
    ] == [
        "holds",
        "violated",
    ]
