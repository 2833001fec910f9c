"""What a balancer believes of the nodes: what its health check saw, later by a lag. A value without I/O."""


class Health:
    """Which nodes are believed ready.

    A change is believed when it has been seen for as long as the lag; one that is taken back before never is, as with
    checks that ask for so many good or bad answers in a row (HAProxy's rise and fall).

    Args:
        nodes: every node, in the order of the cluster; none of them is believed ready yet.
        up_us: how long a node must be ready before that is believed, µs.
        down_us: how long it must not be, µs.

    Attributes:
        nodes: every node.
    """

    __slots__ = ("_believed", "_coming", "_down_us", "_next", "_ready", "_up_us", "nodes")

    def __init__(self, nodes: list[str], up_us: int, down_us: int) -> None:
        self.nodes = nodes
        self._up_us = up_us
        self._down_us = down_us
        self._ready = dict.fromkeys(nodes, False)
        self._coming: dict[str, int] = {}
        self._next = 0
        self._believed: list[str] = []

    def saw(self, node: str, *, healthy: bool, now: int) -> None:
        """Take note of a change that will be believed after the lag, unless it is taken back before."""
        self.at(now)
        if healthy is self._ready[node]:
            self._coming.pop(node, None)
        else:
            self._coming[node] = now + (self._up_us if healthy else self._down_us)
        self._next = min(self._coming.values(), default=0)

    def at(self, now: int) -> list[str]:
        """List the nodes believed ready at that instant, in the order of the cluster."""
        if self._coming and self._next <= now:
            for node in [node for node, due in self._coming.items() if due <= now]:
                self._ready[node] = not self._ready[node]
                del self._coming[node]
            self._next = min(self._coming.values(), default=0)
            self._believed = [node for node in self.nodes if self._ready[node]]
        return self._believed
