"""Does faults at their instants and undoes them; knows no fault by its kind."""

from collections.abc import Sequence
from functools import partial

from simulator.chance import Chance
from simulator.faults import Fault, Stage


class Timetable:
    """Does every fault at its instant and undoes it at another, before anything else that is due then."""

    def __init__(self, stage: Stage, faults: Sequence[Fault], chance: Chance) -> None:
        """Make the timetable of a run.

        Args:
            stage: what the faults act on.
            faults: in the order of the scenario.
            chance: of the faults alone; each has its own part, by its place.
        """
        self.faults = faults
        self._stage = stage
        self._chance = chance
        self._in_force: list[Fault] = []
        self._healed = False

    def begin(self) -> None:
        """Take up every fault; call at the start of the run."""
        for number, fault in enumerate(self.faults):
            self._stage.loop.after(fault.at, partial(self._do, fault, self._chance.part(str(number))))

    def heal(self) -> None:
        """Undo every fault that is in force, in the order in which they struck, and let none strike any more."""
        self._healed = True
        for fault in list(self._in_force):
            self._undo(fault)

    def _do(self, fault: Fault, chance: Chance) -> None:
        if self._healed:
            return
        self._in_force.append(fault)
        fault.do(self._stage, chance)
        if fault.undone_at is not None:
            left = max(0, fault.undone_at - self._stage.loop.now)  # where time is real it may have struck late
            self._stage.loop.after(left, partial(self._undo, fault))

    def _undo(self, fault: Fault) -> None:
        if fault in self._in_force:
            self._in_force.remove(fault)
            fault.undo(self._stage)
