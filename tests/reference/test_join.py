"""How a node comes to hold everything before it says that it is ready."""

import pytest
from msgspec import structs

from reference.gateway import owner_of
from reference.join import ALONE_AFTER, RECORDS_A_CHUNK, ROUNDS_FAILED
from reference.protocol import Chunk, Copies, Fetch, Wanted
from reference.session import Revocation, Session
from reference.settings import MILLISECOND, SECOND
from tests.reference.cluster import SETTINGS, WALL, Cluster
from tests.reference.test_comparison import ids, plant, record

FAR = 165 * MILLISECOND
MANY = 1_200


def with_many(size: int, *started: str, delay: int = MILLISECOND) -> Cluster:
    """A cluster of which some nodes run, each with 1,200 sessions."""
    cluster = Cluster(size, delay=delay).start(*started)
    for name in started:
        plant(cluster, name, *map(record, range(MANY)))
    cluster.run(20 * SECOND)
    return cluster


def test_a_node_that_joins_has_every_session_before_it_is_ready() -> None:
    """REQ-REPL-8, in chunks and from one member: not from each of them, and not twice."""
    cluster = with_many(4, "n1", "n2", "n3", delay=FAR)
    since = cluster.now
    cluster.boot("n4")
    cluster.run_until(lambda: cluster.ready("n4"), 10 * SECOND)
    assert len(ids(cluster, "n4")) == MANY
    assert cluster.count(Chunk, since) == MANY // RECORDS_A_CHUNK + 1
    repaired = [message for at, _, _, message in cluster.sent if at >= since and isinstance(message, Wanted | Copies)]
    assert sum(len(message.sessions) for message in repaired) == 0
    cluster.run(20 * SECOND)
    repaired = [message for at, _, _, message in cluster.sent if at >= since and isinstance(message, Wanted | Copies)]
    assert sum(len(message.sessions) for message in repaired) == 0, "nor afterwards"


def test_until_it_is_ready_every_path_answers_503() -> None:
    cluster = with_many(3, "n1", "n2", delay=FAR)
    cluster.boot("n3")
    for path in ("/status", "/session", "/peek", "/members", "/nowhere"):
        assert cluster.call("n3", "GET", path).status == 503
    cluster.run_until(lambda: cluster.ready("n3"), 10 * SECOND)
    assert cluster.call("n3", "GET", "/status").status == 200


def test_writes_during_a_join_are_not_missed() -> None:
    """Announced first: what is written from then on reaches the newcomer by itself."""
    cluster = with_many(3, "n1", "n2", delay=FAR)
    cookies = [cluster.login("n1", f"v{number}") for number in range(20)]
    cluster.run(3 * SECOND)
    cluster.boot("n3")
    number = 0
    while not cluster.ready("n3"):
        for cookie in cookies[:4]:
            cluster.ask(f"n{1 + number % 2}", "PUT", f"/session/data/k{number % 7}", cookie, {"value": number})
            number += 1
        cluster.run(20 * MILLISECOND)
    cluster.run(2 * SECOND)
    assert number > 100
    assert cluster.agree()


def test_a_source_that_dies_midway_is_replaced() -> None:
    cluster = with_many(4, "n1", "n2", "n3", delay=FAR)
    since = cluster.now
    cluster.boot("n4")
    cluster.run_until(lambda: cluster.count(Chunk, since) == 1, 5 * SECOND)
    source = next(to for at, _, to, message in cluster.sent if at >= since and isinstance(message, Fetch))
    cluster.crash(source)
    took = cluster.run_until(lambda: cluster.ready("n4"), 20 * SECOND)
    assert len(ids(cluster, "n4")) == MANY
    asked = [to for at, _, to, message in cluster.sent if at >= since and isinstance(message, Fetch)]
    assert set(asked) > {source}
    assert took < 10 * SECOND


def test_all_start_at_once_and_become_ready_together() -> None:
    """REQ-FAIL-6."""
    for size in (2, 3, 5, 10):
        cluster = Cluster(size, delay=FAR)
        for name in cluster.names:
            cluster.boot(name)
        took = cluster.run_until(cluster.ready, ALONE_AFTER)
        assert took <= 2 * size * (FAR + 1)
        assert not cluster.noted("alone")


