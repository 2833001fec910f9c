"""What befalls keys, versions and frames, as faults like those of `faults.py`; only where the wire is sealed."""

from collections.abc import Sequence

from conformance.history import Fault as FaultRecord
from simulator import wire_rules
from simulator.chance import Chance
from simulator.faults import OfNode, Stage
from simulator.link_faults import OfMessages
from simulator.lives import Leave
from simulator.rules import LinkName, Rule
from simulator.wiring import Wiring


class _OfFrames(OfMessages):
    """Frames that no node sent so; the history tells how many were taken for real."""

    rule: type[wire_rules.Corrupt | wire_rules.Replay]

    def __init__(self, at: int, lasts: int | None, ppm: int, links: Sequence[LinkName] | None = None) -> None:
        """Strike `ppm` frames in a million, on some links or all (None); times as in `Fault`."""
        super().__init__(at, lasts, links)
        self._ppm = ppm
        self._mark = f"{self.kind} at {at}"
        self._wiring: Wiring | None = None

    def do(self, stage: Stage, chance: Chance) -> None:
        """Have the rule asked."""
        self._wiring = stage.wiring
        super().do(stage, chance)

    def history_record(self) -> FaultRecord | None:
        """Return the history's line, with what was taken."""
        record = super().history_record()
        if record is not None and self._wiring is not None:
            record.taken = self._wiring.taken.get(self._mark, 0)
        return record

    def _make_rule(self, chance: Chance) -> Rule:
        return self.rule(self._ppm, chance, self._links, self._mark)


class Corrupt(_OfFrames):
    """A share of the frames arrives with some of its bits changed."""

    kind = "corrupt"
    rule = wire_rules.Corrupt


class Replay(_OfFrames):
    """A share of the frames is recorded and played back."""

    kind = "replay"
    rule = wire_rules.Replay


class WrongKey(OfNode):
    """A node is restarted with a pre-shared key that no other has, and later with the right one.

    In between the history has it cut off, which is what another key must come to; each restart is told as a crash.
    """

    kind = "wrong-key"

    def __init__(self, at: int, lasts: int | None, node: str) -> None:
        """Put it on the timetable; times as in `Fault`."""
        super().__init__(at, lasts, node)
        self._boot = 0

    def do(self, stage: Stage, chance: Chance) -> None:
        """Restart the node with another key, unless it is down."""
        del chance
        if stage.hosts[self._node].up:
            self._begins(stage)
            stage.wiring.give_another_key(self._node)
            self._boot = self._restart(stage)

    def undo(self, stage: Stage) -> None:
        """Restart it with the right one; where another fault took it down, its next life has that."""
        if self.begun is None:
            return
        self._ends(stage)
        stage.wiring.give_the_right_key(self._node)
        host = stage.hosts[self._node]
        if host.up and host.boot == self._boot:
            self._restart(stage)

    def _restart(self, stage: Stage) -> int:
        host, now = stage.hosts[self._node], stage.loop.now
        stage.write(FaultRecord("crash", [self._node], now, now, 1))
        host.crash()
        host.start()
        return host.boot


class Upgrade(Leave):
    """A node leaves in good order, and its next life speaks the newer version of the wire too."""

    kind = "upgrade"

    def _come_back(self, stage: Stage) -> None:
        stage.wiring.upgrade(self._node)
        super()._come_back(stage)
