"""Replication: every node holds every session, and what was acknowledged stays."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-REPL-1", "REQ-REPL-2")
@pytest.mark.scenario("steady-lan", "three-regions", check="convergence")
def test_every_node_comes_to_hold_one_copy_of_every_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-7", "REQ-REPL-6")
@pytest.mark.scenario("isolated-writer", "one-way-cut", "halves", check="convergence")
def test_all_nodes_agree_once_a_cut_has_healed(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-10", "REQ-EXP-14")
@pytest.mark.scenario("isolated-writer", "halves", check="no_resurrection")
def test_no_late_copy_brings_an_ended_session_back(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-11")
@pytest.mark.scenario("steady-lan", check="structure")
def test_values_come_back_as_they_were_written(judgement: Judgement) -> None:
    judgement.must_hold()
