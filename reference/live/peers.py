"""The other members, to one node's host: their addresses, the sockets between, and whom discovery names.

Frames are sealed and opened here; messages go to the node by turns of `Turns`, which is `reference.live.runtime`.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from reference.effects import Effect, Send
from reference.frames import Frame
from reference.live.addresses import WILDCARDS, is_of_this_machine
from reference.live.clocks import SECOND, Clocks
from reference.live.log import Log
from reference.live.metrics import Labels, Metrics
from reference.live.network import Network
from reference.live.spans import Spans
from reference.live.streams import Address, Dial, Holding, Port, Stream, spawn
from reference.node import Node
from reference.notation import Endpoint
from reference.protocol import DATA, MEMBERSHIP, Place, Whereabouts

DATAGRAM_MOST: Final = 1_200
"""Longer frames of membership go over TCP: so much passes every network whole (RFC 9000, section 14)."""
NOBODY_S: Final = 5.0
"""A node that nobody answers for so long begins alone, as a joining one is ready alone (`reference.join`)."""
OTHERS_S: Final = 1.0
"""Once somebody has answered, so long is waited for the others that discovery names."""
KNOCK_S: Final = 0.2
"""The pause between two questions to one address before the node begins."""
UNANSWERED_MOST: Final = 2
"""After so many questions by datagram without an answer an address is asked over TCP too."""


class Turns(Protocol):
    """Who gives the node its turns."""

    node: Node
    clocks: Clocks
    log: Log
    metrics: Metrics
    spans: Spans | None

    def turn(self, act: Callable[..., list[Effect]], *arguments: Any) -> None:
        """Give the node a turn."""

    def fail(self, error: BaseException) -> None:
        """End the node against its will."""


class NameTaken(Exception):
    """Another life runs under this node's name."""


