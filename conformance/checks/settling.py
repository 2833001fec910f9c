"""By when what was answered must be everywhere: the arithmetic of disturbances, which knows no faults and no nodes.

Who disturbs whom, from when to when, is `timeline.py`'s to say. Protocol, part 2 (contract: `converge`, `detect`).
"""

from bisect import bisect_left
from typing import Final

from msgspec import Struct

NEVER: Final = 2**63
"""Later than every instant of a run."""
LONG_AGO: Final = -(2**63)


class Disturbance(Struct):
    """Something after whose end the nodes need time to agree; `parting` if it changed their views of the members."""

    begin: int
    end: int
    parting: bool
    node: str = ""  # whose absence or return it is


class Cover:
    """Which disturbance that begins before an instant ends last, and which parting one."""

    def __init__(self, disturbances: list[Disturbance]) -> None:
        chosen = sorted(disturbances, key=lambda disturbance: disturbance.begin)
        self._begins = [disturbance.begin for disturbance in chosen]
        self._ends: list[int] = []
        last = LONG_AGO
        for disturbance in chosen:
            last = max(last, disturbance.end)
            self._ends.append(last)

    def last_end(self, before: int) -> int:
        """Tell the latest end of those that begin before that instant."""
        position = bisect_left(self._begins, before)
        return self._ends[position - 1] if position else LONG_AGO


class Settling:
    """By when what was answered must be everywhere, among all nodes or among all but one."""

    def __init__(self, disturbances: list[Disturbance], converge: int, detect: int) -> None:
        self.any = Cover(disturbances)
        self.parting = Cover([disturbance for disturbance in disturbances if disturbance.parting])
        self._converge = converge
        self._detect = detect
        self._after: dict[int, int] = {}

    def settled(self, t: int) -> int:
        """Tell the deadline; see Timeline.settled. One more disturbance never brings it forward."""
        base, deadline = t, t + self._converge
        while self.parting.last_end(before=deadline) <= t - self._detect:
            end = self.any.last_end(before=deadline)
            if end <= base:
                return deadline
            if end == NEVER:
                return NEVER
            base, deadline = end, end + self._converge
        return self._settled_with_detect(base)

    def _settled_with_detect(self, base: int) -> int:
        """Tell the deadline where membership had changed; ends of disturbances are remembered."""
        path: list[int] = []
        while True:
            known = self._after.get(base)
            if known is not None:
                break
            path.append(base)
            deadline = base + self._converge + self._detect
            end = self.any.last_end(before=deadline)
            if end <= base or end == NEVER:
                known = NEVER if end == NEVER else deadline
                break
            base = end
        for passed in path[1:]:  # instants of answers are too many to keep
            self._after[passed] = known
        return known
