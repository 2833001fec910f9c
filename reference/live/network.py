"""What a node brings to meet others: sockets that are bound, its end of the wire, its book, and whom to look for."""

from socket import socket

from msgspec import Struct

from reference.live.addresses import Addresses
from reference.live.discovery import Discovery
from reference.wire import Wire


class Bound(Struct, frozen=True):
    """The sockets of a node, bound before it starts.

    Attributes:
        datagrams, membership, data: membership over UDP and TCP, data over TCP.
        source: the address from which own connections leave; None leaves it to the system.
    """

    datagrams: socket
    membership: socket
    data: socket
    source: str | None


class Network(Struct, frozen=True):
    """What a node needs to meet others; without it, it is alone.

    Attributes:
        wire: its end of every wire.
        addresses: its book.
        discovery: whom the configuration names.
        bound: its sockets.
    """

    wire: Wire
    addresses: Addresses
    discovery: Discovery
    bound: Bound