def test_all_start_at_once_but_one_never_comes() -> None:
    cluster = Cluster(4).start("n1", "n2", "n3")
    assert ALONE_AFTER <= cluster.now <= ALONE_AFTER + SECOND


@pytest.mark.requirement("REQ-FAIL-7")
def test_a_node_that_nobody_answers_is_ready_alone_after_five_seconds() -> None:
    """REQ-FAIL-7."""
    cluster = Cluster(3).start("n1")
    assert cluster.now == ALONE_AFTER
    assert cluster.noted("alone")
    assert cluster.call("n1", "POST", "/login", None, {"user": "ann"}).status == 200


def test_two_that_were_alone_merge_what_they_have_on_first_contact() -> None:
    cluster = Cluster(2)
    cluster.isolate("n1")
    cluster.start()
    mine, theirs = cluster.login("n1"), cluster.login("n2")
    cluster.heal()
    cluster.run_until(cluster.agree, cluster.settings.poll_us + SECOND)
    assert cluster.data("n1", theirs) == cluster.data("n2", mine) == {}


def test_a_member_that_one_node_cannot_reach_does_not_keep_it_from_becoming_ready() -> None:
    """n1 is alive for all others; without an end to waiting, n3 would answer 503 for as long as the cut lasts."""
    for cut in ((("n3", "n1"),), (("n1", "n3"),), (("n1", "n3"), ("n3", "n1"))):
        cluster = with_many(4, "n1", "n2", "n4")
        cluster.cut_one_way(*cut)
        cluster.boot("n3")
        took = cluster.run_until(lambda: cluster.ready("n3"), 30 * SECOND)  # noqa: B023 - runs here
        assert took <= (2 * ROUNDS_FAILED + 3) * SECOND
        assert len(ids(cluster, "n3")) == MANY


def test_a_join_whose_only_ready_member_is_out_of_reach_gets_everything_from_whoever_got_it() -> None:
    """n2 is ready and unreachable for n3; n1 joins at the same time and reaches both."""
    cluster = with_many(3, "n2")
    cluster.cut = lambda sender, to: {sender, to} == {"n2", "n3"}
    cluster.boot("n1")
    cluster.boot("n3")
    cluster.run_until(cluster.ready, 30 * SECOND)
    assert len(ids(cluster, "n3")) == MANY


def test_a_crashed_member_that_is_not_known_for_dead_yet_delays_a_join_little() -> None:
    cluster = with_many(4, "n1", "n2", "n3")
    cluster.crash("n1")
    cluster.boot("n4")
    took = cluster.run_until(lambda: cluster.ready("n4"), 20 * SECOND)
    assert took <= (2 * ROUNDS_FAILED + 2) * SECOND
    assert len(ids(cluster, "n4")) == MANY


def test_a_restarted_node_is_not_ready_before_it_has_everything_again() -> None:
    """REQ-FAIL-3, however fast the restart was; and nobody takes its word from before."""
    cluster = with_many(3, "n1", "n2", "n3", delay=FAR)
    cluster.restart("n2")
    cluster.run(2 * FAR)
    assert "n2" not in cluster.nodes["n1"].membership.routable()
    assert not cluster.ready("n2")
    cluster.run_until(cluster.ready, 10 * SECOND)
    assert len(ids(cluster, "n2")) == MANY


def test_joining_in_spite_of_loss_repetition_and_disorder() -> None:
    for seed in range(5):
        cluster = Cluster(3, delay=20 * MILLISECOND, seed=seed).start("n1", "n2")
        for name in ("n1", "n2"):
            plant(cluster, name, *map(record, range(MANY)))
        cluster.run(20 * SECOND)
        cluster.loss, cluster.repeat, cluster.jitter = 200, 200, 100 * MILLISECOND
        cluster.boot("n3")
        cluster.run_until(lambda: cluster.ready("n3"), 60 * SECOND)  # noqa: B023 - runs here
        assert len(ids(cluster, "n3")) == MANY or cluster.noted("ready-without")


# ------------------------------------------------------------------------------------------------------ what must hold


