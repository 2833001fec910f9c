"""Who gets a request. Values without I/O: told what the health check saw and how long answers took, asked for a node.

It never sends a request twice: one that was sent may have been carried out. Health checks are in `health.py`.
"""

from typing import Protocol

from msgspec import Struct

from simulator.chance import Chance, Stream
from simulator.health import Health

ROUND_ROBIN, RANDOM, LEAST_LATENCY = "round-robin", "random", "least-latency"
STICKY, STICKY_FAILBACK = "sticky", "sticky-failback"

FRESH = 8
"""The newest latency weighs one eighth in a node's average, all earlier ones together the rest."""
FADING_US = 10_000_000
"""The average of a node that answers nothing is halved every so often: who was slow once must get a chance again."""


class Balancer(Protocol):
    """What the world asks of every balancer. Instants and lengths of time are in µs."""

    def saw(self, node: str, healthy: bool, now: int) -> None:  # noqa: FBT001 - what was seen is the message
        """Take note that the health check's answer of a node changed."""

    def pick(self, client: str, now: int) -> str:
        """Choose the node for the next request of that client."""

    def moved(self, client: str, node: str) -> None:
        """Take note that a client was sent to another node than the one that was picked."""

    def answered(self, node: str, took_us: int, now: int) -> None:
        """Take note of how long a node took to answer a request; a connection that breaks is no answer."""

    def midway(self, client: str, node: str, now: int) -> str | None:
        """Choose another node for a request that one has already; None leaves it there."""


class RoundRobin:
    """Each node in turn, among those believed ready.

    When none is, each in turn of all: an error from a node says more than the balancer could (Envoy calls it panic).

    Args:
        health: what is believed of the nodes.
    """

    __slots__ = ("_health", "_last", "_nodes", "_place")

    def __init__(self, health: Health) -> None:
        self._nodes = health.nodes
        self._place = {node: index for index, node in enumerate(self._nodes)}
        self._health = health
        self._last = -1

    def saw(self, node: str, healthy: bool, now: int) -> None:  # noqa: FBT001 - what was seen is the message
        """Take note that the health check's answer of a node changed at that instant, µs."""
        self._health.saw(node, healthy=healthy, now=now)

    def pick(self, client: str, now: int) -> str:  # noqa: ARG002 - other balancers remember the client
        """Choose the next node after the last one chosen, skipping those not believed ready."""
        return self._next(self._health.at(now) or self._nodes)

    def moved(self, client: str, node: str) -> None:
        """Remember nothing: every request is chosen for anew."""

    def answered(self, node: str, took_us: int, now: int) -> None:
        """Remember nothing: nobody is preferred."""

    def midway(self, client: str, node: str, now: int) -> str | None:  # noqa: ARG002 - others move their clients
        """Leave every request where it is."""
        return None

    def _next(self, among: list[str]) -> str:
        """Choose, among nodes in the order of the cluster, the next one after the last one chosen."""
        place, last = self._place, self._last
        chosen = among[0]
        for node in among:
            if place[node] > last:
                chosen = node
                break
        self._last = place[chosen]
        return chosen


class Random(RoundRobin):
    """Any node believed ready, drawn anew for each request from the client's own stream; any at all when none is.

    Args:
        health: what is believed of the nodes.
        chance: the balancer's part of the run's.
    """

    __slots__ = ("_streams",)

    def __init__(self, health: Health, chance: Chance) -> None:
        super().__init__(health)
        self._streams = _Streams(chance, "pick")

    def pick(self, client: str, now: int) -> str:
        """Draw a node."""
        return self._streams.of(client).choice(self._health.at(now) or self._nodes)


class LeastLatency(RoundRobin):
    """The node that lately answered fastest, each in turn among equals.

    A moving average a node, in whole µs, of the latencies of its answers alone: a node that breaks connections at once
    does not look fast, and one that never answers does not look slow; that it is gone only the health check says.
    """

    __slots__ = ("_averages",)

    def __init__(self, health: Health) -> None:
        super().__init__(health)
        self._averages = {node: _Average() for node in self._nodes}

    def pick(self, client: str, now: int) -> str:  # noqa: ARG002 - other balancers remember the client
        """Choose the fastest of those believed ready."""
        among = self._health.at(now) or self._nodes
        averages = {node: self._averages[node].at(now) for node in among}
        fastest = min(averages.values())
        return self._next([node for node in among if averages[node] == fastest])

    def answered(self, node: str, took_us: int, now: int) -> None:
        """Move the node's average by one answer."""
        average = self._averages[node]
        average.us = (average.at(now) * (FRESH - 1) + took_us) // FRESH
        average.since = now


