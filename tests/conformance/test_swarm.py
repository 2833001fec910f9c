"""Worlds drawn from seeds: what is drawn, what is told of many runs, and how each of them ends."""

import json
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from conformance.cli import output
from conformance.cli.app import execute
from conformance.judging import Judgement
from conformance.planning import Plan, plan
from conformance.runner import lived
from conformance.swarm import behaviours, drawing, exploring, troubles, trying
from conformance.swarm.trying import Job, Tried, tried
from conformance.sweep_pool import Killed
from conformance.verdict import BROKEN_ADAPTER, HOLDS, NOT_TESTED, VACUOUS, VIOLATED
from scenarios import load
from scenarios.faults import KINDS, OneWay
from scenarios.schema import Scenario

FAILING = 3
"""A seed whose world is small and convicts BROKEN."""
BROKEN = "broken:forgets_ends"
FOREIGN = str(Path(__file__).parents[2] / "examples" / "stores" / "python-object.yaml")


def test_every_kind_of_fault_that_can_be_written_is_drawn() -> None:
    """A kind that is new in the schema has to get a row."""
    assert set(troubles.KINDS) == set(KINDS)


def test_worlds_of_many_seeds_are_scenarios_each_kind_of_fault_is_in_some_of_them_and_sequences_are_whole() -> None:
    drawn = [drawing.drawn(seed) for seed in range(1, 301)]
    kinds = Counter(
        kind for scenario in drawn for kind, model in KINDS.items() if any(type(f) is model for f in scenario.faults)
    )
    assert {kind for kind in KINDS if kinds[kind] < 12} == set()
    assert len({scenario.text for scenario in drawn}) == 300
    for model in (KINDS["upgrade"], KINDS["cookie-domain"]):
        struck = [sum(type(f) is model for f in scenario.faults) / scenario.cluster.nodes for scenario in drawn]
        assert set(struck) <= {0, 1}


def test_each_occasion_is_drawn_and_what_is_said_of_it_stands() -> None:
    worlds = {seed: drawing.drawn(seed) for seed in range(1, 301)}
    still = [seed for seed, world in worlds.items() if _lost_while_another_stands_still(world)]
    planted = [seed for seed, world in worlds.items() if world.workload.planted and world.config.get("http")]
    rewriting = [seed for seed, world in worlds.items() if world.workload.think == 200_000 and world.workload.keys == 1]
    beside = [seed for seed, world in worlds.items() if world.cluster.clusters]
    assert min(map(len, (still, planted, rewriting, beside))) >= 5


def _lost_while_another_stands_still(world: Scenario) -> bool:
    return [type(fault) for fault in world.faults] == [KINDS["pause"], KINDS["crash"]] and world.faults[1].for_ is None


@pytest.mark.parametrize(
    ("broken", "seed", "check"),
    [
        ("goes_by_first_cookie", 1, "read_your_writes"),
        ("forgets_the_removed", 56, "membership"),
        ("dates_by_wall_clock", 82, "read_your_writes"),
        ("revokes_what_it_knows", 128, "revocation_lag"),
        ("joins_any_cluster", 58, "separation"),
    ],
)
def test_bugs_that_need_habits_and_faults_together_are_found(broken: str, seed: int, check: str) -> None:
    assert check in {failed.check for failed in tried(Job(f"broken:{broken}", seed, gate=False)).failures}
    assert tried(Job("reference", seed, gate=False)).failures == []


def test_a_seed_is_one_world_and_what_is_drawn_for_dear_subjects_is_smaller() -> None:
    assert drawing.told(FAILING) == drawing.told(FAILING)
    usual, small = drawing.drawn(FAILING), drawing.drawn(FAILING, small=True)
    assert (small.workload.users, small.observers.witnesses) < (usual.workload.users, usual.observers.witnesses)


def test_a_world_that_was_written_is_the_run_that_was_drawn(tmp_path: Path) -> None:
    came = tried(Job("reference", 3, gate=False))
    file = tmp_path / f"{drawing.name_of(3)}.yaml"
    file.write_text(drawing.told(3), encoding="utf-8")
    outcome, _ = lived(plan(load(file)), BytesIO())
    assert outcome.digest == came.digest


def test_a_broken_store_is_found_and_the_command_that_is_told_finds_it_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seeds = f"{FAILING}-{FAILING}"
    asked = ["explore", "--seeds", seeds, "--subject", BROKEN, "--workers", "1", "--json"]
    assert execute(asked) == output.VIOLATED
    said = json.loads(capsys.readouterr().out)
    assert (said["seeds"], said["verdict"]) == (1, VIOLATED)
    failure = next(failure for failure in said["failures"] if failure["check"] == "no_resurrection")
    assert failure["requirement"] == "REQ-REPL-10"
    assert failure["repeat"] == f"anynode explore --seeds {seeds} --subject {BROKEN}"
    assert failure["seed"] == FAILING
    known = [name for name in said["known"] if any(isinstance(fault, OneWay) for fault in load(name).faults)]
    assert said["faults"]["one-way"] == 1 + len(known)


