"""Expiry: both limits are kept on both sides, also with clocks at the edge of the contract."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-EXP-3", "REQ-EXP-13", "REQ-EXP-15")
@pytest.mark.scenario("skewed-clocks-at-expiry", check="absolute_band")
def test_no_session_outlives_its_greatest_age_and_none_dies_of_age_before(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-4", "REQ-EXP-11", "REQ-EXP-15")
@pytest.mark.scenario("skewed-clocks-at-expiry", check="idle_band")
def test_a_session_active_on_any_node_is_idle_on_none(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-2", "REQ-EXP-15")
@pytest.mark.scenario("clock-jumps-a-year", check="convergence")
def test_one_wrong_clock_takes_nobody_along(judgement: Judgement) -> None:
    judgement.must_hold()
