"""The local store: sessions on one node alone, and no more of them than there is room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from reference.bounded import SPARE
from reference.session import LOGGED_OUT
from reference.settings import SECOND
from tests.reference.cluster import SETTINGS, Cluster

ALONE = structs.replace(SETTINGS, acknowledge="none", shared=False, capacity=3)


def alone(size: int = 1, capacity: int = 3) -> Cluster:
    return Cluster(size, structs.replace(ALONE, capacity=capacity)).start()


def status(cluster: Cluster, cookie: str, node: str = "n1") -> int:
    return cluster.call(node, "GET", "/session", cookie).status


def peeked(cluster: Cluster, cookies: list[str]) -> list[bool]:
    """Say which sessions are held; a peek is no use of one."""
    return [cluster.call("n1", "GET", "/peek", cookie).status == 200 for cookie in cookies]


def test_a_session_is_known_where_it_began_and_nowhere_else() -> None:
    cluster = alone(3)
    cookie = cluster.login("n2")
    assert cluster.write("n2", cookie, "k", "v") == 200
    cluster.run(60 * SECOND)
    assert cluster.call("n2", "GET", "/session", cookie).body["data"] == {"k": "v"}
    for other in ("n1", "n3"):
        denied = cluster.call(other, "GET", "/session", cookie)
        assert (denied.status, denied.body) == (401, {"error": "no-session"})
    assert cluster.sent == [], "discovery names the others, and nobody speaks to them"
    assert cluster.views() == {name: [name] for name in cluster.names}


def test_a_node_is_ready_at_once_and_answers_at_once() -> None:
    cluster = Cluster(3, ALONE)
    cluster.boot("n1")
    assert cluster.ready("n1")
    cookie = cluster.login("n1")
    assert cluster.write("n1", cookie, "k", "v") == 200
    assert cluster.call("n1", "POST", "/logout", cookie).status == 200
    assert cluster.call("n1", "GET", "/session", cookie).body == {"error": LOGGED_OUT}
    assert cluster.now == 0
    assert not cluster.noted("solo")


def test_a_restart_loses_all() -> None:
    cluster = alone()
    cookie = cluster.login("n1")
    cluster.restart("n1")
    assert status(cluster, cookie) == 401


def test_a_leaving_node_waits_for_nobody() -> None:
    cluster = alone(2)
    cluster.login("n1")
    cluster.leave("n1")
    assert list(cluster.nodes) == ["n2"]


@pytest.mark.requirement("REQ-EXP-17")
def test_the_least_recently_used_session_goes_when_there_is_no_room() -> None:
    """REQ-EXP-17."""
    cluster = alone()
    cookies = [cluster.login("n1", f"user{number}") for number in range(4)]
    assert peeked(cluster, cookies) == [False, True, True, True]
    assert cluster.call("n1", "GET", "/session", cookies[0]).body == {"error": "no-session"}
    assert [note.fields for _, _, note in cluster.noted("evicted")] == [{"held": 3}]


def test_reads_and_writes_are_uses_and_denials_and_peeks_are_none() -> None:
    cluster = alone()
    read, written, left = (cluster.login("n1", name) for name in ("ann", "bob", "cid"))
    assert status(cluster, read) == 200
    assert cluster.write("n1", written, "k", "v") == 200
    assert cluster.call("n1", "PUT", "/session/data/not a key", left, {"value": 1}).status == 400
    assert peeked(cluster, [left]) == [True]
    cluster.login("n1", "dan")
    assert peeked(cluster, [read, written, left]) == [True, True, False]
    cluster.login("n1", "eve")
    assert peeked(cluster, [read, written]) == [False, True]


def test_uses_in_one_instant_and_on_a_clock_that_went_back_count() -> None:
    cluster = alone()
    first, second, third = (cluster.login("n1", name) for name in ("ann", "bob", "cid"))
    cluster.skew["n1"] = -5 * SECOND
    assert [status(cluster, first), status(cluster, second)] == [200, 200]
    cluster.login("n1", "dan")
    assert peeked(cluster, [first, second, third]) == [True, True, False]


def test_sessions_that_have_ended_go_before_any_that_lives() -> None:
    cluster = alone()
    live = cluster.login("n1", "ann")
    ended = cluster.login("n1", "bob")
    also = cluster.login("n1", "cid")
    cluster.call("n1", "POST", "/logout", ended)
    cluster.login("n1", "dan")
    assert peeked(cluster, [live, ended, also]) == [True, False, True]
    assert cluster.call("n1", "GET", "/session", ended).status == 401
    assert not cluster.noted("evicted"), "nobody lost a session"


def test_what_was_evicted_is_reached_by_no_revocation_and_troubles_no_forgetting() -> None:
    cluster = Cluster(1, structs.replace(ALONE, absolute_us=60 * SECOND)).start()
    for _ in range(5):
        cluster.login("n1")
    assert cluster.call("n1", "POST", "/revoke", None, {"user": "ann"}).body == {"sessions": 3}
    cluster.run(120 * SECOND)
    records = cluster.nodes["n1"].records
    assert (records.sessions, records.revocations, records._owned) == ({}, {}, {})


def test_the_memory_of_what_is_to_be_forgotten_is_bounded_too() -> None:
    cluster = alone()
    for number in range(SPARE + 200):
        cluster.login("n1", f"user{number % 7}")
    records = cluster.nodes["n1"].records
    assert len(records.sessions) == 3
    assert len(records._oldest) <= SPARE + 6
    assert len(records._owned) <= 3


@given(
    st.integers(1, 4), st.lists(st.tuples(st.sampled_from(["login", "read", "logout"]), st.integers(0, 9)), max_size=40)
)
def test_what_is_held_is_what_a_list_in_order_of_use_would_hold(capacity: int, deeds: list[tuple[str, int]]) -> None:
    cluster = alone(capacity=capacity)
    cookies: list[str] = []
    used: list[str] = []  # alive, the last used last
    ended: list[str] = []
    for deed, number in deeds:
        if deed == "login":
            cookies.append(cluster.login("n1"))
            used.append(cookies[-1])
            if len(used) + len(ended) > capacity:
                (ended or used).pop(0)
        elif cookies:
            cookie = cookies[number % len(cookies)]
            if deed == "read":
                assert (status(cluster, cookie) == 200) == (cookie in used)
                if cookie in used:
                    used.remove(cookie)
                    used.append(cookie)
            elif cluster.call("n1", "POST", "/logout", cookie).status == 200:
                used.remove(cookie)
                ended.append(cookie)
    assert peeked(cluster, cookies) == [cookie in used + ended for cookie in cookies]


def test_a_record_under_anothers_id_brings_nobody_down_when_it_is_forgotten() -> None:
    """A peer that mixes them up is wrong, and this node goes on."""
    cluster = Cluster(1, structs.replace(SETTINGS, absolute_us=60 * SECOND)).start()
    cluster.login("n1", "ann")
    cluster.call("n1", "POST", "/logout", cluster.login("n1", "bob"))
    records = cluster.nodes["n1"].records
    ann, bob = records.sessions.values()
    records.take(structs.replace(bob, id=ann.id))
    cluster.run(300 * SECOND)
    assert (records.sessions, records._owned) == ({}, {})
