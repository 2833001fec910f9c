"""Digests of what a node holds: a tree over record keys, so that d differences are found in O(d log n) (Merkle, 1987).

The tree has sixteen branches a level, by the hex digits of the keys, and is kept up to date record by record. It knows
neither peers nor messages: `reference.comparison` exchanges its branches.
"""

from bisect import insort
from hashlib import blake2b

from msgspec import msgpack

from reference.session import Revocation, Session

DEPTH = 3
"""Levels of branches: 4,096 buckets hold 10,000 sessions at two to three each."""
LEAF = 16
"""A branch with no more records than this on either side is listed instead of descended into."""

MOVING = 0
"""Stands in a listing for the digest of a record that is changing just now."""

EMPTY = (0, 0)
"""Digest and count of a branch that holds nothing."""

Branch = tuple[str, int, int]
"""Prefix of the keys, digest of all records below it, and their count."""

_encode = msgpack.Encoder(order="sorted").encode


def digest_of(record: Session | Revocation) -> int:
    """Digest a record's whole content to 64 bits, the same on every node that holds an equal record."""
    return int.from_bytes(blake2b(_encode(record), digest_size=8).digest())


class Tree:
    """The digests of all records, and of all branches above them; a branch's digest is the XOR of its records'."""

    __slots__ = ("_above", "_below", "_branches", "_buckets")

    def __init__(self) -> None:
        self._branches: dict[str, list[int]] = {"": [0, 0]}
        self._buckets: dict[str, dict[str, int]] = {}
        self._above: dict[str, tuple[list[int], ...]] = {}
        self._below: dict[str, list[str]] = {}

    def buckets(self) -> int:
        """Count the buckets that hold a record, or once held one."""
        return len(self._buckets)

    def put(self, key: str, digest: int) -> None:
        """Enter a record, or replace what was entered under its key."""
        prefix = key[:DEPTH]
        bucket = self._buckets.get(prefix)
        if bucket is None:
            bucket = self._grow(prefix)
        held = bucket.get(key)
        bucket[key] = digest
        self._adjust(prefix, digest if held is None else digest ^ held, 1 if held is None else 0)

    def _grow(self, prefix: str) -> dict[str, int]:
        """Make the bucket of a prefix, and whatever leads to it that is not there yet."""
        for depth in range(1, DEPTH + 1):
            if prefix[:depth] not in self._branches:
                self._branches[prefix[:depth]] = [0, 0]
                insort(self._below.setdefault(prefix[: depth - 1], []), prefix[:depth])
        self._above[prefix] = tuple(self._branches[prefix[:depth]] for depth in range(DEPTH + 1))
        bucket = self._buckets[prefix] = {}
        return bucket

    def remove(self, key: str) -> None:
        """Take a record out; harmless when it is not in."""
        prefix = key[:DEPTH]
        bucket = self._buckets.get(prefix)
        held = None if bucket is None else bucket.pop(key, None)
        if held is not None:
            self._adjust(prefix, held, -1)

    def _adjust(self, prefix: str, difference: int, count: int) -> None:
        """Carry a change of a bucket up through all branches above it."""
        for branch in self._above[prefix]:
            branch[0] ^= difference
            branch[1] += count

    def branch(self, prefix: str) -> Branch:
        """Digest and count of everything below a prefix."""
        digest, count = self._branches.get(prefix, EMPTY)
        return prefix, digest, count

    def children(self, prefix: str) -> list[Branch]:
        """Return the branches one level below a prefix that hold anything, in order of prefix."""
        branches, found = self._branches, []
        for child in self._below.get(prefix, ()):
            digest, count = branches[child]
            if count:
                found.append((child, digest, count))
        return found

    def listing(self, prefix: str) -> dict[str, int]:
        """Every record below a prefix with its digest, in order of key."""
        if len(prefix) == DEPTH:
            return dict(sorted(self._buckets.get(prefix, {}).items()))
        found: dict[str, int] = {}
        for child in self._below.get(prefix, ()):
            if self._branches[child][1]:
                found |= self.listing(child)
        return found
