"""A node whose clock is further off than the contract allows knows it, says so, and takes nobody along."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.membership import Membership
from reference.protocol import Ack
from reference.sanity import Sanity
from reference.session import EXPIRED
from reference.settings import LAN, MILLISECOND, SECOND, Settings
from reference.turn import Turn
from tests.reference.cluster import WALL, Cluster

YEAR = 365 * 24 * 3600 * SECOND
IDLE = Settings("my-cluster", absolute_us=3600 * SECOND, idle_us=600 * SECOND)
APART = 2 * IDLE.clock_bound_us
FAR = 100 * MILLISECOND


class _Everybody(Membership):
    """A view in which everybody is live."""

    def is_live(self, name: str) -> bool:
        return bool(name)


def _sanity(*readings: tuple[int, int]) -> tuple[Turn, Sanity]:
    """Make a judge that has read clocks: by how much each is ahead of the right time, and the error of the reading."""
    turn = Turn()
    membership = _Everybody(turn, None, "me", 1, LAN, 0)  # type: ignore[arg-type] # draws nothing here
    sanity = Sanity(turn, membership, IDLE.clock_bound_us)
    turn.open(WALL, SECOND)
    for number, (ahead, error) in enumerate(readings):
        membership.read_clock(f"n{number}", WALL + ahead - error, SECOND - 2 * error)
    return turn, sanity


# --------------------------------------------------------------------------------------------------------- the median

offsets = st.integers(-10 * SECOND, 10 * SECOND)


@given(st.lists(offsets, max_size=9), offsets)
def test_a_node_measures_itself_by_the_lower_median_of_all_clocks(others: list[int], mine: int) -> None:
    turn, sanity = _sanity(*[(other, 0) for other in others])
    turn.open(WALL + mine, SECOND)
    every = sorted([*others, mine])
    median = every[(len(every) - 1) // 2]
    assert sanity.astray == (abs(mine - median) > APART)
    assert turn.wall == WALL + (median if sanity.astray else mine)
    assert turn.shown() == WALL + mine


@given(st.lists(st.integers(-IDLE.clock_bound_us, IDLE.clock_bound_us), min_size=1, max_size=9))
def test_no_clock_within_the_contract_is_ever_taken_for_a_wrong_one(clocks: list[int]) -> None:
    for mine in clocks:
        others = list(clocks)
        others.remove(mine)
        turn, sanity = _sanity(*[(other, 0) for other in others])
        turn.open(WALL + mine, SECOND)
        assert not sanity.astray


@given(st.lists(offsets, min_size=1, max_size=5), offsets, st.integers(0, SECOND))
def test_what_a_reading_may_be_off_by_convicts_nobody(others: list[int], mine: int, error: int) -> None:
    turn, sure = _sanity(*[(other, 0) for other in others])
    turn.open(WALL + mine, SECOND)
    turn, unsure = _sanity(*[(other, error) for other in others])
    turn.open(WALL + mine, SECOND)
    assert sure.astray or not unsure.astray


def test_of_two_clocks_both_nodes_believe_the_earlier() -> None:
    for mine, other, wrong in ((2 * SECOND, 0, True), (0, 2 * SECOND, False)):
        turn, sanity = _sanity((other, 0))
        turn.open(WALL + mine, SECOND)
        assert sanity.astray == wrong
        assert turn.wall == WALL


def test_a_much_better_reading_replaces_a_worse_one_and_another_only_if_they_differ() -> None:
    turn, sanity = _sanity((0, 100_000))
    read = sanity._read
    for wall, asked, held in (
        (WALL + 50_000, SECOND - 400_000, (0, 100_000)),
        (WALL + 20_000, SECOND - 120_000, (0, 100_000)),  # not even half as uncertain: hardly better
        (WALL - 8_000, SECOND - 20_000, (2_000, 10_000)),
        (WALL - 1_000, SECOND - 2_000, (2_000, 10_000)),  # one that is good enough stays
    ):
        turn.open(WALL, SECOND)
        turn_wall = turn.wall
        sanity._heard("n0", wall, asked)
        assert read["n0"] == (WALL - SECOND + held[0], held[1])
        assert turn.wall == turn_wall
    sanity._heard("n0", WALL + 500_000, SECOND - 2_000)
    assert read["n0"] == (WALL - SECOND + 501_000, 1_000)
    assert len(sanity._counted) == 1


def test_when_nobody_is_left_the_last_readings_count_on() -> None:
    """Else a node that is cut off and whose clock jumps would end every session, and the others hear of it later."""
    turn, sanity = _sanity((0, 0), (1, 0))
    for name in ("n0", "n1"):
        sanity.gone(name)
    turn.open(WALL + YEAR, SECOND)
    assert sanity.astray
    turn.open(WALL, SECOND)
    assert not sanity.astray


# -------------------------------------------------------------------------------------------------------- in a cluster


def started(size: int = 5, **options: Any) -> Cluster:
    """Start a cluster and let every node read every clock."""
    cluster = Cluster(size, IDLE, **options).start()
    cluster.run(2 * size * SECOND)
    return cluster


def test_clocks_at_the_edges_of_the_contract_are_nobodys_excuse() -> None:
    cluster = Cluster(5, IDLE, delay=FAR)
    cluster.skew.update(n1=IDLE.clock_bound_us, n2=-IDLE.clock_bound_us)
    cluster.start()
    cookie = cluster.login("n1")
    cluster.run(30 * SECOND)
    for node in cluster.names:
        assert cluster.call(node, "GET", "/session", cookie).status == 200
    assert not cluster.noted("clock-off")


@pytest.mark.parametrize("off", [YEAR, -YEAR, 5 * SECOND, -5 * SECOND])
def test_a_node_whose_clock_jumps_refuses_all_but_what_needs_no_clock(off: int) -> None:
    cluster = started()
    cookie, other = cluster.login("n1"), cluster.login("n2")
    cluster.skew["n3"] = off
    for method, path, body in (
        ("POST", "/login", {"user": "bob"}),
        ("GET", "/session", None),
        ("PUT", "/session/data/k", {"value": 1}),
        ("DELETE", "/session/data/k", None),
    ):
        answer = cluster.call("n3", method, path, cookie, body)
        assert (answer.status, answer.body) == (503, {"error": "clock-off"})
    for path in ("/status", "/members", "/peek"):
        assert cluster.call("n3", "GET", path, cookie).status == 200
    assert cluster.call("n3", "POST", "/logout", other).status == 200
    assert cluster.call("n3", "POST", "/revoke", None, {"user": "bob"}).status == 200
    assert [note.fields for _, _, note in cluster.noted("clock-off")] == [{"off_us": pytest.approx(off, abs=FAR)}]
    assert len(cluster.noted("clock-refused")) == 4
    assert {name for _, name, _ in cluster.noted("clock-refused")} == {"n3"}
    cluster.run(SECOND)
    for node in ("n1", "n2", "n4", "n5"):
        assert cluster.call(node, "GET", "/session", cookie).status == 200, "nobody else lost anything"
        assert cluster.call(node, "GET", "/session", other).body == {"error": "ended"}


@pytest.mark.parametrize("off", [YEAR, -YEAR])
def test_replication_goes_on_through_a_wrong_clock(off: int) -> None:
    """A year ahead every record would be past its life, and a year behind every one from the future."""
    cluster = started()
    cookie = cluster.login("n1")
    cluster.skew["n3"] = off
    assert cluster.write("n1", cookie, "k", 1) == 200
    later = cluster.login("n2", "bob")
    cluster.run(20 * SECOND)
    assert cluster.data("n3", cookie) == {"k": 1}
    assert cluster.data("n3", later) == {}
    assert cluster.agree()
    cluster.skew["n3"] = 0
    assert cluster.call("n3", "GET", "/session", cookie).status == 200
    assert [kind for _, _, note in cluster.notes if (kind := note.kind) in ("clock-off", "clock-right")] == [
        "clock-off",
        "clock-right",
    ]


def test_a_revocation_by_a_clock_ahead_does_not_reach_who_logs_in_later() -> None:
    """Stamped by that clock it would end every session of that user for a year."""
    cluster = started()
    before = cluster.login("n1")
    cluster.skew["n3"] = YEAR
    assert cluster.call("n3", "POST", "/revoke", None, {"user": "ann"}).status == 200
    cluster.run(2 * SECOND)
    after = cluster.login("n1")
    cluster.run(2 * SECOND)
    assert cluster.call("n2", "GET", "/session", before).body == {"error": "ended"}
    assert cluster.call("n2", "GET", "/session", after).status == 200


def test_a_node_that_starts_with_a_wrong_clock_is_told_before_it_can_end_anything() -> None:
    cluster = started()
    cookie = cluster.login("n1")
    cluster.crash("n3")
    cluster.skew["n3"] = YEAR
    cluster.boot("n3")
    while not cluster.ready("n3"):
        cluster.run(MILLISECOND)
    assert cluster.call("n3", "GET", "/session", cookie).status == 503
    cluster.run(5 * SECOND)
    assert cluster.agree()
    assert cluster.call("n1", "GET", "/session", cookie).status == 200


def test_a_node_that_has_read_no_clock_ends_no_session_for_its_age() -> None:
    cluster = started(2)
    cookie = cluster.login("n1")
    for node in cluster.nodes.values():
        node.sanity._read.clear()
        node.sanity._counted.clear()
        node.sanity._judge()
    cluster.skew["n2"] = YEAR
    assert cluster.call("n2", "GET", "/session", cookie).status == 503
    assert cluster.call("n1", "GET", "/session", cookie).status == 200


def test_a_cut_off_node_whose_clock_jumps_ends_nothing() -> None:
    cluster = started()
    cookie = cluster.login("n1")
    cluster.isolate("n3")
    cluster.run(30 * SECOND)
    assert cluster.nodes["n3"].membership.live() == []
    cluster.skew["n3"] = YEAR
    assert cluster.call("n3", "GET", "/session", cookie).status == 503
    cluster.skew["n3"] = 0
    cluster.heal()
    cluster.run(30 * SECOND)
    assert cluster.call("n3", "GET", "/session", cookie).status == 200


def test_the_others_do_not_follow_a_clock_that_jumps() -> None:
    cluster = started()
    cookie = cluster.login("n1")
    cluster.skew["n3"] = YEAR
    cluster.run(20 * SECOND)
    for node in ("n1", "n2", "n4", "n5"):
        assert cluster.write(node, cookie, f"k-{node}", 1) == 200
        assert cluster.nodes[node].records.clock.latest < WALL + 2 * cluster.now
    assert [name for _, name, _ in cluster.noted("clock-off")] == ["n3"]


def test_expired_is_said_with_a_right_clock_alone() -> None:
    cluster = started()
    cookie = cluster.login("n1")
    cluster.run(IDLE.idle_us + APART)
    cluster.skew["n3"] = YEAR
    assert cluster.call("n3", "POST", "/logout", cookie).status == 503, "even where the session is over, it cannot know"
    assert cluster.call("n1", "GET", "/session", cookie).body == {"error": EXPIRED}
    assert cluster.call("n3", "POST", "/logout", cookie).body == {"error": EXPIRED}


def test_an_answer_passed_on_by_a_helper_tells_no_time() -> None:
    cluster = started(3)
    since = cluster.now
    cluster.cut_one_way(("n1", "n2"))
    cluster.run(10 * SECOND)
    acks = [
        message for at, sender, to, message in cluster.sent if at >= since and message.__class__ is Ack and to == "n1"
    ]
    assert any(ack.wall is None for ack in acks)
    assert all(ack.wall is None or abs(ack.wall - WALL - cluster.now) <= 10 * SECOND for ack in acks)


def test_settled_readings_cost_nothing_more() -> None:
    cluster = Cluster(5, IDLE).start()
    cluster.run(20 * SECOND)
    before = {name: list(node.sanity._counted) for name, node in cluster.nodes.items()}
    cluster.run(60 * SECOND)
    assert {name: list(node.sanity._counted) for name, node in cluster.nodes.items()} == before
    assert all(len(counted) == 4 for counted in before.values())
