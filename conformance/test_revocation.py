"""Logout and revocation: what has ended stays ended, on every node."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-REVOC-1", "REQ-REVOC-3")
@pytest.mark.scenario("steady-lan", "isolated-writer", check="no_resurrection")
def test_a_session_that_was_logged_out_answers_nowhere(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-3", "REQ-REPL-10")
@pytest.mark.scenario("logout-during-partition", check="no_resurrection")
def test_a_logout_on_one_side_of_a_cut_holds_on_both_once_it_heals(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-5", "REQ-REVOC-6")
@pytest.mark.scenario("revoke-during-partition", check="revocation_lag")
def test_a_revocation_reaches_every_node_within_the_bound(judgement: Judgement) -> None:
    judgement.must_hold()
