"""Expiry: no session lives longer than its limits, none dies sooner, whatever the clocks say."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-EXP-1", "REQ-EXP-3")
@pytest.mark.scenario(
    "skewed-clocks-at-expiry", "expiry-beside-a-write", "nasa-day", "crash-at-a-denial", check="absolute_band"
)
def test_no_session_outlives_its_greatest_age(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-13")
@pytest.mark.scenario("skewed-clocks-at-expiry", check="absolute_band")
def test_age_is_counted_from_the_login_on_every_node(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-1", "REQ-EXP-4")
@pytest.mark.scenario("skewed-clocks-at-expiry", "clock-ahead-at-expiry", "nasa-day", check="idle_band")
def test_a_session_left_idle_for_too_long_is_not_valid(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-10", "REQ-EXP-11", "REQ-EXP-12")
@pytest.mark.scenario("skewed-clocks-at-expiry", check="idle_band")
def test_activity_on_one_node_keeps_the_session_on_all(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-15")
@pytest.mark.scenario("skewed-clocks-at-expiry", check="idle_band")
def test_clocks_within_their_bound_end_no_live_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-14")
@pytest.mark.scenario(
    "skewed-clocks-at-expiry",
    "expiry-beside-a-write",
    "nasa-day",
    "crash-at-a-denial",
    "zombie-after-a-day",
    check="no_resurrection",
)
def test_what_has_expired_is_brought_back_by_no_other_node(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-14")
@pytest.mark.scenario("expiry-beside-a-write", check="availability")
def test_whoever_comes_as_a_session_expires_hears_yes_or_no(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-2")
@pytest.mark.scenario("clock-jumps-a-year", check="durability")
def test_a_clock_a_year_ahead_ends_nobody_elses_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-6")
@pytest.mark.scenario("clock-steps-back", check="durability")
def test_a_clock_that_steps_back_undoes_nothing(judgement: Judgement) -> None:
    judgement.must_hold()
