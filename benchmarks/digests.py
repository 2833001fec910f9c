"""What comparing two nodes costs: bytes exchanged until both hold the same, by how many sessions differ.

Two reference nodes hold 10,000 sessions each. A third of the differences is missing on the one, a third on the other,
and of a third the other holds a newer value. One comparison runs to its end; its messages are counted as msgpack would
write them, with neither sealing nor headers. Beside it stands what it would cost to send everything without asking.
"""

import argparse
from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from msgspec import msgpack, structs

from reference.effects import Send, SetAlarm
from reference.node import Node
from reference.protocol import Chunk, Init
from reference.session import Cell, Session
from reference.settings import Settings

SESSIONS = 10_000
DIFFERENCES = (0, 1, 10, 100, 1_000)
SIZES = (1_000, 10_000, 100_000)
NAMES = ("n1", "n2")
WALL = 1_767_225_600_000_000
LATER_US = 10_000_000
"""What is entered at one instant has settled by then."""
VALUE = "a value of forty characters, as many are"

_encode = msgpack.Encoder().encode


class Pair:
    """Two nodes on one clock, whose messages are handed over at once and in order."""

    def __init__(self) -> None:
        self.now = 0
        self.messages = 0
        self.bytes = 0
        self._under_way: deque[tuple[str, Send]] = deque()
        self._alarms: dict[tuple[str, str], None] = {}
        self.nodes: dict[str, Node] = {}
        for number, name in enumerate(NAMES):
            self.nodes[name] = Node(Init(name, 1, "c", NAMES, f"{number:064x}", {}), Settings("c"))
        for name in NAMES:
            self._perform(name, self.nodes[name].start(NAMES, WALL, self.now))
        self._hand_over()
        while not all(node.membership.routable() for node in self.nodes.values()):
            alarms, self._alarms = self._alarms, {}
            for name, alarm in alarms:
                self._ring(name, alarm)
                self._hand_over()

    def _ring(self, name: str, alarm: str) -> None:
        self._perform(name, self.nodes[name].ring(alarm, WALL + self.now, self.now))

    def _perform(self, name: str, effects: Sequence[Any]) -> None:
        for effect in effects:
            if effect.__class__ is Send:
                self._under_way.append((name, effect))
            elif effect.__class__ is SetAlarm and effect.name in ("compare", "gossip"):
                self._alarms[name, effect.name] = None

    def _hand_over(self) -> None:
        while self._under_way:
            sender, send = self._under_way.popleft()
            self.now += 1
            self.messages += 1
            self.bytes += len(_encode(send.message))
            effects = self.nodes[send.to].receive(sender, send.channel, send.message, WALL + self.now, self.now)
            self._perform(send.to, effects)

    def compare(self) -> tuple[int, int]:
        """Let the first node compare with the second once; return bytes and messages."""
        self.now += LATER_US
        self.bytes = self.messages = 0
        self._ring(NAMES[0], "compare")
        self._hand_over()
        return self.bytes, self.messages


def session(number: int) -> Session:
    """Make a session of two keys."""
    key, owner = (blake2b(b"%s %d" % (kind, number), digest_size=16).hexdigest() for kind in (b"session", b"owner"))
    cells = {name: Cell(VALUE, WALL, "n1") for name in ("cart", "theme")}
    return Session(key, owner, WALL, f"user{number}", WALL, cells)


def measure(sessions: int, differences: int) -> tuple[int, int, int]:
    """Compare two nodes that differ so much; return bytes, messages, and the bytes of everything that one holds."""
    pair = Pair()
    one, other = (pair.nodes[name].records for name in NAMES)
    for number in range(sessions):
        held = session(number)
        if number >= differences or number % 3 != 1:
            one.put(held)
        if number >= differences or number % 3 == 1:
            other.put(held)
        elif number % 3 == 0:
            other.put(structs.replace(held, cells={**held.cells, "cart": Cell("a newer value", WALL + 1, "n2")}))
    cost = pair.compare()
    if one.sessions != other.sessions:
        raise AssertionError(f"{differences} differences in {sessions} sessions were not repaired")
    everything = len(_encode(Chunk(1, tuple(one.sessions.values()), (), "")))
    return *cost, everything


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    chosen = parser.parse_args(arguments)
    print(f"bytes exchanged until two nodes of {chosen.sessions:,} sessions hold the same:")
    print(f"  {'differ':>7} {'bytes':>9} {'a difference':>13} {'messages':>9} {'of sending everything':>22}")
    for differences in DIFFERENCES:
        cost, messages, everything = measure(chosen.sessions, differences)
        each = f"{cost // differences:,}" if differences else "-"
        print(f"  {differences:>7,} {cost:>9,} {each:>13} {messages:>9,} {f'{cost / everything:.4%}':>22}")
    print("the same 10 differences in more sessions (a level of the tree is 16 times as many):")
    for sessions in SIZES:
        cost, messages, everything = measure(sessions, 10)
        share = f"{cost / everything:.4%} of everything"
        print(f"  {sessions:>7,} sessions: {cost:>7,} bytes, {messages} messages, {share}")


if __name__ == "__main__":
    main()
