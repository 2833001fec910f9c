"""Time: whole microseconds, the world's true time on SimPy's event loop, and a node's own view of it.

True time counts from the start of the run. A node never sees it: it sees a wall clock and a monotonic clock, both
functions of true time kept here. This is the one file that touches the private parts of SimPy's event loop.
"""

from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from typing import Any, ClassVar

from msgspec import Struct
from simpy import Environment

EPOCH_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z in µs since 1970: what a right wall clock shows when a run begins (protocol, part 2)."""

SECOND_US = 1_000_000

MESSAGE, ALARM, REQUEST = 2, 3, 4
"""The order of equal instants: messages, then alarms, then requests, each first in, first out (protocol, part 2).

SimPy's own events have priority 0 or 1 and come before: at one instant a fault strikes first, then messages arrive.
"""


def ms(count: int) -> int:
    """Return so many milliseconds as microseconds."""
    return count * 1_000


def s(count: int) -> int:
    """Return so many seconds as microseconds."""
    return count * 1_000_000


FOREVER = 1 << 63
"""Later than any instant of a run, µs."""
_FIRST = -1
"""Before everything else of its instant, as the stop of SimPy's `run` is."""


class _InstantReached(Exception):
    """Ends the loop at the instant up to which it runs."""


class _Reached(Struct, gc=False):
    """The event of that instant."""

    callbacks: list[Callable[[Any], None]] | None
    _ok: ClassVar[bool] = True


def _stop(_: _Reached) -> None:
    raise _InstantReached


class Loop(Environment):
    """SimPy's event loop in whole microseconds, with room for events that are lighter than SimPy's.

    A SimPy timeout a message costs a third of the network's speed. An event for `push` is any object with a list
    `callbacks`, which may be shared by many (the loop puts None in its place, it does not change the list), and with
    `_ok` true; a test runs one through the loop, so that a change of SimPy would be noticed.

    What is pushed for after the instant up to which the loop runs waits in a heap of its own. Most of what is to come
    are people who think and deadlines that nothing misses, and a heap is the slower the more it holds.

    Attributes:
        now: µs of true time since the start of the run.
        queue, numbers: the heap of (due, priority, number, event) and what numbers it, for the two callers that
            are too hot for `push`.
    """

    __slots__ = ("_later", "_now", "_until")
    _now: int
    now: int

    def __init__(self) -> None:
        """Make a loop at instant 0."""
        super().__init__()
        self.queue: list[Any] = self._queue
        self.numbers = self._eid
        self._later: list[Any] = []
        self._until = FOREVER

    def push(self, due: int, priority: int, event: Any) -> None:
        """Put an event on the loop.

        Args:
            due: the instant at which its callbacks are called, µs of true time, not before now.
            priority: MESSAGE, ALARM or REQUEST.
            event: an object with `callbacks` and `_ok`, as the class describes.
        """
        heappush(self.queue if due < self._until else self._later, (due, priority, next(self.numbers), event))

    def after(self, us: int, act: Callable[[], None]) -> None:
        """Call something so many µs from now, before messages, alarms and requests that are due then.

        By a callback: an error that escapes a SimPy process is made anew from its arguments, and loses its trace.
        """
        self.timeout(us).callbacks.append(lambda _: act())

    def run_to(self, instant: int) -> None:
        """Do all that is due before an instant, and stop there: `run(until=instant)`.

        SimPy's loop and its step written out, which are two in a hundred of an idle cluster's instructions; a test runs
        the same events by both.

        Args:
            instant: µs of true time, later than now.

        Raises:
            Exception: what escapes a callback, or what a SimPy event failed with and nobody defused.
        """
        queue, pop = self.queue, heappop
        self._bring_up_to(instant)
        heappush(queue, (instant, _FIRST, next(self.numbers), _Reached([_stop])))
        with suppress(_InstantReached):
            while True:
                self._now, _, _, event = pop(queue)
                callbacks, event.callbacks = event.callbacks, None
                for act in callbacks:
                    act(event)
                if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001 # SimPy's own events alone fail
                    raise event._value  # noqa: SLF001 # as above

    def step(self) -> None:
        """Do the next event, as SimPy does; it knows of one heap, and its `run` comes here too."""
        self._bring_up_to(FOREVER)
        super().step()

    def _bring_up_to(self, instant: int) -> None:
        """Move what is due before an instant to `queue`, where from now on whatever is pushed for before it goes."""
        later = self._later
        while later and later[0][0] < instant:
            heappush(self.queue, heappop(later))
        self._until = instant

    def let_go(self) -> None:
        """Forget what is still to come, as its run is over.

        Messages on their way and alarms are hidden from the collector of garbage. What they lead to would stay for
        ever, and that is the whole world.
        """
        self.queue.clear()
        self._later.clear()


Loop.now = Loop._now  # noqa: SLF001 # the slot under its public name: SimPy's property, asked everywhere, costs 4 %


class NodeClock:
    """What a node's clocks say: the wall clock of its machine, and the monotonic clock of its current boot.

    The wall clock may be off, gain or lose; the monotonic one is right. A paused node finds that both have moved on
    when it wakes, so a pause needs nothing here.

    Attributes:
        drift_ppm: µs that the wall clock gains in a second of true time; negative when it loses.
        setting: counts how often it was set; who set it last can tell that nobody has since.
        steady: whether the wall clock shows `base` and true time, no more, as it nearly always does; then who is too
            hot for `read` adds them up itself.
        begun: when the current boot began, µs of true time.
    """

    __slots__ = ("_offset_us", "_since", "base", "begun", "drift_ppm", "setting", "steady")

    def __init__(self, offset_us: int = 0) -> None:
        """Make the clocks of one machine.

        Args:
            offset_us: how far the wall clock is ahead of true time; negative when it is behind.
        """
        self.drift_ppm = 0
        self.setting = 0
        self._offset_us = offset_us
        self.base = EPOCH_US + offset_us
        self.steady = True
        self._since = 0
        self.begun = 0

    def begin(self, now: int) -> None:
        """Start the monotonic clock from 0 at that true time, as every boot does."""
        self.begun = now

    def set(self, now: int, offset_us: int, drift_ppm: int = 0) -> None:
        """Set the wall clock at that true time.

        Args:
            now: µs of true time since the start of the run.
            offset_us: how far it is ahead of true time from now on.
            drift_ppm: µs that it gains in every second from now on.
        """
        self.setting += 1
        self.drift_ppm = drift_ppm
        self._offset_us = offset_us
        self.base = EPOCH_US + offset_us
        self.steady = drift_ppm == 0 and self.base + now >= 0
        self._since = now

    def offset_us(self, now: int) -> int:
        """Tell how far the wall clock is ahead of true time at that true time, µs; a gain is rounded down."""
        return self._offset_us + (now - self._since) * self.drift_ppm // SECOND_US

    def is_off(self, now: int) -> bool:
        """Say whether the wall clock shows anything but true time, or will."""
        return self.drift_ppm != 0 or self.offset_us(now) != 0

    def read(self, now: int) -> tuple[int, int]:
        """Read both clocks at that true time.

        Returns:
            The wall clock, µs since 1970 and never negative, and the monotonic clock, µs since the boot began.
        """
        if self.steady:
            return self.base + now, now - self.begun
        return max(0, EPOCH_US + now + self.offset_us(now)), now - self.begun
