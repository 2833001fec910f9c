"""Time: whole microseconds, the world's true time on SimPy's event loop, and a node's own view of it.

True time counts from the start of the run. A node never sees it: it sees a wall clock and a monotonic clock, both
functions of true time kept here. This is the one file that touches the private parts of SimPy's event loop.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar

from simpy import Environment, Event
from simpy.core import EmptySchedule
from simpy.events import NORMAL

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


_About = TypeVar("_About")

FOREVER = 1 << 63
"""Later than any instant of a run, µs."""
_FIRST = -1
"""Before everything else of its instant, as the stop of SimPy's `run` is."""


class Loop(Environment):
    """SimPy's event loop in whole microseconds, with room for what is lighter than SimPy's events.

    A SimPy timeout a message costs a third of the network's speed. What `push` takes is no event at all, but a function
    and what it is called with; SimPy's own events are put on the loop so too.

    Time is cut into slices, and the heap holds what is due in the present one; what is pushed for a later one waits in
    a list until that begins. Most of what is to come are people who think, deadlines that nothing misses and the next
    round of every node, and a heap is the slower the more it holds. Something later in the heap does no harm.

    Attributes:
        now: µs of true time since the start of the run.
        queue, numbers: the heap of (due, priority, number, act, about), and what numbers it; for the network, which is
            too hot for `push`.
    """

    __slots__ = ("_bits", "_now", "_order", "_slices", "_until")
    _now: int
    now: int

    def __init__(self, slice_us: int = SECOND_US) -> None:
        """Make a loop at instant 0.

        Args:
            slice_us: length of a slice at least, µs; it is the next power of two, as shifting costs less than dividing.
                A few dozen events in each are about right.
        """
        super().__init__()
        self.queue: list[Any] = self._queue
        self.numbers = self._eid
        self._bits = slice_us.bit_length()
        self._slices: dict[int, list[Any]] = {}
        self._order: list[int] = []
        self._until = FOREVER

    def push(self, due: int, priority: int, act: Callable[[_About], None], about: _About) -> None:
        """Have something done at an instant.

        Args:
            due: when, µs of true time, not before now.
            priority: MESSAGE, ALARM or REQUEST.
            act: what is called.
            about: what it is called with.
        """
        if due < self._until:
            heappush(self.queue, (due, priority, next(self.numbers), act, about))
            return
        number = due >> self._bits
        waiting = self._slices.get(number)
        if waiting is None:
            waiting = self._slices[number] = []
            heappush(self._order, number)
        waiting.append((due, priority, next(self.numbers), act, about))

    def after(self, us: int, act: Callable[[], None]) -> None:
        """Call something so many µs from now, before messages, alarms and requests that are due then.

        By a callback: an error that escapes a SimPy process is made anew from its arguments, and loses its trace.
        """
        self.timeout(us).callbacks.append(lambda _: act())

    def run_to(self, instant: int) -> None:
        """Do all that is due before an instant, and stop there: `run(until=instant)`.

        SimPy's loop and its step written out: what is ours needs neither lists of callbacks nor a mark that it is done.
        A test does the same by both.

        Args:
            instant: µs of true time, later than now.

        Raises:
            Exception: what escapes a callback, or what a SimPy event failed with and nobody defused.
        """
        if self._until == FOREVER:
            self._until = self._now
        while self._now < instant:
            if self._now >= self._until:
                self._bring_next(instant)
            self._run_before(min(instant, self._until))

    def _run_before(self, instant: int) -> None:
        """Do what the heap holds that is due before an instant."""
        queue, pop = self.queue, heappop
        heappush(queue, (instant, _FIRST, next(self.numbers), None, None))
        while True:
            self._now, _, _, act, about = pop(queue)
            if act is None:
                return
            act(about)

    def schedule(self, event: Event, priority: int = NORMAL, delay: int = 0) -> None:  # type: ignore[override]
        """Put an event of SimPy's own on the loop; SimPy alone calls this.

        Args:
            event: what happens.
            priority: URGENT or NORMAL.
            delay: after how many µs.
        """
        heappush(self.queue, (self._now + delay, priority, next(self.numbers), _happen, event))

    def step(self) -> None:
        """Do what is next, for SimPy's `run`.

        Raises:
            EmptySchedule: nothing is.
        """
        queue = self.queue
        if self._slices:
            for waiting in self._slices.values():
                queue.extend(waiting)
            heapify(queue)
            self._slices.clear()
            self._order.clear()
        self._until = FOREVER
        act = None
        while act is None:  # what is none is left of a run that something ended before its instant
            if not queue:
                raise EmptySchedule
            self._now, _, _, act, about = heappop(queue)
        act(about)

    def _bring_next(self, instant: int) -> None:
        """Bring the next slice in which anything is due to `queue`; what is pushed for it goes there from now on.

        Args:
            instant: up to which there is nothing to bring if nothing is due at all, µs.
        """
        queue, order = self.queue, self._order
        if not queue and not order:
            self._until = instant
            return
        number = queue[0][0] >> self._bits if queue else order[0]
        if order and order[0] <= number:
            number = heappop(order)
            queue.extend(self._slices.pop(number))
            heapify(queue)
        self._until = (number + 1) << self._bits

    def let_go(self) -> None:
        """Forget what is still to come, as its run is over.

        Messages on their way and alarms are hidden from the collector of garbage. What they lead to would stay for
        ever, and that is the whole world.
        """
        self.queue.clear()
        self._slices.clear()
        self._order.clear()


def _happen(event: Any) -> None:
    """Do an event of SimPy's own, as its `step` does.

    Raises:
        Exception: what it failed with, if nobody defused it.
    """
    callbacks, event.callbacks = event.callbacks, None
    for act in callbacks:
        act(event)
    if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001 # SimPy's own keep it so
        raise event._value  # noqa: SLF001 # as above


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
        self.base = EPOCH_US + offset_us if offset_us else EPOCH_US  # one number for all, not one each
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
