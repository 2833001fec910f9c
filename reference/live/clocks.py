"""What a node on a real machine is told of time."""

import time
from typing import Final

SECOND: Final = 1_000_000
"""In µs, as all of the core counts."""


class Clocks:
    """The machine's clocks: µs since 1970, which may step, and µs since this life began, which does not."""

    def __init__(self) -> None:
        self._began = time.monotonic_ns()

    def wall(self) -> int:
        """Read the wall clock."""
        return time.time_ns() // 1_000

    def mono(self) -> int:
        """Read the monotonic clock."""
        return (time.monotonic_ns() - self._began) // 1_000
