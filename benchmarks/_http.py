"""Requests over kept connections, with as little of a client as HTTP/1.1 needs: the servers are what is measured."""

import asyncio
import json
import re
from typing import Any

from msgspec import Struct

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
END = b"\r\n\r\n"


class Answer(Struct, frozen=True):
    """What came back.

    Attributes:
        status: of HTTP.
        body: as it came.
        cookie: "name=value" of the first cookie that was set; "" for none.
    """

    status: int
    body: bytes
    cookie: str

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is empty."""
        return json.loads(self.body) if self.body else None


class Connection(asyncio.Protocol):
    """One kept connection to one server, with one request on it at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._waiting: asyncio.Future[Answer] | None = None

    @classmethod
    async def to(cls, url: str) -> "Connection":
        """Connect to `http://host:port`."""
        host, _, port = url.removeprefix("http://").rpartition(":")
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, int(port))
        return connection

    async def ask(self, method: str, path: str, body: Any = None, cookie: str = "") -> Answer:
        """Ask once.

        Raises:
            ConnectionError: it broke, before or while the answer was waited for.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n"
        if content:
            head += "Content-Type: application/json\r\n"
        if cookie:
            head += f"Cookie: {cookie}\r\n"
        self._waiting = asyncio.get_running_loop().create_future()
        transport.write(head.encode() + b"\r\n" + content)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came, and hand on an answer once it is whole."""
        self._held += data
        head, end, rest = self._held.partition(END)
        length = LENGTH.search(head)
        if not end or length is None or len(rest) < int(length[1]) or self._waiting is None:
            return
        self._held = rest[int(length[1]) :]
        cookie = COOKIE.search(head)
        waiting, self._waiting = self._waiting, None
        if not waiting.done():
            waiting.set_result(Answer(int(head[9:12]), rest[: int(length[1])], cookie[1].decode() if cookie else ""))

    def connection_lost(self, error: Exception | None) -> None:
        """End, and break what is waited for."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError(f"the connection broke ({error})"))
