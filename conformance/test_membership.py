"""Membership: nodes find each other and are found again, and the sessions follow."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-FAIL-6", "REQ-FAIL-7")
@pytest.mark.scenario("all-start-at-once", check="convergence")
def test_nodes_that_start_at_once_become_one_cluster(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-8", "REQ-MEMB-3")
@pytest.mark.scenario("join-under-load", check="cold_join")
def test_a_node_that_joins_under_load_knows_every_session_once_it_is_ready(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-MEMB-9", "REQ-MEMB-5")
@pytest.mark.scenario("pause-longer-than-suspicion", check="convergence")
def test_a_node_held_for_dead_while_it_stood_still_is_taken_in_again(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11", "REQ-FAIL-3")
@pytest.mark.scenario("rolling-restart", check="durability")
def test_restarting_every_node_in_turn_loses_nothing(judgement: Judgement) -> None:
    judgement.must_hold()
