"""How one verdict is made of many: violated, then unknown, then what the scenario expects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.verdict import (
    BROKEN_ADAPTER,
    HOLDS,
    NOT_PROMISED,
    NOT_TESTED,
    UNFINISHED,
    UNKNOWN,
    VACUOUS,
    VIOLATED,
    Finding,
    combine,
    worst_of,
)

WORDS = [HOLDS, VIOLATED, UNKNOWN, VACUOUS, NOT_PROMISED, NOT_TESTED]


def finding(verdict: str, *, expected: bool = True) -> Finding:
    return Finding("a_check", verdict, 1, [], "", "", expected=expected)


@pytest.mark.parametrize(
    ("expected", "others", "verdict"),
    [
        ([HOLDS], [], HOLDS),
        ([HOLDS, HOLDS], [VACUOUS, NOT_PROMISED], HOLDS),
        ([HOLDS, NOT_PROMISED], [], HOLDS),
        ([HOLDS], [VIOLATED], VIOLATED),
        ([HOLDS, VIOLATED, UNKNOWN, VACUOUS], [], VIOLATED),
        ([HOLDS, UNKNOWN, VACUOUS], [], UNKNOWN),
        ([HOLDS], [UNKNOWN], UNKNOWN),
        ([HOLDS, VACUOUS], [], VACUOUS),
        ([NOT_PROMISED], [HOLDS], NOT_TESTED),
        ([NOT_TESTED], [HOLDS], NOT_TESTED),
        ([], [HOLDS], NOT_TESTED),
        ([], [], NOT_TESTED),
    ],
)
def test_the_verdict_of_a_run(expected: list[str], others: list[str], verdict: str) -> None:
    findings = [finding(word) for word in expected] + [finding(word, expected=False) for word in others]
    assert combine(findings) == verdict


def test_a_broken_adapter_comes_before_all_and_an_unfinished_run_before_every_finding() -> None:
    findings = [finding(VIOLATED)]
    assert combine(findings, finished=False) == UNFINISHED
    assert combine(findings, finished=False, adapter_broken=True) == BROKEN_ADAPTER


def test_a_fault_that_counts_and_touched_nothing_makes_no_pass_and_hides_no_violation() -> None:
    assert combine([finding(HOLDS)], untouched=["crash"]) == VACUOUS
    assert combine([finding(VIOLATED)], untouched=["crash"]) == VIOLATED


@pytest.mark.parametrize(
    ("verdicts", "worst", "where_one_suffices"),
    [
        ([HOLDS, HOLDS], HOLDS, HOLDS),
        ([HOLDS, VACUOUS], VACUOUS, HOLDS),
        ([NOT_TESTED, HOLDS, NOT_PROMISED], NOT_TESTED, HOLDS),
        ([NOT_TESTED, VACUOUS], VACUOUS, VACUOUS),
        ([HOLDS, UNKNOWN, VACUOUS], UNKNOWN, UNKNOWN),
        ([VACUOUS, VIOLATED, HOLDS], VIOLATED, VIOLATED),
        ([UNKNOWN, UNFINISHED, VIOLATED], VIOLATED, VIOLATED),
        ([UNKNOWN, UNFINISHED], UNFINISHED, UNFINISHED),
        ([VIOLATED, BROKEN_ADAPTER, HOLDS], BROKEN_ADAPTER, BROKEN_ADAPTER),
    ],
)
def test_of_several_verdicts_the_worst_is_said(verdicts: list[str], worst: str, where_one_suffices: str) -> None:
    for order in (verdicts, verdicts[::-1]):
        assert worst_of(order) == worst
        assert worst_of(order, one_suffices=True) == where_one_suffices


findings_of_any_kind = st.builds(
    lambda word, expected: finding(word, expected=expected), st.sampled_from(WORDS), st.booleans()
)


@given(st.data(), st.lists(findings_of_any_kind))
def test_the_order_of_findings_decides_nothing(data: st.DataObject, findings: list[Finding]) -> None:
    assert combine(findings) == combine(data.draw(st.permutations(findings)))


@given(st.lists(findings_of_any_kind))
def test_nothing_but_a_kept_expected_promise_makes_a_pass(findings: list[Finding]) -> None:
    if combine(findings) == HOLDS:
        assert any(one.verdict == HOLDS and one.expected for one in findings)
        assert not any(one.verdict in (VIOLATED, UNKNOWN) for one in findings)
