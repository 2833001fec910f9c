"""Digests of what a node holds: a tree over record keys, so that d differences are found in O(d log n) (Merkle, 1987).

The tree has sixteen branches a level, by the hex digits of the keys, and is kept up to date record by record. It knows
neither peers nor messages: `reference.comparison` exchanges its branches.
"""

from collections.abc import Iterator
from hashlib import blake2b

from msgspec import msgpack

from reference.session import Revocation, Session

DEPTH = 3
"""Levels of branches: 4,096 buckets hold 10,000 sessions at two to three each."""
LEAF = 16
"""A branch with no more records than this on either side is listed instead of descended into."""

MOVING = 0
"""Stands in a listing for the digest of a record that is changing just now."""

Branch = tuple[str, int, int]
"""Prefix of the keys, digest of all records below it, and their count."""

_encode = msgpack.Encoder(order="sorted").encode


def digest_of(record: Session | Revocation) -> int:
    """Digest a record's whole content to 64 bits, the same on every node that holds an equal record."""
    return int.from_bytes(blake2b(_encode(record), digest_size=8).digest())


class Tree:
    """The digests of all records, and of all branches above them; a branch's digest is the XOR of its records'."""

    __slots__ = ("_above", "_branches", "_buckets")

    def __init__(self) -> None:
        self._branches: dict[str, list[int]] = {"": [0, 0]}
        self._buckets: dict[str, dict[str, int]] = {}
        self._above: dict[str, tuple[list[int], ...]] = {}

    def put(self, key: str, digest: int) -> None:
        """Enter a record, or replace what was entered under its key."""
        prefix = key[:DEPTH]
        bucket = self._buckets.get(prefix)
        if bucket is None:
            bucket = self._buckets[prefix] = {}
            self._above[prefix] = tuple(self._branches.setdefault(prefix[:n], [0, 0]) for n in range(DEPTH + 1))
        held = bucket.get(key)
        bucket[key] = digest
        self._adjust(prefix, digest if held is None else digest ^ held, 1 if held is None else 0)

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
        digest, count = self._branches.get(prefix, (0, 0))
        return prefix, digest, count

    def children(self, prefix: str) -> list[Branch]:
        """Return the branches one level below a prefix that hold anything, in order of prefix."""
        found = [self.branch(prefix + digit) for digit in "0123456789abcdef"]
        return [branch for branch in found if branch[2]]

    def listing(self, prefix: str) -> dict[str, int]:
        """Every record below a prefix with its digest, in order of key."""
        return {key: digest for bucket in self._below(prefix) for key, digest in sorted(bucket.items())}

    def _below(self, prefix: str) -> Iterator[dict[str, int]]:
        if len(prefix) >= DEPTH:
            yield self._buckets.get(prefix, {})
            return
        for child in self.children(prefix):
            yield from self._below(child[0])
