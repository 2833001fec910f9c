"""Everything that the world draws by chance: named streams of one seed.

A stream is a key and a count. Its words are BLAKE2b over both, so streams are independent of each other and of the
order in which they are made: leave out one link, user or fault, and all others draw what they drew before. `random` is
not used: one of its generators a link takes 700 MB at 490 nodes. Draws are whole numbers, through tables where another
distribution is needed, so that they are the same on every machine.
"""

from collections.abc import Callable, Iterator, MutableSequence, Sequence
from hashlib import blake2b
from itertools import chain, repeat
from math import log, log1p
from struct import Struct
from typing import TypeVar

MILLION = 1_000_000
TABLE_SIZE = 4096
"""Entries of a table of quantiles: 12 bits of a word choose one."""

_T = TypeVar("_T")

_EIGHT_WORDS = Struct("<8Q").unpack
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

    __slots__ = ("_key", "word")

    word: Callable[[], int]
    """Draw 64 even bits."""

    def __init__(self, key: bytes) -> None:
        """Make a stream of its key of 16 bytes; `Chance.stream` does."""
        self._key = key
        self.word = chain.from_iterable(_words(key)).__next__

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

    def through(self, table: Sequence[int]) -> Callable[[], int]:
        """Return a fast draw of the entries of a table, each equally likely.

        Args:
            table: 4096 quantiles of a distribution.

        Raises:
            ValueError: the table has another length.
        """
        if len(table) != TABLE_SIZE:
            raise ValueError(f"a table of quantiles has {len(table)} entries; {TABLE_SIZE} are needed")
        return chain.from_iterable(_entries(self._key, table)).__next__

    def passes(self, ppm: int) -> Callable[[], int]:
        """Return a draw of how often something passes before the next time that it happens.

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
            return repeat(0).__next__
        word = self.word
        log_of_passing = log1p(-ppm / MILLION)
        return lambda: int(log(((word() >> 11) + 1) / 2**53) / log_of_passing)  # geometric, by inversion


def _words(key: bytes) -> Iterator[tuple[int, ...]]:
    for digest in _digests(key, b"w"):
        yield _EIGHT_WORDS(digest)


def _entries(key: bytes, table: Sequence[int]) -> Iterator[list[int]]:
    """Yield entries in blocks: the blocks refer to the table's own numbers and so stay small."""
    for digest in _digests(key, b"e"):
        indices = (int.from_bytes(digest, "little") & _TWELVE_BITS_OF_EACH_SHORT).to_bytes(64, "little")
        yield [table[index] for index in _THIRTY_TWO_SHORTS(indices)]


def _digests(key: bytes, sequence: bytes) -> Iterator[bytes]:
    """Yield the key's 64-byte blocks; key, sequence and count have fixed lengths and cannot be confused."""
    prefix = key + sequence
    count = 0
    while True:
        yield blake2b(prefix + count.to_bytes(8, "little")).digest()
        count += 1
