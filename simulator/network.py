"""Carries messages between nodes: draws a delay a link, asks the rules, gives up what cannot arrive.

Knows names and links, no protocol: a message is opaque. What befalls messages is in `rules.py`, how long they take in
`delays.py`.
"""

from collections.abc import Callable, Iterable
from functools import partial
from heapq import heappush
from typing import Any

from msgspec import Struct

from simulator.chance import Chance
from simulator.clock import MESSAGE, Loop
from simulator.delays import Delay
from simulator.rules import Again, Changed, Drop, Late, OnMessage, Recorded, Rule
from simulator.trace import CARRIED, Recorder

Receive = Callable[[str, str, Any], None]
"""What a node's host takes messages with: sender, channel, message."""


class Link:
    """The way from one node to another.

    Attributes:
        more: gives the next delays, µs (`Delay.blocks`).
        block: those that are left, the next one last. A list and not a draw function: of a large cluster's links each
            lies cold in memory by its next message, in as many places as it has parts.
        receive: who takes what arrives; None while nobody is there.
        lives: grows when what is on the way must no longer arrive, because a life of one end has ended or begun.
        at_send, at_arrival: what the rules say of messages on this link.
    """

    __slots__ = ("at_arrival", "at_send", "block", "lives", "more", "receive", "sender", "to")

    def __init__(self, sender: str, to: str, more: Callable[[], list[int]], receive: Receive | None) -> None:
        """Make a link that no rule governs yet."""
        self.sender = sender
        self.to = to
        self.more = more
        self.block: list[int] = []
        self.receive = receive
        self.lives = 0
        self.at_send: tuple[OnMessage, ...] = ()
        self.at_arrival: tuple[OnMessage, ...] = ()

    def delay(self) -> int:
        """Take the next delay, µs."""
        if not self.block:
            self.block = self.more()
        return self.block.pop()

    def governed_by(self, rules: Iterable[Rule]) -> None:
        """Take note of the rules that govern this link, in their order."""
        asked = [(rule, rule.on_link(self.sender, self.to)) for rule in rules]
        self.at_send = tuple(says for rule, says in asked if says is not None and rule.at_send)
        self.at_arrival = tuple(says for rule, says in asked if says is not None and rule.at_arrival)


class _Flight(Struct, gc=False):
    """One message on its way."""

    link: Link
    channel: str
    message: Any
    sent: int
    lives: int


