"""One port that is every host, with and without TLS: what a browser asks for is answered by a function of the test.

Raw sockets, since header lines here hold octets that no library would send. Text of headers is isomorphic: one
character is one octet.
"""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

HOST = "127.0.0.1"
TLS_HANDSHAKE = b"\x16"
"""The first octet of a connection with TLS (RFC 8446, section 5.1)."""
SOCKS = b"\x05"
"""The first octet to a proxy of that kind (RFC 1928): this port is one to browsers that cannot map every name to it."""
SOCKS_NAME, SOCKS_ADDRESS = 3, {1: 4, 4: 16}
"""Kinds of hosts there, and the octets of an address."""
PORT = re.compile(r":\d+\Z")
QUIET_S = 30.0
"""A connection on which nothing comes for so long is closed."""


class Asked(NamedTuple):
    """What came from the browser; names of headers in lower case."""

    scheme: str
    method: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def cookie(self) -> str:
        """The `Cookie` header, "" where there is none."""
        return self.headers.get("cookie", "")


class Said(NamedTuple):
    """What goes back; several headers may have one name."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "text/html"


def page(body: str = "") -> bytes:
    """Write a page that asks for no icon."""
    return f'<!doctype html><link rel="icon" href="data:,">{body}'.encode()


class Stage:
    """Answers every connection in a thread of its own, until it is closed.

    Args:
        folder: where the certificate is put that is made for the test.
        answer: says what goes back; called by many threads.

    Attributes:
        port: of this machine's loopback.
    """

    def __init__(self, folder: Path, answer: Callable[[Asked], Said]) -> None:
        self.answer = answer
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*certificate(folder))
        self._listener = socket.create_server((HOST, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection, and wait for their threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            with self._lock:
                self._open.add(connection)
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        """Answer what comes on one connection; a browser may leave at any time."""
        try:
            plain.settimeout(QUIET_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = plain.recv(1, socket.MSG_PEEK)
            if first == SOCKS:
                _be_whoever_is_wanted(plain)
                first = plain.recv(1, socket.MSG_PEEK)
            if first == TLS_HANDSHAKE:
                with self._tls.wrap_socket(plain, server_side=True, suppress_ragged_eofs=True) as connection:
                    self._converse(connection, "https")
            else:
                self._converse(plain, "http")
        except OSError:  # TLS's errors are among them
            pass
        finally:
            with self._lock:
                self._open.discard(plain)
            plain.close()

    def _converse(self, connection: socket.socket, scheme: str) -> None:
        with connection.makefile("rb") as stream:
            while (asked := _read(stream, scheme)) is not None:
                connection.sendall(_written(self.answer(asked)))


def _be_whoever_is_wanted(plain: socket.socket) -> None:
    """Greet as a proxy of SOCKS 5 without a password, and say that any host was reached (RFC 1928, sections 3 to 6)."""
    methods = _exactly(plain, 2)[1]
    _exactly(plain, methods)
    plain.sendall(SOCKS + b"\0")
    kind = _exactly(plain, 4)[3]
    length = _exactly(plain, 1)[0] if kind == SOCKS_NAME else SOCKS_ADDRESS[kind]
    _exactly(plain, length + 2)
    plain.sendall(SOCKS + b"\0\0\1" + bytes(6))


def _exactly(plain: socket.socket, size: int) -> bytes:
    found = plain.recv(size, socket.MSG_WAITALL)
    if len(found) < size:
        raise ConnectionError("the browser has left")
    return found


def _read(stream: BinaryIO, scheme: str) -> Asked | None:
    """Read a request; None at the end of the connection."""
    first = stream.readline().decode("latin-1").split()
    if not first:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip("\r\n"):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    path, _, query = first[1].partition("?")
    body = stream.read(int(headers.get("content-length", "0")))
    return Asked(scheme, first[0], PORT.sub("", headers.get("host", "")), path, query, headers, body)


def _written(said: Said) -> bytes:
    lines = [
        f"HTTP/1.1 {said.status} x",
        f"Content-Type: {said.kind}",
        f"Content-Length: {len(said.body)}",
        "Cache-Control: no-store",
        *(f"{name}: {value}" for name, value in said.headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + said.body


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that lives for a day, and its key; the browser is told to take any."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stage.test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("stage.test")]), critical=False)
        .sign(key, SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(*form))
    return files
