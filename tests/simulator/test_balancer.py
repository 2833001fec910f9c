"""Who gets a request."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.balancer import FADING_US, Balancer, LeastLatency, RoundRobin, Sticky, make_balancer
from simulator.chance import Chance
from simulator.health import Health

NODES = ["n1", "n2", "n3"]
LAG = 1_000_000
KINDS = ["round-robin", "random", "least-latency", "sticky", "sticky-failback"]


def health(*ready: str, up: int = LAG, down: int = LAG) -> Health:
    made = Health(NODES, up, down)
    for node in ready:
        made.saw(node, healthy=True, now=0)
    return made


def balancer(kind: str, *ready: str, moves: int = 0, seed: int = 1) -> Balancer:
    return make_balancer(kind, health(*ready or NODES), Chance(seed), moves)


def picks(of: Balancer, count: int, now: int = LAG, client: str = "u1") -> list[str]:
    return [of.pick(client, now) for _ in range(count)]


def goes(of: Balancer, node: str, *, healthy: bool, now: int) -> None:
    of.saw(node, healthy, now)  # the balancer's own word order


# --------------------------------------------------------------------------------------------------------------- health


def test_a_change_is_believed_only_after_the_lag_both_ways() -> None:
    made = health(*NODES)
    made.saw("n2", healthy=False, now=5 * LAG)
    assert made.at(6 * LAG - 1) == NODES
    assert made.at(6 * LAG) == ["n1", "n3"]
    made.saw("n2", healthy=True, now=10 * LAG)
    assert made.at(11 * LAG - 1) == ["n1", "n3"]
    assert made.at(11 * LAG) == NODES


def test_up_and_down_may_lag_apart() -> None:
    made = health(*NODES, up=9 * LAG, down=LAG)
    assert made.at(9 * LAG - 1) == []
    made.saw("n2", healthy=False, now=20 * LAG)
    made.saw("n1", healthy=False, now=20 * LAG)
    assert made.at(21 * LAG) == ["n3"]
    made.saw("n2", healthy=True, now=30 * LAG)
    made.saw("n3", healthy=False, now=31 * LAG)
    assert made.at(32 * LAG) == []
    assert made.at(39 * LAG) == ["n2"]


def test_a_change_that_is_taken_back_within_the_lag_is_never_believed() -> None:
    made = health(*NODES)
    made.saw("n2", healthy=False, now=5 * LAG)
    made.saw("n2", healthy=True, now=6 * LAG - 1)
    assert made.at(20 * LAG) == NODES


# ---------------------------------------------------------------------------------------------------------- round robin


def test_each_healthy_node_comes_in_turn() -> None:
    assert picks(balancer("round-robin"), 7) == ["n1", "n2", "n3", "n1", "n2", "n3", "n1"]


def test_the_others_share_evenly_what_a_lost_node_got() -> None:
    assert Counter(picks(balancer("round-robin", "n1", "n3"), 10)) == {"n1": 5, "n3": 5}


def test_without_any_healthy_node_all_are_tried() -> None:
    assert set(picks(RoundRobin(health()), 3, 0)) == set(NODES)


# --------------------------------------------------------------------------------------------------------------- random


def test_random_takes_every_node_about_as_often() -> None:
    counts = Counter(picks(balancer("random"), 3_000))
    assert all(900 < counts[node] < 1_100 for node in NODES)


def test_what_random_draws_for_one_client_does_not_depend_on_the_others() -> None:
    alone, together = balancer("random"), balancer("random")
    expected = picks(alone, 20)
    found = []
    for _ in range(20):
        together.pick("u2", LAG)
        found.append(together.pick("u1", LAG))
    assert found == expected
    assert picks(balancer("random", seed=2), 20) != expected


# -------------------------------------------------------------------------------------------------------- least latency


def test_the_fastest_gets_the_requests_and_equals_take_turns() -> None:
    made = LeastLatency(health(*NODES))
    made.answered("n1", 50_000, LAG)
    assert picks(made, 4) == ["n2", "n3", "n2", "n3"]
    made.answered("n2", 9_000, LAG)
    made.answered("n3", 8_000, LAG)
    assert picks(made, 3) == ["n3"] * 3


def test_one_slow_answer_is_outweighed_by_many_fast_ones() -> None:
    made = LeastLatency(health("n1", "n2"))
    made.answered("n2", 2_000, LAG)
    made.answered("n1", 8_000, LAG)  # an eighth of it: 1,000 against 250
    assert picks(made, 1) == ["n2"]
    for _ in range(12):
        made.answered("n1", 0, LAG)
    assert picks(made, 1) == ["n1"]


def test_who_was_slow_gets_another_chance_after_a_while() -> None:
    made = LeastLatency(health("n1", "n2"))
    made.answered("n1", 8_000, LAG)
    made.answered("n2", 800, LAG)
    assert picks(made, 1) == ["n2"]
    later = LAG + 4 * FADING_US
    made.answered("n2", 800, later)
    assert picks(made, 1, later) == ["n1"]


# --------------------------------------------------------------------------------------------------------------- sticky


@pytest.mark.parametrize("kind", ["sticky", "sticky-failback"])
def test_a_client_keeps_its_node_and_new_clients_take_turns(kind: str) -> None:
    made = balancer(kind)
    assert [made.pick(f"u{number}", LAG) for number in range(6)] == NODES * 2
    for number in range(6):
        assert picks(made, 3, client=f"u{number}") == [NODES[number % 3]] * 3


def test_a_client_whose_node_is_believed_down_is_moved_for_good() -> None:
    made = balancer("sticky")
    assert picks(made, 1) == ["n1"]
    goes(made, "n1", healthy=False, now=5 * LAG)
    assert picks(made, 1, 6 * LAG - 1) == ["n1"]
    assert picks(made, 2, 6 * LAG) == ["n2", "n2"]
    goes(made, "n1", healthy=True, now=10 * LAG)
    assert picks(made, 2, 20 * LAG) == ["n2", "n2"]


def test_with_failback_a_client_returns_to_its_first_node_when_it_is_back() -> None:
    made = balancer("sticky-failback")
    assert picks(made, 1) == ["n1"]
    goes(made, "n1", healthy=False, now=5 * LAG)
    assert picks(made, 1, 6 * LAG) == ["n2"]
    goes(made, "n2", healthy=False, now=7 * LAG)
    assert picks(made, 1, 8 * LAG) == ["n3"]
    goes(made, "n1", healthy=True, now=10 * LAG)
    assert picks(made, 1, 11 * LAG - 1) == ["n3"]
    assert picks(made, 2, 11 * LAG) == ["n1", "n1"]


def test_while_no_node_is_believed_ready_a_client_keeps_the_one_it_has() -> None:
    made = Sticky(health("n2"))
    assert picks(made, 1) == ["n2"]
    goes(made, "n2", healthy=False, now=2 * LAG)
    assert picks(made, 2, 3 * LAG) == ["n2", "n2"]


# ---------------------------------------------------------------------------------------------------------------- moves


def test_a_share_of_requests_is_sent_elsewhere_and_sticky_stays_there() -> None:
    found = picks(balancer("sticky", moves=100_000), 2_000)
    moved = sum(one != other for one, other in pairwise(found))
    assert 150 < moved < 250
    assert set(found) == set(NODES)


def test_with_failback_a_moved_client_returns_with_its_next_request() -> None:
    found = picks(balancer("sticky-failback", moves=100_000), 2_000)
    assert 150 < sum(node != "n1" for node in found) < 250
    away = [place for place, node in enumerate(found[:-1]) if node != "n1"]
    assert sum(found[place + 1] == "n1" for place in away) > len(away) * 3 // 4


def test_nobody_is_moved_while_no_other_node_is_believed_ready() -> None:
    assert set(picks(balancer("sticky", "n2", moves=500_000), 50)) == {"n2"}


# ------------------------------------------------------------------------------------------------------------ all kinds


Event = tuple[str, str, bool, int]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["saw", "pick", "answered"]), st.sampled_from(NODES), st.booleans(), st.integers(0, 3 * LAG)
    ),
    max_size=60,
)


@given(st.sampled_from(KINDS), st.sampled_from([0, 300_000]), EVENTS)
def test_every_kind_picks_a_node_believed_ready_whenever_there_is_one(
    kind: str, moves: int, events: list[Event]
) -> None:
    checked = Health(NODES, LAG, LAG)
    made = make_balancer(kind, Health(NODES, LAG, LAG), Chance(1), moves)
    now = 0
    for what, node, healthy, later in events:
        now += later
        if what == "saw":
            checked.saw(node, healthy=healthy, now=now)
            goes(made, node, healthy=healthy, now=now)
        elif what == "answered":
            made.answered(node, later, now)
        else:
            assert made.pick(f"u{later % 3}", now) in (checked.at(now) or NODES)