@pytest.fixture
def nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> dict[int, Tried | Killed]:
    """Let every job hold, but for those that are put into the mapping, by their seed."""
    other: dict[int, Tried | Killed] = {}

    def as_finished(_: object, jobs: list[Job], __: object) -> Iterator[tuple[int, Tried | Killed]]:
        for number, job in reversed(list(enumerate(jobs))):
            yield number, other.get(job.seed, Tried(job, "d", HOLDS, [], {"crash": job.seed % 2}, ["a"], twice=False))

    monkeypatch.setattr(exploring, "as_finished", as_finished)
    monkeypatch.setattr(exploring, "known_failures", list)
    return other


def test_a_run_whose_process_is_killed_has_failed_and_all_others_are_told(
    nothing_is_run: dict[int, Tried | Killed], capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_is_run[2] = Killed("the process that did it was killed 2 times")
    assert execute(["explore", "--seeds", "4", "--json"]) == output.UNDECIDED
    said = json.loads(capsys.readouterr().out)
    assert (said["seeds"], said["verdict"], said["verdicts"][HOLDS]) == (4, "unfinished", 3)
    assert [(failure["seed"], failure["check"]) for failure in said["failures"]] == [(2, "process")]
    assert said["faults"]["crash"] == 2


def test_it_ends_at_the_first_failure_where_that_is_asked_for(
    nothing_is_run: dict[int, Tried | Killed], capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_is_run[3] = Killed("it was killed")
    assert execute(["explore", "--seeds", "4", "--until-first"]) == output.UNDECIDED
    said = capsys.readouterr().out
    assert "again: anynode explore --seeds 3-3" in said
    assert "2 drawn runs" in said


@pytest.mark.parametrize(
    ("subject", "verdict", "code"),
    [("reference", "defect", output.OUR_DEFECT), (FOREIGN, "broken adapter", output.BROKEN_ADAPTER)],
)
def test_two_runs_of_a_seed_that_part_are_our_defect_or_that_of_the_subject_with_the_event_in_which_they_do(
    subject: str, verdict: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exploring, "known_failures", list)
    monkeypatch.setattr(trying, "chosen", lambda *_: True)
    monkeypatch.setattr(trying, "difference", lambda *_: "first event that differs: this here, that elsewhere")
    assert execute(["explore", "--seeds", "3-3", "--workers", "1", "--subject", subject]) == code
    said = capsys.readouterr().out
    assert "determinism: first event that differs: this here, that elsewhere" in said
    assert f"verdict: {verdict}\n" in said


def test_a_run_that_raises_is_one_seed_s_defect_and_the_others_are_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judgement = trying.judgement

    def failing(decided: Plan, name: str) -> Judgement:
        if decided.seed == 2:
            raise KeyError("n9")
        return judgement(decided, name)

    monkeypatch.setattr(exploring, "known_failures", list)
    monkeypatch.setattr(trying, "judgement", failing)
    assert execute(["explore", "--seeds", "2-3", "--workers", "1"]) == output.OUR_DEFECT
    said = capsys.readouterr().out
    assert "drawn-2: exception: KeyError: 'n9' (test_swarm.py:" in said
    assert "again: anynode explore --seeds 2-2\nTraceback (most recent call last):\n" in said
    assert "1 defect, 1 holds" in said


@pytest.mark.parametrize(
    ("verdicts", "one"),
    [
        ([HOLDS, VACUOUS], HOLDS),
        ([NOT_TESTED, VACUOUS], VACUOUS),
        ([VIOLATED, BROKEN_ADAPTER], BROKEN_ADAPTER),
        ([BROKEN_ADAPTER, "defect", VIOLATED], "defect"),
    ],
)
def test_a_defect_of_ours_comes_before_all_and_what_a_drawn_world_did_not_ask_hides_nothing(
    verdicts: list[str], one: str
) -> None:
    assert exploring.verdict_of(dict.fromkeys(verdicts, 1)) == one


def test_the_whole_gate_agrees_with_itself_on_a_drawn_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "chosen", lambda *_: True)
    came = tried(Job("reference", 3))
    assert (came.twice, came.verdict) == (True, HOLDS)


@pytest.mark.parametrize("seeds", ["0", "9-5", "some"])
def test_an_empty_range_of_seeds_is_refused(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["explore", "--seeds", seeds]) == output.WRONG_INPUT
    assert f"found '{seeds}', expected a number or a range" in capsys.readouterr().err


def test_worlds_that_cannot_be_written_are_refused_before_anything_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert execute(["explore", "--seeds", "2", "--write", str(tmp_path / "file" / "x")]) == output.WRONG_INPUT
    assert "cannot be written" in capsys.readouterr().err


def test_behaviours_are_counted_and_say_how_many_more_the_next_run_may_show() -> None:
    found = behaviours.counted([["fault a", "fault a & member b"], ["fault a"], ["member b", "session c"]])
    assert (found.distinct, found.once, found.last_new_at) == (4, 3, 3)
    assert found.expected_new == 1.0
    assert found.by == {"fault": 1, "fault & member": 1, "member": 1, "session": 1}
    assert behaviours.counted([]).expected_new == 0


def test_jobs_begin_with_the_known_failures() -> None:
    jobs = exploring.jobs_of("reference", [1, 2])
    assert [job.scenario for job in jobs] == [*exploring.known_failures(), "", ""]
