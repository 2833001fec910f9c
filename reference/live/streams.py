"""TCP between nodes: frames with their length before them, in both directions of a connection, and bounds on all of it.

A node sends over connections that it opened itself and answers on those that others opened. Nothing here opens a frame:
who is at the other end is known once a frame of it has been found right, and until then it gets little memory and time.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol

from reference.frames import Oversized, Splitter, prefixed
from reference.notation import Endpoint

UNPROVEN_S: Final = 5.0
"""So long a connection may stay open without a frame that was found right."""
UNPROVEN_HELD: Final = 32 * 1024 * 1024
"""Octets that all connections of one node together may hold of frames that are not whole, before they are proven."""
ACCEPTED_MOST: Final = 512
"""Connections of others at one port; one more is closed at once."""
BUFFERED_MOST: Final = 32 * 1024 * 1024
"""Octets that wait for one peer: two of the longest frames. Who lets more pile up is dropped."""
STALLED_S: Final = 10.0
"""A peer that reads nothing for so long is dropped; what it misses is sent again once it is back."""
CONNECT_S: Final = 3.0
RETRY_FIRST_S: Final = 0.05
RETRY_LAST_S: Final = 2.0
"""Pauses between attempts to connect, doubling."""
IDLE_S: Final = 60.0
"""An own connection over which nothing was sent for so long is closed."""

Address = tuple[str, int]


class Owner(Protocol):
    """Who takes frames from streams and hears what becomes of them."""

    def received(self, channel: str, data: bytes, stream: "Stream") -> None:
        """Take a whole frame."""

    def refused(self, cause: str, channel: str, peer: Address) -> None:
        """Hear that a stream was broken off: "oversized", "crowded", "silent" or "stalled"."""


class Stream(asyncio.Protocol):
    """One connection.

    Attributes:
        peer: the other end's address, which proves nothing.
        proven: whether a frame that came on it was found right; the owner sets it.
    """

    def __init__(self, channel: str, owner: Owner, holding: "Holding", on_end: Callable[["Stream"], None]) -> None:
        self.peer: Address = ("", 0)
        self.proven = False
        self.sent_at = 0.0
        self._channel = channel
        self._owner = owner
        self._holding = holding
        self._on_end = on_end
        self._splitter = Splitter(channel)
        self._held = 0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; give up on a peer whose machine takes nothing any more, where the system can tell."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other
        self._transport = transport
        self.peer = transport.get_extra_info("peername")[:2]
        self.sent_at = self._loop.time()
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(STALLED_S * 1000))
        self._loop.call_later(UNPROVEN_S, self._must_be_proven)

    def data_received(self, data: bytes) -> None:
        """Hand on what is whole."""
        try:
            frames = self._splitter.feed(data)
        except Oversized:
            self._break_off("oversized")
            return
        for frame in frames:
            self._owner.received(self._channel, frame, self)
        if not self.proven:
            self._hold(self._splitter.held)

    def send(self, frame: bytes) -> None:
        """Send a frame, or drop a peer for which too much is waiting."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() + len(frame) > BUFFERED_MOST:
            self._break_off("stalled")
            return
        self.sent_at = self._loop.time()
        self._transport.write(prefixed(frame))

    def pause_writing(self) -> None:
        """Give a peer that does not read a while."""
        if self._stalled is None:
            self._stalled = self._loop.call_later(STALLED_S, self._break_off, "stalled")

    def resume_writing(self) -> None:
        """Take it back: it reads."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, _error: Exception | None) -> None:
        """End."""
        self._hold(0)
        self.resume_writing()
        self._on_end(self)

    def prove(self) -> None:
        """Take note that the other end has the key."""
        self.proven = True
        self._hold(0)

    def close(self) -> None:
        """End it once what was sent is out."""
        self._transport.close()

    def abort(self) -> None:
        """End it now."""
        self._transport.abort()

    def _hold(self, octets: int) -> None:
        self._holding.octets += octets - self._held
        self._held = octets
        if octets and self._holding.octets > UNPROVEN_HELD:
            self._break_off("crowded")

    def _must_be_proven(self) -> None:
        if not self.proven and not self._transport.is_closing():
            self._break_off("silent")

    def _break_off(self, cause: str) -> None:
        self._owner.refused(cause, self._channel, self.peer)
        self._transport.abort()


class Holding:
    """What the unproven connections of a node hold together."""

    def __init__(self) -> None:
        self.octets = 0


class Port:
    """Takes the connections of others at one address."""

    def __init__(self, channel: str, owner: Owner, holding: Holding) -> None:
        self._channel = channel
        self._owner = owner
        self._holding = holding
        self._streams: dict[Stream, None] = {}
        self._server: asyncio.Server

    async def open(self, bound: socket.socket) -> None:
        """Listen on a bound socket."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, sock=bound)

    def close(self) -> None:
        """Take nothing any more, and end what there is."""
        self._server.close()
        for stream in list(self._streams):
            stream.abort()

    @property
    def open_streams(self) -> int:
        """How many connections there are."""
        return len(self._streams)

    def _accept(self) -> asyncio.Protocol:
        if len(self._streams) >= ACCEPTED_MOST:
            return _TurnedAway(lambda peer: self._owner.refused("crowded", self._channel, peer))
        stream = Stream(self._channel, self._owner, self._holding, self._ended)
        self._streams[stream] = None
        return stream

    def _ended(self, stream: Stream) -> None:
        self._streams.pop(stream, None)


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def __init__(self, tell: Callable[[Address], None]) -> None:
        self._tell = tell

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._tell(transport.get_extra_info("peername")[:2])
        transport.close()


