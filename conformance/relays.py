"""Carries traffic between real servers, so that it can be cut and delayed: TCP and UDP proxies on the loopback.

A server is told to find its peers at a relay, which asks the rules of the simulated world's faults about every piece
that it carries. What is cut on a TCP connection is held, not lost: it arrives when the cut heals, as from a sender that
sends again. Datagrams are lost.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

from conformance.namespaces import Namespaces
from conformance.subjects.file import SubjectRefused
from conformance.subjects.http import host_and_port
from simulator.chance import Chance
from simulator.clock import SECOND_US, Loop
from simulator.delays import Fixed
from simulator.network import Link, Network
from simulator.rules import Drop, Late, Rule
from simulator.trace import Recorder

PIECE = 65_536
AHEAD = 64
"""So many pieces of a connection may be on their way; then the sender is made to wait."""

Carried = tuple[str, str, str, str, str]
"""From and to by name, where to listen, whither to carry, and the protocol."""
_Address = tuple[str, int]


class RelayedNetwork(Network):
    """The links that a subject file names; a fault on any other touches nothing.

    Args:
        loop: the world's event loop.
        names: every server.
        chance: of the network alone.
        recorder: counts what is carried.
        carried: what to carry.
        apart: the servers' own network, where there is one: it cuts without carrying.
    """

    def __init__(
        self,
        loop: Loop,
        names: Sequence[str],
        chance: Chance,
        recorder: Recorder,
        carried: Sequence[Carried],
        apart: Namespaces | None = None,
    ) -> None:
        super().__init__(loop, names, lambda _from, _to: Fixed(0), chance, recorder)
        self._names = names
        self._carried = carried
        self._apart = apart
        self._relays: list[_Relay] = []
        self._changed = asyncio.Event()

    @property
    def cuts(self) -> set[tuple[str, str]]:
        """Name the (from, to) pairs that a rule stops now; each is asked once, and counts as touched."""
        links = [self._between(sender, to) for sender in self._names for to in self._names if sender != to]
        return {(link.sender, link.to) for link in links if link.at_send and isinstance(self.ask(link, b""), Drop)}

    async def open(self) -> None:
        """Listen for every link.

        Raises:
            SubjectRefused: somebody else listens there.
        """
        for sender, to, listen, whither, protocol in self._carried:
            make = _UdpRelay if protocol == "udp" else _TcpRelay
            relay = make(self, self._between(sender, to), self._between(to, sender), host_and_port(whither))
            try:
                await relay.open(host_and_port(listen))
            except OSError as error:
                raise SubjectRefused(
                    f"links.{sender}->{to}.listen {listen}: {error.strerror}; write another port, or ${{port:NAME}}"
                ) from error
            self._relays.append(relay)

    async def close(self) -> None:
        """Carry nothing any more."""
        for relay in self._relays:
            await relay.close()

    def ask(self, link: Link, piece: bytes) -> Drop | int:
        """Ask the rules about one piece: stopped, or so many µs late. What they say besides, a relay cannot do."""
        late_us, now = 0, self._loop.now
        for says in link.at_send:
            answer = says(piece, now)
            if isinstance(answer, Drop):
                self.lost[answer.cause] = self.lost.get(answer.cause, 0) + 1
                return answer
            if isinstance(answer, Late):
                late_us += answer.by_us
        self.delivered += 1
        return late_us

    def add(self, rule: Rule) -> None:
        """Ask that rule too, from now on."""
        super().add(rule)
        self._wake()

    def remove(self, rule: Rule) -> None:
        """Ask that rule no longer."""
        super().remove(rule)
        self._wake()

    def _wake(self) -> None:
        """Have every piece that is held ask again; whoever waits later waits for the next change."""
        if self._apart is not None:
            self._apart.cut(self.cuts)
        self._changed.set()
        self._changed = asyncio.Event()

    async def pass_through(self, link: Link, piece: bytes) -> int:
        """Wait until nothing stops a piece any more; return how many µs late it then is."""
        while True:
            governing = link.at_send
            said = self.ask(link, piece)
            if not isinstance(said, Drop):
                return said
            while link.at_send is governing:
                await self._changed.wait()


class _Relay(Protocol):
    async def open(self, listen: _Address) -> None:
        """Listen."""

    async def close(self) -> None:
        """Carry nothing any more."""


class _Tasks:
    """Tasks that must not be forgotten, nor outlive the run."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, act: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(act)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def end(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class _TcpRelay:
    """One place to listen, and as many connections as come."""

    def __init__(self, network: RelayedNetwork, there: Link, back: Link, whither: _Address) -> None:
        self._network, self._there, self._back, self._whither = network, there, back, whither
        self._server: asyncio.Server | None = None
        self._tasks = _Tasks()

    async def open(self, listen: _Address) -> None:
        self._server = await asyncio.start_server(
            lambda reader, writer: self._tasks.begin(self._accepted(reader, writer)), *listen
        )

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._tasks.end()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways, until either end closes it."""
        far: asyncio.StreamWriter | None = None
        try:
            await self._network.pass_through(self._there, b"")
            far_reader, far = await asyncio.open_connection(*self._whither)
            ways = [
                asyncio.create_task(self._carry(reader, far, self._there)),
                asyncio.create_task(self._carry(far_reader, writer, self._back)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # nobody listens there: the connection breaks here too
        finally:
            for end in (writer, far):
                if end is not None:
                    end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link) -> None:
        """Carry one way: pieces are read as they come and written in their order, each as late as the rules say."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD)
        loop = asyncio.get_running_loop()

        async def write() -> None:
            while True:
                due, piece = await pieces.get()
                await asyncio.sleep(due - loop.time())
                writer.write(piece)
                await writer.drain()
                if not piece:
                    return

        writing = asyncio.create_task(write())
        try:
            with suppress(ConnectionError):
                while True:
                    piece = await reader.read(PIECE)
                    late_us = await self._network.pass_through(link, piece)
                    await pieces.put((loop.time() + late_us / SECOND_US, piece))
                    if not piece:
                        await writing
                        return
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