class Peers:
    """The other members: their addresses, the sockets between, discovery."""

    def __init__(self, turns: Turns, network: Network, poll_us: int) -> None:
        self._turns = turns
        self._node = turns.node
        self._wire = network.wire
        self._addresses = network.addresses
        self._discovery = network.discovery
        self._bound = network.bound
        self._poll_s = poll_us / SECOND
        self._loop = asyncio.get_running_loop()
        self._holding = Holding()
        self._ports = {channel: Port(channel, self, self._holding) for channel in (MEMBERSHIP, DATA)}
        self._datagrams: asyncio.DatagramTransport
        self._dials: dict[tuple[str, str], Dial] = {}
        self._found: dict[Endpoint, str] = {}
        self._unanswered: dict[Endpoint, int] = {}
        self._ends: tuple[Endpoint, ...] = ()
        self._heard: dict[str, float] = {}
        self._introduced: dict[str, None] = {}
        self._namesakes: dict[Endpoint, None] = {}
        self._taken_at: Endpoint | None = None
        self._rotation = 0
        self._began = False
        self._polling: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen."""
        await self._ports[MEMBERSHIP].open(self._bound.membership)
        await self._ports[DATA].open(self._bound.data)
        self._datagrams, _ = await self._loop.create_datagram_endpoint(
            lambda: _Datagrams(self), sock=self._bound.datagrams
        )
        self._turns.metrics.gauges += [
            ("members", "Members that this node holds for alive, itself included.", self._count_members),
            ("streams", "Connections that others opened.", self._count_streams),
            ("frames_refused", "Frames that were refused since the life began, by cause.", self._count_refused),
        ]

    async def first_meeting(self) -> tuple[str, ...]:
        """Find out the names of those whom discovery finds, since a node must know whom to join.

        Returns:
            The names; none where nobody is named, or nobody answered in 5 s.

        Raises:
            NameTaken: a node of this name is there already.
        """
        began = self._loop.time()
        await self._find()
        first_answer: float | None = None
        while True:
            if self._taken_at is not None:
                raise NameTaken(str(self._taken_at))
            missing = self._not_introduced()
            now = self._loop.time()
            if self._introduced and first_answer is None:
                first_answer = now
            late = now - began > NOBODY_S if first_answer is None else now - first_answer > OTHERS_S
            if not missing or late:
                return tuple(dict.fromkeys(self._found.values()))
            for end in missing:
                self._knock(end)
            await asyncio.sleep(KNOCK_S)

    def _not_introduced(self) -> list[Endpoint]:
        """List where nobody has said yet whom it knows, and where somebody is said to have this node's own name."""
        strangers = [end for end in self._ends if self._found.get(end) not in self._introduced]
        return strangers + [end for end in self._namesakes if end not in self._ends]

    def poll_for_ever(self) -> None:
        """Begin to hand messages to the node, and ask discovery, now and every poll interval."""
        self._began = True
        for name in self._introduced:
            self._tell(name, self._addresses.all())
        self._polling = spawn(self._poll())

    def close(self) -> None:
        """Stop listening and hang up."""
        if self._polling is not None:
            self._polling.cancel()
        for dial in self._dials.values():
            dial.close()
        for port in self._ports.values():
            port.close()
        self._datagrams.close()

    # --------------------------------------------------------------------------------------------------------- sending

    def send(self, effect: Send) -> None:
        """Send what the node asks for."""
        for frame in self._wire.seal(effect.to, effect.channel, effect.message, self._turns.clocks.mono()):
            self._carry(frame)

    def _answer(self, frame: Frame, channel: str, origin: "Origin") -> None:
        """Send a frame back to where something came from, where it fits through: that end is there just now."""
        if frame.channel != channel:
            self._carry(frame)
        elif isinstance(origin, Stream):
            self._count_sent(frame)
            origin.send(frame.data)
        elif frame.to and len(frame.data) > DATAGRAM_MOST:
            self._carry(frame)
        else:
            self._count_sent(frame)
            self._datagrams.sendto(frame.data, origin)

    def _count_sent(self, frame: Frame) -> None:
        self._turns.metrics.count("frames_sent_total", (("channel", frame.channel),))

    def _carry(self, frame: Frame) -> None:
        """Put a frame on its way to the member that it names."""
        self._count_sent(frame)
        end = self._addresses.find(frame.to, frame.channel)
        if end is None:
            self._drop("no-address", 1)
        elif frame.channel == MEMBERSHIP and len(frame.data) <= DATAGRAM_MOST and _is_ip(end.host):
            self._datagrams.sendto(frame.data, (end.host, end.port))
        else:
            self._dial(frame.to, frame.channel, self._addresses.finder(frame.to, frame.channel)).send(frame.data)

    def _dial(self, name: str, channel: str, where: Callable[[], Endpoint | None]) -> Dial:
        dial = self._dials.get((name, channel))
        if dial is None:
            dial = Dial(
                channel,
                where,
                lambda: self._wire.question(channel).data,
                self,
                self._holding,
                self._bound.source,
                self._drop,
            )
            self._dials[name, channel] = dial
        return dial

    def _drop(self, why: str, frames: int) -> None:
        if frames:
            self._turns.metrics.count("frames_dropped_total", (("why", why),), frames)

    # ------------------------------------------------------------------------------------------------------- receiving

    def received(self, channel: str, data: bytes, origin: "Origin") -> None:
        """Take a frame; from where it came proves nothing."""
        self._turns.metrics.count("frames_received_total", (("channel", channel),))
        mono = self._turns.clocks.mono()
        opened = self._wire.open(channel, data, mono)
        if opened.refused:
            self._refuse(mono, origin)
        elif isinstance(origin, Stream) and not origin.proven and (opened.met or opened.messages):
            origin.prove()
        if opened.met:
            self._met(opened.met, channel, origin)
        for frame in opened.replies:
            self._answer(frame, channel, origin)
        for sender, on, message in opened.messages:
            self._heard[sender] = self._loop.time()
            if message.__class__ is Whereabouts:
                self._told(sender, message, origin)
            elif self._began:  # what comes before says nothing to a node that will ask for everything
                if self._turns.spans is not None:
                    self._turns.spans.received(sender, message)
                self._turns.turn(self._node.receive, sender, on, message)

    def _refuse(self, mono: int, origin: "Origin") -> None:
        for kind, fields in self._wire.take_notes(mono):
            self._turns.log.note(kind, {**fields, "from": str(_end_of(origin))})

    def refused(self, cause: str, channel: str, peer: Address) -> None:
        """Hear that a connection was broken off."""
        self._turns.metrics.count("streams_refused_total", (("cause", cause), ("channel", channel)))
        fields = {"cause": cause, "channel": channel, "from": f"{peer[0]}:{peer[1]}"}
        self._turns.log.note("stream-refused", fields)

    def _met(self, name: str, channel: str, origin: "Origin") -> None:
        """Tell a life that has just been met where everybody is, and the node that somebody is there."""
        end = _end_of(origin)
        if name == self._node.name:
            self._name_taken(end)
            return
        if channel == MEMBERSHIP:
            at_a_port_of_the_moment = isinstance(origin, Stream) and end not in self._ends
            if not at_a_port_of_the_moment:
                self._addresses.seen(name, end)
            if end in self._ends:
                self._found[end] = name
                self._unanswered.pop(end, None)
        self._heard[name] = self._loop.time()
        # Until it knows that nobody has its name, a node tells nobody where it is, or it would take the other's place.
        said = Whereabouts(self._addresses.all() if self._began else self._addresses.others())
        for frame in self._wire.seal(name, MEMBERSHIP, said, self._turns.clocks.mono()):
            self._answer(frame, channel, origin)
        if self._began:
            self._turns.turn(self._node.discovered, (name,))

    def _name_taken(self, end: Endpoint) -> None:
        """Give way to a node of the same name that was there first; who was first only says so."""
        if self._began:
            self._turns.log.note("name-taken", {"at": str(end)})
        else:
            self._taken_at = end

    def _tell(self, name: str, places: tuple[Place, ...]) -> None:
        self.send(Send(name, MEMBERSHIP, Whereabouts(places)))

    def _told(self, sender: str, said: Whereabouts, origin: "Origin") -> None:
        self._introduced[sender] = None
        if not self._began:
            self._look_for_namesakes(said)
        news = self._addresses.told(sender, said.places, _end_of(origin).host)
        if news:
            for other in self._node.membership.live():
                if other != sender:
                    self._tell(other, news)

    def _look_for_namesakes(self, said: Whereabouts) -> None:
        """Ask at the address of a node of this name: an earlier life of this one is gone, another node answers."""
        for place in said.places:
            end = self._addresses.namesake(place)
            if end is not None and end not in self._namesakes:
                self._namesakes[end] = None
                self._knock(end)

    # ------------------------------------------------------------------------------------------------------- discovery

    async def _poll(self) -> None:
        try:
            while True:
                self._discovered()
                self._tell_one()
                self._tidy()
                await asyncio.sleep(self._poll_s)
                await self._find()
        except Exception as error:  # noqa: BLE001 - a node that asks nobody any more must not go on as if it did
            self._turns.fail(error)

    async def _find(self) -> None:
        """Ask discovery; of what it finds, this node itself is left out (REQ-MEMB-2)."""
        found = await self._discovery.find()
        if found.failed:
            self._turns.turn(self._node.lookup_failed, found.failed)
        self._ends = tuple(end for end in found.ends if not self._is_own(end))
        self._found = {end: name for end, name in self._found.items() if end in self._ends}
        self._unanswered = {end: asked for end, asked in self._unanswered.items() if end in self._ends}

    def _is_own(self, end: Endpoint) -> bool:
        own = Endpoint(*self._bound.datagrams.getsockname()[:2])
        if end in (own, self._addresses.find_own(MEMBERSHIP)):
            return True
        return end.port == own.port and own.host in WILDCARDS and is_of_this_machine(end.host)

    def _discovered(self) -> None:
        """Ask who is there where nobody has been heard of lately, and name to the node whom discovery means."""
        lately = self._loop.time() - 2 * self._poll_s
        for end in self._ends:
            if self._heard.get(self._found.get(end, ""), lately) <= lately:
                self._knock(end)
        names = [self._found[end] for end in self._ends if end in self._found]
        if names:
            self._turns.turn(self._node.discovered, tuple(dict.fromkeys(names)))

    def _knock(self, end: Endpoint) -> None:
        with suppress(OSError):
            self._datagrams.sendto(self._wire.question(MEMBERSHIP).data, (end.host, end.port))
        asked = self._unanswered[end] = self._unanswered.get(end, 0) + 1
        if asked > UNANSWERED_MOST:
            self._dial(str(end), MEMBERSHIP, lambda: end).open()

    def _tell_one(self) -> None:
        """Tell one member after another where everybody is, against losses."""
        live = self._node.membership.live()
        if live:
            self._rotation += 1
            self._tell(live[self._rotation % len(live)], self._addresses.all())

    def _tidy(self) -> None:
        """Hang up where nothing goes any more."""
        now = self._loop.time()
        for key in [key for key, dial in self._dials.items() if dial.close_if_idle(now)]:
            del self._dials[key]

    # --------------------------------------------------------------------------------------------------------- gauges

    def _count_members(self) -> dict[Labels, int]:
        return {(): len(self._node.membership.view())}

    def _count_streams(self) -> dict[Labels, int]:
        return {(("channel", channel),): port.open_streams for channel, port in self._ports.items()}

    def _count_refused(self) -> dict[Labels, int]:
        return {(("cause", cause),): count for cause, count in self._wire.refusals.counts.items()}


class _Datagrams(asyncio.DatagramProtocol):
    """Membership over UDP."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Take a datagram."""
        self._peers.received(MEMBERSHIP, data, address[:2])


Origin = Address | Stream


def _end_of(origin: Origin) -> Endpoint:
    host, port = origin.peer if isinstance(origin, Stream) else origin
    return Endpoint(host, port)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
