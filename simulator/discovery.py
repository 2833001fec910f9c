"""What nodes find when they ask whom there is, right or wrong.

Stands for a static list or for DNS: what it answers is all that a node sees of either.
"""

from collections.abc import Callable, Sequence

from simulator.host import LookupFailed

FAILS, EMPTY, STALE = "fails", "empty", "stale"
"""How discovery can be wrong: it cannot be asked; it knows nobody; it knows whom it knew when the fault began."""


class Discovery:
    """Finds every node that has ever started.

    Args:
        names: of all nodes that may ever be.
        started: says whether a node has.

    Attributes:
        wrong: how it is wrong just now, None while it is right.
        spoiled: how many lookups were answered wrongly.
    """

    def __init__(self, names: Sequence[str], started: Callable[[str], bool]) -> None:
        self._names = names
        self._started = started
        self._known: tuple[str, ...] = ()
        self.wrong: str | None = None
        self.spoiled = 0

    def go_wrong(self, how: str) -> None:
        """Answer wrongly from now on: FAILS, EMPTY or STALE."""
        self._known = self._all()
        self.wrong = how

    def find(self, asker: str) -> tuple[str, ...]:
        """Answer a node that asks whom there is, without itself.

        Raises:
            LookupFailed: while it cannot be asked.
        """
        if self.wrong is None:
            return tuple(name for name in self._all() if name != asker)
        self.spoiled += 1
        if self.wrong == FAILS:
            raise LookupFailed("discovery could not be asked")
        return () if self.wrong == EMPTY else tuple(name for name in self._known if name != asker)

    def _all(self) -> tuple[str, ...]:
        return tuple(name for name in self._names if self._started(name))
