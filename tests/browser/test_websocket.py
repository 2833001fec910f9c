"""What a test in Firefox stands on where an answer is late: the connection outlives it."""

import socket
from collections.abc import Iterator

import pytest

from tests.browser import websocket
from tests.browser.websocket import FINAL, TEXT, Closed, WebSocket

SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
CONTINUED = 0
PATIENCE_S = 0.05


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Give the browser's side of the next connection."""
    mine, others = socket.socketpair()
    mine.settimeout(PATIENCE_S)
    monkeypatch.setattr(websocket.socket, "create_connection", lambda *_address, **_options: mine)
    with mine, others:
        yield others


@pytest.fixture
def connection(other: socket.socket) -> Iterator[WebSocket]:
    other.sendall(SWITCHED)
    made = WebSocket("browser", 1, "/session", PATIENCE_S)
    yield made
    made.close()


def frame(first: int, text: str) -> bytes:
    """Write a frame as a server does, unmasked; its length takes three octets."""
    return bytes([first, 126]) + len(text).to_bytes(2) + text.encode()


@pytest.mark.parametrize("come", [0, 1, 3, 4, 100])
def test_a_message_that_is_late_is_read_whole_after_the_timeout(
    come: int, connection: WebSocket, other: socket.socket
) -> None:
    late = frame(FINAL | TEXT, "a" * 200)
    other.sendall(late[:come])
    with pytest.raises(TimeoutError):
        connection.receive()
    other.sendall(late[come:] + frame(FINAL | TEXT, "b"))
    assert [connection.receive(), connection.receive()] == ["a" * 200, "b"]


def test_a_message_whose_second_frame_is_late_is_read_whole(connection: WebSocket, other: socket.socket) -> None:
    other.sendall(frame(TEXT, "a"))
    with pytest.raises(TimeoutError):
        connection.receive()
    other.sendall(frame(FINAL | CONTINUED, "b"))
    assert connection.receive() == "ab"


def test_the_end_of_the_connection_is_told_within_a_message(connection: WebSocket, other: socket.socket) -> None:
    other.sendall(frame(FINAL | TEXT, "a")[:-1])
    other.shutdown(socket.SHUT_WR)
    with pytest.raises(Closed, match="the connection has ended"):
        connection.receive()


@pytest.mark.parametrize(
    ("said", "told"), [(b"HTTP/1.1 404 Not Found\r\n", "found 'HTTP/1.1 404 Not Found'"), (b"HTTP", "ended")]
)
def test_who_does_not_switch_to_the_protocol_is_no_connection(said: bytes, told: str, other: socket.socket) -> None:
    other.sendall(said)
    other.shutdown(socket.SHUT_WR)
    with pytest.raises(Closed, match=told):
        WebSocket("browser", 1, "/session", PATIENCE_S)
