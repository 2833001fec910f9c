"""The client's side of a WebSocket (RFC 6455) to a browser on this machine: messages of text, one after the other."""

import base64
import os
import socket
from typing import BinaryIO

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
SHORT_MOST = 125
"""Octets of a message whose length stands in the second octet itself (section 5.2)."""


class Closed(Exception):
    """The other side is gone, or does not speak the protocol."""


class WebSocket:
    """A connection.

    Args:
        host, port, path: whom to ask for it.
        patience_s: no message may take longer to come.
    """

    def __init__(self, host: str, port: int, path: str, patience_s: float) -> None:
        self._socket = socket.create_connection((host, port), timeout=patience_s)
        self._stream: BinaryIO = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        said = self._stream.readline().decode("latin-1").strip()
        if said.split()[1:2] != ["101"]:
            self.close()
            raise Closed(f"found '{said}', expected a switch to the WebSocket protocol (101)")
        while self._stream.readline().strip():
            pass

    def send(self, text: str) -> None:
        """Send a message."""
        self._send(TEXT, text.encode())

    def receive(self) -> str:
        """Wait for a message.

        Raises:
            Closed: none comes any more.
            TimeoutError: none has come in time.
        """
        parts: list[bytes] = []
        while True:
            first, length = self._exactly(2)
            if length > SHORT_MOST:
                length = int.from_bytes(self._exactly(2 if length == SHORT_MOST + 1 else 8))
            body = self._exactly(length)
            kind = first & 0xF
            if kind == CLOSE:
                raise Closed("the other side has closed the connection")
            if kind == PING:
                self._send(PONG, body)
            elif kind != PONG:
                parts.append(body)
                if first & FINAL:
                    return b"".join(parts).decode()

    def close(self) -> None:
        """Leave without a farewell: the other side is a browser that has been told to end."""
        self._stream.close()
        self._socket.close()

    def _send(self, kind: int, body: bytes) -> None:
        """Send a frame; a client's are masked (section 5.3)."""
        size, mask = len(body), os.urandom(4)
        masked = bytes(octet ^ mask[at % 4] for at, octet in enumerate(body))
        if size <= SHORT_MOST:
            length = bytes([MASKED | size])
        elif size < 1 << 16:
            length = bytes([MASKED | (SHORT_MOST + 1)]) + size.to_bytes(2)
        else:
            length = bytes([MASKED | (SHORT_MOST + 2)]) + size.to_bytes(8)
        self._socket.sendall(bytes([FINAL | kind]) + length + mask + masked)

    def _exactly(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise Closed("the connection has ended")
        return found