class Dial:
    """The own connection to one peer, opened when there is something to send, and again when it broke.

    Args:
        channel: what it carries.
        where: where the peer is found now; None when nobody knows.
        greeting: makes the frame with which each connection begins: a question, whose answer proves the other end.
        owner: takes what comes back on it.
        holding: as `Stream`.
        source: the own address to connect from; None leaves it to the system.
        dropped: told how many frames were given up.
    """

    def __init__(
        self,
        channel: str,
        where: Callable[[], Endpoint | None],
        greeting: Callable[[], bytes],
        owner: Owner,
        holding: Holding,
        source: str | None,
        dropped: Callable[[str, int], None],
    ) -> None:
        self._channel = channel
        self._where = where
        self._greeting = greeting
        self._owner = owner
        self._holding = holding
        self._source = source
        self._dropped = dropped
        self._stream: Stream | None = None
        self._waiting: deque[bytes] = deque()
        self._octets = 0
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def send(self, frame: bytes) -> None:
        """Send a frame now, or once connected; the oldest are given up when too much waits."""
        if self._stream is not None:
            self._stream.send(frame)
            return
        self._waiting.append(frame)
        self._octets += len(frame)
        given_up = 0
        while self._octets > BUFFERED_MOST:
            self._octets -= len(self._waiting.popleft())
            given_up += 1
        if given_up:
            self._dropped("waited", given_up)
        self.open()

    def open(self) -> None:
        """Connect, unless that is going on."""
        if self._task is None and self._stream is None and not self._closed:
            self._task = spawn(self._connect())

    def close(self) -> None:
        """End for good."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        if self._stream is not None:
            self._stream.close()

    def close_if_idle(self, now: float) -> bool:
        """End a connection over which nothing goes; say whether there is none now."""
        if self._stream is not None and now - self._stream.sent_at > IDLE_S:
            self._stream.close()
        return self._stream is None and self._task is None

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        pause = RETRY_FIRST_S
        tries_end = loop.time() + STALLED_S
        while loop.time() < tries_end:
            where = self._where()
            if where is None:
                break
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    local = (self._source, 0) if self._source else None
                    _, stream = await loop.create_connection(self._made, where.host, where.port, local_addr=local)
                self._task = None
                self._connected(stream)
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_LAST_S)
        # Nobody is there: what waited says nothing any more. What matters is sent again, and tries anew.
        self._task = None
        self._dropped("unreachable", len(self._waiting))
        self._waiting.clear()
        self._octets = 0

    def _made(self) -> Stream:
        return Stream(self._channel, self._owner, self._holding, self._ended)

    def _connected(self, stream: Stream) -> None:
        self._stream = stream
        stream.send(self._greeting())
        waiting, self._waiting, self._octets = self._waiting, deque(), 0
        for frame in waiting:
            stream.send(frame)

    def _ended(self, stream: Stream) -> None:
        if self._stream is stream:
            self._stream = None


_tasks: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Begin a task that nobody waits for; asyncio itself holds none."""
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task