def test_a_node_that_joins_after_a_revocation_does_not_accept_the_revoked_session() -> None:
    """REQ-REVOC-7, also when a late copy of the session comes afterwards."""
    cluster = Cluster(3).start("n1", "n2")
    cookie = cluster.login("n1", "ann")
    cluster.run(2 * SECOND)
    before = next(iter(ids(cluster, "n1").values()))
    assert cluster.call("n2", "POST", "/revoke", None, {"user": "ann"}).body == {"sessions": 1}
    cluster.boot("n3")
    cluster.run_until(lambda: cluster.ready("n3"), 10 * SECOND)
    assert cluster.call("n3", "GET", "/session", cookie).body == {"error": "ended"}
    late = Copies(1, 999, (before, structs.replace(before, id="ff" * 16)), ())
    cluster.nodes["n3"].receive("n1", "data", late, *cluster.clocks("n3"))
    assert cluster.call("n3", "GET", "/session", cookie).body == {"error": "ended"}
    assert ids(cluster, "n3")["ff" * 16].end is not None, "nor one that it had never heard of"


def long_alone() -> Cluster:
    """Three nodes of which n3 keeps nothing that is older than 120 s without contact."""
    return Cluster(3, structs.replace(SETTINGS, quarantine_us=120 * SECOND)).start()


def meet_again(cluster: Cluster) -> None:
    """Heal, and see n3 join anew."""
    cluster.heal()
    cluster.run_until(lambda: bool(cluster.noted("quarantined")), 10 * SECOND)
    assert not cluster.ready("n3")
    cluster.run_until(lambda: cluster.ready("n3") and cluster.views_are(*cluster.names), 20 * SECOND)


def test_a_node_out_of_contact_for_longer_than_its_quarantine_drops_what_it_held_and_joins_anew() -> None:
    """What it holds may be what everybody else has long forgotten (known-bugs, row 17)."""
    cluster = long_alone()
    cookie = cluster.login("n1")
    (held,) = cluster.nodes["n1"].records.sessions.values()
    cluster.run(5 * SECOND)
    cluster.isolate("n3")
    cluster.run(180 * SECOND)
    assert cluster.call("n1", "POST", "/logout", cookie).status == 200
    for name in ("n1", "n2"):
        cluster.nodes[name].records._remove(cluster.nodes[name].records.sessions[held.id])  # as if long forgotten
    meet_again(cluster)
    assert cluster.call("n3", "GET", "/session", cookie).body == {"error": "no-session"}
    cluster.run(10 * SECOND)
    assert cluster.agree()
    assert cluster.contents() == [({}, {})] * 3
    assert [node.records.tree.branch("")[2] for node in cluster.nodes.values()] == [0, 0, 0]


def test_what_began_on_a_node_while_it_was_long_out_of_contact_stays_and_reaches_all() -> None:
    """Nobody else can have ended it unheard; a client was told that it is kept (REQ-FAIL-8)."""
    cluster = long_alone()
    cluster.isolate("n3")
    cluster.run(5 * SECOND)
    early = cluster.login("n3", "eve")
    cluster.run(115 * SECOND)
    own = cluster.login("n3")
    assert cluster.write("n3", own, "k", 1) == 200
    cluster.run(60 * SECOND)
    meet_again(cluster)
    cluster.run(10 * SECOND)
    for name in cluster.names:
        assert cluster.call(name, "GET", "/session", own).body == {"user": "ann", "data": {"k": 1}}
        assert cluster.call(name, "GET", "/session", early).status == 200
    assert cluster.agree()


def test_ends_and_revocations_stay_however_long_a_node_was_out_of_contact() -> None:
    """They bring nothing back, and whoever asked for them was told that they hold (REQ-REPL-10, REQ-REVOC-7)."""
    cluster = long_alone()
    cookie = cluster.login("n1")
    cluster.call("n1", "POST", "/revoke", None, {"user": "cid"})
    cluster.run(5 * SECOND)
    cluster.isolate("n3")
    cluster.run(5 * SECOND)
    assert cluster.call("n3", "POST", "/logout", cookie).status == 200
    cluster.run(95 * SECOND)
    other = cluster.login("n1", "bob")
    assert cluster.call("n3", "POST", "/revoke", None, {"user": "bob"}).status == 200
    cluster.run(60 * SECOND)
    meet_again(cluster)
    cluster.run(10 * SECOND)
    for name in cluster.names:
        assert cluster.call(name, "GET", "/session", cookie).body == {"error": "ended"}
        assert cluster.call(name, "GET", "/session", other).body == {"error": "ended"}
    assert set(cluster.nodes["n3"].records.revocations) == {owner_of("bob"), owner_of("cid")}
    assert cluster.agree()


