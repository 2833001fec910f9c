"""Routing: how new the copy is that a home answers from, and who must have heard before an answer is given."""

import pytest
from msgspec import structs

from reference.protocol import Activity, Forward, Returned
from reference.replication import ROUTED_AGAIN, ROUTED_FIRST_WAIT
from reference.routing import (
    ASKED_OF_MANY,
    MANY_LIVE,
)
from reference.settings import MILLISECOND, SECOND
from tests.reference.cluster import Cluster
from tests.reference.routed import ROUTED, first_other, ordered, sent, session_of, settled

# ------------------------------------------------------------------------------------------------- how new the copy is


def test_after_a_change_of_view_the_new_home_asks_the_others_before_it_first_answers() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, fourth = ordered(cluster, cookie)
    cluster.cut_one_way((home, second))  # the acknowledgement of another counts, and only that one has the write
    assert cluster.write(home, cookie, "k", "new") == 200
    cluster.crash(home)
    cluster.cut_one_way()
    for name in (second, third, fourth):
        cluster.nodes[name].membership.members[home].ready = False
        cluster.nodes[name].membership.roster.version += 1
    assert cluster.nodes[second].records.sessions[session_of(cookie)].cells == {}
    since = cluster.now
    assert cluster.call(fourth, "GET", "/session", cookie).body["data"] == {"k": "new"}
    assert {to for _, to, _ in sent(cluster, Activity, since)} == {home, third, fourth}
    since = cluster.now
    assert cluster.call(second, "GET", "/session", cookie).body["data"] == {"k": "new"}
    assert not sent(cluster, Activity, since), "asked once, it answers for it"


def test_a_view_that_has_not_changed_for_long_leaves_nothing_to_ask() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    since = cluster.now
    for name in cluster.names:
        assert cluster.write(name, cookie, name, 1) == 200
    assert not sent(cluster, Activity, since)


def test_of_many_members_only_the_first_of_the_orders_are_asked() -> None:
    cluster = Cluster(MANY_LIVE + 2, ROUTED).start()
    cluster.run(3 * SECOND)
    cookie = cluster.login("n1")
    home = ordered(cluster, cookie)[0]
    since = cluster.now
    assert cluster.call(home, "GET", "/session", cookie).status == 200
    asked = [to for _, to, _ in sent(cluster, Activity, since)]
    assert 0 < len(asked) <= 2 * ASKED_OF_MANY
    assert set(asked) <= set(ordered(cluster, cookie)[: ASKED_OF_MANY + 1])


def test_of_many_members_those_are_asked_too_that_came_first_before_the_view_changed() -> None:
    cluster = settled(MANY_LIVE + 2)
    cookie = cluster.login("n1")
    home, second, *_ = ordered(cluster, cookie)
    cluster.nodes[second].membership.members[home].ready = False
    cluster.nodes[second].membership.roster.version += 1
    since = cluster.now
    assert cluster.call(second, "GET", "/session", cookie).status == 200
    assert home in [to for _, to, _ in sent(cluster, Activity, since)]


# ------------------------------------------------------------------------------------------------ who must have heard


def test_a_revocation_is_answered_once_all_that_may_answer_for_its_sessions_have_it() -> None:
    cluster = settled(4)
    cookies = [cluster.login("n1") for _ in range(8)]
    near, *others = cluster.names
    cluster.jitter = 100 * MILLISECOND
    assert cluster.call(near, "POST", "/revoke", None, {"user": "ann"}).status == 200
    assert all(cluster.nodes[name].records.revocations for name in others)
    assert [cluster.call(others[-1], "GET", "/session", cookie).status for cookie in cookies] == [401] * 8
    cluster.cut_one_way((near, others[-1]))
    request = cluster.ask(near, "POST", "/revoke", None, {"user": "bob"})
    cluster.run(ROUTED_FIRST_WAIT - MILLISECOND)
    assert request not in cluster.answers, "any of them may be the home of one"
    cluster.run(2 * MILLISECOND)
    assert cluster.answers[request].status == 200


def test_a_login_is_answered_once_the_home_of_the_session_that_it_replaces_knows_of_its_end() -> None:
    cluster = settled(4)
    for number in range(6):
        old = cluster.login("n1", f"user{number}")
        home = ordered(cluster, old)[0]
        cluster.cut_one_way(("n2", home))
        since = cluster.now
        new = cluster.login("n2", f"user{number}", old)
        assert home == "n2" or cluster.now - since == ROUTED_FIRST_WAIT, "in vain: its acknowledgement cannot come"
        cluster.heal()
        cluster.run(SECOND)
        assert cluster.call("n3", "GET", "/session", old).body == {"error": "ended"}
        assert cluster.call("n3", "GET", "/session", new).status == 200


@pytest.mark.parametrize("lost", [1, 3])
def test_a_copy_that_is_lost_on_its_way_to_who_may_be_asked_next_is_sent_again_and_again(lost: int) -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.cut_one_way((home, third))
    assert cluster.write(home, cookie, "k", 1) == 200
    cluster.run(2 * ROUTED_AGAIN)
    cluster.cut_one_way((home, third), (home, second))
    since = cluster.now
    request = cluster.ask(home, "PUT", "/session/data/k", cookie, {"value": 2})
    cluster.run(lost * ROUTED_AGAIN - ROUTED_AGAIN // 2)
    cluster.cut_one_way((home, third))
    cluster.run_until(lambda: request in cluster.answers, SECOND)
    assert cluster.now - since == lost * ROUTED_AGAIN + 2 * MILLISECOND


def test_without_routing_nothing_is_passed_on_and_a_revocation_waits_for_one() -> None:
    cluster = Cluster(4).start()
    cluster.run(3 * SECOND)
    cookie = cluster.login("n1")
    for name in cluster.names:
        assert cluster.write(name, cookie, name, 1) == 200
    assert not sent(cluster, Forward)
    cluster.cut_one_way(*(("n1", name) for name in cluster.names if name != first_other(cluster, "n1")))
    since = cluster.now
    assert cluster.call("n1", "POST", "/revoke", None, {"user": "ann"}).status == 200
    assert cluster.now - since == 2 * MILLISECOND


def test_an_idle_session_that_is_active_elsewhere_is_not_denied_by_its_home() -> None:
    cluster = Cluster(3, structs.replace(ROUTED, idle_us=20 * SECOND)).start()
    cookie = cluster.login("n1")
    for _ in range(20):
        cluster.run(5 * SECOND)
        assert [cluster.call(name, "GET", "/session", cookie).status for name in cluster.names] == [200] * 3
    cluster.run(21 * SECOND)
    assert cluster.call("n2", "GET", "/session", cookie).body == {"error": "expired"}


def test_a_session_does_not_end_for_idleness_at_the_request_of_a_client_that_has_given_up() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    cluster.run(ROUTED.idle_us + SECOND)
    since = cluster.now
    read = Forward(99, session_of(cookie), "GET", "/session", None, cluster.clocks(third)[0], MILLISECOND, again=False)
    cluster.carry(third, home, "data", read)
    cluster.run(SECOND)
    assert sent(cluster, Activity, since)
    assert not sent(cluster, Returned, since)
    assert cluster.nodes[home].records.sessions[session_of(cookie)].end is None
