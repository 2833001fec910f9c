"""What relays carry: whole, in order, late where a rule says so, and nothing while they are cut."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from conformance.live_loop import LiveLoop
from conformance.relays import RelayedNetwork
from simulator.chance import Chance
from simulator.rules import Cut, OneWay, Slow
from simulator.trace import Recorder

WITHIN_S = 10
Carry = Callable[[bytes], Awaitable[bytes]]


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def on_tcp(act: Callable[[RelayedNetwork, Carry], Awaitable[None]]) -> None:
    """Put a relay before a server that says back what it hears, and let something be sent through it."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(100_000):
            writer.write(piece)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        to, listen = server.sockets[0].getsockname()[1], free_port(socket.SOCK_STREAM)
        network = relayed(listen, to, "tcp")
        await network.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", listen)

        async def carry(sent: bytes) -> bytes:
            writer.write(sent)
            await writer.drain()
            return await reader.readexactly(len(sent))

        try:
            async with asyncio.timeout(WITHIN_S):
                await act(network, carry)
        finally:
            writer.transport.abort()
            await network.close()
            server.close()
            await asyncio.sleep(0.02)

    asyncio.run(run())


def relayed(listen: int, to: int, protocol: str) -> RelayedNetwork:
    carried = [("n1", "n2", f"127.0.0.1:{listen}", f"127.0.0.1:{to}", protocol)]
    return RelayedNetwork(LiveLoop(), ["n1", "n2"], Chance(1), Recorder(), carried)


def test_a_megabyte_comes_through_whole_and_in_order() -> None:
    sent = bytes(range(256)) * 4_096

    async def act(_network: RelayedNetwork, carry: Carry) -> None:
        assert await carry(sent) == sent

    on_tcp(act)


@pytest.mark.parametrize("rule", [Cut([["n1"], ["n2"]]), OneWay([("n1", "n2")]), OneWay([("n2", "n1")])])
def test_what_is_cut_is_held_and_comes_when_the_cut_heals(rule: Cut | OneWay) -> None:
    async def act(network: RelayedNetwork, carry: Carry) -> None:
        assert await carry(b"before") == b"before"
        network.add(rule)
        carried = asyncio.create_task(carry(b"meanwhile"))  # type: ignore[arg-type]  # a coroutine function's
        await asyncio.sleep(0.2)
        assert not carried.done()
        assert rule.touched == 1
        network.remove(rule)
        assert await carried == b"meanwhile"

    on_tcp(act)


def test_a_delay_holds_each_piece_and_not_one_after_the_other() -> None:
    async def act(network: RelayedNetwork, carry: Carry) -> None:
        network.add(Slow(300_000, [("n1", "n2")]))
        began = monotonic()
        pieces = [asyncio.create_task(carry(b"first")) for _ in range(1)]  # type: ignore[arg-type]
        assert await pieces[0] == b"first"
        assert 0.3 <= monotonic() - began < 3

    on_tcp(act)


def test_a_datagram_that_is_cut_is_lost_and_the_next_one_comes() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        listen, to = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)

        class Echo(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = transport

            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                self.transport.sendto(data.upper(), addr)  # type: ignore[attr-defined]

        class Client(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                del addr
                heard.put_nowait(data)

        network = relayed(listen, to, "udp")
        await network.open()
        far, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", to))
        near, _ = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", listen))
        cut = Cut([["n1"], ["n2"]])
        async with asyncio.timeout(WITHIN_S):
            network.add(cut)
            near.sendto(b"lost")
            while not cut.touched:  # noqa: ASYNC110 - a rule counts, and tells nobody
                await asyncio.sleep(0.01)
            network.remove(cut)
            near.sendto(b"heard")
            assert await heard.get() == b"HEARD"
        assert heard.empty()
        near.abort()
        far.abort()
        await network.close()
        await asyncio.sleep(0.02)

    asyncio.run(run())
