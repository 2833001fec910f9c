"""A network on which one channel is a stream: order is kept on a link, loss becomes delay (protocol, part 2, `stream`).

For subjects whose nodes speak over TCP. What a rule loses is sent again after a while, what overtakes waits for what it
has overtaken, and a crash of either end breaks the stream: what was on the way never arrives. A repeated message
arrives once.
"""

from typing import Any

from msgspec import Struct, field

from simulator.clock import MESSAGE, ms, s
from simulator.network import Link, Network, _Flight
from simulator.rules import Drop, Late, OnMessage

FIRST_WAIT_US = ms(200)
"""The shortest wait before TCP sends a segment again on Linux; it doubles with every loss."""
LONGEST_WAIT_US = s(2)
"""Far below TCP's 120 s: a program that means to go on gives such a connection up sooner and makes a new one."""


class _Segment(Struct):
    """One message of a stream: its number, when it was sent, and how often it was lost."""

    number: int
    message: Any
    sent: int
    lost: int = 0


class _Again(Struct):
    """The event of sending a segment again."""

    link: Link
    segment: _Segment
    lives: int


class _Stream(Struct):
    """One way of one connection: what is numbered next, what is awaited next, and what came too early."""

    lives: int
    sent: int = 0
    awaited: int = 0
    early: dict[int, _Segment] = field(default_factory=dict)


class StreamingNetwork(Network):
    """A network whose channel of that name is a stream; see `Network`."""

    def __init__(self, *arguments: Any, channel: str = "data") -> None:
        """Make a network; the arguments are those of `Network`.

        Args:
            *arguments: passed on.
            channel: which channel is a stream.
        """
        super().__init__(*arguments)
        self._channel = channel
        self._streams: dict[tuple[str, str], _Stream] = {}

    def carry(self, sender: str, to: str, channel: str, message: Any) -> None:
        """Take a message on its way; see `Network.carry`."""
        if channel != self._channel or to not in self._places:
            super().carry(sender, to, channel, message)
            return
        self.sent += 1
        link = self._between(sender, to)
        stream = self._stream_of(link)
        segment = _Segment(stream.sent, message, self._loop.now)
        stream.sent += 1
        self._transmit(link, segment)

    def _stream_of(self, link: Link) -> _Stream:
        """Return the stream of a link's present lives: it begins anew with each."""
        stream = self._streams.get((link.sender, link.to))
        if stream is None or stream.lives != link.lives:
            stream = self._streams[link.sender, link.to] = _Stream(link.lives)
        return stream

    def _transmit(self, link: Link, segment: _Segment) -> None:
        now = self._loop.now
        late_us = self._asked(link.at_send, segment, now)
        if late_us is None:
            self._wait(link, segment)
            return
        flight = _Flight(link, self._channel, segment, segment.sent, link.lives)
        self._loop.push(now + link.delay() + late_us, MESSAGE, self._arrives, flight)

    def _asked(self, rules: tuple[OnMessage, ...], segment: _Segment, now: int) -> int | None:
        """Ask the rules; return how much later it arrives, None where one loses it. Copies are none of a stream's."""
        late_us = 0
        for says in rules:
            answer = says(segment.message, now)
            if isinstance(answer, Drop):
                return None
            if isinstance(answer, Late):
                late_us += answer.by_us
        return late_us

    def _wait(self, link: Link, segment: _Segment) -> None:
        wait_us = min(FIRST_WAIT_US << min(segment.lost, 10), LONGEST_WAIT_US)
        segment.lost += 1
        self._loop.push(self._loop.now + wait_us, MESSAGE, self._send_again, _Again(link, segment, link.lives))

    def _send_again(self, again: _Again) -> None:
        if again.lives == again.link.lives:
            self._transmit(again.link, again.segment)
        else:
            self._broken(again.link, again.segment)

    def _arrive(self, flight: _Flight) -> None:
        if not isinstance(flight.message, _Segment):
            super()._arrive(flight)
            return
        link, segment, now = flight.link, flight.message, self._loop.now
        if link.receive is None or flight.lives != link.lives:
            self._broken(link, segment)
            return
        late_us = self._asked(link.at_arrival, segment, now)
        if late_us is None:
            self._wait(link, segment)
        elif late_us:
            self._loop.push(now + late_us, MESSAGE, self._arrives, flight)
        else:
            stream = self._stream_of(link)
            stream.early[segment.number] = segment
            self._hand_over(link, stream)

    def _hand_over(self, link: Link, stream: _Stream) -> None:
        """Hand over whatever is next in order, as long as the receiver lives."""
        now = self._loop.now
        while stream.awaited in stream.early and link.receive is not None and stream.lives == link.lives:
            segment = stream.early.pop(stream.awaited)
            stream.awaited += 1
            self.delivered += 1
            if self._recorder is not None:
                self._recorder.carried(now, segment.sent, link.sender, link.to, self._channel, segment.message)
            link.receive(link.sender, self._channel, segment.message)

    def _broken(self, link: Link, segment: _Segment) -> None:
        self._lose(segment.sent, link.sender, link.to, self._channel, segment.message, self._loop.now, "dead")
