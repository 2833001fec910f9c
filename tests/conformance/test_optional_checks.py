"""The optional checks: what they convict in whole runs, what they leave undecided; that they never judge unasked."""

from pathlib import Path

import pytest

from conformance import checks
from conformance.checks import CHECKS, OPTIONAL, judge, linearizable_sessions
from conformance.history import History
from conformance.reading import read
from conformance.runner import run
from conformance.verdict import HOLDS, UNKNOWN, VIOLATED, combine

HISTORIES = Path(__file__).parents[1] / "histories"
SEARCHED = HISTORIES / "linearizability" / "ok" / "deleted-and-written-again.jsonl"
STICKY = """
title: Users stay on one node
shows: [REQ-ROUT-6]
duration: 2m
workload: {users: 20, balancer: sticky, tabs: 30%}
observers: {witnesses: 5}
expect: {checks: [causal, linearizability]}
"""


def ran(subject: str, tmp_path: Path) -> History:
    scenario = tmp_path / "sticky.yaml"
    scenario.write_text(STICKY, encoding="utf-8")
    return read(run(scenario, subject=subject, out=tmp_path / "run").folder / "history.jsonl")


def test_the_reference_behaves_as_one_copy_where_one_node_serves_a_session(tmp_path: Path) -> None:
    found = {finding.check: finding for finding in judge(ran("reference", tmp_path))}
    assert {found[name].verdict for name in OPTIONAL} == {HOLDS}
    assert found["causal"].judged > 100
    assert found["linearizability"].judged > 20


@pytest.mark.parametrize("subject", ["broken:caches_by_worker", "broken:caches_by_key"])
def test_a_store_that_reads_through_caches_is_convicted_by_both(subject: str, tmp_path: Path) -> None:
    found = {finding.check: finding for finding in judge(ran(subject, tmp_path))}
    for name in OPTIONAL:
        assert found[name].verdict == VIOLATED
        assert len(found[name].evidence) >= 2


def test_what_the_budget_does_not_decide_is_unknown_and_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linearizable_sessions, "BUDGET", 2)
    finding = next(finding for finding in judge(read(SEARCHED)) if finding.check == "linearizability")
    assert finding.verdict == UNKNOWN
    assert finding.seen == "1 key undecided when the budget of 2 steps was used up"
    assert not finding.traceback
    assert combine([finding]) == UNKNOWN


def test_what_zones_decide_takes_nothing_of_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linearizable_sessions, "BUDGET", 0)
    history = read(HISTORIES / "linearizability" / "ok" / "one-copy.jsonl")
    finding = next(finding for finding in judge(history) if finding.check == "linearizability")
    assert (finding.verdict, finding.figures["steps"]) == (HOLDS, 0)


def test_nobody_who_names_no_optional_check_hears_of_one() -> None:
    history = read(HISTORIES / "durability" / "ok" / "acknowledged-is-there.jsonl")
    assert [finding.check for finding in judge(history)] == list(CHECKS)
    assert [finding.check for finding in judge(history, ["causal"])] == [*CHECKS, "causal"]


def test_a_history_that_expects_nothing_expects_no_optional_check() -> None:
    history = read(HISTORIES / "causal" / "ok" / "all-agree-with-their-past.jsonl")
    history.header.expect = None
    assert not set(OPTIONAL) & set(checks.expected_checks(history))


def test_an_optional_check_that_is_none_is_refused() -> None:
    history = read(SEARCHED)
    with pytest.raises(LookupError, match="also names 'durability'; the optional checks are causal, linearizability"):
        judge(history, ["durability"])
