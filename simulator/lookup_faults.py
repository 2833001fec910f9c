"""What befalls discovery, as values like those of `faults.py`."""

from simulator.chance import Chance
from simulator.discovery import STALE
from simulator.faults import Fault, Stage


class DiscoveryWrong(Fault):
    """Discovery answers wrongly, to every node; an old list is told apart, since it still names enough to be found."""

    kind = "discovery"

    def __init__(self, at: int, lasts: int | None, how: str) -> None:
        """Make it wrong at that instant, for so long, both µs, as `Discovery` can be."""
        super().__init__(at, lasts)
        self.kind = "stale-discovery" if how == STALE else "discovery"
        self._how = how
        self._touched = 0
        self._before = 0

    @property
    def touched(self) -> int:
        """How many lookups it spoiled."""
        return self._touched

    @property
    def nodes(self) -> list[str]:
        """Nobody in particular."""
        return []

    def do(self, stage: Stage, chance: Chance) -> None:
        """Let it go wrong."""
        del chance
        self._before = stage.discovery.spoiled
        stage.discovery.go_wrong(self._how)
        self._begins(stage)

    def undo(self, stage: Stage) -> None:
        """Let it be right again."""
        stage.discovery.wrong = None
        self._touched = stage.discovery.spoiled - self._before
        self._ends(stage)
