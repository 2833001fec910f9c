"""The world in real time: the same order of a run, users, observers and faults, on servers that are asked over HTTP.

What differs from `simulator.world` stands here: time, the servers' lives, and what of a network can be touched. The
history is the same, and so are the checks.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from time import monotonic_ns  # noqa: TID251 - the machine's noise is measured in real time
from types import FrameType
from typing import BinaryIO

from msgspec import json, structs

from conformance.checks import NOISE_MOST_US
from conformance.checks.availability import WITHIN_US
from conformance.history import Contract, Header
from conformance.live_asking import Asker
from conformance.live_hosts import LiveHost
from conformance.live_loop import LiveLoop
from conformance.live_noise import Noise, Waits
from conformance.relays import RelayedNetwork
from conformance.subjects.http import READY_US, Servers
from reference.protocol import Request
from scenarios import Inputs
from scenarios.schema import Scenario
from simulator.chance import Chance
from simulator.clock import SECOND_US
from simulator.host import Host
from simulator.network import Network
from simulator.world import Judged, Outcome, World

LISTEN_EVERY_S = 0.1
"""How often the machine's own noise is measured."""
LOOK_ONE_IN = 5
"""One in so many times it is also looked how long the servers waited for a processor."""
CLOSED_S = 0.02
"""So long the event loop goes on for what still has to hear that its connection is closed."""


