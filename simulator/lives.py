"""Lives that end or begin, as values like those of `faults.py`: nodes crash, leave in good order, and join."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from conformance.history import Fault as FaultRecord
from reference.effects import Respond
from reference.protocol import Request
from simulator.chance import Chance
from simulator.faults import OfNode, Stage
from simulator.host import OK, Host

ANSWERING = "answering"
"""In place of a node's name: whichever node gives the answer that is counted."""
DENIED = 401


class Crash(OfNode):
    """A node is gone without a word, and a new life of it begins when the fault is undone."""

    kind = "crash"

    def __init__(self, at: int, lasts: int | None, node: str) -> None:
        """Make a crash.

        Args:
            at: when, µs.
            lasts: how long the node stays away, µs; None for ever, whatever heals.
            node: who; nothing happens when it is down already.
        """
        super().__init__(at, lasts, node)
        self._boot = 0

    def do(self, stage: Stage, chance: Chance) -> None:
        """Bring the node down."""
        del chance
        self._strike(stage)

    def undo(self, stage: Stage) -> None:
        """Start the node again, unless it is to stay away or others have started it."""
        self._come_back(stage)

    def _strike(self, stage: Stage) -> None:
        host = stage.hosts[self._node]
        if host.up:
            self._boot = host.boot
            self._begins(stage)
            host.crash()

    def _come_back(self, stage: Stage) -> None:
        if self.begun is None or self.ended is not None or self.lasts is None:
            return
        host = stage.hosts[self._node]
        if not host.up and host.boot == self._boot:
            self._ends(stage)
            host.start()


class CrashOnEvent(Crash):
    """A node is gone in the very turn in which the nth answer of a kind leaves a node: its client hears that answer.

    What the node would have done after the answer in that turn, it never does.
    """

    EVENTS: Mapping[str, tuple[str, str, int]] = MappingProxyType(
        {
            "write": ("PUT", "/session/data/", OK),
            "login": ("POST", "/login", OK),
            "logout": ("POST", "/logout", OK),
            "denial": ("", "/", DENIED),
        }
    )
    """Name of an event: method of a request ("" any), beginning of its path, and the status of its answer."""

    def __init__(self, node: str, event: str, count: int, back_after: int | None) -> None:
        """Make a crash on an event.

        Args:
            node: who goes down, or ANSWERING for the node whose answer it is.
            event: one of EVENTS, counted over all nodes from the start of the run.
            count: which of them, from 1.
            back_after: how long the node stays away, µs; None for ever, whatever heals.
        """
        super().__init__(0, back_after, node)
        self._method, self._path, self._status = self.EVENTS[event]
        self._left = count
        self._stage: Stage

    @property
    def undone_at(self) -> int | None:
        """Not known before it strikes."""
        return None

    @property
    def nodes(self) -> list[str]:
        """The node; nobody as long as any node may be the one."""
        return [] if self._node == ANSWERING else [self._node]

    def do(self, stage: Stage, chance: Chance) -> None:
        """Begin to count."""
        del chance
        self._stage = stage
        for host in stage.hosts.values():
            host.on_respond.append(self._count)

    def undo(self, stage: Stage) -> None:
        """Count no longer, and start the node again if it is to come back and has not."""
        for host in stage.hosts.values():
            host.on_respond.remove(self._count)
        self._come_back(stage)

    def _count(self, host: Host, request: Request, answer: Respond) -> None:
        counts = answer.status == self._status and request.path.startswith(self._path)
        if not counts or self._method not in ("", request.method) or self._left == 0:
            return
        self._left -= 1
        if self._left > 0:
            return
        if self._node == ANSWERING:
            self._node = host.name
        stage = self._stage
        self._strike(stage)
        if self.lasts is not None:
            stage.loop.after(self.lasts, partial(self._come_back, stage))


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


class Join(OfNode):
    """A node starts for the first time; before that there is none of that name, and discovery does not find it."""

    kind = "join"

    def __init__(self, at: int, node: str) -> None:
        """Make a join.

        Args:
            at: when the node starts, µs.
            node: who.
        """
        super().__init__(at, 0, node)

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
