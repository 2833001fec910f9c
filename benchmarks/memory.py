"""What a session and an end take of one node's memory, and what is left once they are forgotten.

A reference node takes in records as they come over the wire, each with strings of its own, until their digests have
settled. Python's own account of its allocations is read (tracemalloc), so that neither the allocator's reserves nor
what else the process does is counted. Simulated nodes share records and take less.
"""

import argparse
import tracemalloc
from collections.abc import Callable, Sequence
from hashlib import blake2b

from msgspec import msgpack, structs

from reference.clocks import HybridClock
from reference.holdings import Holdings, holdings_of
from reference.records import Records
from reference.session import LOGGED_OUT, Cell, Ending, Revocation, Session, ended
from reference.settings import SECOND, Settings
from reference.turn import Turn
from reports.memory import octets
from reports.shapes import BYTES_EACH, Holding

RECORDS = 20_000
SIZES = (20, 100, 300, 1_300, 2_600, 5_000, 11_000, 20_000)
"""Records of each kind, of which the estimate of pages is compared with what they take."""
WALL = 1_767_225_600_000_000
SETTINGS = Settings("c")
VALUE = "a value of forty characters, as many are"

_encode = msgpack.Encoder().encode
_session = msgpack.Decoder(Session).decode
_revocation = msgpack.Decoder(Revocation).decode


class Held:
    """One node's records, and how much they take."""

    def __init__(self) -> None:
        self.turn = Turn()
        self.turn.open(WALL, 0)
        self.records = Records(self.turn, SETTINGS, HybridClock(2 * SETTINGS.clock_bound_us))

    def growth(self, act: Callable[[], None]) -> int:
        """Do something, let the digests settle, and return by how many bytes more are in use."""
        before, _ = tracemalloc.get_traced_memory()
        act()
        self.turn.close()
        self.turn.open(self.turn.wall + 10 * SECOND, self.turn.mono + 10 * SECOND)
        self.records.settle(self.turn.mono)
        return tracemalloc.get_traced_memory()[0] - before

    def take(self, sessions: int, keys: int) -> None:
        """Take sessions in, as decoded from messages."""
        for number in range(sessions):
            self.records.take(_session(_encode(session(number, keys))))

    def end(self, sessions: int) -> None:
        """Take the end of every session in."""
        for number in range(sessions):
            over = ended(session(number, 0), Ending(LOGGED_OUT, WALL + 1, "n1"))
            self.records.take(_session(_encode(over)))

    def revoke(self, users: int) -> None:
        """Take a revocation of many users in."""
        for number in range(users):
            self.records.take_revocation(_revocation(_encode(Revocation(session(number, 0).owner, WALL + 1, "n1"))))

    def forget(self) -> None:
        """Let so much time pass that nothing is needed any more."""
        self.turn.open(WALL + SETTINGS.absolute_us + 60 * SECOND, SETTINGS.absolute_us + 60 * SECOND)
        self.records.forget()


def session(number: int, keys: int) -> Session:
    """Make a session with so many keys."""
    key, owner = (blake2b(b"%s %d" % (kind, number), digest_size=16).hexdigest() for kind in (b"session", b"owner"))
    cells = {f"key{index}": Cell(VALUE, WALL, "n1") for index in range(keys)}
    return Session(key, owner, WALL, f"user{number}", WALL, cells)


def measured(count: int) -> list[tuple[Holdings, int]]:
    """Fill nodes with so many records of each kind: what each then holds, and how many bytes; tracemalloc must run."""
    found = []
    for keys in (0, 2):
        held = Held()
        taken = held.growth(lambda held=held, keys=keys: held.take(count, keys))
        found.append((holdings_of(held.records), taken))
    taken += held.growth(lambda: held.end(count))
    found.append((holdings_of(held.records), taken))
    others = Held()
    revoked = others.growth(lambda: others.revoke(count))
    return [*found, (holdings_of(others.records), revoked)]


def estimated(held: Holdings) -> int:
    """Estimate the bytes of what a node holds, as pages do."""
    return octets(Holding(*structs.astuple(held)), BYTES_EACH)[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    count = parser.parse_args(arguments).records
    tracemalloc.start()
    for keys in (0, 2, 10):
        held = Held()
        taken = held.growth(lambda held=held, keys=keys: held.take(count, keys))
        print(f"a session of {keys} keys: {taken // count:,} bytes on each node")
    ended_bytes = taken + held.growth(lambda: held.end(count))
    print(f"the same once ended: {ended_bytes // count:,} bytes, whatever it held")
    left = ended_bytes + held.growth(held.forget)
    print(f"once forgotten: {left:,} bytes in all of {count:,}")
    others = Held()
    revoked = others.growth(lambda: others.revoke(count))
    print(f"a revocation: {revoked // count:,} bytes")
    for size in SIZES:
        off = [f"{estimated(held) / taken - 1:+.0%}" for held, taken in measured(size)]
        print(f"estimate for {size:,} sessions of 0 and 2 keys, those ended, revocations: off by {', '.join(off)}")


if __name__ == "__main__":
    main()
