"""Who gets a request. Values without I/O: told what the health check saw, asked for a node.

It never sends a request twice: one that was sent may have been carried out.
"""

from typing import Protocol


class Balancer(Protocol):
    """What the world asks of every balancer."""

    def saw(self, node: str, healthy: bool, now: int) -> None:  # noqa: FBT001 - what was seen is the message
        """Take note that the health check's answer of a node changed."""

    def pick(self, client: str, now: int) -> str:
        """Choose the node for the next request of that client."""


class Health:
    """Which nodes the balancer believes ready: what its check saw, later by a lag.

    Args:
        nodes: every node, none of them believed ready yet.
        lag_us: how long a change takes to be believed, µs.
    """

    __slots__ = ("_believed", "_coming", "_lag_us", "_nodes", "_ready")

    def __init__(self, nodes: list[str], lag_us: int) -> None:
        self._nodes = nodes
        self._lag_us = lag_us
        self._ready = dict.fromkeys(nodes, False)
        self._coming: list[tuple[int, str, bool]] = []
        self._believed: list[str] = []

    def saw(self, node: str, healthy: bool, now: int) -> None:  # noqa: FBT001 - what was seen is the message
        """Take note of a change that will be believed after the lag."""
        self._coming.append((now + self._lag_us, node, healthy))

    def at(self, now: int) -> list[str]:
        """List the nodes believed ready at that instant, in the order of their names."""
        if self._coming and self._coming[0][0] <= now:
            due = [change for change in self._coming if change[0] <= now]
            self._coming = self._coming[len(due) :]  # one lag for all: they come in the order in which they were seen
            self._ready.update((node, healthy) for _, node, healthy in due)
            self._believed = [node for node in self._nodes if self._ready[node]]
        return self._believed


class RoundRobin:
    """Each node in turn, among those believed ready.

    When none is, each in turn of all: an error from a node says more than the balancer could (Envoy calls it panic).

    Args:
        nodes: every node.
        lag_us: how late the health check believes a change, µs.
    """

    __slots__ = ("_health", "_last", "_nodes", "_place")

    def __init__(self, nodes: list[str], lag_us: int) -> None:
        self._nodes = nodes
        self._place = {node: index for index, node in enumerate(nodes)}
        self._health = Health(nodes, lag_us)
        self._last = -1

    def saw(self, node: str, healthy: bool, now: int) -> None:  # noqa: FBT001 - what was seen is the message
        """Take note that the health check's answer of a node changed at that instant, µs."""
        self._health.saw(node, healthy, now)

    def pick(self, client: str, now: int) -> str:  # noqa: ARG002 - other balancers remember the client
        """Choose the next node after the last one chosen, skipping those not believed ready."""
        among = self._health.at(now) or self._nodes
        place, last = self._place, self._last
        chosen = among[0]
        for node in among:
            if place[node] > last:
                chosen = node
                break
        self._last = place[chosen]
        return chosen


def make_balancer(kind: str, nodes: list[str], lag_us: int) -> Balancer:
    """Build the balancer that a scenario names.

    Args:
        kind: the scenario's `workload.balancer`.
        nodes: every node.
        lag_us: the scenario's `workload.health-lag`, µs.

    Returns:
        A balancer that believes no node ready yet.
    """
    return {"round-robin": RoundRobin}[kind](nodes, lag_us)
