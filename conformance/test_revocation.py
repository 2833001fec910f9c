"""Ends on purpose: logout, revocation, and the id that a login leaves behind."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-REVOC-1", "REQ-REVOC-3")
@pytest.mark.scenario(
    "steady-lan",
    "isolated-writer",
    "logout-during-partition",
    "logout-flood",
    "nasa-day",
    "logouts-on-both-sides",
    "crash-at-a-logout",
    check="no_resurrection",
)
def test_a_session_that_was_logged_out_answers_nowhere(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-3", "REQ-REPL-10")
@pytest.mark.scenario("logout-beside-a-write", check="no_resurrection")
def test_a_logout_ends_what_another_tab_is_writing_to(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-5", "REQ-REVOC-9")
@pytest.mark.scenario("steady-lan", "nasa-day", "mass-revocation", check="revocation_lag")
def test_a_revocation_is_known_everywhere_within_the_bound(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-6", "REQ-REVOC-7")
@pytest.mark.scenario("revoke-during-partition", "pause-longer-than-suspicion", check="revocation_lag")
def test_a_revocation_on_one_side_of_a_partition_holds_on_the_other(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-7")
@pytest.mark.scenario("crash-and-return-empty", check="no_resurrection")
def test_a_node_that_joins_later_takes_no_ended_session_for_valid(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-10", "REQ-EXP-14")
@pytest.mark.scenario("longer-than-a-lifetime", check="no_resurrection")
def test_a_node_that_was_away_for_longer_than_a_session_lives_brings_nothing_back(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-10", "REQ-COOK-11")
@pytest.mark.scenario(
    "steady-lan", "isolated-writer", "nasa-day", "login-storm", "crash-at-a-login", check="id_renewal"
)
def test_a_login_gives_an_id_that_nobody_had(judgement: Judgement) -> None:
    judgement.must_hold()
