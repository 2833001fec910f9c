"""Takes down what every node says that it holds, now and then, for figures. No event, no chance, no part of the digest.

The nodes are looked at between two steps of the world, so that a run is the same whether anybody looks or not.
"""

from collections.abc import Mapping

from msgspec import Struct

from reference.holdings import Holdings
from simulator.clock import s
from simulator.host import Host

EVERY_US = s(1)
LOOKS = 200
"""Not more often than this, nor more often than so many times in a run: a plot cannot show more."""
ENTRIES = 10_000
"""So many entries at most come of a run's looks, however many nodes there are, but for FEWEST looks."""
FEWEST = 20


class Held(Struct, frozen=True):
    """What the nodes of a run held over time, by their own counts.

    Attributes:
        every_us: the time between two looks, µs; one comes as much later as a step of the world takes.
        by_node: (time in µs, holdings) in order of time, where they differ from those before; a node that is down
            holds nothing. Empty where no node gives any account.
    """

    every_us: int
    by_node: dict[str, list[tuple[int, Holdings]]]


class Account:
    """Looks at the nodes of a run.

    Args:
        hosts: every node's.
        duration: how long people act in the run, µs.
    """

    def __init__(self, hosts: Mapping[str, Host], duration: int) -> None:
        self._hosts = hosts
        self._due = 0
        looks = max(FEWEST, min(LOOKS, ENTRIES // len(hosts)))
        self._every_us = max(EVERY_US, duration // looks)
        self._seen: dict[str, list[tuple[int, Holdings]]] = {name: [] for name in hosts}
        self._given = False

    def held(self) -> Held:
        """Give what was taken down so far."""
        return Held(self._every_us, self._seen if self._given else {})

    def look_when_due(self, now: int) -> None:
        """Look at every node if the last look is long enough ago."""
        if now >= self._due:
            self.look(now)

    def look(self, now: int) -> None:
        """Look at every node."""
        self._due = now + self._every_us
        for name, host in self._hosts.items():
            held = host.holdings()
            if held is None:
                continue
            self._given = self._given or host.up
            seen = self._seen[name]
            if not seen or seen[-1][1] != held:
                seen.append((now, held))
