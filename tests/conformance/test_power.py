"""What the checks convict is counted as it is: who got away is said to, and no number depends on how it was run."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

import scenarios
from conformance import power
from conformance.broken import BROKEN
from conformance.checks import CHECKS, Index
from conformance.history import Fault
from conformance.power import Job, Ran, failing, jobs_of, judged, median_wait, record_of
from conformance.touching import kind_of
from conformance.verdict import HOLDS, VACUOUS, VIOLATED, Finding
from reference.node import Node
from scenarios.faults import KINDS

NAME = "caches_by_key"
"""A broken store in the shortest scenario."""
ROW = BROKEN[NAME]


def measured(*seeds: int) -> list[Ran]:
    return power.carried_out(jobs_of([NAME], [ROW.scenario], seeds), 1, lambda _: None)


def ran(seed: int, *convicted: str, subject: str = f"broken:{NAME}", verdict: str = "") -> Ran:
    return Ran(Job(subject, ROW.scenario, seed), verdict or (VIOLATED if convicted else HOLDS), list(convicted), {})


def test_a_broken_store_is_convicted_and_the_reference_is_not() -> None:
    record = record_of(measured(1), "a1b2")
    (store,) = record.broken
    assert (store.seeds_convicted, store.seeds_until, store.seeds_median) == (1, 1, 1)
    assert ROW.convicted_by in store.convicted
    assert NAME in record.checks[ROW.convicted_by]
    assert set(record.checks) == set(CHECKS)
    assert (record.reference.convicted, record.reference.runs, record.reference.doubted) == ([], 1, [])
    assert record.commit == "a1b2"
    assert failing(record) == []


def test_what_comes_of_it_does_not_depend_on_the_number_of_processes() -> None:
    jobs = jobs_of([NAME], [], [1, 2])
    alone, shared = (power.carried_out(jobs, processes, lambda _: None) for processes in (1, 2))
    assert alone == shared


def test_a_store_without_its_bug_is_said_to_have_got_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BROKEN, NAME, structs.replace(ROW, node=Node))
    record = record_of(measured(1, 2), "")
    assert record.broken[0].convicted == []
    assert record.broken[0].seeds_until is None
    (one,) = failing(record)
    assert one.what == f"{NAME} was not convicted by {ROW.convicted_by} in {ROW.scenario} within 2 seeds"
    assert one.again == f"anynode power --broken {NAME} --seeds 2"


def test_conviction_by_another_check_is_told_and_is_not_enough() -> None:
    record = record_of([ran(1, "durability"), ran(2)], "")
    assert record.broken[0].convicted == ["durability"]
    assert record.broken[0].by_check == {"durability": 1}
    assert [one.what for one in failing(record)] == [
        f"{NAME} was not convicted by {ROW.convicted_by} in {ROW.scenario} within 2 seeds"
    ]


@pytest.mark.parametrize(
    ("convicting", "found"),
    [
        (range(1, 12), []),
        ([1, 4, 7, 10], []),
        ([11], ["was not convicted by monotonic_writes in sticky-lan within 10 seeds"]),
        ([1], ["is convicted by monotonic_writes after more than 11 seeds (median), expected 3"]),
        ([8], ["is convicted by monotonic_writes after 6 seeds (median), expected 3"]),
    ],
)
def test_ten_seeds_must_do_and_three_in_the_median(convicting: list[int], found: list[str]) -> None:
    own = ROW.convicted_by
    record = record_of([ran(seed, *([own] if seed in convicting else [])) for seed in range(1, 12)], "")
    assert [one.what for one in failing(record)] == [f"{NAME} {what}" for what in found]


def test_below_ten_seeds_the_median_is_a_figure_that_decides_nothing() -> None:
    record = record_of([ran(1, ROW.convicted_by), ran(2), ran(3), ran(4)], "")
    assert record.broken[0].seeds_median is None
    assert failing(record) == []


def test_a_reference_that_is_convicted_or_not_judged_is_named_with_its_command() -> None:
    whom = power.REFERENCE
    record = record_of(
        [ran(1, subject=whom), ran(2, "isolation", subject=whom), ran(3, subject=whom, verdict=VACUOUS)], ""
    )
    assert record.reference.convicted == ["isolation"]
    assert [(one.what, one.again) for one in failing(record)] == [
        (
            "the reference in sticky-lan, seed 2: violated by isolation, expected holds",
            "anynode run sticky-lan --seed 2",
        ),
        ("the reference in sticky-lan, seed 3: vacuous, expected holds", "anynode run sticky-lan --seed 3"),
    ]


def test_faults_count_where_they_touched_something() -> None:
    def run(seed: int, scenario: str, touched: dict[str, int]) -> Ran:
        return Ran(Job(power.REFERENCE, scenario, seed), HOLDS, [], touched)

    record = record_of(
        [run(1, "a", {"crash": 1, "loss": 0}), run(2, "a", {"crash": 1, "loss": 7}), run(1, "b", {"loss": 0})], ""
    )
    assert set(record.faults) == set(KINDS)
    assert structs.astuple(record.faults["crash"]) == (["a"], 2, 2)
    assert structs.astuple(record.faults["loss"]) == (["a"], 1, 3)
    assert structs.astuple(record.faults["slow"]) == ([], 0, 0)


def test_faults_are_named_as_scenarios_name_them() -> None:
    found = judged(Job(power.REFERENCE, "sticky-failback-stale-copy", 1))
    assert set(found.touched) == {"partition", "pause"}
    assert all(found.touched.values())
    assert kind_of(Fault("cut", ["n1", "n2"], 0, 1, links=[("n1", "n2")])) == "one-way"
    assert kind_of(Fault("crash", ["n1"], 0, None)) in KINDS


def test_a_check_that_fails_is_our_defect_and_names_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(index: Index) -> Finding:
        raise ZeroDivisionError(f"of {len(index.history.operations)} operations")

    monkeypatch.setitem(CHECKS, "isolation", failed)
    with pytest.raises(power.CheckFailed, match=r"isolation in anynode run sticky-lan --seed 1: .*ZeroDivisionError"):
        judged(Job(power.REFERENCE, "sticky-lan", 1))


def test_a_run_that_raises_names_the_command_that_repeats_it() -> None:
    with pytest.raises(Exception, match="stickylan") as error:
        judged(Job(f"broken:{NAME}", "stickylan", 3))
    assert error.value.__notes__ == [f"in: anynode run stickylan --seed 3 --subject broken:{NAME}"]


@pytest.mark.parametrize(
    ("convicted", "median"),
    [
        ([True], 1),
        ([False], None),
        ([False, True], 2),
        ([True, False], None),
        ([False, False, True], 2),
        ([True, False, False, True, False, False, True], 2),
        ([False] * 5 + [True] * 5, 2),
        ([True] * 5 + [False] * 5, None),
    ],
)
def test_the_median_wait_is_over_every_seed_to_begin_with(convicted: list[bool], median: int | None) -> None:
    assert median_wait(convicted) == median


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_by_the_median_wait_more_than_half_of_the_beginnings_are_convicted_and_not_a_seed_sooner(
    convicted: list[bool],
) -> None:
    def convicted_within(wait: int) -> int:
        return sum(any(convicted[begin : begin + wait]) for begin in range(len(convicted)))

    median, half = median_wait(convicted), len(convicted) / 2
    if median is None:
        assert convicted_within(len(convicted)) <= half
    else:
        assert convicted_within(median) > half >= convicted_within(median - 1)


def test_a_large_cluster_is_run_with_one_seed(tmp_path: Path) -> None:
    small, large = tmp_path / "small.yaml", tmp_path / "large.yaml"
    text = (Path(scenarios.__file__).parent / "baseline" / "sticky-lan.yaml").read_text(encoding="utf-8")
    small.write_text(text.replace("nodes: 5", "nodes: 20"), encoding="utf-8")
    large.write_text(text.replace("nodes: 5", "nodes: 21"), encoding="utf-8")
    jobs = jobs_of([], [str(small), str(large)], [4, 5, 6])
    assert [(job.scenario, job.seed) for job in jobs] == [
        (str(small), 4),
        (str(small), 5),
        (str(small), 6),
        (str(large), 4),
    ]


def test_a_long_scenario_is_told_around_its_faults() -> None:
    jobs = jobs_of([], ["partition-for-an-hour"], [4, 5])
    assert [(job.seed, job.short) for job in jobs] == [(4, True), (5, True)]
    assert jobs[1].command == "anynode run partition-for-an-hour --seed 5 --around-faults"
    assert judged(jobs[1]).verdict == VACUOUS, "too short for what the hour shows"


def test_the_reference_is_the_control_where_a_broken_store_runs_and_runs_the_first_seeds_elsewhere() -> None:
    seeds, elsewhere = [4, 5, 6, 7, 8], "bridge"
    assert elsewhere != ROW.scenario
    jobs = jobs_of([NAME], [elsewhere, ROW.scenario], seeds)
    run: dict[tuple[str, str], list[int]] = {}
    for job in jobs:
        run.setdefault((job.subject, job.scenario), []).append(job.seed)
    assert run == {
        (power.REFERENCE, elsewhere): seeds[: power.ELSEWHERE],
        (power.REFERENCE, ROW.scenario): seeds,
        (f"broken:{NAME}", ROW.scenario): seeds,
    }
    assert [job.seed for job in jobs_of([], [elsewhere], seeds)] == seeds, "a sweep for false alarms runs them all"


def test_a_run_around_its_faults_may_show_less_but_a_conviction_counts() -> None:
    def ran(seed: int, verdict: str, *, short: bool, convicted: list[str]) -> Ran:
        return Ran(Job(power.REFERENCE, "partition-for-an-hour", seed, short), verdict, convicted, {})

    record = record_of(
        [
            ran(1, VACUOUS, short=False, convicted=[]),
            ran(2, VACUOUS, short=True, convicted=[]),
            ran(3, VIOLATED, short=True, convicted=["durability"]),
        ],
        "",
    )
    assert [(one.seed, one.verdict) for one in record.reference.doubted] == [(1, VACUOUS), (3, VIOLATED)]
    assert record.reference.fell_short == 1, "a run that showed too little is told, and no verdict"
