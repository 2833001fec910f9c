"""`anynode run` with files of the user's own: a recorded day, a matrix of delays."""

import json
from pathlib import Path

import pytest

from conformance.cli.app import execute
from reports.document import read
from scenarios import around_faults, load

RECORDED = Path(__file__).parents[3] / "shared" / "data"

SCENARIO = """
title: A minute
shows: [REQ-REPL-2]
duration: 1m
cluster: {nodes: 2}
workload: {users: 7}
observers: {witnesses: 5}
expect: {checks: [isolation]}
"""
LOG = "".join(
    f'h{number % 4} - - [01/Aug/1995:00:00:{number:02d} -0400] "GET /{number}.html HTTP/1.0" 200 1\n'
    for number in range(0, 40, 3)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario, a log with two bad lines and a picture, and a matrix."""
    (tmp_path / "minute.yaml").write_text(SCENARIO, encoding="utf-8")
    extra = 'bad\nh1 - - [01/Aug/1995:00:00:09 -0400] "GET /a.gif HTTP/1.0" 200 1\nworse\n'
    (tmp_path / "access.log").write_text(LOG + extra, encoding="utf-8")
    (tmp_path / "rtt.csv").write_text("0,20\n22,0\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *options: str) -> int:
    """Run the scenario of the folder into its folder `run`."""
    return execute(["run", str(folder / "minute.yaml"), "--out", str(folder / "run"), *options])


def test_a_recorded_day_comes_in_place_of_the_users_and_what_cannot_be_read_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--traffic", str(folder / "access.log"), "--json") == 0
    told = capsys.readouterr()
    assert "2 lines cannot be read and count for nothing: line 15, 17" in told.err
    notes = read(folder / "run" / "run.jsonl").header.notes
    assert any("line 15, 17" in note for note in notes)
    assert any("14 pages of 4 visitors" in note for note in notes)
    history = [json.loads(line) for line in (folder / "run" / "history.jsonl").read_text().splitlines()]
    asked = [line for line in history if line.get("by") == "user" and line["op"] in ("read", "write", "delete")]
    assert len(asked) >= 14
    assert {line["client"] for line in asked} == {"u1", "u2", "u3", "u4"}
    assert f"--traffic {folder / 'access.log'}" in json.loads(told.out)["command"]


def test_a_run_with_files_can_be_replayed_from_its_own_folder(folder: Path) -> None:
    assert run(folder, "--traffic", str(folder / "access.log"), "--delays", str(folder / "rtt.csv")) == 0
    (folder / "access.log").unlink()
    (folder / "rtt.csv").unlink()
    assert "h1" not in (folder / "run" / "traffic.csv").read_text(encoding="utf-8")
    assert execute(["replay", str(folder / "run")]) == 0


def test_a_run_with_other_traffic_of_ours_can_be_replayed_too(folder: Path) -> None:
    assert run(folder, "--traffic", "nasa-day") in (0, 3)
    assert "nasa-day" in (folder / "run" / "scenario.yaml").read_text(encoding="utf-8")
    assert execute(["replay", str(folder / "run")]) == 0


def test_delays_are_those_of_the_file(folder: Path) -> None:
    """One way is half of a round trip of about 20 ms: a write waits for a peer, there and back."""
    assert run(folder, "--delays", str(folder / "rtt.csv")) == 0
    history = [json.loads(line) for line in (folder / "run" / "history.jsonl").read_text().splitlines()]
    took = sorted(
        line["answered"] - line["asked"] for line in history if line.get("op") == "write" and line["by"] == "user"
    )
    assert 18_000 < took[len(took) // 2] < 28_000


def test_paths_in_a_scenario_count_from_its_own_folder(folder: Path) -> None:
    text = SCENARIO.replace("{users: 7}", "{traffic: access.log}") + "network: {delay: rtt.csv}\n"
    (folder / "minute.yaml").write_text(text, encoding="utf-8")
    assert run(folder) == 0
    assert (folder / "run" / "delays.csv").read_text(encoding="utf-8") == "0.000,20.000\n22.000,0.000\n"
    assert execute(["replay", str(folder / "run")]) == 0


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--traffic", "nothing\n", "none can be read"),
        ("--traffic", None, "there is no such file; name a recorded day"),
        ("--delays", "0,x\n1,0\n", "row 1, column 2 is 'x'"),
        ("--delays", "0\n", "measures 1 host, and the cluster has 2 nodes"),
        ("--delays", None, "there is no such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_before_anything_is_run(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str, content: str | None, said: str
) -> None:
    path = folder / "own.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert run(folder, option, str(path)) == 2
    error = capsys.readouterr().err.splitlines()[0]
    assert error.startswith(f"error: {path}: ")
    assert said in error
    assert not (folder / "run").exists()


def test_pages_beyond_the_run_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "day.csv").write_text("second,visitor,embedded\n0,1,0\n5,1,0\n61,1,0\n99,2,0\n", encoding="utf-8")
    run(folder, "--traffic", str(folder / "day.csv"))
    assert "2 pages lie outside of the run" in capsys.readouterr().err


def test_delays_whose_name_is_no_csvs_are_refused_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "own.yaml"
    path.write_text("0,1\n1,0\n")
    assert execute(["run", "steady-lan", "--delays", str(path), "--out", str(folder / "run")]) == 2
    assert "found a name without .csv, expected a square CSV of round trips" in capsys.readouterr().err
    assert not (folder / "run").exists()


@pytest.mark.skipif(not RECORDED.is_dir(), reason="needs ../shared, the recordings that are used in place")
def test_the_recordings_of_others_run_in_place(tmp_path: Path) -> None:
    (tmp_path / "minute.yaml").write_text(around_faults(load("nasa-day")).text, encoding="utf-8")
    traffic, delays = RECORDED / "traffic" / "nasa-1995-08-01.csv", RECORDED / "latency" / "planetlab-490-rtt-ms.csv.gz"
    assert run(tmp_path, "--traffic", str(traffic), "--delays", str(delays)) in (0, 3)
    document = read(tmp_path / "run" / "run.jsonl")
    assert document.footer is not None
    assert document.footer.finished
    assert any("9,801 pages of 2,254 visitors" in note for note in document.header.notes)
    assert any("the first 5 of 490 hosts" in note for note in document.header.notes)


def test_a_requirement_that_nobody_wrote_down_is_refused_with_the_nearest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "minute.yaml").write_text(SCENARIO.replace("REQ-REPL-2", "REQ-REPLY-2"), encoding="utf-8")
    assert run(folder) == 2
    said = "minute: shows names 'REQ-REPLY-2', no requirement of the catalogue; the nearest is 'REQ-REPL-2'"
    assert said in capsys.readouterr().err
    assert not (folder / "run").exists()
