"""Security: what is not a member's, not of its cluster or not of now changes nothing, and is told."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-SEC-1", "REQ-SEC-2", "REQ-REPL-15")
@pytest.mark.scenario("wrong-key", check="separation")
def test_between_nodes_under_different_keys_nothing_passes(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-15", "REQ-CFG-16")
@pytest.mark.scenario("clusters-side-by-side", check="separation")
def test_clusters_side_by_side_hear_of_no_member_and_no_session_of_each_other(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-15")
@pytest.mark.scenario("clusters-side-by-side", check="convergence")
def test_clusters_side_by_side_each_come_to_hold_all_of_their_own(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-15", "REQ-MEMB-5")
@pytest.mark.scenario("clusters-side-by-side", check="membership")
def test_what_befalls_one_cluster_moves_nobody_in_the_views_of_another(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-2", "REQ-FAIL-2")
@pytest.mark.scenario("wrong-key", check="availability")
def test_a_node_with_another_key_keeps_no_client_from_the_others(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-4")
@pytest.mark.scenario("corrupted-frames", check="structure")
def test_no_changed_octet_reaches_a_client(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-4", "REQ-REPL-9")
@pytest.mark.scenario("corrupted-frames", check="convergence")
def test_what_was_in_a_refused_frame_arrives_all_the_same(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-4")
@pytest.mark.scenario("corrupted-frames", check="sealing")
def test_a_frame_that_was_changed_on_its_way_is_refused(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-8")
@pytest.mark.scenario("replayed-frames", check="sealing")
def test_a_frame_that_has_come_before_is_refused(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-8", "REQ-REPL-10")
@pytest.mark.scenario("replayed-frames", check="no_resurrection")
def test_a_recording_revives_no_session_that_has_ended(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-8", "REQ-REPL-6")
@pytest.mark.scenario("replayed-frames", check="durability")
def test_a_recording_takes_no_later_change_back(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-9")
@pytest.mark.scenario("forged-forwarding", check="isolation")
def test_headers_of_an_outsider_open_nobody_elses_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-SEC-9")
@pytest.mark.scenario("forged-forwarding", check="availability")
def test_headers_of_an_outsider_keep_him_from_nothing_of_his_own(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11", "REQ-FAIL-3")
@pytest.mark.scenario("rolling-upgrade", check="durability")
def test_replacing_every_node_by_a_newer_one_loses_nothing(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-3", "REQ-REPL-8")
@pytest.mark.scenario("rolling-upgrade", check="cold_join")
def test_a_newer_node_is_given_what_the_older_ones_hold(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REPL-2")
@pytest.mark.scenario("rolling-upgrade", check="convergence")
def test_older_and_newer_nodes_agree(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11")
@pytest.mark.scenario("rolling-upgrade", check="availability")
def test_no_client_notices_that_nodes_are_replaced_by_newer_ones(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11")
@pytest.mark.scenario("rolling-upgrade", check="no_resurrection")
def test_what_ended_on_older_nodes_stays_ended_on_newer_ones(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-11")
@pytest.mark.scenario("rolling-upgrade", check="false_death")
def test_older_and_newer_nodes_hold_each_other_for_alive(judgement: Judgement) -> None:
    judgement.must_hold()
