"""Who gets a request."""

from collections import Counter

from simulator.balancer import RoundRobin, make_balancer

NODES = ["n1", "n2", "n3"]
LAG = 1_000_000


def balancer(*healthy: str) -> RoundRobin:
    made = RoundRobin(NODES, LAG)
    for node in healthy:
        made.saw(node, healthy=True, now=0)
    return made


def picks(of: RoundRobin, count: int, now: int) -> list[str]:
    return [of.pick("u1", now) for _ in range(count)]


def test_each_healthy_node_comes_in_turn() -> None:
    assert picks(balancer(*NODES), 7, LAG) == ["n1", "n2", "n3", "n1", "n2", "n3", "n1"]


def test_a_change_is_believed_only_after_the_lag_both_ways() -> None:
    made = balancer(*NODES)
    picks(made, 1, LAG)
    made.saw("n2", healthy=False, now=5 * LAG)
    assert "n2" in picks(made, 3, 6 * LAG - 1)
    assert "n2" not in picks(made, 6, 6 * LAG)
    made.saw("n2", healthy=True, now=10 * LAG)
    assert "n2" not in picks(made, 6, 11 * LAG - 1)
    assert "n2" in picks(made, 3, 11 * LAG)


def test_the_others_share_evenly_what_a_lost_node_got() -> None:
    made = balancer("n1", "n3")
    assert Counter(picks(made, 10, LAG)) == {"n1": 5, "n3": 5}


def test_without_any_healthy_node_all_are_tried() -> None:
    assert set(picks(balancer(), 3, 0)) == set(NODES)


def test_the_kind_that_a_scenario_names_is_made() -> None:
    assert make_balancer("round-robin", NODES, LAG).pick("u1", 0) == "n1"
