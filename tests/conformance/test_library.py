"""Scenarios of the library can be failed: some broken store is convicted there by a check that it expects.

Where a broken store names the scenario as its own, test_suites.py convicts it there. The others are listed here as they
were found by running each pair around the scenario's faults, as the suites do in short form; those that take well under
a second are run.
"""

import io

import pytest

from conformance.broken import BROKEN
from conformance.checks import judge
from conformance.planning import plan
from conformance.reading import read
from conformance.runner import world_of
from conformance.verdict import VIOLATED
from scenarios import around_faults, load, names

FAILED_BY = {
    "begun-again-under-another-key": ("adopts_unknown_id", "id_renewal"),
    "begun-while-long-alone": ("revokes_what_it_knows", "no_resurrection"),
    "login-where-nobody-was-met": ("finds_peers_once", "convergence"),
    "seen-before-all-were-lost": ("founds_its_own", "durability"),
    "written-though-denied": ("encodes_twice", "structure"),
    "all-but-one": ("ready_before_join", "cold_join"),
    "bridge": ("never_resends", "convergence"),
    "cascading-pauses": ("trusts_after_a_pause", "bounded_staleness"),
    "clocks-an-hour-wrong": ("follows_any_clock", "durability"),
    "clogged-link": ("mixes_sessions", "isolation"),
    "clogged-node": ("forgets_ends", "no_resurrection"),
    "corrupted-frames": ("never_resends", "convergence"),
    "crash-and-return-empty": ("ready_before_join", "cold_join"),
    "crash-at-a-denial": ("renews_age", "absolute_band"),
    "crash-at-a-login": ("ready_before_join", "convergence"),
    "crash-at-a-logout": ("ready_before_join", "convergence"),
    "domain-changes-in-service": ("takes_port_for_domain", "cookie_scope"),
    "expired-session-and-its-cookie": ("removal_forgets_domain", "cookie_scope"),
    "fifty-nodes": ("keeps_deaths_to_itself", "membership"),
    "flapping-link": ("never_resends", "convergence"),
    "flash-crowd-on-one-session": ("encodes_twice", "structure"),
    "gossip-storm-after-healing": ("finds_peers_once", "false_death"),
    "halves": ("never_resends", "convergence"),
    "health-check-lags": ("ready_before_join", "cold_join"),
    "hosts-behind-a-sticky-balancer": ("removal_forgets_domain", "cookie_scope"),
    "hosts-rolling-restart": ("removal_forgets_domain", "cookie_scope"),
    "join-under-load": ("ready_before_join", "cold_join"),
    "login-by-redirect": ("removal_forgets_domain", "cookie_scope"),
    "login-storm": ("founds_its_own", "convergence"),
    "logout-during-partition": ("forgets_ends", "no_resurrection"),
    "logout-flood": ("forgets_ends", "no_resurrection"),
    "logout-on-a-sibling": ("removal_forgets_domain", "cookie_scope"),
    "logouts-on-both-sides": ("forgets_ends", "no_resurrection"),
    "longer-than-a-lifetime": ("asks_once", "convergence"),
    "majority-ring": ("never_resends", "convergence"),
    "mass-revocation": ("never_resends", "convergence"),
    "moved-midway": ("caches_by_key", "read_your_writes"),
    "narrow-links": ("never_resends", "convergence"),
    "nasa-day": ("keeps_old_id", "id_renewal"),
    "nasa-day-replayed": ("ready_before_join", "convergence"),
    "node-lost-cluster": ("keeps_deaths_to_itself", "membership"),
    "node-lost-sticky-local": ("keeps_old_id", "id_renewal"),
    "one-way-cut": ("never_resends", "convergence"),
    "region-cut-off-for-an-hour": ("asks_once", "convergence"),
    "region-lost": ("keeps_deaths_to_itself", "membership"),
    "replacement-of-every-node": ("ready_before_join", "cold_join"),
    "rolling-restart": ("ready_before_join", "cold_join"),
    "rolling-restart-under-load": ("ready_before_join", "cold_join"),
    "routed-join": ("ready_before_join", "cold_join"),
    "routed-loss": ("never_resends", "convergence"),
    "routed-rolling-restart": ("ready_before_join", "cold_join"),
    "routing-round-robin": ("answers_from_own_copy", "read_your_writes"),
    "slow-node": ("never_resends", "convergence"),
    "subdomain-hop-failover": ("removal_forgets_domain", "cookie_scope"),
    "subdomain-hop-partition": ("removal_forgets_domain", "cookie_scope"),
    "unreliable-links": ("never_resends", "convergence"),
    "wan-profile": ("keeps_deaths_to_itself", "membership"),
    "zombie-after-a-day": ("never_resends", "convergence"),
}
"""By scenario: a broken store, and a check of the scenario's `expect` that convicts it there with seed 1."""
NOT_YET = {
    "four-hundred-ninety-nodes",
    "no-domain",
    "round-robin-without-routing",
    "routed-lan",
    "steady-lan",
}
"""Of these no pair is known: every broken store is to pass `steady-lan`, none of those tried fails the quiet ones
beside it, and one takes minutes."""
SAMPLE = ("all-but-one", "flapping-link", "region-lost")
"""One a kind of check; the reference is run in them too. A run takes about a second."""
QUICK = (
    "begun-again-under-another-key",
    "begun-while-long-alone",
    "login-where-nobody-was-met",
    "seen-before-all-were-lost",
    "written-though-denied",
    "clocks-an-hour-wrong",
    "clogged-link",
    "crash-at-a-login",
    "crash-at-a-logout",
    "domain-changes-in-service",
    "expired-session-and-its-cookie",
    "hosts-behind-a-sticky-balancer",
    "hosts-rolling-restart",
    "login-by-redirect",
    "logout-on-a-sibling",
    "moved-midway",
    "node-lost-cluster",
    "node-lost-sticky-local",
    "region-cut-off-for-an-hour",
    "replacement-of-every-node",
    "zombie-after-a-day",
)
"""A run takes well under a second."""
OWN = {broken.scenario for broken in BROKEN.values()}


def test_every_scenario_is_failed_by_a_broken_store_or_said_to_be_by_none_that_is_known() -> None:
    listed = {entry.name for entry in names()}
    assert listed - OWN - set(FAILED_BY) == NOT_YET, "add a pair to FAILED_BY that you have run"
    assert set(FAILED_BY) <= listed - OWN


@pytest.mark.parametrize("name", FAILED_BY)
def test_a_pair_names_a_broken_store_and_a_check_that_the_scenario_expects(name: str) -> None:
    broken, check = FAILED_BY[name]
    assert broken in BROKEN
    assert check in load(name).expect.checks


@pytest.mark.parametrize("name", [*SAMPLE, *QUICK])
def test_a_broken_store_is_convicted_where_it_is_said_to_be(name: str) -> None:
    broken, check = FAILED_BY[name]
    assert check in convicting(name, f"broken:{broken}")


@pytest.mark.parametrize("name", SAMPLE)
def test_the_reference_is_acquitted_there(name: str) -> None:
    assert convicting(name, "reference") == []


def convicting(name: str, subject: str) -> list[str]:
    """Run a scenario around its faults, and list the checks that convict."""
    history = io.BytesIO()
    world_of(plan(around_faults(load(name), 3), seed=1, subject=subject)).run(history)
    return [finding.check for finding in judge(read(history.getvalue())) if finding.verdict == VIOLATED]
