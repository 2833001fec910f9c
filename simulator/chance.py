"""Everything that the world draws by chance: named streams of one seed.

A stream is a key and a count. Its words are BLAKE2b over both, so streams are independent of each other and of the
order in which they are made: leave out one link, user or fault, and all others draw what they drew before. `random` is
not used: one of its generators a link takes 700 MB at 490 nodes. Draws are whole numbers, through tables where another
distribution is needed, so that they are the same on every machine.
"""

from collections.abc import Callable, Iterator, MutableSequence, Sequence
from hashlib import blake2b
from itertools import count as counting
from math import log, log1p
from operator import itemgetter
from struct import Struct
from typing import TypeVar

MILLION = 1_000_000
TABLE_SIZE = 4096
"""Entries of a table of quantiles: 12 bits of a word choose one."""

_T = TypeVar("_T")

_THIRTY_TWO_SHORTS = Struct("<32H").unpack
_TWELVE_BITS_OF_EACH_SHORT = int.from_bytes(b"\xff\x0f" * 32, "little")


class Chance:
    """The root of all streams of a run, or of one part of it."""

    __slots__ = ("_key",)

    def __init__(self, seed: int) -> None:
        """Make the chance of a run.

        Args:
            seed: any whole number; different seeds give independent runs.
        """
        self._key = blake2b(b"%d" % seed, digest_size=32, person=b"anynode seed").digest()

    def part(self, *names: str) -> "Chance":
        """Return the chance of one part of the world, whose streams no other part draws from."""
        part = Chance.__new__(Chance)
        part._key = self._derive("part", names, 32)  # noqa: SLF001 # another of our own kind, made without a seed
        return part

    def stream(self, *names: str) -> "Stream":
        """Return the stream of that name, from its beginning; ask once and keep it."""
        return Stream(self._derive("stream", names, 16))

    def _derive(self, purpose: str, names: tuple[str, ...], size: int) -> bytes:
        """Hash the names, each with its length, so that ("a", "bc") and ("ab", "c") differ."""
        message = b"".join(b"%d:%s" % (len(part), part) for part in (name.encode() for name in names))
        return blake2b(message, key=self._key, digest_size=size, person=purpose.encode()).digest()


class Stream:
    """A sequence of draws of its own; its words and its draws through a table are apart from each other."""

    __slots__ = ("_count", "_key")

    def __init__(self, key: bytes) -> None:
        """Make a stream of its key of 16 bytes; `Chance.stream` does."""
        self._key = key
        self._count = 0

    def word(self) -> int:
        """Draw 64 even bits."""
        count = self._count
        self._count = count + 1
        return int.from_bytes(blake2b(b"%bw%d" % (self._key, count), digest_size=8).digest(), "little")

    def below(self, bound: int) -> int:
        """Draw a whole number from 0 up to, not including, `bound`."""
        return (self.word() * bound) >> 64

    def happens(self, ppm: int) -> bool:
        """Draw whether something happens that does so `ppm` times in a million."""
        return self.below(MILLION) < ppm

    def choice(self, items: Sequence[_T]) -> _T:
        """Draw one of the items."""
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[_T]) -> None:
        """Put the items into a drawn order, in place (Fisher and Yates)."""
        for last in range(len(items) - 1, 0, -1):
            chosen = self.below(last + 1)
            items[last], items[chosen] = items[chosen], items[last]

    def passes(self, ppm: int) -> int:
        """Draw how often something passes before the next time that it happens (geometric, by inversion).

        One draw a strike is much cheaper than one toss a message. The last bit of the machine's `log` would show in one
        draw of 10^9 or fewer.

        Args:
            ppm: how many times in a million it happens, from 1.

        Raises:
            ValueError: the share is not one, or nothing.
        """
        if not 0 < ppm <= MILLION:
            raise ValueError(f"something happens {ppm} times in a million; 1 to {MILLION} make sense")
        if ppm == MILLION:
            return 0
        return int(log(((self.word() >> 11) + 1) / 2**53) / log1p(-ppm / MILLION))

    def blocks(self, table: Sequence[int]) -> Callable[[], list[int]]:
        """Return a fast draw of many entries of a table at once, each equally likely.

        Args:
            table: 4096 quantiles of a distribution.

        Returns:
            What gives the next draws as a new list, the last of it drawn first: to take it off is what costs least.

        Raises:
            ValueError: the table has another length.
        """
        if len(table) != TABLE_SIZE:
            raise ValueError(f"a table of quantiles has {len(table)} entries; {TABLE_SIZE} are needed")
        return _blocks(self._key, table).__next__


def _blocks(key: bytes, table: Sequence[int]) -> Iterator[list[int]]:
    """Yield entries, as many at once as a hash has room for.

    A block refers to the table's own numbers, and nothing else is kept between two: 490 nodes have 240,000 links.
    """
    for count in counting():
        yield [*itemgetter(*reversed(_twelve_bits(blake2b(b"%be%d" % (key, count)).digest())))(table)]


def _twelve_bits(digest: bytes) -> tuple[int, ...]:
    """Cut 64 bytes into 32 numbers of 12 bits, all at once."""
    return _THIRTY_TWO_SHORTS((int.from_bytes(digest, "little") & _TWELVE_BITS_OF_EACH_SHORT).to_bytes(64, "little"))
