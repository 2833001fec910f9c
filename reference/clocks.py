"""A node's reading of time, and the hybrid logical clock that orders writes.

Nothing here asks a clock: every function is given what the node's clocks say.
"""


class HybridClock:
    """Stamps that grow with every write and stay close to the wall clock (Kulkarni et al., HLC, 2014).

    Physical and logical part share one integer of microseconds: where the wall clock stands still or steps back, the
    stamp grows by one. A stamp from elsewhere that is further ahead than `bound_us` never moves this clock: a node with
    a clock a year ahead must not take the others along (known-bugs, row 19).
    """

    __slots__ = ("bound_us", "latest")

    def __init__(self, bound_us: int) -> None:
        self.bound_us = bound_us
        self.latest = 0

    def stamp(self, wall: int, above: int = 0) -> int:
        """Make the stamp of a new write.

        Args:
            wall: the node's wall clock, µs.
            above: the greatest stamp in the copy that is written to; the new stamp exceeds it even when it lies further
                ahead than the bound, since a write must win over what its writer saw.

        Returns:
            A stamp greater than `above` and than every earlier one of this clock that was not raised by an `above`.
        """
        self.latest = max(wall, self.latest + 1)
        return max(self.latest, above + 1)

    def witness(self, stamp: int, wall: int) -> None:
        """Take note of a stamp that arrived, unless it lies further ahead of the wall clock than the bound."""
        if self.latest < stamp <= wall + self.bound_us:
            self.latest = stamp
