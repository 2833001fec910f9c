"""What befalls nodes and the network, as values: when, for how long, how to do it and how to undo it.

A fault acts through a `Stage` and knows no world, no scenario and no client; `timetable.py` does and undoes faults in
time. Here are the base of all, and what befalls a node that lives on. Beside it: troubles of links (`link_faults.py`),
lives that end or begin (`lives.py`), lookups (`lookup_faults.py`), keys and frames (`wire_faults.py`).
"""

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from conformance.history import Clock as ClockRecord
from conformance.history import Fault as FaultRecord
from conformance.history import Record
from conformance.trace import Struck
from simulator.chance import Chance
from simulator.clock import SECOND_US, Loop, ms, s
from simulator.discovery import Discovery
from simulator.host import Host
from simulator.network import Network
from simulator.trace import Recorder
from simulator.wiring import Wiring


class Stage(Protocol):
    """What faults act on."""

    @property
    def loop(self) -> Loop:
        """The world's event loop."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Every node's host by name, in the order of the cluster."""

    @property
    def network(self) -> Network:
        """What lies between them."""

    @property
    def wiring(self) -> Wiring:
        """The keys and versions of the nodes' wires; nothing to anybody where the wire is not sealed."""

    @property
    def cookie_domains(self) -> dict[str, str | None]:
        """The cookie's domain of each node's next life, where that is not the configured one."""

    @property
    def discovery(self) -> Discovery:
        """What nodes find when they ask whom there is."""

    @property
    def recorder(self) -> Recorder:
        """Takes down when faults begin and end."""

    def write(self, record: Record) -> None:
        """Write a line of the history."""


class Fault:
    """Something done at one instant and, unless it is for ever, undone at another.

    Attributes:
        kind: what history and trace call it.
        at: when it is done, µs since the start of the run.
        lasts: how long until it is undone, µs; None when only the healing at the end of the faults undoes it.
        begun, ended: when it was really done and undone; None as long as it was not.
        touched: how much it changed: messages for the network's faults, crashes for a crash, and for a pause what came
            due meanwhile.
    """

    kind = ""

    def __init__(self, at: int, lasts: int | None) -> None:
        """Put a fault on the timetable."""
        self.at = at
        self.lasts = lasts
        self.begun: int | None = None
        self.ended: int | None = None

    @property
    def undone_at(self) -> int | None:
        """When the timetable undoes it, µs since the start of the run."""
        return None if self.lasts is None else self.at + self.lasts

    @property
    def touched(self) -> int:
        """How much the fault has changed so far."""
        raise NotImplementedError

    @property
    def nodes(self) -> list[str]:
        """Whom it concerns, in the order of the fault's own text; empty for the whole network."""
        raise NotImplementedError

    def do(self, stage: Stage, chance: Chance) -> None:
        """Do it; `chance` is this fault's own part of the run's."""
        raise NotImplementedError

    def undo(self, stage: Stage) -> None:
        """Undo it; called only after `do`, and once."""
        raise NotImplementedError

    def history_record(self) -> FaultRecord | None:
        """Return the history's line, None if it never came to be."""
        if self.begun is None:
            return None
        return FaultRecord(self.kind, self.nodes, self.begun, self.ended, self.touched)

    def history_records(self) -> list[FaultRecord]:
        """Return every line that the history has of it: one, unless it comes and goes; none if it never came to be."""
        record = self.history_record()
        return [] if record is None else [record]

    def _begins(self, stage: Stage) -> None:
        self.begun = stage.loop.now
        stage.recorder.line(Struck(self.begun, self.kind, self.nodes, True))  # noqa: FBT003 # a field, by its place

    def _ends(self, stage: Stage) -> None:
        self.ended = stage.loop.now
        stage.recorder.line(Struck(self.ended, self.kind, self.nodes, False))  # noqa: FBT003 # as above


class OfNode(Fault):
    """What befalls one node."""

    def __init__(self, at: int, lasts: int | None, node: str) -> None:
        """Put it on the timetable; times as in `Fault`."""
        super().__init__(at, lasts)
        self._node = node

    @property
    def touched(self) -> int:
        """1 once it was done."""
        return 0 if self.begun is None else 1

    @property
    def nodes(self) -> list[str]:
        """The node."""
        return [self._node]


