"""The event loop of the simulated world in real time: what is due is done when its instant has come, or just after.

The same drivers of users, observers and faults run on it; asyncio waits for what comes from outside. `now` is always
when something is really done, never when it was due.
"""

import asyncio
from collections.abc import Callable
from heapq import heappop
from time import monotonic_ns  # noqa: TID251 - this is the loop of real time

from simulator.clock import SECOND_US, Loop, ms

AT_ONCE = 64
"""So many events are done before answers that have come meanwhile are looked at."""
LOOK_EVERY_US = ms(50)
"""How often a condition is asked that nobody tells of."""


class LiveLoop(Loop):
    """An event loop whose time stands still at 0 until it is told to go, and then is the machine's own.

    Attributes:
        latest_us: how late anything was done at most, µs; what the machine could not do in time.
        failed: what went wrong in a task of asyncio; it ends the run.
    """

    __slots__ = ("_began_ns", "_woken", "failed", "latest_us")

    def __init__(self) -> None:
        """Make a loop at instant 0, where it stays."""
        super().__init__()
        self._began_ns: int | None = None
        self._woken = asyncio.Event()
        self.latest_us = 0
        self.failed: BaseException | None = None

    def go(self) -> None:
        """Let time begin."""
        self._began_ns = monotonic_ns()

    def touch(self) -> int:
        """Take note of what time it is; call whenever something comes from outside."""
        if self._began_ns is not None:
            self._now = (monotonic_ns() - self._began_ns) // 1_000
        return self._now

    def wake(self) -> None:
        """Have the loop look at its events again: something has been put on it from outside."""
        self._woken.set()

    def fail(self, error: BaseException) -> None:
        """End the run: what a task of asyncio raised would be seen by nobody."""
        if self.failed is None:
            self.failed = error
        self.wake()

    async def advance(self, to: int, until: Callable[[], bool] | None = None) -> None:
        """Do what is due until an instant, or until something holds.

        Args:
            to: µs since `go`.
            until: asked after each event from outside and every 50 ms.

        Raises:
            BaseException: what `fail` was given.
        """
        while True:
            more = self._do_what_is_due()
            if self.failed is not None:
                raise self.failed
            if self.touch() >= to or (until is not None and until()):
                return
            if more:
                await asyncio.sleep(0)
                continue
            due = min(to, self.queue[0][0]) if self.queue else to
            if until is not None:
                due = min(due, self._now + LOOK_EVERY_US)
            await self._wait((due - self._now) / SECOND_US)

    def _do_what_is_due(self) -> bool:
        """Do what is due by now, some of it at least; say whether there is more."""
        queue = self.queue
        for _ in range(AT_ONCE):
            now = self.touch()
            if not queue or queue[0][0] > now:
                return False
            due, _, _, act, about = heappop(queue)
            self.latest_us = max(self.latest_us, now - due)
            act(about)
        return True

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        self._woken.clear()
        timer = asyncio.get_running_loop().call_later(seconds, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()
