"""Lives that begin late or end on purpose, as values like those of `faults.py`: nodes join, and leave in good order."""

from conformance.history import Fault as FaultRecord
from simulator.chance import Chance
from simulator.faults import Crash, Fault, Stage


class Leave(Crash):
    """A node is told to go, says goodbye, and a new life of it begins when the fault is undone.

    Until it says that it has stopped it has its turns; it is killed if it has not by then, as after a grace period.
    """

    kind = "leave"

    def _strike(self, stage: Stage) -> None:
        host = stage.hosts[self._node]
        if host.up:
            self._boot = host.boot
            self._begins(stage)
            host.leave()

    def _come_back(self, stage: Stage) -> None:
        host = stage.hosts[self._node]
        if self.lasts is not None and self.begun is not None and host.up and host.boot == self._boot:
            host.crash()
        super()._come_back(stage)


class Join(Fault):
    """A node starts for the first time; before that there is none of that name, and discovery does not find it."""

    kind = "join"

    def __init__(self, at: int, node: str) -> None:
        """Make a join.

        Args:
            at: when the node starts, µs.
            node: who.
        """
        super().__init__(at, 0)
        self._node = node

    @property
    def touched(self) -> int:
        """1 once the node has started."""
        return 0 if self.begun is None else 1

    @property
    def nodes(self) -> list[str]:
        """The node."""
        return [self._node]

    def do(self, stage: Stage, chance: Chance) -> None:
        """Start the node."""
        del chance
        self._begins(stage)
        stage.hosts[self._node].start()

    def undo(self, stage: Stage) -> None:
        """Leave it there: nothing of a start is to be undone."""
        self._ends(stage)

    def history_record(self) -> FaultRecord | None:
        """Return the history's line: one instant."""
        record = super().history_record()
        if record is not None:
            record.end = record.begin
        return record
