"""Everything that a node draws by chance, all of it from the seed that it was started with.

The core has no other source. In production the runtime starts a node with a seed from the system's own source.
"""

from hashlib import blake2b

_MASK = (1 << 64) - 1


class Draws:
    """A small counter-based generator (SplitMix64, Steele et al. 2014) for choices, and a keyed hash for session ids.

    Choices need to be fast and even, not secret; ids must not be guessable from other ids, so they come from BLAKE2b
    keyed with the seed.
    """

    __slots__ = ("_issued", "_key", "_state")

    def __init__(self, seed: str) -> None:
        self._key = bytes.fromhex(seed)
        self._state = int.from_bytes(blake2b(self._key, digest_size=8, person=b"choices").digest())
        self._issued = 0

    def word(self) -> int:
        """Draw 64 bits."""
        self._state = z = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, bound: int) -> int:
        """Draw a whole number from 0 up to, not including, `bound`."""
        return (self.word() * bound) >> 64

    def shuffled(self, names: list[str]) -> list[str]:
        """Return the names in a drawn order (Fisher and Yates)."""
        order = list(names)
        for last in range(len(order) - 1, 0, -1):
            chosen = (self.word() * (last + 1)) >> 64  # as `below` does
            order[last], order[chosen] = order[chosen], order[last]
        return order

    def some(self, names: list[str], count: int) -> list[str]:
        """Draw `count` different names, or all of them when there are no more."""
        if len(names) <= count:
            return names
        left = list(names)
        drawn = []
        for _ in range(count):
            chosen = self.below(len(left))
            drawn.append(left[chosen])
            left[chosen] = left[-1]
            left.pop()
        return drawn

    def session_id(self) -> str:
        """Make a new session id of 256 bits, as 64 hex digits (REQ-COOK-4)."""
        self._issued += 1
        return blake2b(self._issued.to_bytes(8), key=self._key, digest_size=32, person=b"session-id").hexdigest()
