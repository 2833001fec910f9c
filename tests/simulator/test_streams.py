"""A channel that is a stream: order is kept, loss becomes delay, a crash breaks it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import Loop, ms, s
from simulator.delays import Delay, Fixed, Lognormal
from simulator.rules import Cut, Lose, Repeat
from simulator.streams import FIRST_WAIT_US, StreamingNetwork


class Wire:
    """Two nodes; what arrives at n2 is noted with its instant."""

    def __init__(self, delay: Delay | None = None, seed: int = 1) -> None:
        self.loop = Loop()
        self.network = StreamingNetwork(self.loop, ["n1", "n2"], lambda _, __: delay or Fixed(ms(1)), Chance(seed))
        self.arrived: list[tuple[int, Any]] = []
        for name in ("n1", "n2"):
            self.attach(name)

    def attach(self, name: str) -> None:
        self.network.attach(name, lambda _sender, _channel, message: self.arrived.append((self.loop.now, message)))

    def send(self, count: int, channel: str = "data", every_us: int = 0) -> None:
        for number in range(count):
            self.loop.after(number * every_us, lambda number=number: self.network.carry("n1", "n2", channel, number))  # type: ignore[misc] # bound now

    @property
    def messages(self) -> list[Any]:
        return [message for _, message in self.arrived]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@given(st.integers(0, 10_000), st.integers(1, 900_000))
def test_order_is_kept_and_nothing_is_lost_whatever_the_loss(seed: int, ppm: int) -> None:
    wire = Wire(Lognormal(ms(5), 0.8), seed)
    wire.network.add(Lose(ppm, Chance(seed)))
    wire.send(20, every_us=ms(1))
    wire.loop.run(until=s(300))
    assert wire.messages == list(range(20))
    assert wire.network.lost == {}


def test_another_channel_keeps_no_order() -> None:
    wire = Wire(Lognormal(ms(5), 0.8))
    wire.send(200, "membership", every_us=ms(1))
    wire.loop.run()
    assert sorted(wire.messages) == list(range(200)) != wire.messages


def test_what_a_cut_stops_arrives_after_it_in_order(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2"]])
    wire.network.add(cut)
    wire.send(3, every_us=ms(10))
    wire.loop.after(s(5), lambda: wire.network.remove(cut))
    wire.loop.run(until=s(10))
    assert wire.messages == [0, 1, 2]
    assert s(5) <= wire.arrived[0][0] <= s(7)
    assert cut.touched > 3


def test_a_lost_message_is_sent_again_after_the_shortest_wait(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2"]])
    wire.network.add(cut)
    wire.send(1)
    wire.loop.after(ms(100), lambda: wire.network.remove(cut))
    wire.loop.run()
    assert wire.arrived == [(FIRST_WAIT_US + ms(1), 0)]


def test_a_message_that_a_cut_stops_at_its_arrival_is_sent_again(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2"]])
    wire.send(2, every_us=ms(1))
    wire.loop.after(500, lambda: wire.network.add(cut))
    wire.loop.after(ms(1) + 500, lambda: wire.network.remove(cut))
    wire.loop.run()
    assert wire.messages == [0, 1]


def test_a_copy_arrives_once(wire: Wire) -> None:
    wire.network.add(Repeat(1_000_000, Chance(1)))
    wire.send(5, every_us=ms(1))
    wire.loop.run()
    assert wire.messages == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("end", ["n1", "n2"])
def test_a_crash_of_either_end_breaks_the_stream_and_the_next_begins_anew(wire: Wire, end: str) -> None:
    cut = Cut([["n1"], ["n2"]])
    wire.network.add(cut)
    wire.send(3)
    wire.loop.after(s(1), lambda: wire.network.detach(end))
    wire.loop.after(s(2), lambda: wire.attach(end))
    wire.loop.after(s(2), lambda: wire.network.remove(cut))
    wire.loop.after(s(3), lambda: wire.network.carry("n1", "n2", "data", "anew"))
    wire.loop.run(until=s(20))
    assert wire.messages == ["anew"]
    assert wire.network.lost == {"dead": 3}


def test_a_message_to_nobody_is_lost_as_on_any_network(wire: Wire) -> None:
    wire.network.carry("n1", "n9", "data", "m")
    assert wire.network.lost == {"unknown": 1}
