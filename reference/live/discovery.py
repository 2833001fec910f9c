"""Whom the configuration names: a static list, or DNS SRV records, asked again for ever (REQ-MEMB-1, REQ-MEMB-3).

Found are addresses of membership, without names: who is there, a hello tells. A lookup that fails removes nobody
(REQ-MEMB-8).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from msgspec import Struct

from reference.notation import Endpoint

LOOKUP_S: Final = 5.0
"""So long one lookup may take."""

Resolve = Callable[[str, int], Awaitable[list[Endpoint]]]
Srv = Callable[[str], Awaitable[list[Endpoint]]]


class LookupFailed(Exception):
    """Discovery could not be asked, or knew no such name; says which and why."""


class Found(Struct, frozen=True):
    """What a round of lookups brought.

    Attributes:
        ends: IP addresses and ports, the own one perhaps among them.
        failed: what could not be found, and why; "" when everything could.
    """

    ends: tuple[Endpoint, ...]
    failed: str


class Discovery(Protocol):
    """Finds addresses of membership."""

    async def find(self) -> Found:
        """Ask now."""


class Static:
    """`discovery.static.nodes`: names are resolved by the system, each time anew."""

    def __init__(self, nodes: Sequence[Endpoint], resolve: Resolve | None = None) -> None:
        self._nodes = nodes
        self._resolve = resolve or resolved

    async def find(self) -> Found:
        """Ask now."""
        return await _all(self._nodes, self._resolve, [])


class SrvRecords:
    """`discovery.srvDNS.names`."""

    def __init__(self, names: Sequence[str], srv: Srv | None = None, resolve: Resolve | None = None) -> None:
        self._names = names
        self._srv = srv or srv_records
        self._resolve = resolve or resolved

    async def find(self) -> Found:
        """Ask now."""
        targets: list[Endpoint] = []
        failed: list[str] = []
        for name in self._names:
            try:
                targets += await self._srv(name)
            except LookupFailed as error:
                failed.append(str(error))
        return await _all(targets, self._resolve, failed)


async def _all(ends: Sequence[Endpoint], resolve: Resolve, failed: list[str]) -> Found:
    """Resolve every one; those that can be found are found although others cannot."""
    found: dict[Endpoint, None] = {}
    for end in ends:
        try:
            found.update(dict.fromkeys(await resolve(end.host, end.port)))
        except LookupFailed as error:
            failed.append(str(error))
    return Found(tuple(found), "; ".join(failed))


async def resolved(host: str, port: int) -> list[Endpoint]:
    """Ask the system's resolver for a host's addresses.

    Raises:
        LookupFailed: it knows none, or did not answer in time.
    """
    try:
        return [Endpoint(str(ipaddress.ip_address(host)), port)]
    except ValueError:
        pass
    try:
        async with asyncio.timeout(LOOKUP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        raise LookupFailed(f"{host}: {_why(error)}") from error
    return [Endpoint(str(address[0]), port) for *_, address in found]


async def srv_records(name: str) -> list[Endpoint]:
    """Ask the system's name servers for the targets of an SRV name (RFC 2782), the preferred ones first.

    Raises:
        LookupFailed: there is no such name, or no server answered in time.
    """
    from dns import asyncresolver, exception  # noqa: PLC0415 - a node with a static list needs no DNS

    try:
        answer = await asyncresolver.resolve(name, "SRV", lifetime=LOOKUP_S)
    except exception.DNSException as error:
        raise LookupFailed(f"SRV {name}: {_why(error)}") from error
    records = sorted(answer, key=lambda record: (record.priority, -record.weight, str(record.target)))
    return [Endpoint(str(record.target).rstrip("."), record.port) for record in records]


def _why(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
