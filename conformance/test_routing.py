"""Routing: with it on, any node serves any request, and no client is shown less than it has been shown."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-ROUT-1", "REQ-ROUT-7")
@pytest.mark.scenario(
    "routing-round-robin",
    "routed-regions",
    "routed-lan",
    "routed-loss",
    "routed-node-lost",
    "routed-join",
    "routed-rolling-restart",
    "routed-pause",
    "moved-midway",
    check="read_your_writes",
)
def test_a_client_reads_its_own_writes_wherever_its_requests_land(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-1", "REQ-ROUT-2")
@pytest.mark.scenario(
    "routing-round-robin",
    "routed-regions",
    "routed-lan",
    "routed-loss",
    "routed-node-lost",
    "routed-join",
    "routed-rolling-restart",
    "routed-pause",
    check="monotonic_reads",
)
def test_what_a_client_has_seen_no_other_node_takes_back(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-1", "REQ-ROUT-7")
@pytest.mark.scenario(
    "routed-lan", "routed-loss", "routed-node-lost", "routed-rolling-restart", check="monotonic_writes"
)
def test_no_node_shows_a_later_write_without_the_earlier_ones(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-1", "REQ-ROUT-2")
@pytest.mark.scenario(
    "routed-lan", "routed-loss", "routed-node-lost", "routed-rolling-restart", check="writes_follow_reads"
)
def test_no_node_shows_a_write_without_what_its_writer_had_read(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-4", "REQ-FAIL-2")
@pytest.mark.scenario("routed-node-lost", "routed-pause", check="availability")
def test_when_the_node_that_should_answer_is_gone_another_does(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-4", "REQ-FAIL-1")
@pytest.mark.scenario("routed-node-lost", check="durability")
def test_what_a_lost_node_had_answered_for_others_is_kept(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-5")
@pytest.mark.scenario("routed-regions", check="availability")
def test_no_request_goes_in_circles(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-8")
@pytest.mark.scenario("routed-regions", "flash-crowd-on-one-session", check="structure")
def test_an_answer_that_came_by_way_of_another_node_is_as_if_it_had_not(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-3")
@pytest.mark.scenario("routed-regions", "routed-loss", check="no_resurrection")
def test_once_logged_out_a_cookie_is_worth_nothing_at_any_node(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-5")
@pytest.mark.scenario("routed-lan", "routed-loss", check="revocation_lag")
def test_once_revoked_no_session_answers_at_any_node(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11")
@pytest.mark.scenario("routed-rolling-restart", check="durability")
def test_replacing_every_node_in_turn_loses_nothing_that_was_routed(judgement: Judgement) -> None:
    judgement.must_hold()
