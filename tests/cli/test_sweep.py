"""`anynode sweep`: the same bytes wherever it runs, nothing that is finished lost, exit codes that say the worst."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from conformance import sweep, sweep_work
from conformance.cli import output
from conformance.cli.app import execute
from conformance.runner import run
from conformance.sweep_rows import read_rows

SMALL = """\
title: A small world
shows: [REQ-REPL-2]
duration: 15s
cluster: {nodes: 3}
workload: {users: 4, think: 1s}
observers: {witnesses: 2}
expect: {checks: [structure]}
"""
STORES = Path(__file__).parents[2] / "examples" / "stores"
QUICK = "workload: {users: 12, balancer: sticky, think: 300ms, pages: [20, 60], writes: 50%}"
"""Users who stay on one node, and are quick enough to see what is kept for a moment only."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A scenario that takes an instant, in the folder that the command runs in."""
    (tmp_path / "small-world.yaml").write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return "small-world.yaml"


def swept(*arguments: str) -> int:
    return execute(["sweep", *arguments, "--json"])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_rows_are_the_same_bytes_from_one_process_and_from_two(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One of the seeds is run twice in each: chosen by its number, not by chance."""
    for place, workers in (("one", "1"), ("two", "2")):
        assert swept(world, "--seeds", "2-7", "--twice", "30", "--workers", workers, "--out", place) == output.HELD
        told = printed(capsys)
        assert (told["seeds"], told["verdict"], told["twice"], told["one_run"]) == (6, "holds", 1, 1)
    assert Path("one/seeds.jsonl").read_bytes() == Path("two/seeds.jsonl").read_bytes()


def test_a_row_is_what_the_run_of_that_seed_tells(world: str, tmp_path: Path) -> None:
    assert swept(world, "--seeds", "7-8", "--twice", "0", "--workers", "1", "--out", "swept") == output.HELD
    (_, row) = read_rows(Path("swept/seeds.jsonl"))[1]
    alone = run(world, seed=8, out=tmp_path / "run")
    assert (row.seed, row.digest, row.verdict) == (8, alone.digest, alone.verdict)
    assert (row.events, row.messages) == (alone.events, alone.messages)
    assert (row.logins, row.logins_forced) == (alone.costs["logins"], alone.costs["logins_forced"])
    assert 0 < row.answered <= row.requests


def test_a_sweep_that_was_stopped_goes_on_and_ends_as_if_it_had_not(
    world: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert swept(world, "--seeds", "4", "--twice", "0", "--workers", "1", "--out", "whole") == output.HELD

    ran = []

    def counted(job: sweep_work.Job) -> sweep_work.Answer:
        ran.append(job.run.seed)
        if len(ran) == 3:
            raise KeyboardInterrupt
        return sweep_work.run_seed(job)

    monkeypatch.setattr(sweep, "run_seed", counted)
    arguments = [world, "--seeds", "4", "--twice", "0", "--workers", "1", "--out", "stopped"]
    capsys.readouterr()
    assert swept(*arguments) == output.INTERRUPTED
    assert "2 of 4 seeds are kept in stopped/seeds.jsonl; go on with --resume" in printed(capsys)["error"]["message"]
    assert swept(*arguments) == output.WRONG_INPUT
    assert "a sweep that was stopped, with 2 seeds" in printed(capsys)["error"]["message"]
    assert swept(*arguments, "--resume") == output.HELD
    assert ran == [1, 2, 3, 3, 4]
    assert Path("stopped/seeds.jsonl").read_bytes() == Path("whole/seeds.jsonl").read_bytes()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_command_is_ended_its_processes_end_and_what_they_finished_is_kept(
    world: str, sign: signal.Signals
) -> None:
    """Its processes hold its stderr open, so that its end is told only once they are gone."""
    command = [sys.executable, "-m", "anynode", "sweep", world, "--seeds", "100000", "--workers", "2", "--out", "swept"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    rows, moments = Path("swept/seeds.jsonl"), 0
    while not (rows.is_file() and rows.read_bytes().count(b"\n") > 2):
        assert running.poll() is None
        assert (moments := moments + 1) < 6_000, "no seed came back"
        Event().wait(0.01)
    running.send_signal(sign)
    _, said = running.communicate(timeout=60)
    kept = [row.seed for row in read_rows(rows)[1]]
    assert len(kept) > 1
    if sign == signal.SIGTERM:
        assert running.returncode == output.INTERRUPTED
        assert f"interrupted; {len(kept)} of 100,000 seeds are kept" in said
        assert kept == sorted(kept)


def test_to_go_on_from_another_sweep_is_refused(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert swept(world, "--seeds", "1", "--workers", "1", "--out", "swept") == output.HELD
    capsys.readouterr()
    assert swept(world, "--workers", "1", "--out", "swept", "--twice", "7", "--resume") == output.WRONG_INPUT
    assert "found a sweep with twice 2, expected 7" in printed(capsys)["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "0"], "--seeds: found '0'"),
        (["--seeds", "9-5"], "--seeds: found '9-5'"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler beside it"),
        (["--resume"], "leave --resume out"),
        (["--subject", "broken:nobody"], "no such subject"),
        (["--out", "."], "a folder of something else"),
        (["--out", "small-world.yaml"], "found a file, expected a folder"),
        (["--out", "small-world.yaml/x"], "--out small-world.yaml/x: cannot be written"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_run(
    arguments: list[str], said: str, world: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert swept(world, *arguments) == output.WRONG_INPUT
    assert said in printed(capsys)["error"]["message"]
    assert [path.name for path in Path().iterdir()] == [world]


@pytest.mark.parametrize("name", ["times.json", "summary.md"])
def test_what_cannot_be_written_beside_the_rows_is_told_and_made_up_for(
    name: str, world: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [world, "--seeds", "1", "--twice", "0", "--workers", "1", "--out", "swept"]
    assert swept(*arguments) == output.HELD
    in_the_way = Path("swept", name)
    in_the_way.unlink()
    in_the_way.mkdir()
    capsys.readouterr()
    assert swept(*arguments, "--resume") == output.UNDECIDED
    said = printed(capsys)["error"]["message"]
    assert said.startswith(f"swept/{name}: cannot be written (Is a directory); all rows are kept")
    in_the_way.rmdir()
    assert swept(*arguments, "--resume") == output.HELD


def test_to_go_on_with_a_store_that_has_changed_is_refused_by_its_name(
    world: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = (STORES / "python.py").read_text(encoding="utf-8")
    Path("a_store_that_changes.py").write_text(store, encoding="utf-8")
    arguments = [world, "--subject", "a_store_that_changes:Store", "--twice", "0", "--workers", "1", "--out", "swept"]
    try:
        assert swept(*arguments, "--seeds", "1") == output.HELD
        assert swept(*arguments, "--seeds", "2", "--resume") == output.HELD
        capsys.readouterr()
        Path("a_store_that_changes.py").write_text(f"{store}\n", encoding="utf-8")
        assert swept(*arguments, "--seeds", "3", "--resume") == output.WRONG_INPUT
    finally:
        del sys.modules["a_store_that_changes"]
    said = printed(capsys)["error"]["message"]
    assert "swept/seeds.jsonl: found a sweep with another module a_store_that_changes (digest " in said
    assert said.endswith("name another folder with --out, without --resume")


def test_real_servers_are_not_swept(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    servers = Path(__file__).parents[2] / "examples" / "servers" / "our-cluster.yaml"
    assert swept(world, "--subject", str(servers)) == output.WRONG_INPUT
    assert "real time has no seeds" in printed(capsys)["error"]["message"]


def test_a_broken_store_is_convicted_and_each_seed_named(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(world).write_text(SMALL.replace("workload: {users: 4, think: 1s}", QUICK), encoding="utf-8")
    arguments = ["sweep", world, "--subject", "broken:caches_by_key", "--seeds", "2", "--twice", "0", "--workers", "1"]
    assert execute(arguments) == output.VIOLATED
    told = capsys.readouterr().out
    assert "verdicts: 2 violated\n  read_your_writes convicted 2\n  monotonic_writes convicted 2\n" in told
    assert f"again: anynode run {world} --seed 2 --subject broken:caches_by_key\n" in told
    assert "verdict: violated" in told
    summary = Path("out/sweep-small-world-broken-caches_by_key/summary.md").read_text(encoding="utf-8")
    assert summary.startswith("### small-world: 2 seeds, 1 to 2")


@pytest.mark.parametrize(
    ("subject", "code"), [("reference", output.OUR_DEFECT), (str(STORES / "python-object.yaml"), output.BROKEN_ADAPTER)]
)
def test_a_run_that_is_not_one_run_is_our_defect_or_that_of_the_subject(
    subject: str, code: int, world: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the gate itself finds is shown in tests/conformance/test_sweep_gate.py, with stores that are wrong."""
    monkeypatch.setattr(sweep_work, "difference", lambda _run, _seen: "first event that differs: one")
    arguments = ["--seeds", "1", "--twice", "100", "--workers", "1", "--out", "swept", "--subject", subject]
    assert swept(world, *arguments) == code
    told = printed(capsys)
    assert (told["twice"], told["one_run"], told["broken"]) == (1, 0, [1])
    assert told["failing"][0]["why"] == "run twice, it was not one run: first event that differs: one"


def test_a_run_that_raises_is_one_seed_s_defect_and_the_others_are_judged(
    world: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judgement = sweep_work.judgement

    def failing(decided: Any, *others: Any) -> Any:
        if decided.seed == 2:
            raise KeyError("n9")
        return judgement(decided, *others)

    monkeypatch.setattr(sweep_work, "judgement", failing)
    arguments = ["--seeds", "3", "--twice", "0", "--workers", "1", "--out", "swept"]
    assert swept(world, *arguments) == output.OUR_DEFECT
    told = printed(capsys)
    assert told["verdicts"] == {"holds": 2, "unfinished": 1}
    assert "KeyError: 'n9' (test_sweep.py:" in told["failing"][0]["why"]
