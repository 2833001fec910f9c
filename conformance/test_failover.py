"""Failover: what survives the loss, the return and the isolation of nodes, and who goes on serving meanwhile."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-FAIL-1", "REQ-FAIL-2")
@pytest.mark.scenario(
    "crash-under-writes",
    "crash-and-return-empty",
    "node-lost-cluster",
    "join-after-a-loss",
    "nasa-day",
    "nasa-day-replayed",
    "crash-at-a-login",
    "health-check-lags",
    check="durability",
)
def test_the_loss_of_one_node_loses_nothing_that_was_acknowledged(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-2")
@pytest.mark.scenario(
    "crash-under-writes",
    "node-lost-cluster",
    "loss-behind-a-pause",
    "clock-jumps-a-year",
    "region-lost",
    check="availability",
)
def test_when_a_node_is_lost_the_others_go_on_serving(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-3")
@pytest.mark.scenario(
    "crash-and-return-empty",
    "crash-under-writes",
    "rolling-restart",
    "all-but-one",
    "health-check-lags",
    "rolling-restart-under-load",
    check="cold_join",
)
def test_a_node_that_returns_has_every_session_again(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-6")
@pytest.mark.scenario("all-start-at-once", "steady-lan", "login-storm", check="convergence")
def test_nodes_that_start_at_once_become_one_cluster(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-8")
@pytest.mark.scenario("halves", "isolated-writer", "region-cut-off-for-an-hour", check="availability")
def test_each_side_of_a_partition_goes_on_serving(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-8")
@pytest.mark.scenario(
    "halves", "isolated-writer", "three-regions", "bridge", "region-cut-off-for-an-hour", check="durability"
)
def test_what_either_side_of_a_partition_acknowledged_is_kept(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-9")
@pytest.mark.scenario("all-start-at-once", "login-storm", check="durability")
def test_after_the_loss_of_all_nodes_users_get_sessions_that_are_kept(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-10")
@pytest.mark.scenario(
    "crash-under-writes",
    "isolated-writer",
    "node-lost-cluster",
    "node-lost-sticky-local",
    "region-lost",
    "crash-at-a-logout",
    check="isolation",
)
def test_whatever_is_lost_nobody_is_shown_the_session_of_another(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11")
@pytest.mark.scenario("rolling-restart", "rolling-restart-under-load", "replacement-of-every-node", check="durability")
def test_replacing_every_node_in_turn_loses_no_session(judgement: Judgement) -> None:
    judgement.must_hold()
