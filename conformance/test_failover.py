"""Failover: what is lost with a node, and who is served meanwhile."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-FAIL-1", "REQ-FAIL-2")
@pytest.mark.scenario("crash-under-writes", "node-lost-cluster", check="durability")
def test_a_lost_node_loses_nothing_that_was_acknowledged(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-8")
@pytest.mark.scenario("isolated-writer", check="availability")
def test_each_side_of_a_cut_keeps_serving(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-3", "REQ-REPL-8")
@pytest.mark.scenario("crash-and-return-empty", check="cold_join")
def test_a_node_that_returns_knows_every_session_once_it_is_ready(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-10", "REQ-COOK-10")
@pytest.mark.scenario("isolated-writer", "crash-under-writes", check="isolation")
def test_nobody_is_shown_the_session_of_another(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-11")
@pytest.mark.scenario("isolated-writer", check="id_renewal")
def test_a_login_answers_with_an_id_never_seen_before(judgement: Judgement) -> None:
    judgement.must_hold()
