"""The client's side of a WebSocket (RFC 6455) to a browser on this machine: messages of text, one after the other."""

import base64
import os
import socket

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
SHORT_MOST = 125
"""Octets of a message whose length stands in the second octet itself (section 5.2)."""
AT_ONCE = 1 << 16


class Closed(Exception):
    """The other side is gone, or does not speak the protocol."""


class WebSocket:
    """A connection.

    What has come of a message is kept until the whole of it is there, so that after a timeout it is read on.

    Args:
        host, port, path: whom to ask for it.
        patience_s: no message may take longer to come.
    """

    def __init__(self, host: str, port: int, path: str, patience_s: float) -> None:
        self._socket = socket.create_connection((host, port), timeout=patience_s)
        self._come = bytearray()
        self._parts: list[bytes] = []
        try:
            self._switch(host, port, path)
        except (Closed, OSError):
            self.close()
            raise

    def _switch(self, host: str, port: int, path: str) -> None:
        """Ask for the protocol (section 4.1)."""
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
        said = self._line()
        if said.split()[1:2] != ["101"]:
            raise Closed(f"found '{said}', expected a switch to the WebSocket protocol (101)")
        while self._line():
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
        while True:
            first, body = self._frame()
            kind = first & 0xF
            if kind == CLOSE:
                raise Closed("the other side has closed the connection")
            if kind == PING:
                self._send(PONG, body)
            elif kind != PONG:
                self._parts.append(body)
                if first & FINAL:
                    parts, self._parts = self._parts, []
                    return b"".join(parts).decode()

    def close(self) -> None:
        """Leave without a farewell: the other side is a browser that has been told to end."""
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

    def _line(self) -> str:
        """Take the next line."""
        while b"\n" not in self._come:
            self._more()
        line, _, self._come = self._come.partition(b"\n")
        return line.decode("latin-1").strip()

    def _frame(self) -> tuple[int, bytes]:
        """Take the next frame: its first octet, and its body."""
        begin, length = 2, self._ahead(2)[1]
        if length > SHORT_MOST:
            begin += 2 if length == SHORT_MOST + 1 else 8
            length = int.from_bytes(self._ahead(begin)[2:])
        frame = self._ahead(begin + length)
        del self._come[: len(frame)]
        return frame[0], frame[begin:]

    def _ahead(self, size: int) -> bytes:
        """Give the next octets, and leave them there."""
        while len(self._come) < size:
            self._more()
        return bytes(self._come[:size])

    def _more(self) -> None:
        """Wait for whatever comes: a file of `makefile` would never be read again after a timeout."""
        found = self._socket.recv(AT_ONCE)
        if not found:
            raise Closed("the connection has ended")
        self._come += found
