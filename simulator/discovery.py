"""What nodes find when they ask whom there is, right or wrong.

Stands for a static list or for DNS: what it answers is all that a node sees of either.
"""

from collections.abc import Callable, Sequence

from simulator.host import LookupFailed

FAILS, EMPTY, STALE = "fails", "empty", "stale"
"""How discovery can be wrong: it cannot be asked; it knows nobody; it knows whom it knew when the fault began."""


class Discovery:
    """Finds every node that has ever started.

    Every node asks every few seconds, and an answer is as long as the cluster is large: it is made again only when
    another node has started.

    Args:
        names: of all nodes that may ever be.
        started: says whether a node has; one that has stays so.

    Attributes:
        wrong: how it is wrong just now, None while it is right.
        spoiled: how many lookups were answered wrongly.
    """

    def __init__(self, names: Sequence[str], started: Callable[[str], bool]) -> None:
        self._names = names
        self._started = started
        self._to_come: list[str] = list(names)
        self._all: tuple[str, ...] = ()
        self._without: dict[str, tuple[str, ...]] = {}
        self._known: tuple[str, ...] = ()
        self.wrong: str | None = None
        self.spoiled = 0

    def go_wrong(self, how: str) -> None:
        """Answer wrongly from now on: FAILS, EMPTY or STALE."""
        self._look()
        self._known = self._all
        self.wrong = how

    def find(self, asker: str) -> tuple[str, ...]:
        """Answer a node that asks whom there is, without itself.

        Raises:
            LookupFailed: while it cannot be asked.
        """
        if self.wrong is None:
            self._look()
            found = self._without.get(asker)
            if found is None:
                found = self._without[asker] = tuple(name for name in self._all if name != asker)
            return found
        self.spoiled += 1
        if self.wrong == FAILS:
            raise LookupFailed("discovery could not be asked")
        return () if self.wrong == EMPTY else tuple(name for name in self._known if name != asker)

    def _look(self) -> None:
        """See who has started since it was last asked."""
        if not any(map(self._started, self._to_come)):
            return
        self._to_come = [name for name in self._to_come if not self._started(name)]
        self._all = tuple(name for name in self._names if name not in self._to_come)
        self._without = {}