class Network:
    """All links between the nodes of a cluster.

    Attributes:
        sent: messages that nodes gave to the network.
        repeated: copies that rules added to them.
        delivered: messages and copies that arrived.
        lost: those that did not, by cause: what rules say ("cut", "loss"), "dead" when either end had died meanwhile or
            nobody is there, "unknown" when no node has that name.
    """

    def __init__(
        self,
        loop: Loop,
        names: Iterable[str],
        delay_of: Callable[[str, str], Delay],
        chance: Chance,
        recorder: Recorder | None = None,
    ) -> None:
        """Make a network on which nobody is there yet.

        Args:
            loop: the world's event loop.
            names: every node that may ever be there.
            delay_of: the delay from one node to another; asked once a link.
            chance: of the network alone; every link draws from a stream of its own.
            recorder: takes down what arrives and what is lost; None for none.
        """
        self._loop = loop
        self._delay_of = delay_of
        self._queue = loop.queue
        self._numbers = loop.numbers
        self._chance = chance
        self._recorder = recorder
        self._places = {name: place for place, name in enumerate(names)}
        # All in one list, a row for each sender: of a large cluster, tables of their own lie cold by the next message.
        self._rows = {name: place * len(self._places) for name, place in self._places.items()}
        self._links: list[Link | None] = [None] * len(self._places) ** 2
        self._receivers: dict[str, Receive] = {}
        self._rules: tuple[Rule, ...] = ()
        self._arrives = self._arrive  # bound once, not once a message
        self.sent = 0
        self.repeated = 0
        self.delivered = 0
        self.lost: dict[str, int] = {}

    # ------------------------------------------------------------------------------------------------ who is there

    def attach(self, name: str, receive: Receive) -> None:
        """Begin a life of that node: what was sent to an earlier one never arrives."""
        self._receivers[name] = receive
        for link in self._links_to(name):
            link.receive = receive
            link.lives += 1

    def detach(self, name: str, *, drop_sent: bool = True) -> None:
        """End the life of that node: what is on its way to it never arrives.

        Args:
            name: the node.
            drop_sent: whether what it sent never arrives either: the harder case for who relies on it, and the one in
                which a process dies before its system has sent.
        """
        self._receivers.pop(name, None)
        for link in self._links_to(name):
            link.receive = None
            link.lives += 1
        if drop_sent:
            for link in self._links_from(name):
                link.lives += 1

    def _links_to(self, name: str) -> Iterable[Link]:
        return [link for link in self._links[self._places[name] :: len(self._places)] if link is not None]

    def _links_from(self, name: str) -> Iterable[Link]:
        row = self._rows[name]
        return [link for link in self._links[row : row + len(self._places)] if link is not None]

    # ------------------------------------------------------------------------------------------------------- rules

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All that are asked, in their order."""
        return self._rules

    def add(self, rule: Rule) -> None:
        """Ask that rule too, after those already there, from now on."""
        self._govern((*self._rules, rule))

    def remove(self, rule: Rule) -> None:
        """Ask that rule no longer."""
        self._govern(tuple(other for other in self._rules if other is not rule))

    def _govern(self, rules: tuple[Rule, ...]) -> None:
        """Sort the rules by link now, so that no message has to ask a rule that does not concern it."""
        self._rules = rules
        for link in self._links:
            if link is not None:
                link.governed_by(rules)

    # ---------------------------------------------------------------------------------------------------- messages

    def carry(self, sender: str, to: str, channel: str, message: Any) -> None:
        """Take a message on its way.

        Args:
            sender: the node that sends it.
            to: the node that it is for; one that does not exist loses it.
            channel: passed on.
            message: passed on as it is, so it must not change any more.
        """
        self.sent += 1
        now = self._loop.now
        try:
            link = self._links[self._rows[sender] + self._places[to]]
        except KeyError:
            self._lose(now, sender, to, channel, message, now, "unknown")
            return
        if link is None:
            link = self._open(sender, to)
        flight = _Flight(link, channel, message, now, link.lives)
        block = link.block
        due = now + (block.pop() if block else link.delay())
        if link.at_send:
            ruled = self._ask_at_send(flight, due)
            if ruled is None:
                return
            due = ruled
        # Not by `push`: a call less is 4 %.
        heappush(self._queue, (due, MESSAGE, next(self._numbers), self._arrives, flight))

    def _ask_at_send(self, flight: _Flight, due: int) -> int | None:
        """Ask the rules about a message that sets out: they may change it, and add copies of it.

        Args:
            flight: the message.
            due: when it would arrive, µs.

        Returns:
            When it arrives; None where a rule loses it.
        """
        link, now = flight.link, flight.sent
        for says in link.at_send:
            answer = says(flight.message, now)
            if answer is None:
                continue
            if isinstance(answer, Drop):
                self._lose(now, link.sender, link.to, flight.channel, flight.message, now, answer.cause)
                return None
            if isinstance(answer, Late):
                due += answer.by_us
            elif isinstance(answer, Changed):
                flight.message = answer.message
            elif isinstance(answer, Again):
                self.repeated += 1
                copy = _Flight(link, flight.channel, flight.message, now, link.lives)
                self._loop.push(due + answer.after_us, MESSAGE, self._arrives, copy)
        return due

    def _between(self, sender: str, to: str) -> Link:
        return self._links[self._rows[sender] + self._places[to]] or self._open(sender, to)

    def _open(self, sender: str, to: str) -> Link:
        """Make the link on its first message: most pairs of a large cluster never speak."""
        more = self._delay_of(sender, to).blocks(self._chance.stream(sender, to))
        link = self._links[self._rows[sender] + self._places[to]] = Link(sender, to, more, self._receivers.get(to))
        link.governed_by(self._rules)
        return link

    def _arrive(self, flight: _Flight) -> None:
        """Hand a message over, unless an end has died or a rule stops it at the last instant."""
        link = flight.link
        now = self._loop.now
        receive = link.receive
        if receive is None or flight.lives != link.lives:
            self._lose(flight.sent, link.sender, link.to, flight.channel, flight.message, now, "dead")
            return
        if link.at_arrival and self._stopped_at_arrival(flight, now):
            return
        self.delivered += 1
        sender, channel, message = link.sender, flight.channel, flight.message
        recorder = self._recorder
        if recorder is not None:  # as `carried` does, without the call
            recorder.messages += 1
            batch = recorder.batch
            batch.append((CARRIED, now, flight.sent, sender, link.to, channel, "", message))
            if len(batch) >= recorder.most:
                recorder.settle()
        receive(sender, channel, message)

    def _stopped_at_arrival(self, flight: _Flight, now: int) -> bool:
        """Ask the rules about a message that is there; say whether one loses it, or has it arrive later.

        Recorded is what arrives: what a later rule stops is not, or a recording would come before the message itself.
        """
        link = flight.link
        recorded: list[Recorded] = []
        for says in link.at_arrival:
            answer = says(flight.message, now)
            if answer is None:
                continue
            if isinstance(answer, Drop):
                self._lose(flight.sent, link.sender, link.to, flight.channel, flight.message, now, answer.cause)
                return True
            if isinstance(answer, Late):
                self._loop.push(now + answer.by_us, MESSAGE, self._arrives, flight)
                return True
            if isinstance(answer, Recorded):
                recorded.append(answer)
        for one in recorded:
            self._loop.after(one.after_us, partial(self._play, link, flight.channel, one.message))
        return False

    def _play(self, link: Link, channel: str, message: Any) -> None:
        """Have a recording arrive, if anybody is there."""
        now = self._loop.now
        self.repeated += 1
        if link.receive is None:
            self._lose(now, link.sender, link.to, channel, message, now, "dead")
            return
        self.delivered += 1
        if self._recorder is not None:
            self._recorder.carried(now, now, link.sender, link.to, channel, message)
        link.receive(link.sender, channel, message)

    def _lose(self, sent: int, sender: str, to: str, channel: str, message: Any, now: int, cause: str) -> None:
        self.lost[cause] = self.lost.get(cause, 0) + 1
        if self._recorder is not None:
            self._recorder.carried(now, sent, sender, to, channel, message, cause)
