"""`anynode power`: the matrix and its exit codes, and what it keeps."""

import json
import subprocess
from pathlib import Path

import pytest
from msgspec import structs

from conformance import power, worth
from conformance.broken import BROKEN
from conformance.cli import output
from conformance.cli import power as command
from conformance.cli.app import execute
from conformance.power import Job, Ran
from conformance.power_table import BEGIN, END
from conformance.verdict import HOLDS, VACUOUS, VIOLATED
from reference.node import Node
from scenarios import load, names
from scenarios.shortened import LARGE

NAME = "caches_by_key"
"""A broken store in the shortest scenario."""
ROW = BROKEN[NAME]
LARGE_ONES = {("reference", entry.name) for entry in names() if load(entry.name).cluster.nodes > LARGE}
"""Of these the reference runs one seed."""


@pytest.fixture
def as_it_must_be(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Let nothing be run, and every job end as it must; give the jobs that were asked for."""
    asked: list[Job] = []

    def carried_out(jobs: list[Job], *_: object) -> list[Ran]:
        asked.extend(jobs)
        return [ended(job) for job in jobs]

    monkeypatch.setattr(power, "carried_out", carried_out)
    return asked


def ended(job: Job) -> Ran:
    if job.subject == power.REFERENCE:
        return Ran(job, HOLDS, [], {})
    return Ran(job, VIOLATED, [BROKEN[job.subject.removeprefix("broken:")].convicted_by], {})


def test_a_broken_store_that_is_convicted_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["power", "--broken", NAME, "--seeds", "1", "--jobs", "1"]) == output.HELD
    printed = capsys.readouterr().out
    assert f"\n{NAME} " in printed
    assert "The reference was convicted by none, in 1 run of 1 scenario." in printed
    assert "   1 seed  shows in at most 95 % of seeds" in printed
    assert "as it must be" in printed


def test_a_broken_store_without_its_bug_ends_with_1_and_the_command_that_repeats_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BROKEN, NAME, structs.replace(ROW, node=Node))
    assert execute(["power", "--broken", NAME, "--seeds", "1", "--jobs", "1"]) == output.VIOLATED
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"not as it must be: {NAME} was not convicted by {ROW.convicted_by} in {ROW.scenario} within 1 seed",
        f"again: anynode power --broken {NAME} --seeds 1",
    ]


@pytest.mark.parametrize(("verdict", "code"), [(VIOLATED, output.VIOLATED), (VACUOUS, output.UNDECIDED)])
def test_a_reference_that_does_not_hold_is_no_pass(
    verdict: str, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def carried_out(jobs: list[Job], *_: object) -> list[Ran]:
        convicted = ["isolation"] if verdict == VIOLATED else []
        return [Ran(job, verdict, convicted, {}) if job.seed == 2 else ended(job) for job in jobs]

    monkeypatch.setattr(power, "carried_out", carried_out)
    assert execute(["power", "--reference", "--seeds", "2", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert [run["again"] for run in told["reference"]["doubted"]] == [one["again"] for one in told["failing"]]
    assert "anynode run isolated-writer --seed 2" in [one["again"] for one in told["failing"]]


def test_every_broken_store_and_every_scenario_is_run_with_every_one_of_a_few_seeds(
    as_it_must_be: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["power", "--seeds", str(power.ELSEWHERE), "--json"]) == output.HELD
    told = json.loads(capsys.readouterr().out)
    whom = {("reference", entry.name) for entry in names()}
    whom |= {(f"broken:{name}", row.scenario) for name, row in BROKEN.items()}
    assert {(job.subject, job.scenario, job.seed) for job in as_it_must_be} == {
        (*one, seed) for one in whom for seed in ((1,) if one in LARGE_ONES else range(1, power.ELSEWHERE + 1))
    }
    assert told["seeds"] == power.ELSEWHERE
    assert {row["name"]: row["convicted"] for row in told["broken"]} == {
        name: [row.convicted_by] for name, row in BROKEN.items()
    }
    assert {row["seeds_median"] for row in told["broken"]} == {1}
    assert told["reference"]["convicted"] == []
    assert told["reference"]["runs"] == power.ELSEWHERE * len(names()) - (power.ELSEWHERE - 1) * len(LARGE_ONES)
    assert told["worth"]["rule_of_three"] == 1
    assert told["failing"] == []


@pytest.mark.usefixtures("as_it_must_be")
def test_the_sweep_for_false_alarms_runs_the_reference_alone(
    as_it_must_be: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["power", "--reference", "--seeds", "4-5"]) == output.HELD
    assert {job.subject for job in as_it_must_be} == {power.REFERENCE}
    assert {job.seed for job in as_it_must_be} == {4, 5}
    assert f"in {2 * len(names()) - len(LARGE_ONES)} runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "few"], "--seeds: found 'few', expected a number or a range; write 20 or 5-9"),
        (["--broken", "forgets_everything"], f"write one of: {next(iter(BROKEN))}"),
        (["--broken", NAME, "--write"], "--write: found a part of the whole, expected every row, from seed 1"),
        (["--reference", "--write"], "--write: found a part of the whole"),
        (["--seeds", "3-9", "--write"], "--write: found a part of the whole"),
        (["--recorded", "--write"], "--recorded: found another choice beside it, expected it alone"),
        (["--broken", NAME, "--reference"], "--reference: found --broken beside it"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_run(
    arguments: list[str], said: str, as_it_must_be: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["power", *arguments]) == output.WRONG_INPUT
    assert said in capsys.readouterr().err
    assert as_it_must_be == []


def test_without_a_checkout_nothing_is_written(
    as_it_must_be: list[Job],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert execute(["power", "--write"]) == output.WRONG_INPUT
    assert "expected a checkout of anynode; leave --write out" in capsys.readouterr().err
    assert as_it_must_be == []


@pytest.mark.usefixtures("as_it_must_be")
def test_what_is_written_is_the_record_and_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document, file = tmp_path / "docs" / "power.md", tmp_path / "power.json"
    document.parent.mkdir()
    document.write_text(f"by hand\n{BEGIN}\n{END}\nby hand too\n", encoding="utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(worth, "place", lambda: file)
    assert execute(["power", "--seeds", "10", "--write"]) == output.HELD
    kept = worth.recorded()
    assert kept is not None
    assert (kept.commit, kept.seeds, worth.stale(kept)) == ("", 10, [])
    text = document.read_text(encoding="utf-8")
    assert text.startswith("by hand\n")
    assert text.endswith("by hand too\n")
    assert all(f"`{name}`" in text for name in BROKEN)
    assert "written: " in capsys.readouterr().err
    assert execute(["power", "--recorded"]) == output.HELD
    told = capsys.readouterr().out
    assert told.splitlines()[-1].startswith("as it must be: ")
    kept.fingerprint["checks"] = "of other checks"
    file.write_bytes(worth.as_json(kept))
    assert execute(["power", "--recorded"]) == output.HELD
    assert capsys.readouterr().out == f"{told}stale: checks have changed since\nagain: anynode power --seeds 10\n"


@pytest.mark.usefixtures("as_it_must_be")
def test_the_commit_is_named_with_what_was_changed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=n", "-c", "user.email=n@localhost", "-c", "commit.gpgsign=false"]
        ran = subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    def commit() -> str:
        assert execute(["power", "--reference", "--seeds", "1", "--json"]) == output.HELD
        told: str = json.loads(capsys.readouterr().out)["commit"]
        return told

    monkeypatch.setattr(command, "ROOT", tmp_path)
    git("init", "-q")
    (tmp_path / "a").write_text("a", encoding="utf-8")
    git("add", "a")
    git("commit", "-q", "-m", "a")
    assert commit() == git("rev-parse", "--short=12", "HEAD")
    (tmp_path / "a").write_text("b", encoding="utf-8")
    assert commit() == f"{git('rev-parse', '--short=12', 'HEAD')}-dirty"


def test_where_nothing_was_kept_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worth, "place", lambda: tmp_path / "power.json")
    assert execute(["power", "--recorded"]) == output.WRONG_INPUT
    assert "found no record of this format" in capsys.readouterr().err


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> list[Ran]:
        raise KeyboardInterrupt

    monkeypatch.setattr(power, "carried_out", interrupted)
    assert execute(["power", "--reference"]) == output.INTERRUPTED
    assert "again: anynode power --reference" in capsys.readouterr().err
