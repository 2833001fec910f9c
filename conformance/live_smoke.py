"""Real servers that are asked one thing after the other, as the pair of nodes in simulated time is."""

import asyncio
from collections.abc import Callable
from typing import Any

from conformance.live_hosts import LiveHost
from conformance.live_loop import LiveLoop
from conformance.pair import HOST, Pair
from conformance.relays import RelayedNetwork
from conformance.subjects.adapter import BrokenAdapter, WrongLine
from conformance.subjects.http import READY_US, Servers
from conformance.subjects.probe import PART_1
from conformance.subjects.subject import Prepared
from reference.config import Configuration
from reference.effects import Respond
from reference.protocol import Request
from simulator.chance import Chance
from simulator.clock import SECOND_US
from simulator.trace import Recorder

LOOK_S = 0.05


class LivePair(Pair):
    """All servers of a subject file, of which two are asked; `close` it.

    Args:
        servers: who starts and ends their processes.
        prepared: what they promise.
        configuration: what servers with the feature `config` are given.
    """

    time = "s"

    def __init__(self, servers: Servers, prepared: Prepared, configuration: Configuration) -> None:
        self.live = self.loop = LiveLoop()
        self.configuration = configuration
        self.prepared = prepared
        self._aio = asyncio.new_event_loop()
        self._servers = servers
        names = list(servers.addresses)
        recorder = Recorder()
        self._relays = RelayedNetwork(self.loop, names, Chance(1), recorder, servers.links)
        self._live_hosts = [LiveHost(self.live, name, servers, self._relays, recorder, HOST) for name in names]
        self.hosts = {host.name: host for host in self._live_hosts}

    def ready(self, *names: str) -> bool:
        """Start every server, whichever are named, and what they need; say whether all were ready in time.

        Raises:
            SubjectRefused: one cannot be started.
            BrokenAdapter: one was not ready in time, or ended by itself.
        """
        del names  # servers are known to each other by the file, all of them
        self._servers.refuse_used_ports()
        self._aio.run_until_complete(self._relays.open())
        self._servers.start_beside()
        self.live.go()
        for host in self._live_hosts:
            host.start()
        limit_us = self._servers.file.ready or READY_US
        if not self.until(lambda: all(host.ready for host in self._live_hosts), limit_us):
            raise next(host for host in self._live_hosts if not host.ready).not_ready(limit_us / SECOND_US)
        return True

    def until(self, holds: Callable[[], bool], within_us: int) -> bool:
        """Let time pass until something holds; say whether it ever did."""
        end = self.live.touch() + within_us
        while not holds() and self.live.touch() < end:
            self._aio.run_until_complete(self._look())
        return holds()

    def wait(self, us: int) -> None:
        """Let so much time pass, in microseconds."""
        self.until(lambda: False, us)

    def ask(self, node: str, method: str, path: str, cookie: str | None = None, body: Any = None) -> Respond:
        """Ask a server something, and wait for the answer.

        Raises:
            BrokenAdapter: none comes, or it is none of the probe application's.
        """
        request = Request("smoke", method, path, HOST, cookie=cookie, body=body)
        host = next(host for host in self._live_hosts if host.name == node)
        answer = self._aio.run_until_complete(host.exchange(request))
        if answer is None:
            wrong = WrongLine("the answer", "none", "an answer to every request", "see what the server printed", PART_1)
            raise BrokenAdapter(node, f"{method} {path}", wrong)
        return answer

    def close(self) -> None:
        """Kill every process that was started here, and leave no connection behind."""
        self._servers.close()
        self._aio.run_until_complete(self._close())
        self._aio.close()

    async def _look(self) -> None:
        for host in self._live_hosts:
            await host.look()
        await asyncio.sleep(LOOK_S)

    async def _close(self) -> None:
        for host in self._live_hosts:
            await host.close()
        await self._relays.close()