class LiveWorld(World):
    """One run on real servers.

    Args:
        scenario: what happens, as fitted to the servers (`live_fitting`).
        seed: decides all chance of users, observers and faults; the servers have their own.
        judged: whose servers run.
        inputs: what was read from the files that the scenario names.
        servers: who starts and ends their processes.
    """

    def __init__(self, scenario: Scenario, seed: int, judged: Judged, inputs: Inputs, servers: Servers) -> None:
        self._aio = asyncio.new_event_loop()
        self._live = LiveLoop()
        super().__init__(scenario, seed, judged, inputs, self._live)
        self._servers = servers
        self._relays: RelayedNetwork
        self._live_hosts: list[LiveHost] = []
        self._measured: Noise | None = None
        self._trips: list[int] = []
        self._waits = Waits()
        self._over = False
        self._listening: asyncio.Task[None] | None = None

    def run(
        self,
        history: BinaryIO | None = None,
        trace: BinaryIO | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Outcome:
        """Run the scenario once; see `World.run`. The history's bounds are widened by the noise that was measured.

        Raises:
            BrokenAdapter: a server does not speak as the protocol says, was not ready in time, or ended by itself.
            SubjectRefused: a server cannot be started.
            KeyboardInterrupt: interrupted, by SIGINT or SIGTERM.
        """
        lines = BytesIO()
        try:
            with _terminated_as_interrupted():
                return super().run(lines, trace, progress)
        finally:
            try:
                self._close()
            finally:
                if history is not None:
                    history.write(self._widened(lines.getvalue()))

    def outcome(self) -> Outcome:
        """Tell how far the run has come, and how the machine fared."""
        noise = self.noise()
        return structs.replace(super().outcome(), noise={**structs.asdict(noise), "widened_by_us": noise.us})

    def noise(self) -> Noise:
        """Tell what the machine did by itself so far, and at most until everything is read at the end."""
        if self._measured is not None:
            return self._measured
        trips = self._trips
        busy = int(100 * os.getloadavg()[0]) // (os.cpu_count() or 1)
        waited = self._waits.within(WITHIN_US)
        return Noise(self._live.latest_us, max(trips, default=0), len(trips), waited, busy)

    # ------------------------------------------------------------------------------------------------ the world's parts

    def _make_network(self, chance: Chance) -> Network:
        servers = self._servers
        self._relays = RelayedNetwork(self._live, self._names, chance, self.recorder, servers.links, servers.namespaces)
        return self._relays

    def _make_host(self, name: str) -> Host:
        host = LiveHost(self._live, name, self._servers, self.network, self.recorder, self._host)
        self._live_hosts.append(host)
        return host

    def _start(self) -> None:
        """Start all servers but those that join later, wait until all are ready, and let time begin."""
        self._watching.patient = True
        self._servers.refuse_used_ports()
        self._aio.run_until_complete(self._start_servers())
        self._live.go()
        self._faults.begin()
        self._readiness.begin()

    async def _start_servers(self) -> None:
        await self._relays.open()
        limit_us = self._servers.file.ready or READY_US
        self._servers.start_beside()
        first = [host for host in self._live_hosts if host.name not in self._late]
        for host in first:
            host.start()
        try:
            async with asyncio.timeout(limit_us / SECOND_US):
                while not all(host.ready for host in first):
                    await asyncio.gather(*(host.look() for host in first if not host.ready))
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise next(host for host in first if not host.ready).not_ready(limit_us / SECOND_US) from None
        for host in self._live_hosts:
            host.changed = self._readiness.look
            host.begin()
        self._listening = asyncio.create_task(self._listen(Asker("mirror", self._servers.start_mirror(), {})))

    async def _listen(self, mirror: Asker) -> None:
        """Measure how long the server takes that does nothing, and how long those that serve wait for a processor."""
        request = Request("mirror", "GET", "/", "mirror")
        try:
            for time in count():
                await asyncio.sleep(LISTEN_EVERY_S)
                if self._over:
                    break
                if time % LOOK_ONE_IN == 0:
                    serving = [host.name for host in self._live_hosts if host.up and host.ready]
                    self._waits.look(monotonic_ns() // 1_000, self._servers.processes_of(serving))
                began = monotonic_ns()
                if await mirror.raw(request) is not None:
                    self._trips.append((monotonic_ns() - began) // 1_000)
        finally:
            await mirror.close()

    def _advance(self, to: int, until: Callable[[], bool] | None = None) -> None:
        """Let the world run up to an instant, or until something holds; a second at a time, for whoever is told."""
        while True:
            step = min(to, self._live.touch() + SECOND_US)
            self._aio.run_until_complete(self._live.advance(step, until))
            if self._progress is not None:
                self._progress(self.loop.now)
            if self.loop.now >= to or (until is not None and until()):
                return

    def _settling_us(self) -> int:
        return super()._settling_us() + 2 * self._awaited_us()  # of converge and of detect

    def _await_agreement(self) -> None:
        """Give the servers the time that they promised, and what the noise meanwhile adds to it."""
        known_us = self._awaited_us()
        super()._await_agreement()
        while (more_us := self._awaited_us() - known_us) > 0:
            known_us += more_us
            self._advance(self.loop.now + 2 * more_us)

    def _awaited_us(self) -> int:
        """Give the noise for which servers get more time: beyond some nothing is judged anyway."""
        return min(self.noise().us, NOISE_MOST_US)

    def _read_everything(self) -> None:
        """Read every witness session; all at once they make a noise that says nothing of what came before."""
        self._measured = self.noise()
        super()._read_everything()

    # --------------------------------------------------------------------------------------------------------- the end

    def _close(self) -> None:
        """Kill every process that was started here, then leave no task and no connection behind."""
        self._servers.close()
        try:
            self._aio.run_until_complete(self._close_connections())
            self._aio.run_until_complete(self._aio.shutdown_asyncgens())
        finally:
            self._aio.close()

    async def _close_connections(self) -> None:
        self._over = True
        await asyncio.gather(*(host.close() for host in self._live_hosts))
        if self._listening is not None:
            await self._listening
        if self._live_hosts:
            await self._relays.close()
        await asyncio.sleep(CLOSED_S)

    def _widened(self, lines: bytes) -> bytes:
        """Write the history with a header whose bounds are widened by the noise."""
        first, newline, rest = lines.partition(b"\n")
        if not newline:
            return lines
        header = json.decode(first, type=Header)
        header.contract, header.noise_us = widened(header.contract, self.noise()), self.noise().us
        return json.encode(header) + newline + rest


def widened(contract: Contract, noise: Noise) -> Contract:
    """Widen every bound by what the machine may have added to what was seen."""
    return structs.replace(
        contract,
        converge_us=contract.converge_us + noise.us,
        clock_skew_us=contract.clock_skew_us + noise.us,
        detect_us=contract.detect_us + noise.us,
        idle_slack_us=contract.idle_slack_us + noise.us,
    )


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Have SIGTERM do what Ctrl-C does: servers must not outlive whoever started them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
