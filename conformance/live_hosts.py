"""A machine of the cluster whose node is a real server: started, killed and paused as a process, asked over HTTP.

It stands where the simulated world has its hosts, so that users, observers and faults act on it as they do there.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from conformance.live_asking import Asker
from conformance.live_loop import LiveLoop
from conformance.subjects.adapter import BrokenAdapter, WrongLine
from conformance.subjects.http import Servers, gone
from conformance.subjects.probe import OK, PART_1
from conformance.trace import Died, Started
from reference.effects import Respond
from reference.protocol import Request
from simulator.clock import ALARM, NodeClock
from simulator.host import LEAVE_WITHIN_US, Answered, Host, Machine
from simulator.network import Network
from simulator.trace import Recorder

SOON_S, SELDOM_S = 0.1, 0.5
"""How often a server is asked for its status: while it is not ready, and when it is."""
STATUS_WITHIN_S = 2
HANGING_S = 2
"""At the end of a run a request is waited for so long."""
POLL_US = 1
UNAVAILABLE = 503


class LiveHost(Host):
    """One server.

    Args:
        loop: the world's event loop, in real time.
        name: the server.
        servers: who starts and ends its process.
        network: what lies between the servers, as far as relays carry it.
        recorder: takes down what happens to it.
        host: the host name that is asked for.

    Attributes:
        changed: told when the server says another thing of its readiness than before.
        said: what the last answer to `/status` was, for errors.
    """

    def __init__(
        self, loop: LiveLoop, name: str, servers: Servers, network: Network, recorder: Recorder, host: str
    ) -> None:
        super().__init__(loop, name, self._no_machine, network, recorder, NodeClock(), tuple, POLL_US)
        self.said = "nothing"
        self.changed: Callable[[Host], None] = lambda _host: None
        self._live = loop
        self._servers = servers
        self._host = host
        self._asker = Asker(name, servers.addresses[name], servers.file.map or {})
        self._status = Request(f"probe-{name}", "GET", "/status", host)
        self._tasks: set[asyncio.Task[None]] = set()
        self._look_now = asyncio.Event()
        self._leaving = False
        self._closing = False
        self._stood = 0

    # ------------------------------------------------------------------------------------------------------------ lives

    def start(self) -> None:
        """Start the server's process; one that is attached to is up from the first start on."""
        if self.up:
            raise RuntimeError(f"server '{self.name}' is up (boot {self.boot}); end it before it starts again")
        self.boot += 1
        if self._servers.started:
            self._servers.start(self.name, self.boot)
        self.up, self._leaving = True, False
        self._recorder.line(Started(self._live.touch(), self.name, self.boot))
        self._look_now.set()

    def holdings(self) -> None:
        """A server gives no account of what it holds."""
        return

    def leave(self) -> None:
        """Tell the server to leave; it is killed if its process has not ended after 120 s."""
        if self.up:
            self._leaving = True
            self._loop.push(self._loop.now + LEAVE_WITHIN_US, ALARM, self._kill, self.boot)
            self._servers.stop(self.name)

    def pause(self) -> None:
        """Stop the server's process group."""
        if self.up:
            self._servers.pause(self.name)
            self._stood += 1
            super().pause()

    def resume(self) -> int:
        """Let the process go on.

        Returns:
            1 for the process, and how many requests waited for it; what its peers sent meanwhile nobody sees.
        """
        self._servers.resume(self.name)
        self._stood += 1
        self.paused = False
        self._look_now.set()
        return 1 + len(self._open)

    def _end(self, *, drop_sent: bool) -> None:
        """Kill the process, then have all hear of it; the connections to it are broken by then."""
        del drop_sent  # what a real process has given to the system, the system sends
        self._servers.kill(self.name)
        self._live.touch()
        self.up = self.paused = self.ready = self._leaving = False
        self._recorder.line(Died(self._loop.now, self.name))
        self._later(self._asker.forget())
        for hear in self.on_end:
            hear(self)
        broken, self._open = self._open, {}
        for _, answered in broken.values():
            answered(None)

    # ---------------------------------------------------------------------------------------------------- from clients

    def request(self, request: Request, answered: Answered) -> None:
        """Send a client's request to the server, now."""
        if not self.up:
            answered(None)
            return
        self._open[request.id] = (request, answered)
        self._recorder.asked(self._loop.now, self.name, request)
        self._later(self._ask(request))

    async def exchange(self, request: Request) -> Respond | None:
        """Make one request past everything else, and give its answer."""
        return await self._asker.ask(request)

    async def _ask(self, request: Request) -> None:
        answer = await self._asker.ask(request)
        if self._closing:
            return
        now = self._live.touch()
        asked = self._open.pop(request.id, None)
        if asked is None:
            return  # the life that was asked is over
        if answer is not None:
            self._recorder.effect(now, self.name, answer)
            if answer.status == UNAVAILABLE:
                self._look_now.set()
            for hear in self.on_respond:
                hear(self, request, answer)
        asked[1](answer)
        self._live.wake()

    # ----------------------------------------------------------------------------------------------------- how it fares

    def probe_ready(self) -> bool:
        """Say what the server said when it was last asked."""
        return self.ready

    def begin(self) -> None:
        """Ask the server for its status from now on, until the run is over."""
        self._later(self._watch())

    async def look(self) -> None:
        """Ask the server for its status once, and see whether its process lives.

        Raises:
            BrokenAdapter: the process ended, and nobody had it end.
        """
        if not self.up or self._closing:
            return
        code = self._servers.ended_by_itself(self.name)
        if code is not None:
            if not self._leaving:
                raise gone(self._servers, self.name, code, "while it served" if self.ready else "before it was ready")
            self._live.touch()
            self._end(drop_sent=False)
            self._live.wake()
            return
        if self.paused:
            return
        life = (self.boot, self._stood)
        answer = await self._asker.raw(self._status, STATUS_WITHIN_S)
        if life != (self.boot, self._stood) or not self.up or self._closing:
            return
        self.said = "no answer" if answer is None else f"{answer[0]} {answer[2][:60].decode(errors='replace')}".strip()
        ready = answer is not None and answer[0] == OK
        if ready is not self.ready:
            if ready and answer is not None:
                self._asker.read(self._status, *answer)  # whoever answers is to be the probe application
            self.ready = ready
            self._live.touch()
            self.changed(self)
            self._live.wake()

    def not_ready(self, within_s: float) -> BrokenAdapter:
        """Make the error of a server that was not ready in time."""
        found = f"{self.said} for {within_s:g} s"
        mend = "see what the server printed; `ready` in the subject file may give it longer"
        wrong = WrongLine("the answer", found, '200 {"status": "up"}', mend, PART_1)
        error = BrokenAdapter(self.name, "GET /status", wrong, self._servers.last_words(self.name))
        error.heading = "it printed last"
        return error

    async def close(self) -> None:
        """Leave no task and no connection behind.

        Requests end by themselves where the servers are gone; one that is cancelled while it connects may leave its
        socket behind, so only what hangs is.
        """
        self._closing = True
        self._look_now.set()
        if self._tasks:
            _, hanging = await asyncio.wait(list(self._tasks), timeout=HANGING_S)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        await self._asker.close()

    async def _watch(self) -> None:
        while not self._closing:
            try:
                async with asyncio.timeout(SELDOM_S if self.ready else SOON_S):
                    await self._look_now.wait()
            except TimeoutError:
                pass
            self._look_now.clear()
            await self.look()

    def _later(self, act: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(act)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._live.fail(task.exception() or RuntimeError("a task failed"))

    @staticmethod
    def _no_machine(boot: int) -> Machine:
        raise TypeError(f"boot {boot} of a server is a process, no machine")
