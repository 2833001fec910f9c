"""Nodes that route, for the tests of routing: who has known whom for long, and what they sent each other."""

from typing import Any

from msgspec import structs

from reference.gateway import hash_of, owner_of
from reference.order import first_of
from reference.protocol import Forward
from reference.settings import MILLISECOND, SECOND, Settings
from reference.timing import converge_us, detect_us
from tests.reference.cluster import SETTINGS, Cluster

ROUTED = structs.replace(SETTINGS, routing=True)
SETTLED = detect_us(ROUTED, 5) + converge_us(ROUTED, 5) + SECOND
"""After this nodes whose views have not changed ask nobody any more."""


def settled(size: int = 3, delay: int = MILLISECOND, settings: Settings = ROUTED) -> Cluster:
    """Make nodes that have known each other for long, and have looked at whom they know."""
    cluster = Cluster(size, settings, delay=delay).start()
    cluster.run(SECOND)
    for node in cluster.nodes.values():
        node.routing._follow_view()
    cluster.run(SETTLED)
    return cluster


def ordered(cluster: Cluster, cookie: str) -> list[str]:
    """Name all nodes in the order of a session."""
    return list(first_of(session_of(cookie), cluster.names, len(cluster.names)))


def session_of(cookie: str) -> str:
    return hash_of(cookie.partition("=")[2])


def first_other(cluster: Cluster, node: str) -> str:
    """Name whose acknowledgement of a revocation of ann's a node waits for without routing."""
    first = cluster.nodes[node].replication.order.first_other(owner_of("ann"))
    assert first is not None
    return first


def sent(cluster: Cluster, kind: type, since: int = 0) -> list[tuple[str, str, Any]]:
    """Name sender, receiver and message of each of a kind."""
    return [(sender, to, message) for at, sender, to, message in cluster.sent if at >= since and type(message) is kind]


def asked_in_turn(cluster: Cluster, since: int) -> list[str]:
    """Name to whom requests were passed on, each once."""
    return list(dict.fromkeys(to for _, to, _ in sent(cluster, Forward, since)))
