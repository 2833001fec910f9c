"""The session's cookie: for which hosts it is set, where it goes, and how it is deleted, on every node alike."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-COOK-5", "COOK-67")
@pytest.mark.scenario("no-domain", "planted-cookies", "sibling-domain", check="cookie_scope")
def test_a_cookie_stays_with_the_hosts_that_it_was_meant_for(judgement: Judgement) -> None:
    judgement.must_hold(met="requests_on_hosts_outside")


@pytest.mark.requirement("REQ-COOK-6", "REQ-COOK-8", "COOK-67", "COOK-69")
@pytest.mark.scenario("parent-domain", "subdomain-hop-failover", "subdomain-hop-partition", check="cookie_scope")
def test_with_the_parent_domain_one_session_goes_along_from_host_to_host(judgement: Judgement) -> None:
    judgement.must_hold(met="requests_on_hosts_within")


@pytest.mark.requirement("REQ-COOK-9", "COOK-68")
@pytest.mark.scenario(
    "parent-domain", "subdomain-hop-failover", "subdomain-hop-partition", "no-domain", check="cookie_scope"
)
def test_a_logout_deletes_the_cookie_as_it_was_set(judgement: Judgement) -> None:
    judgement.must_hold(met="removals")


@pytest.mark.requirement("REQ-REVOC-1", "REQ-COOK-9")
@pytest.mark.scenario("parent-domain", "subdomain-hop-failover", "subdomain-hop-partition", check="no_resurrection")
def test_a_logout_on_one_host_ends_the_session_on_its_siblings(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-2", "COOK-69")
@pytest.mark.scenario("subdomain-hop-failover", check="durability")
def test_neither_another_host_nor_another_node_loses_the_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-10", "REQ-COOK-11", "COOK-65")
@pytest.mark.scenario(
    "planted-cookies", "parent-domain", "subdomain-hop-failover", "subdomain-hop-partition", check="id_renewal"
)
def test_an_id_that_nobody_gave_is_never_taken_over(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("COOK-70")
@pytest.mark.scenario("planted-cookies", check="durability")
def test_of_several_cookies_the_one_that_is_known_counts_wherever_it_stands(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-10", "COOK-70")
@pytest.mark.scenario("planted-cookies", check="isolation")
def test_nobody_is_led_into_another_session_by_a_planted_cookie(judgement: Judgement) -> None:
    judgement.must_hold()
