"""What nodes say that they hold is taken down now and then, and nothing of a run hangs on it."""

from itertools import pairwise
from typing import Any

import pytest

from reference.holdings import Holdings
from simulator.holding import ENTRIES, FEWEST, LOOKS, Account
from tests.simulator.test_world import SECOND, Ran, Toy


class Tells(Toy):
    """Gives an account of its records."""

    def holdings(self) -> Holdings:
        """Count them."""
        ended = sum(1 for record in self.records.values() if record[3])
        return Holdings(sessions=len(self.records) - ended, ends=ended)


@pytest.fixture(scope="module")
def told() -> Ran:
    """Give a run of a store that tells, in which a node is down for 20 s."""
    return Ran(extra="faults: [{at: 20s, for: 20s, crash: n2}]\n", make=Tells)


def test_every_node_is_looked_at_and_what_changed_is_kept_in_order(told: Ran) -> None:
    held = told.outcome.held
    assert list(held.by_node) == ["n1", "n2", "n3"]
    for seen in held.by_node.values():
        instants = [t for t, _ in seen]
        assert instants == sorted(set(instants))
        assert all(before != after for (_, before), (_, after) in pairwise(seen))
        assert all(later - earlier >= held.every_us for earlier, later in pairwise(instants[:-1]))
        assert seen[-1][1].sessions + seen[-1][1].ends > 10


def test_a_node_that_is_down_holds_nothing_and_comes_back_to_what_it_held(told: Ran) -> None:
    seen = told.outcome.held.by_node["n2"]
    nothing = [t for t, held in seen if held == Holdings()]
    assert len(nothing) == 2  # before the first session, and once down
    assert 20 * SECOND <= nothing[1] <= 22 * SECOND
    back = next(t for t, held in seen if t > nothing[1])
    assert 40 * SECOND <= back <= 43 * SECOND


def test_a_run_is_the_same_whether_its_nodes_tell_or_not(told: Ran) -> None:
    silent = Ran(extra="faults: [{at: 20s, for: 20s, crash: n2}]\n")
    assert silent.outcome.held.by_node == {}
    assert silent.outcome.digest == told.outcome.digest
    assert silent.raw == told.raw
    assert silent.trace.getvalue() == told.trace.getvalue()


@pytest.mark.parametrize(
    ("nodes", "duration_s", "every_s"),
    [(5, 10, 1), (5, 600, 600 // LOOKS), (100, 600, 600 * 100 // ENTRIES), (490, 600, 600 // FEWEST)],
)
def test_a_long_run_and_a_large_cluster_are_looked_at_less_often(nodes: int, duration_s: int, every_s: int) -> None:
    hosts: dict[str, Any] = {f"n{number}": None for number in range(nodes)}
    assert Account(hosts, duration_s * SECOND).held().every_us == every_s * SECOND
