"""What faults touched, by kind: where `expect` relies on one that touched nothing, a run shows nothing."""

from pathlib import Path
from typing import Any

import pytest

from conformance.history import Contract, Fault, Header, History, Lifetime
from conformance.runner import run
from conformance.touching import kind_of, touched_of, untouched
from conformance.verdict import HOLDS, VACUOUS, combine

WORLD = """
title: A crash that waits for an event
shows: [REQ-REPL-11]
seed: 1
duration: 20s
cluster: {nodes: 3}
workload: {users: 4, think: 1s, writes: 100%, deletes: 0}
observers: {witnesses: 4}
faults: [{crash: answering, after: {event: write, count: COUNT}, for: 5s}]
expect: {checks: [structure], touched: TOUCHED}
"""


@pytest.mark.parametrize(
    ("count", "touched", "verdict"),
    [(5, "[crash]", HOLDS), (100_000, "[crash]", VACUOUS), (100_000, "[]", HOLDS)],
    ids=["it struck", "it never struck", "it never struck and need not"],
)
def test_a_run_is_vacuous_where_a_fault_that_counts_touched_nothing(
    count: int, touched: str, verdict: str, tmp_path: Path
) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD.replace("COUNT", str(count)).replace("TOUCHED", touched), encoding="utf-8")
    result = run(file, out=tmp_path / "run")
    assert result.verdict == verdict
    assert [fault.touched for fault in result.faults] == [1 if count == 5 else 0]


def history(expect: Any, *faults: Fault) -> History:
    header = Header(
        history=1, scenario="x", seed=1, subject="by hand", nodes=["n1", "n2"], features=[],
        contract=Contract(), expect=expect, routing=False, store="cluster", lifetime=Lifetime(1, 1),
    )  # fmt: skip
    return History(header=header, faults=list(faults))


def test_of_several_faults_of_a_kind_one_must_have_touched_something() -> None:
    expect = {"checks": ["structure"], "touched": ["partition", "loss", "discovery"]}
    faults = [Fault("cut", ["n1"], 0, 1), Fault("cut", ["n1"], 2, 3, 5), Fault("stale-discovery", [], 0, 1, 2)]
    assert untouched(history(expect, *faults)) == ["loss"]
    assert untouched(history(["structure"], *faults)) == []
    assert combine([], untouched=["loss"]) == VACUOUS


def test_a_cut_of_both_directions_is_a_partition_and_of_one_is_not() -> None:
    both, one = [["n1", "n2"], ["n2", "n1"]], [["n1", "n2"]]
    assert kind_of(Fault("cut", ["n1"], 0, 1, links=both)) == "partition"
    assert kind_of(Fault("cut", ["n1"], 0, 1, links=one)) == "one-way"
    assert kind_of(Fault("cut", ["n1"], 0, 1, groups=[["n1"], ["n2"]])) == "partition"


def test_what_faults_touched_is_counted_by_the_words_of_scenario_files() -> None:
    both, one = [["n1", "n2"], ["n2", "n1"]], [["n1", "n2"]]
    faults = [
        Fault("cut", ["n1"], 0, 1, 2, links=both), Fault("cut", ["n1"], 2, 3, 3, links=both),
        Fault("cut", ["n1"], 0, 1, 4, links=one), Fault("stale-discovery", [], 0, 1, 5), Fault("loss", [], 0, 1),
    ]  # fmt: skip
    assert touched_of(history(["structure"], *faults)) == {"partition": 5, "one-way": 4, "discovery": 5, "loss": 0}