class _Average(Struct):
    """The average of one node's latencies, µs, as it stood at an instant."""

    us: int = 0
    since: int = 0

    def at(self, now: int) -> int:
        """Tell the average now, halved for every `FADING_US` without an answer."""
        return self.us >> (now - self.since) // FADING_US


class Sticky(RoundRobin):
    """A client keeps the node that it was first given, until that is believed down; then it gets another, for good.

    The client's name stands for the affinity cookie in its jar: browsers keep both alike, and all tabs share it. New
    clients are given each node in turn. While no node is believed ready, who has a node keeps it.

    Args:
        health: what is believed of the nodes.
        failback: whether a client returns to its first node as soon as that is believed ready again.
    """

    __slots__ = ("_failback", "_first", "_held")

    def __init__(self, health: Health, *, failback: bool = False) -> None:
        super().__init__(health)
        self._failback = failback
        self._first: dict[str, str] = {}
        self._held: dict[str, str] = {}

    def pick(self, client: str, now: int) -> str:
        """Choose the client's own node."""
        among = self._health.at(now)
        if self._failback and self._first.get(client) in among:
            self._held[client] = self._first[client]
        held = self._held.get(client)
        if held is None or (among and held not in among):
            held = self._held[client] = self._next(among or self._nodes)
            self._first.setdefault(client, held)
        return held

    def moved(self, client: str, node: str) -> None:
        """Keep the client where it was moved to; with failback until its next request."""
        self._held[client] = node


class Moving:
    """Another balancer, of whose choices a share is overruled: the client is moved in the middle of its visit.

    So does a balancer that is restarted, reconfigured, or one of several that share nothing.

    Args:
        under: the balancer.
        health: what it believes of the nodes.
        moves: how many requests of a million go to another node than it chose, if another is believed ready.
        midway: how many go to another after the chosen one has them.
        chance: the balancer's part of the run's.
    """

    __slots__ = ("_health", "_midway", "_moves", "_streams", "_streams_midway", "_under", "answered", "moved", "saw")

    def __init__(self, under: Balancer, health: Health, moves: int, midway: int, chance: Chance) -> None:
        self._under = under
        self._health = health
        self._moves = moves
        self._midway = midway
        self._streams = _Streams(chance, "moves")
        self._streams_midway = _Streams(chance, "midway")
        self.saw = under.saw
        self.moved = under.moved
        self.answered = under.answered

    def pick(self, client: str, now: int) -> str:
        """Choose what the other balancer chooses, or overrule it."""
        node = self._under.pick(client, now)
        return self._overruled(self._streams.of(client), self._moves, client, node, now) or node

    def midway(self, client: str, node: str, now: int) -> str | None:
        """Choose another node for a share of the requests, and for what their client asks from then on."""
        return self._overruled(self._streams_midway.of(client), self._midway, client, node, now)

    def _overruled(self, stream: Stream, share: int, client: str, node: str, now: int) -> str | None:
        if not stream.happens(share):
            return None
        others = [other for other in self._health.at(now) if other != node]
        if not others:
            return None
        chosen = stream.choice(others)
        self._under.moved(client, chosen)
        return chosen


class _Streams:
    """A stream a client: leave one client out, and all others are sent where they were sent before."""

    __slots__ = ("_chance", "_found", "_name")

    def __init__(self, chance: Chance, name: str) -> None:
        self._chance = chance
        self._name = name
        self._found: dict[str, Stream] = {}

    def of(self, client: str) -> Stream:
        """Return the stream of that client."""
        stream = self._found.get(client)
        if stream is None:
            stream = self._found[client] = self._chance.stream(self._name, client)
        return stream


def make_balancer(kind: str, health: Health, chance: Chance, moves: int = 0, midway: int = 0) -> Balancer:
    """Build the balancer that a scenario names.

    Args:
        kind: the scenario's `workload.balancer`.
        health: what is believed of the nodes: that none is ready yet.
        chance: the balancer's part of the run's.
        moves: the scenario's `workload.moves`, in millionths.
        midway: its `moves-midway`.
    """
    balancer: Balancer
    if kind == RANDOM:
        balancer = Random(health, chance)
    elif kind in (STICKY, STICKY_FAILBACK):
        balancer = Sticky(health, failback=kind == STICKY_FAILBACK)
    else:
        balancer = {ROUND_ROBIN: RoundRobin, LEAST_LATENCY: LeastLatency}[kind](health)
    return Moving(balancer, health, moves, midway, chance) if moves or midway else balancer