class _UdpRelay:
    """One place to listen; each sender gets a socket of its own, to which answers come back."""

    def __init__(self, network: RelayedNetwork, there: Link, back: Link, whither: _Address) -> None:
        self._network, self._there, self._back, self._whither = network, there, back, whither
        self._near: asyncio.DatagramTransport | None = None
        self._far: dict[Any, asyncio.DatagramTransport] = {}
        self._tasks = _Tasks()

    async def open(self, listen: _Address) -> None:
        loop = asyncio.get_running_loop()
        self._near, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._came), local_addr=listen)

    async def close(self) -> None:
        for end in (self._near, *self._far.values()):
            if end is not None:
                end.abort()
        await self._tasks.end()

    def _came(self, datagram: bytes, sender: Any) -> None:
        self._tasks.begin(self._carry(datagram, sender))

    async def _carry(self, datagram: bytes, sender: Any) -> None:
        late_us = self._network.ask(self._there, datagram)
        if isinstance(late_us, Drop):
            return
        if late_us:
            await asyncio.sleep(late_us / SECOND_US)
        far = self._far.get(sender)
        if far is None:
            loop = asyncio.get_running_loop()
            made, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(lambda answer, _from: self._came_back(answer, sender)), remote_addr=self._whither
            )
            far = self._far.setdefault(sender, made)
            if far is not made:
                made.abort()
        far.sendto(datagram)

    def _came_back(self, datagram: bytes, sender: Any) -> None:
        late_us = self._network.ask(self._back, datagram)
        if not isinstance(late_us, Drop) and self._near is not None:
            asyncio.get_running_loop().call_later(late_us / SECOND_US, self._near.sendto, datagram, sender)


class _Datagrams(asyncio.DatagramProtocol):
    """Hands over what comes; that nobody listens at the other end is no news to a relay."""

    def __init__(self, came: Any) -> None:
        self._came = came

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._came(data, addr)
