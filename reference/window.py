"""Which counts of a sender have come already: a frame is taken once, however often it arrives (RFC 4303, 3.4.3)."""

from typing import Final

SIZE: Final = 1_024
"""How far a frame may be overtaken; one that is further behind is refused unseen."""


class Window:
    """The last SIZE counts of one key."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        """Make a window that has seen nothing."""
        self._highest = -1
        self._seen = 0  # bit n: whether the count `_highest - n` has come

    def is_new(self, count: int) -> bool:
        """Say whether a frame of that count may still be taken; asking changes nothing."""
        behind = self._highest - count
        return behind < 0 or (behind < SIZE and not self._seen >> behind & 1)

    def take(self, count: int) -> None:
        """Note that a frame of that count has come: call it once its tag is found right, never before."""
        ahead = count - self._highest
        if ahead > 0:
            self._seen = (self._seen << ahead if ahead < SIZE else 0) & (1 << SIZE) - 1 | 1
            self._highest = count
        else:
            self._seen |= 1 << -ahead
