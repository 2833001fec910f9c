"""The order of a session among the members: who answers for it, and whose acknowledgement counts first.

Highest random weight: every node that sees the same members comes to the same order without a word, and who comes or
goes moves only the sessions that are, or were, its own (docs/decisions/0005-order-against-map.md).
"""

from collections.abc import Iterable
from hashlib import blake2b

from reference.membership import Membership

ORDERS_HELD = 10_000
"""So many sessions' orders are remembered; a drawn one costs 2 µs a member, and ended sessions must not fill memory."""
HOMES = 2
"""How many of an order are remembered: the one that answers for a session, and who does when that one is silent."""


class Order:
    """The orders of sessions as one node sees them, over itself and whom it holds for alive, unsuspected and ready."""

    def __init__(self, membership: Membership) -> None:
        self.membership = membership
        self._held: dict[str, tuple[str, ...]] = {}
        self._version = -1

    def homes(self, key: str) -> tuple[str, ...]:
        """Name the first two members of a key's order, this node included; one where there is no other."""
        if self._version != self.membership.version:
            self._version = self.membership.version
            self._held.clear()
        homes = self._held.get(key)
        if homes is None:
            if len(self._held) >= ORDERS_HELD:
                self._held.clear()
            names = [*self.membership.routable(), self.membership.name]
            homes = self._held[key] = first_of(key, names, HOMES)
        return homes

    def first_other(self, key: str) -> str | None:
        """Name the first of a key's order other than this node; None where there is no other."""
        return next((name for name in self.homes(key) if name != self.membership.name), None)


def first_of(key: str, names: Iterable[str], count: int) -> tuple[str, ...]:
    """Order names by their weight for a key, heaviest first, and give the first ones.

    Args:
        key: of a session, or an owner.
        names: of members, each once.
        count: how many are asked for.

    Returns:
        At most so many names.

    Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998), which calls it highest
    random weight.
    """
    return tuple(sorted(names, key=lambda name: _weight(key, name), reverse=True)[:count])


def _weight(key: str, name: str) -> bytes:
    return blake2b(f"{key} {name}".encode(), digest_size=8).digest()