class Pause(OfNode):
    """A node stands still; what came due meanwhile is handed over when it goes on."""

    kind = "pause"

    def __init__(self, at: int, lasts: int | None, node: str) -> None:
        """Make a pause.

        Args:
            at: when, µs.
            lasts: for how long, µs; None until the healing.
            node: who; nothing happens when it is down or stands still already.
        """
        super().__init__(at, lasts, node)
        self._boot = 0
        self._came_due = 0

    @property
    def touched(self) -> int:
        """How much came due meanwhile: known once the node goes on."""
        return self._came_due

    def do(self, stage: Stage, chance: Chance) -> None:
        """Let the node stand still."""
        del chance
        host = stage.hosts[self._node]
        if host.up and not host.paused:
            self._boot = host.boot
            self._begins(stage)
            host.pause()

    def undo(self, stage: Stage) -> None:
        """Let the node go on, unless it has died meanwhile."""
        if self.begun is None:
            return
        self._ends(stage)
        host = stage.hosts[self._node]
        if host.boot == self._boot and host.paused:
            self._came_due = host.resume()


class SlowNode(OfNode):
    """A node does one thing at a time, and takes long for each; what waits when that is over is done at once."""

    kind = "slow-node"

    def __init__(self, at: int, lasts: int | None, node: str, by_us: int) -> None:
        """Make a node slow.

        Args:
            at: when, µs.
            lasts: for how long, µs; None until the healing.
            node: who; lives of it that begin meanwhile are slow too.
            by_us: how long it takes for a message, an alarm or a request, µs.
        """
        super().__init__(at, lasts, node)
        self._by_us = by_us
        self._host: Host | None = None
        self._before = 0
        self._late = 0

    @property
    def touched(self) -> int:
        """How much it did later than it was due."""
        return self._late if self._host is None else self._host.put_off - self._before

    def do(self, stage: Stage, chance: Chance) -> None:
        """Let the node be slow."""
        del chance
        self._host = stage.hosts[self._node]
        self._before = self._host.put_off
        self._host.slow_down(self._by_us)
        self._begins(stage)

    def undo(self, stage: Stage) -> None:
        """Let it do what waits, and all else as fast as it can."""
        self._ends(stage)
        self._late, self._host = self.touched, None
        stage.hosts[self._node].slow_down(0)


class ClockOff(OfNode):
    """The wall clock of a node is set wrong, drifts or jumps; it is right again when the fault is undone.

    The history is told whenever the clock is set and, while it drifts, each time that it has moved by 1 ms.
    """

    kind = "clock"

    TOLD_EVERY_US = ms(1)
    """So much may the offset change before the history is told again, unless it changes very fast."""
    TOLD_AT_MOST_EVERY = ms(100)
    TOLD_AT_LEAST_EVERY = s(60)

    def __init__(
        self, at: int, lasts: int | None, node: str, *, offset_us: int | None, jump_us: int = 0, drift_ppm: int = 0
    ) -> None:
        """Make a fault of a clock.

        Args:
            at: when, µs of true time since the start of the run.
            lasts: for how long, µs; None until the healing.
            node: whose clock.
            offset_us: how far it is ahead of true time from then on; None leaves what it shows.
            jump_us: by how much it is set forward from what it shows; negative when it is set back.
            drift_ppm: µs that it gains in every second from then on; negative when it loses.
        """
        super().__init__(at, lasts, node)
        self._offset_us = offset_us
        self._jump_us = jump_us
        self._drift_ppm = drift_ppm
        self._setting = 0

    def do(self, stage: Stage, chance: Chance) -> None:
        """Set the clock, whether a node runs by it or not."""
        del chance
        self._begins(stage)
        shown = stage.hosts[self._node].clock.offset_us(stage.loop.now)
        self._set(stage, (shown if self._offset_us is None else self._offset_us) + self._jump_us, self._drift_ppm)

    def undo(self, stage: Stage) -> None:
        """Set the clock right, unless a later fault has set it: then that one does."""
        self._ends(stage)
        if stage.hosts[self._node].clock.setting == self._setting:
            self._set(stage, 0, 0)

    def _set(self, stage: Stage, offset_us: int, drift_ppm: int) -> None:
        clock = stage.hosts[self._node].clock
        clock.set(stage.loop.now, offset_us, drift_ppm)
        self._setting = clock.setting
        self._tell(stage)

    def _tell(self, stage: Stage) -> None:
        """Write how far the clock is off, and come again when it has moved on; checks take it for so until then.

        Of the offsets until then the greatest is told: whoever asks whether the clock was within its bound must not
        be told too little.
        """
        clock, now = stage.hosts[self._node].clock, stage.loop.now
        if clock.setting != self._setting:
            return
        offset = clock.offset_us(now)
        if clock.drift_ppm:
            wait = self.TOLD_EVERY_US * SECOND_US // abs(clock.drift_ppm)
            wait = max(self.TOLD_AT_MOST_EVERY, min(wait, self.TOLD_AT_LEAST_EVERY))
            offset = max(offset, clock.offset_us(now + wait), key=abs)
            stage.loop.after(wait, partial(self._tell, stage))
        stage.write(ClockRecord(self._node, now, offset))
