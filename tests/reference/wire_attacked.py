"""Wires that somebody between them has in hand: he holds frames back, loses, repeats, changes, splices, makes them.

A Hypothesis state machine, `WiresUnderAttack`. In short it is a test; `python -m tests.reference.wire_attacked SECONDS`
runs it for as long, with other draws in each round, and prints how much was tried.
"""

import sys
import time  # noqa: TID251 - a budget of real time, which decides nothing of a run
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from reference.codec import NAMES, PLACES, VERSIONS
from reference.frames import Frame
from reference.protocol import DATA, MEMBERSHIP, Copied
from reference.refused import CAUSES
from reference.wire import ASK_AGAIN, Wire
from tests.reference.frames_and_wires import OTHER_KEY, wire

MEMBERS = ("n1", "n2", "n3")
OUTSIDER = "n9"
TRIED: Counter[str] = Counter()
"""What was done to frames, and what came of it, since the program began."""

names = st.sampled_from(MEMBERS)
channels = st.sampled_from([MEMBERSHIP, DATA])
places = st.integers(0, 10_000)


class WiresUnderAttack(RuleBasedStateMachine):
    """Three members and an outsider with another key; every frame passes through the attacker's hands."""

    wire_class = Wire

    def __init__(self) -> None:
        super().__init__()
        self.lives = dict.fromkeys((*MEMBERS, OUTSIDER), 1)
        self.wires = {name: wire(name, kind=self.wire_class) for name in MEMBERS}
        self.wires[OUTSIDER] = wire(OUTSIDER, psks=(OTHER_KEY,), kind=self.wire_class)
        self.on_the_way: list[tuple[str, str, Frame]] = []
        self.recorded: list[tuple[str, str, Frame]] = []
        self.sent: dict[int, tuple[str, str, str, int]] = {}
        self.taken: set[int] = set()
        self.now = 0
        self.said = 0

    # ---------------------------------------------------------------------------------------------------- what nodes do

    @rule(sender=names, to=names, channel=channels)
    def say(self, sender: str, to: str, channel: str) -> None:
        if sender != to:
            self._say(sender, to, channel)

    @rule(to=names, channel=channels)
    def outsider_says(self, to: str, channel: str) -> None:
        self._carry(OUTSIDER, self.wires[OUTSIDER].seal(to, channel, Copied(0, 0), self.now), to)

    @rule(name=names, speaks=st.sampled_from([VERSIONS, VERSIONS, (NAMES,), (NAMES, PLACES)]))
    def restart(self, name: str, speaks: tuple[int, ...]) -> None:
        self.lives[name] += 1
        self.wires[name] = wire(name, life=self.lives[name], speaks=speaks, kind=self.wire_class)

    @rule(us=st.sampled_from([1_000, ASK_AGAIN, 60_000_000]))
    def time_goes_on(self, us: int) -> None:
        self.now += us

    # ------------------------------------------------------------------------------------------- what the attacker does

    @precondition(lambda self: self.on_the_way)
    @rule(at=places)
    def let_pass(self, at: int) -> None:
        sender, to, frame = self.on_the_way.pop(at % len(self.on_the_way))
        self._hand(sender, to, frame.channel, frame.data)

    @rule()
    def let_all_pass(self) -> None:
        while self.on_the_way:
            sender, to, frame = self.on_the_way.pop(0)
            self._hand(sender, to, frame.channel, frame.data)

    @precondition(lambda self: self.on_the_way)
    @rule(at=places)
    def lose(self, at: int) -> None:
        del self.on_the_way[at % len(self.on_the_way)]

    @precondition(lambda self: self.recorded)
    @rule(at=places, to=names, channel=channels, where=st.booleans())
    def play_back(self, at: int, to: str, channel: str, where: bool) -> None:  # noqa: FBT001 - drawn by its name
        sender, receiver, frame = self.recorded[at % len(self.recorded)]
        TRIED["played back"] += 1
        self._hand(sender, receiver if where else to, frame.channel if where else channel, frame.data)

    @precondition(lambda self: self.recorded)
    @rule(at=places, bits=st.lists(places, min_size=1, max_size=4), to=st.none() | names)
    def change(self, at: int, bits: list[int], to: str | None) -> None:
        sender, receiver, frame = self.recorded[at % len(self.recorded)]
        octets = bytearray(frame.data)
        for bit in bits:
            octets[bit // 8 % len(octets)] ^= 1 << bit % 8
        self._plant(sender, to or receiver, frame, bytes(octets), "changed")

    @precondition(lambda self: self.recorded)
    @rule(at=places, size=places, more=st.binary(max_size=40))
    def cut_or_lengthen(self, at: int, size: int, more: bytes) -> None:
        sender, receiver, frame = self.recorded[at % len(self.recorded)]
        self._plant(sender, receiver, frame, frame.data[: size % (len(frame.data) + 1)] + more, "cut")

    @precondition(lambda self: self.recorded)
    @rule(one=places, other=places, at=st.sampled_from([1, 5, 13, 21, 29, 37, 45]))
    def splice(self, one: int, other: int, at: int) -> None:
        sender, receiver, frame = self.recorded[one % len(self.recorded)]
        second = self.recorded[other % len(self.recorded)][2]
        self._plant(sender, receiver, frame, frame.data[:at] + second.data[at:], "spliced")

    @rule(to=names, channel=channels, octets=st.binary(max_size=120))
    def make_up(self, to: str, channel: str, octets: bytes) -> None:
        self._plant("n?", to, Frame(to, channel, b"", ""), octets, "made up")

    # --------------------------------------------------------------------------------------------------- what must hold

    def teardown(self) -> None:
        """However it went: once frames pass again, every member reaches every other."""
        self.let_all_pass()
        for sender in MEMBERS:
            for to in MEMBERS:
                if sender != to:
                    self._reaches(sender, to)

    def _reaches(self, sender: str, to: str) -> None:
        for _ in range(3):
            self.now += ASK_AGAIN
            number = self._say(sender, to, DATA)
            self.let_all_pass()
            if number in self.taken:
                return
        raise AssertionError(f"{to} took none of three messages of {sender} although all frames passed")

    def _say(self, sender: str, to: str, channel: str) -> int:
        self.said += 1
        self.sent[self.said] = (sender, to, channel, self.lives[sender])
        message = Copied(self.lives[sender], self.said)
        self._carry(sender, self.wires[sender].seal(to, channel, message, self.now), to)
        return self.said

    def _carry(self, sender: str, frames: list[Frame], to: str) -> None:
        for frame in frames:
            way = (sender, frame.to or to, frame)
            self.on_the_way.append(way)
            self.recorded.append(way)

    def _plant(self, sender: str, to: str, like: Frame, octets: bytes, how: str) -> None:
        if any(octets == frame.data for _, _, frame in self.recorded):
            return  # then it is none of his
        TRIED[how] += 1
        assert not self._hand(sender, to, like.channel, octets), "a frame that nobody made is refused"

    def _hand(self, sender: str, to: str, channel: str, octets: bytes) -> bool:
        """Hand over a frame; say whether anything came of it but a refusal."""
        if to not in self.wires:
            return False
        opened = self.wires[to].open(channel, octets, self.now)
        self.wires[to].take_notes(self.now)
        TRIED[opened.refused or ("taken" if opened.messages else "hello")] += 1
        assert not opened.refused or (opened.refused in CAUSES and not opened.messages)
        for name, on, message in opened.messages:
            wanted = (name, to, on, message.boot)
            assert self.sent.get(message.number) == wanted, "what is taken was sent, by whom and to whom it says"
            assert message.number not in self.taken, "and is taken once"
            self.taken.add(message.number)
        self._carry(to, opened.replies, sender)
        return not opened.refused


def attack(seconds: int) -> Counter[str]:
    """Attack for so many seconds, with other draws in each round; an assertion that fails is raised with its steps."""
    began, rounds = time.monotonic(), 0
    plan = settings(
        max_examples=200,
        stateful_step_count=80,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    while time.monotonic() - began < seconds:
        rounds += 1
        run_state_machine_as_test(seed(rounds)(type(f"Round{rounds}", (WiresUnderAttack,), {})), settings=plan)
    TRIED["rounds of 200 attacks"] = rounds
    return TRIED


if __name__ == "__main__":
    for what, times in attack(int(sys.argv[1])).most_common():
        print(f"{times:>12,} {what}")  # noqa: T201 - a program