def test_the_end_of_a_session_that_one_node_alone_was_heard_to_begin_is_learnt_before_it_serves_again() -> None:
    """Its messages went out while none came in: the others held the session, and could end it."""
    cluster = long_alone()
    cluster.cut_one_way(("n1", "n3"), ("n2", "n3"))
    cluster.run(5 * SECOND)
    own = cluster.login("n3")
    cluster.run(1 * SECOND)
    assert cluster.data("n1", own) == {}
    assert cluster.call("n1", "POST", "/logout", own).status == 200
    cluster.run(180 * SECOND)
    assert cluster.call("n3", "GET", "/session", own).status == 200, "it has not heard of that"
    meet_again(cluster)
    assert cluster.call("n3", "GET", "/session", own).body == {"error": "ended"}


# ----------------------------------------------------------------------------------------------------------- forgetting

SHORT = structs.replace(SETTINGS, absolute_us=60 * SECOND, idle_us=0)


def test_records_are_forgotten_when_no_copy_can_be_alive_and_the_digests_agree_on_it() -> None:
    """In clusters whose clocks differ by what the contract allows, and by more."""
    for skew in (0, 500 * MILLISECOND, 3600 * SECOND):
        cluster = Cluster(3, SHORT)
        cluster.skew["n2"] = skew
        cluster.start()
        for number in range(10):
            cluster.login(f"n{1 + number % 2 * 2}", f"u{number}")
        cluster.call("n1", "POST", "/revoke", None, {"user": "u3"})
        cluster.run(30 * SECOND)
        assert len(ids(cluster, "n1")) == 10
        cluster.run(60 * SECOND)
        for node in cluster.nodes.values():
            records = node.records
            assert (records.sessions, records.revocations, records._owned, records._oldest) == ({}, {}, {}, [])
            assert records.tree.branch("") == ("", 0, 0)
            assert not records._unsettled


def test_the_oldest_is_forgotten_first_though_it_came_last() -> None:
    cluster = Cluster(1, SHORT).start()
    records = cluster.nodes["n1"].records
    node = cluster.nodes["n1"]
    young = Session("aa" * 16, "a", WALL, "ann", WALL, {})
    old = Session("bb" * 16, "b", WALL - 50 * SECOND, "bob", WALL, {})
    for one in (young, old):
        cluster.perform("n1", node.receive("n2", "data", Copies(1, 1, (one,), ()), *cluster.clocks("n1")))
    cluster.run(10 * SECOND + 2 * SHORT.clock_bound_us)
    assert list(records.sessions) == [young.id]
    cluster.run(50 * SECOND)
    assert not records.sessions


def test_a_revocation_alone_is_forgotten_too_and_a_later_one_in_its_own_time() -> None:
    cluster = Cluster(1, SHORT).start()
    records = cluster.nodes["n1"].records
    cluster.call("n1", "POST", "/revoke", None, {"user": "ann"})
    cluster.run(40 * SECOND)
    cluster.call("n1", "POST", "/revoke", None, {"user": "ann"})
    cluster.run(30 * SECOND)
    assert list(records.revocations) == [owner_of("ann")]
    cluster.run(40 * SECOND)
    assert not records.revocations
    assert not records._revoked


@pytest.mark.parametrize("order", ["forth", "back"])
def test_two_revocations_and_a_logout_end_a_session_alike_in_any_order(order: str) -> None:
    """Else digests would differ until somebody compares."""
    cluster = Cluster(1).start()
    records = cluster.nodes["n1"].records
    records.take(record(1))
    stamps = [(WALL + 9, "n2"), (WALL + 5, "n3")]
    for at, by in stamps if order == "forth" else reversed(stamps):
        records.take_revocation(Revocation(owner_of("u1"), at, by))
    end = records.sessions[record(1).id].end
    assert end is not None
    assert (end.at, end.by) == (WALL + 5, "n3")
    assert records.revocations[owner_of("u1")].at == WALL + 9
