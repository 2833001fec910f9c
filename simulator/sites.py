"""Several clusters side by side: which of them a node belongs to, and a site before each. Values without I/O."""

from collections.abc import Mapping
from typing import Any

from simulator.balancer import Balancer


class Sites:
    """A balancer before each cluster: a client is of one site for good, and asks no other.

    Clients are of each site in turn, as they first come.

    Args:
        balancers: by the nodes of its cluster, the balancer before them.
    """

    def __init__(self, balancers: Mapping[tuple[str, ...], Balancer]) -> None:
        self._all = list(balancers.values())
        self._of_node = {node: balancer for nodes, balancer in balancers.items() for node in nodes}
        self._of_client: dict[str, Balancer] = {}

    def saw(self, node: str, healthy: bool, now: int) -> None:  # noqa: FBT001 - what was seen is the message
        """Tell the node's own balancer."""
        self._of_node[node].saw(node, healthy, now)

    def pick(self, client: str, now: int) -> str:
        """Let the balancer of the client's site choose."""
        balancer = self._of_client.get(client)
        if balancer is None:
            balancer = self._of_client[client] = self._all[len(self._of_client) % len(self._all)]
        return balancer.pick(client, now)

    def moved(self, client: str, node: str) -> None:
        """Tell the node's own balancer."""
        self._of_node[node].moved(client, node)

    def answered(self, node: str, took_us: int, now: int) -> None:
        """Tell the node's own balancer."""
        self._of_node[node].answered(node, took_us, now)

    def midway(self, client: str, node: str, now: int) -> str | None:
        """Let the node's own balancer choose another node of its site."""
        return self._of_node[node].midway(client, node, now)


def configured(config: dict[str, Any], cluster: str) -> dict[str, Any]:
    """Make the configuration of a node in one of the clusters that a file defines: store and routing name it.

    Args:
        config: the product's, with every cluster in its `clusters`.
        cluster: the name of the node's own.
    """
    session = config["session"]
    own = {**config, "session": {**session, "store": {**session["store"], "cluster": {"name": cluster}}}}
    routing = config.get("http", {}).get("routing")
    if routing is not None:
        own["http"] = {**config["http"], "routing": {**routing, "cluster": {"name": cluster}}}
    return own
