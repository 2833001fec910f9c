"""A node that doubts itself, suspicions that others confirm, what is told first, and who is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from reference.member import ALIVE, DEAD, SUSPECT
from reference.membership import CONTACTS, MANY
from reference.news import PIGGYBACKED, News
from reference.protocol import Copied, Copies, Nack, Ping, PingRequest, PushPull, Rumour
from reference.settings import LAN, LOCAL, MILLISECOND, SECOND, WAN
from reference.timing import SUSPICION_MAX, push_pull_us, shrunk_timeout
from tests.reference.cluster import SETTINGS, Cluster

LEAST = 4 * SECOND


# --------------------------------------------------------------------------------------------------------- suspicion


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_suspicion_shrinks_from_six_times_the_least_to_the_least(confirmations: int, needed: int) -> None:
    lasts = shrunk_timeout(LEAST, confirmations, needed)
    assert LEAST <= lasts <= SUSPICION_MAX * LEAST
    assert (lasts == LEAST) == (confirmations >= needed)
    assert shrunk_timeout(LEAST, confirmations + 1, needed) <= lasts


def suspected(cluster: Cluster, *by: str) -> int:
    """Tell a node that others have waited for n5 in vain, which is cut off, and say how long it is suspected."""
    member = cluster.nodes["n1"].membership.members["n5"]
    for sender in by:
        rumour = Rumour("n5", SUSPECT, member.incarnation, member.boot, member.ready, sender)
        cluster.nodes["n1"].membership._hear((rumour,))
    cluster.perform("n1", cluster.nodes["n1"].turn.close())
    begin = cluster.now
    cluster.run_until(lambda: member.state == DEAD, 60 * SECOND)
    return cluster.now - begin


def alone(size: int = 5) -> Cluster:
    """A cluster whose n1 hears nobody from now on, so that only what it is told counts."""
    cluster = Cluster(size).start()
    cluster.isolate("n1")
    cluster.nodes["n1"].membership.probing.leaving = True  # it probes nobody, and so confirms nothing itself
    cluster.run(2 * SECOND)
    return cluster


def test_each_independent_confirmation_makes_a_suspicion_shorter() -> None:
    lasted = [suspected(alone(), *by) for by in (("n2",), ("n2", "n3"), ("n2", "n3", "n4"))]
    assert lasted == sorted(lasted, reverse=True)
    assert len(set(lasted)) == 3
    assert lasted[0] == SUSPICION_MAX * LEAST
    assert lasted[-1] == LEAST


def test_one_who_says_it_again_confirms_nothing() -> None:
    assert suspected(alone(), "n2", "n2", "n2") == SUSPICION_MAX * LEAST


def test_where_nobody_else_could_confirm_a_suspicion_is_the_shortest() -> None:
    cluster = Cluster(2).start()
    cluster.crash("n2")
    cluster.run_until(lambda: cluster.views_are("n1"), 8 * SECOND)


# --------------------------------------------------------------------------------------------------- local health


def test_a_node_that_no_helper_answers_doubts_itself_and_one_whose_helpers_answer_does_not() -> None:
    cluster = Cluster(5).start()
    cluster.crash("n5")
    cluster.run(20 * SECOND)
    assert cluster.count(Nack) >= 3
    assert [cluster.nodes[name].membership.probing.doubt for name in cluster.nodes] == [0, 0, 0, 0]
    cluster.isolate("n1")
    cluster.run(4 * SECOND)
    assert cluster.nodes["n1"].membership.probing.doubt > 0
    assert not any(cluster.nodes[name].membership.probing.doubt for name in ("n2", "n3", "n4"))


def test_doubt_lengthens_the_wait_for_an_answer_and_not_the_pause_between_answers() -> None:
    """docs/decisions/0009: who answers is probed as often, and who does not is asked again before it is suspected."""
    cluster = Cluster(3).start()
    cluster.run(5 * SECOND)
    probing = cluster.nodes["n1"].membership.probing
    probing.doubt, since = 3, cluster.now
    cluster.run(3 * SECOND)
    assert sum(1 for at, who, _, message in cluster.sent if at > since and who == "n1" and type(message) is Ping) == 3
    assert probing.doubt == 0, "each answer takes one off"
    cluster.crash("n3")
    probing.doubt = 3
    took = cluster.run_until(lambda: "n3" in cluster.nodes["n1"].membership.roster.suspects, 20 * SECOND)
    asked = [
        message for at, who, to, message in cluster.sent if who == "n1" and to == "n3" and at >= cluster.now - took
    ]
    assert len([one for one in asked if type(one) is Ping]) >= 2, "it asks again"


def test_doubt_has_a_bound_and_begins_anew_when_a_node_that_was_alone_finds_somebody() -> None:
    cluster = Cluster(5).start()
    cluster.isolate("n1")
    probing = cluster.nodes["n1"].membership.probing
    cluster.run(60 * SECOND)
    assert 0 < probing.doubt < LAN.awareness_max
    assert cluster.views_are("n1")
    for _ in range(20):
        probing.worse()
    assert probing.doubt == LAN.awareness_max - 1
    cluster.heal()
    cluster.run_until(lambda: len(cluster.nodes["n1"].membership.live()) > 0, 10 * SECOND)
    assert probing.doubt <= 1


def test_helpers_are_asked_who_are_not_doubted_themselves() -> None:
    cluster = Cluster(5).start()
    cluster.crash("n5")
    cluster.crash("n4")
    cluster.run_until(lambda: cluster.nodes["n1"].membership.members["n4"].state == SUSPECT, 20 * SECOND)
    since = cluster.now
    cluster.run(3 * SECOND)
    asked = [to for at, who, to, one in cluster.sent if at > since and who == "n1" and type(one) is PingRequest]
    assert "n4" not in asked


# ------------------------------------------------------------------------------------------------------------- news


def test_the_least_told_is_told_first_and_each_so_often_and_no_more() -> None:
    news = News()
    for number in range(2 * PIGGYBACKED):
        news.add(Rumour(f"n{number}", ALIVE, 0, 1, ready=True), 2)
    first, second = news.take(), news.take()
    assert len(first) == len(second) == PIGGYBACKED
    assert {one.member for one in first}.isdisjoint(one.member for one in second)
    news.add(Rumour("new", DEAD, 0, 1, ready=False), 2)
    told = [one.member for _ in range(10) for one in news.take()]
    assert told[0] == "new"
    assert len(told) == 2 * PIGGYBACKED + 2, "each of the others once more, and the new one twice"
    assert not news.left


def test_a_newer_rumour_takes_the_place_of_the_older() -> None:
    news = News()
    news.add(Rumour("n1", ALIVE, 0, 1, ready=True), 3)
    news.take()
    news.add(Rumour("n1", SUSPECT, 0, 1, ready=True), 1)
    assert [one.state for one in news.take()] == [SUSPECT]
    assert not news.left


# ------------------------------------------------------------------------------------------------ the gone, and reaping


def test_whoever_is_gone_is_forgotten_after_the_quarantine_and_found_again_when_it_returns() -> None:
    cluster = Cluster(3, structs.replace(SETTINGS, quarantine_us=300 * SECOND)).start()
    cluster.crash("n3")
    cluster.run(290 * SECOND)
    assert "n3" in cluster.nodes["n1"].membership.members
    cluster.run(60 * SECOND)
    assert "n3" not in cluster.nodes["n1"].membership.members
    assert len(cluster.noted("reaped")) == 2
    cluster.boot("n3")
    cluster.run_until(lambda: cluster.views_are(*cluster.names), 10 * SECOND)


def test_a_node_past_its_quarantine_brings_back_nobody_whom_the_others_have_forgotten() -> None:
    """It still believes n4 alive, which died and was forgotten while it stood still (known-bugs, rows 15 to 17)."""
    cluster = Cluster(4, structs.replace(SETTINGS, quarantine_us=120 * SECOND)).start()
    cluster.pause("n3")
    cluster.crash("n4")
    cluster.run(200 * SECOND)
    cluster.resume("n3")
    cluster.run_until(lambda: cluster.views_are("n1", "n2", "n3"), 30 * SECOND)
    since = cluster.now
    cluster.run(60 * SECOND)
    assert not [note for note in cluster.noted("alive") if note[0] >= since and note[2].fields["member"] == "n4"]


def test_who_was_found_dead_lately_is_told_the_news() -> None:
    """It refutes then, though nobody probes it and discovery is not asked for long."""
    cluster = Cluster(3, structs.replace(SETTINGS, poll_us=3_600 * SECOND)).start()
    membership = cluster.nodes["n1"].membership
    member = membership.members["n3"]
    membership._believe(Rumour("n3", DEAD, member.incarnation, member.boot, ready=False))
    cluster.perform("n1", cluster.nodes["n1"].turn.close())
    cluster.run_until(lambda: membership.is_live("n3"), 2 * SECOND)


# ------------------------------------------------------------------------------------------------------ large clusters


def test_of_many_strangers_some_are_spoken_to_at_once() -> None:
    cluster = Cluster(MANY + 4)
    cluster.boot("n1")
    assert cluster.count(PushPull) == CONTACTS
    few = Cluster(MANY + 1)
    few.boot("n1")
    assert few.count(PushPull) == MANY


def test_forty_nodes_that_start_at_once_know_each_other_and_become_ready() -> None:
    cluster = Cluster(40, delay=20 * MILLISECOND)
    for name in cluster.names:
        cluster.boot(name)
    cluster.run_until(cluster.ready, 15 * SECOND)
    cluster.run_until(lambda: cluster.views_are(*cluster.names), 15 * SECOND)


@pytest.mark.parametrize(("members", "times"), [(1, 1), (32, 1), (33, 2), (64, 2), (65, 3), (490, 5)])
def test_full_views_are_exchanged_less_often_in_a_larger_cluster(members: int, times: int) -> None:
    """As memberlist does: one interval more for each doubling above 32."""
    for timing in (LAN, WAN, LOCAL):
        assert push_pull_us(timing, members) == times * timing.push_pull_interval


@pytest.mark.parametrize("size", [3, 5, 17])
def test_a_write_costs_a_copy_and_an_acknowledgement_for_each_other_member(size: int) -> None:
    """At most 2(n - 1) messages without loss, and a logout and a login no more."""
    cluster = Cluster(size).start()
    cluster.run(30 * SECOND)
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    since = cluster.now
    assert cluster.write("n1", cookie, "k", "v") == 200
    cluster.run(5 * SECOND)
    assert cluster.count(Copies, since) == cluster.count(Copied, since) == size - 1
