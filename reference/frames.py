"""The outside of a frame, octet by octet (docs/wire.md): what stands in clear, and how long it may be.

A message: version (1), key id (4), sender's tag (8), receiver's tag (8), count (8), sealed message and its tag (16).
A hello: zero (1), key id (4), sender's boot value (32), count (8), sealed `Hello` and its tag (16).
Integers are big-endian. A tag is the beginning of a boot value. No key lives here.
"""

from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from reference.protocol import DATA, MEMBERSHIP

HELLO: Final = 0
"""What stands in place of a version in a hello, whose form is the same in all of them."""
BOOT_SIZE: Final = 32
"""Octets of chance that one life of a node has for its own."""
NAME_SIZE: Final = 8
"""Octets of it by which frames tell lives apart."""
SEAL: Final = 16
"""Octets that sealing adds."""

LIMITS: Final = {MEMBERSHIP: 65_507, DATA: 16 * 1024 * 1024}
"""The longest frame of each channel: what a UDP datagram holds, and what is kept in memory for one peer at most."""

_MESSAGE: Final = Layout(">B4s8s8sQ")
_HELLO: Final = Layout(">B4s32sQ")
_SHORTEST: Final = min(_MESSAGE.size, _HELLO.size) + SEAL
_PREFIX: Final = Layout(">I")


class Frame(Struct, frozen=True):
    """Octets to be carried, and what is known of them where they were made.

    Attributes:
        to: the receiver's name; empty for whoever sent what this answers.
        channel: on which channel.
        data: all that is sent.
        kind: the tag of the message, or "hello": for pictures, known to nobody on the way.
        planted: who put it there in place of the sender, for the world's own books; "" for the sender.
    """

    to: str
    channel: str
    data: bytes
    kind: str
    planted: str = ""


class Outside(Struct, frozen=True):
    """What a frame says in clear. All of it is authenticated with what is sealed.

    Attributes:
        version: HELLO, or the version of the message inside.
        key: which pre-shared key, as `Keyring` calls it.
        sender: the sender's boot value in a hello, else the beginning of it.
        to: the beginning of the receiver's boot value; empty in a hello, whose sender does not know it.
        count: of the sender's frames under the same derived key.
        clear: all this as it was read.
        sealed: the rest.
    """

    version: int
    key: bytes
    sender: bytes
    to: bytes
    count: int
    clear: bytes
    sealed: bytes


class Oversized(ValueError):
    """A stream announces a frame that is longer than its channel allows: nothing after it can be read."""


def message_outside(version: int, key: bytes, sender: bytes, to: bytes, count: int) -> bytes:
    """Write the clear part of a message's frame; `sender` and `to` are tags."""
    return _MESSAGE.pack(version, key, sender, to, count)


def hello_outside(key: bytes, boot: bytes, count: int) -> bytes:
    """Write the clear part of a hello's frame."""
    return _HELLO.pack(HELLO, key, boot, count)


def read(frame: bytes) -> Outside | None:
    """Take a frame apart; None for one that is too short to be any."""
    if len(frame) < _SHORTEST:
        return None
    if frame[0] == HELLO:
        if len(frame) < _HELLO.size + SEAL:
            return None
        version, key, sender, count = _HELLO.unpack_from(frame)
        return Outside(version, key, sender, b"", count, frame[: _HELLO.size], frame[_HELLO.size :])
    version, key, sender, to, count = _MESSAGE.unpack_from(frame)
    return Outside(version, key, sender, to, count, frame[: _MESSAGE.size], frame[_MESSAGE.size :])


def prefixed(frame: bytes) -> bytes:
    """Write a frame for a stream: its length in 4 octets before it."""
    return _PREFIX.pack(len(frame)) + frame


class Splitter:
    """Makes frames of a stream's octets, however they arrive."""

    def __init__(self, channel: str) -> None:
        """Begin a stream of that channel."""
        self._limit = LIMITS[channel]
        self._held = bytearray()

    @property
    def held(self) -> int:
        """Octets of a frame that is not whole yet."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived.

        Returns:
            Every frame that is whole by now, in order.

        Raises:
            Oversized: close the stream; before a peer has shown a key, this is all the memory that it can take.
        """
        held = self._held
        held += data
        frames = []
        while len(held) >= _PREFIX.size:
            (length,) = _PREFIX.unpack_from(held)
            if length > self._limit:
                raise Oversized(f"a frame of {length} octets is announced, at most {self._limit} are read")
            if len(held) < _PREFIX.size + length:
                break
            frames.append(bytes(held[_PREFIX.size : _PREFIX.size + length]))
            del held[: _PREFIX.size + length]
        return frames
