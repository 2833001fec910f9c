"""Membership: whom each node holds for alive, by its own answers to /members."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-MEMB-4")
@pytest.mark.scenario(
    "node-lost-cluster",
    "crash-and-return-empty",
    "join-after-a-loss",
    "loss-behind-a-pause",
    "fifty-nodes",
    "four-hundred-ninety-nodes",
    "wan-profile",
    "region-lost",
    "gossip-storm-after-healing",
    check="membership",
)
def test_a_node_that_is_gone_leaves_every_view(judgement: Judgement) -> None:
    judgement.must_hold(met="gone")


@pytest.mark.requirement("REQ-MEMB-5")
@pytest.mark.scenario(
    "steady-lan",
    "halves",
    "rolling-restart",
    "loss-behind-a-pause",
    "cascading-pauses",
    "gossip-storm-after-healing",
    check="membership",
)
def test_all_live_members_come_to_the_same_view(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-MEMB-9")
@pytest.mark.scenario(
    "steady-lan", "node-lost-cluster", "halves", "fifty-nodes", "gossip-storm-after-healing", check="false_death"
)
def test_nobody_who_is_up_is_held_for_dead(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-MEMB-9")
@pytest.mark.scenario(
    "pause-longer-than-suspicion", "loss-behind-a-pause", "cascading-pauses", "zombie-after-a-day", check="false_death"
)
def test_a_node_that_stood_still_is_a_member_again(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-3")
@pytest.mark.scenario(
    "crash-and-return-empty", "crash-under-writes", "rolling-restart", "fifty-nodes", check="false_death"
)
def test_a_node_that_returned_is_in_every_view_again(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-6")
@pytest.mark.scenario("all-start-at-once", "four-hundred-ninety-nodes", check="false_death")
def test_nodes_that_start_at_once_find_each_other(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-MEMB-8")
@pytest.mark.scenario("discovery-fails", check="false_death")
def test_nobody_is_removed_because_discovery_finds_nothing(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-MEMB-3", "REQ-MEMB-9")
@pytest.mark.scenario("partition-for-an-hour", check="false_death")
def test_sides_that_were_cut_off_for_an_hour_find_each_other(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-MEMB-3", "REQ-MEMB-10")
@pytest.mark.scenario("join-under-load", "join-after-a-loss", "fifty-nodes", check="false_death")
def test_a_node_that_joins_is_taken_in_by_all(judgement: Judgement) -> None:
    judgement.must_hold()
