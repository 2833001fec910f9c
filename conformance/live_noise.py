"""What the machine does to a run by itself: how late it was, and how long it let servers wait for a processor.

Knows numbers and the system's own account of them; no server and no scenario.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

from msgspec import Struct

Waited = Callable[[int], dict[int, int]]
"""Of a process: by thread, for how many ns it has wanted to run and could not."""


class Noise(Struct, frozen=True):
    """What of a run is the machine's doing and not the servers', µs: every bound of the contract is widened by it.

    Attributes:
        late_us: the most that anything was done later than it was due.
        round_trip_us: the longest that a server took which does nothing but answer, in a process of its own.
        round_trips: how often it was asked.
        waited_us: how much later an answer may be for the servers' waiting for a processor, see `Waits.within`.
        busy_percent: how many processes wanted to run, of 100 for each processor, in the last minute.
    """

    late_us: int
    round_trip_us: int
    round_trips: int
    waited_us: int
    busy_percent: int

    @property
    def us(self) -> int:
        """All together."""
        return self.late_us + self.round_trip_us + self.waited_us


def waited_by_thread(process: int, system: Path = Path("/proc")) -> dict[int, int]:
    """Read how long a process's threads have waited for a processor; nothing where the system does not tell.

    Source: Linux, Documentation/scheduler/sched-stats.rst, `/proc/PID/task/TID/schedstat`, second field.
    """
    found: dict[int, int] = {}
    with suppress(OSError):  # the process has ended, or this is another system
        for thread in (system / str(process) / "task").iterdir():
            with suppress(OSError, IndexError):  # this thread has ended, and the others have not
                found[int(thread.name)] = int((thread / "schedstat").read_text(encoding="ascii").split()[1])
    return found


class Waits:
    """How long servers that wanted to run had to wait for a processor, look by look.

    A store that is slow because it sleeps, waits for others or holds locks does not wait for a processor; one that
    computes for long on a free machine does not either. So what is seen here is the machine's doing.

    Args:
        waited: gives a process's account.
    """

    def __init__(self, waited: Waited = waited_by_thread) -> None:
        self._waited = waited
        self._before: dict[int, dict[int, int]] = {}
        self._looked: list[int] = []
        self._most: list[int] = []

    def look(self, now: int, processes: Iterable[int]) -> None:
        """Take down what the process that waited longest has waited since the last look, at most the whole time.

        Args:
            now: µs.
            processes: the servers that serve; what one waited before it is first named here is not counted.
        """
        before, self._before = self._before, {}
        most = 0
        for process in processes:
            account = self._before[process] = self._waited(process)
            if process in before:
                known = before[process]
                more = max((ns - known.get(thread, 0) for thread, ns in account.items()), default=0)
                most = max(most, more // 1_000)
        since = now - self._looked[-1] if self._looked else 0
        self._looked.append(now)
        self._most.append(min(most, since))

    def within(self, bound_us: int) -> int:
        """Tell by how much something that has to be done within a bound may have been late for want of a processor.

        That is the least time by which the bound must be longer so that in no span of its new length a server waited
        for more. A request is with one server at a time, so of several that wait at once the longest counts.

        Args:
            bound_us: µs.

        Returns:
            µs, up to all the waiting of the run where servers wait for most of the time.
        """
        sums = [0, *accumulate(self._most)]
        more = 0
        while True:
            span = bound_us + more
            worst = max(
                (sums[i + 1] - sums[bisect_right(self._looked, at - span)] for i, at in enumerate(self._looked)),
                default=0,
            )
            if worst <= more:
                return more
            more = worst
