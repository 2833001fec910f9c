"""Performs one node's effects and hands it what comes due: messages, alarms, requests, what discovery found.

The only caller of a node. It knows lives, pauses and clocks, and nothing of sessions: the node is any `Machine`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from conformance.trace import Died, Started
from reference.effects import CancelAlarm, Effect, Respond, Send, SetAlarm, Stopped
from reference.holdings import Holdings
from reference.protocol import Request
from simulator.clock import ALARM, Loop, NodeClock, s
from simulator.network import Network
from simulator.trace import Recorder

LEAVE_WITHIN_US = s(120)
"""How long a node may take to leave before it is killed (protocol, part 2)."""
OK = 200

Answered = Callable[[Respond | None], None]
"""Hears the answer to a request, or None when the connection was refused or broke."""


class Machine(Protocol):
    """A node without I/O: every turn is given the node's clocks and returns what the node asks for.

    `wall` is µs since 1970 and may step back; `mono` is µs since the boot began.
    """

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Begin, with what discovery finds."""

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Hear what discovery finds now."""

    def lookup_failed(self, why: str, wall: int, mono: int) -> list[Effect]:
        """Hear that discovery could not be asked."""

    def receive(self, sender: str, channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        """Take a message of another node."""

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        """Hear that an alarm rings."""

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        """Take a client's request, to be answered in this turn or a later one."""

    def leave(self, wall: int, mono: int) -> list[Effect]:
        """Begin to leave."""


@runtime_checkable
class Accountable(Protocol):
    """A node that tells what it holds; no node has to."""

    def holdings(self) -> Holdings:
        """Count what it holds; no turn, and nothing changes by it."""


class UnaskedAnswer(Exception):
    """A node answered a request that is not open: never asked, or answered before."""

    def __init__(self, node: str, request: str) -> None:
        """Make the error; its fields are its arguments, since SimPy makes escaping errors anew from them."""
        super().__init__(node, request)

    def __str__(self) -> str:
        """Name node and request."""
        node, request = self.args
        return f"node '{node}' answered request '{request}', which is not open; answer every request once"


class LookupFailed(Exception):
    """Discovery could not be asked; what `peers` raises to have the node told so."""


class _Alarm(Struct, eq=False):
    """One alarm; it means nothing once its name has another, or none."""

    host: "Host"
    name: str


class Host:
    """One machine of the cluster, on which lives of a node follow each other.

    Attributes:
        name: the node.
        boot: the number of the current or last life, 0 before the first.
        up: whether a life is going on.
        paused: whether it stands still: what comes due is kept until it goes on.
        slow_us: how long a message, an alarm or a request takes it, one at a time, µs; 0 no time.
        put_off: how much it did later than it was due, because it is slow.
        ready: whether the node said at the last probe that it may be sent requests.
        clock: the machine's clocks.
        found: whom discovery named when the life began.
        on_respond: called with host, request and answer when the node answers, before the answer is handed on; may
            crash the node, which then performs nothing more, while the answer has left.
        on_end: called with the host when a life ends, before those hear of it whose requests broke.
        on_pause: called with the host when it begins to stand still.
    """

    __slots__ = (
        "_alarms", "_busy", "_give_account", "_keeps", "_kept", "_loop", "_machine", "_make", "_network", "_open",
        "_peers", "_poll_us", "_probe", "_recorder", "boot", "clock", "found", "name", "on_end", "on_pause",
        "on_respond", "paused", "put_off", "ready", "slow_us", "up",
    )  # fmt: skip

    def __init__(
        self,
        loop: Loop,
        name: str,
        make: Callable[[int], Machine],
        network: Network,
        recorder: Recorder,
        clock: NodeClock,
        peers: Callable[[], tuple[str, ...]],
        poll_us: int,
    ) -> None:
        """Make a machine on which no node runs yet.

        Args:
            loop: the world's event loop.
            name: the node.
            make: makes the node of a life, given the life's number.
            network: carries its messages.
            recorder: takes down what happens to it.
            clock: the machine's clocks.
            peers: what discovery finds now, without the node itself; raises `LookupFailed` when it cannot be asked.
            poll_us: how often discovery is asked, µs.
        """
        self.name = name
        self.boot = 0
        self.up = False
        self.paused = False
        self.slow_us = 0
        self.put_off = 0
        self.ready = False
        self.clock = clock
        self.found: tuple[str, ...] = ()
        self.on_respond: list[Callable[[Host, Request, Respond], None]] = []
        self.on_end: list[Callable[[Host], None]] = []
        self.on_pause: list[Callable[[Host], None]] = []
        self._loop = loop
        self._make = make
        self._network = network
        self._recorder = recorder
        self._peers = peers
        self._poll_us = poll_us
        self._machine: Machine
        self._give_account: Callable[[], Holdings] | None = None
        self._alarms: dict[str, _Alarm] = {}
        self._open: dict[str, tuple[Request, Answered]] = {}
        self._keeps = False  # whether what comes due is kept: asked before every turn, so it is one name
        self._kept: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._busy = False
        self._probe = Request(f"probe-{name}", "GET", "/status", name)

    # ------------------------------------------------------------------------------------------------------- lives

    def start(self) -> None:
        """Begin the next life: a new node that remembers nothing."""
        if self.up:
            raise RuntimeError(f"node '{self.name}' is up (boot {self.boot}); crash it before it starts again")
        now = self._loop.now
        self.boot += 1
        self.up = True
        self.clock.begin(now)
        try:
            self.found = self._peers()
        except LookupFailed:
            self.found = ()  # as good as nobody: the next lookup says more
        self._machine = self._make(self.boot)
        self._give_account = self._machine.holdings if isinstance(self._machine, Accountable) else None
        self._network.attach(self.name, self._receive)
        self._recorder.line(Started(now, self.name, self.boot))
        self._loop.push(now + self._poll_us, ALARM, self._poll, self.boot)
        self._turn(self._machine.start, self.found)

    def crash(self, *, drop_sent: bool = True) -> None:
        """End the life without a word: open requests break, alarms are gone, messages on the way to it are lost.

        Args:
            drop_sent: whether what it sent and has not arrived is lost too.
        """
        if self.up:
            self._end(drop_sent=drop_sent)

    def leave(self) -> None:
        """Have the node leave; it is killed if it has not stopped after 120 s."""
        if not self.up:
            return
        self._loop.push(self._loop.now + LEAVE_WITHIN_US, ALARM, self._kill, self.boot)
        self._do(self._take_leave)

    def pause(self) -> None:
        """Let the node stand still."""
        self.paused = self.up
        if self.paused:
            self._keeps = True
            for hear in self.on_pause:
                hear(self)

    def resume(self) -> int:
        """Let the node go on: both its clocks have moved on, and what came due is handed over in order of due time.

        Returns:
            How many messages, alarms and requests came due meanwhile.
        """
        self.paused = False
        came_due = len(self._kept)
        self._do_what_was_kept()
        return came_due

    def slow_down(self, by_us: int) -> None:
        """Let each turn take so long, µs; with 0 what waits is done at once, unless the node stands still."""
        self.slow_us = by_us
        if by_us:
            self._keeps = True
        elif not self.paused:
            self._do_what_was_kept()

    def _do_what_was_kept(self) -> None:
        self._keeps = False
        while self._kept and not self.paused:  # a crash in one of these turns forgets the rest, a pause keeps it
            act, arguments = self._kept.popleft()
            act(*arguments)
        self._keeps = self.paused or self.slow_us > 0

    def _keep(self, act: Callable[..., None], *arguments: Any) -> None:
        """Put off what came due: until the node goes on, or until what came before is done."""
        self._kept.append((act, arguments))
        if self.slow_us and not self.paused:
            self._work()

    def _work(self) -> None:
        """Let a slow node take up the next thing, which is done once it has taken so long, unless it is busy."""
        if self._kept and not self._busy:
            self._busy = True
            self._loop.push(self._loop.now + self.slow_us, ALARM, self._finish, self.boot)

    def _finish(self, boot: int) -> None:
        if boot != self.boot or not self.up:
            return
        self._busy = False
        if not self.slow_us or self.paused or not self._kept:
            return
        act, arguments = self._kept.popleft()
        self.put_off += 1
        self._keeps = False
        act(*arguments)
        self._keeps = self.paused or self.slow_us > 0
        self._work()

    def _kill(self, boot: int) -> None:
        if boot == self.boot:
            self.crash()

    def _end(self, *, drop_sent: bool) -> None:
        self.up = self.paused = self.ready = self._busy = False
        self._keeps = self.slow_us > 0
        self._alarms.clear()
        self._kept.clear()
        self._network.detach(self.name, drop_sent=drop_sent)
        self._recorder.line(Died(self._loop.now, self.name))
        for hear in self.on_end:
            hear(self)
        broken, self._open = self._open, {}
        for _, answered in broken.values():
            answered(None)

    # --------------------------------------------------------------------------------------------------- from clients

    def request(self, request: Request, answered: Answered) -> None:
        """Hand a client's request to the node, now; call from an event of priority REQUEST, which keeps the order.

        Args:
            request: its id must not be open at this node.
            answered: called once: with the answer, or with None when nobody is up here or the life ends first.
        """
        if not self.up:
            answered(None)
            return
        self._open[request.id] = (request, answered)
        if self._keeps:
            self._keep(self._take_request, request)
        else:
            self._take_request(request)

    def probe_ready(self) -> bool:
        """Ask the node in a turn of its own whether it may be sent requests, as `GET /status` does.

        Returns:
            What it says; False while it is down; what it said last while it is paused. Only an answer that differs from
            the last is taken down, so that asking often costs the trace nothing.
        """
        if self.up and not self.paused and self._probe.id not in self._open:
            self._open[self._probe.id] = (self._probe, self._probed)
            self._turn(self._machine.request, self._probe)
        return self.ready

    def _probed(self, answer: Respond | None) -> None:
        ready = answer is not None and answer.status == OK
        if answer is not None and ready is not self.ready:
            self._recorder.effect(self._loop.now, self.name, answer)
        self.ready = ready

    def holdings(self) -> Holdings | None:
        """Tell what the node holds by its own account, nothing while it is down; None where it gives no account."""
        if not self.up:
            return Holdings()
        return None if self._give_account is None else self._give_account()

    # --------------------------------------------------------------------------------------------------- what comes due

    def _do(self, act: Callable[..., None], *arguments: Any) -> None:
        """Do something that came due, or keep it while the node stands still or is slow."""
        if self._keeps:
            self._keep(act, *arguments)
        else:
            act(*arguments)

    def _receive(self, sender: str, channel: str, message: Any) -> None:
        if self._keeps:
            self._keep(self._receive, sender, channel, message)
            return
        now = self._loop.now
        clock = self.clock  # read here and in `_ring` without `read`: a call less a message is 1 %
        wall = clock.base + now if clock.steady else clock.read(now)[0]
        effects = self._machine.receive(sender, channel, message, wall, now - clock.begun)
        if effects:  # an acknowledgement leads to nothing
            self._perform(effects, now)

    @staticmethod
    def _ring(alarm: _Alarm) -> None:
        self, name = alarm.host, alarm.name
        if self._alarms.get(name) is not alarm:
            return
        if self._keeps:
            self._keep(Host._ring, alarm)  # a message that came due before may still cancel it
            return
        del self._alarms[name]
        now = self._loop.now
        self._recorder.rang(now, self.name, name)
        clock = self.clock
        wall = clock.base + now if clock.steady else clock.read(now)[0]
        self._perform(self._machine.ring(name, wall, now - clock.begun), now)

    def _take_request(self, request: Request) -> None:
        now = self._loop.now
        self._recorder.asked(now, self.name, request)
        wall, mono = self.clock.read(now)
        self._perform(self._machine.request(request, wall, mono), now)

    def _take_leave(self) -> None:
        self._turn(self._machine.leave)

    def _poll(self, boot: int) -> None:
        if boot == self.boot and self.up:
            self._do(self._look_up)

    def _look_up(self) -> None:
        """Ask discovery and come again; a node that stood still asks once, not for every time that it missed."""
        self._loop.push(self._loop.now + self._poll_us, ALARM, self._poll, self.boot)
        try:
            peers = self._peers()
        except LookupFailed as failed:
            self._turn(self._machine.lookup_failed, str(failed))
        else:
            self._turn(self._machine.discovered, peers)

    # --------------------------------------------------------------------------------------------------------- effects

    def _turn(self, turn: Callable[..., list[Effect]], *arguments: Any) -> None:
        now = self._loop.now
        self._perform(turn(*arguments, *self.clock.read(now)), now)

    def _perform(self, effects: Sequence[Any], now: int) -> None:
        """Do what the node asks for, in order; by class with `is`, the fastest readable way, to which mypy is blind."""
        name = self.name
        for effect in effects:
            kind = type(effect)
            if kind is Send:
                self._network.carry(name, effect.to, effect.channel, effect.message)
            elif kind is SetAlarm:
                self._recorder.effect(now, name, effect)
                alarm = self._alarms[effect.name] = _Alarm(self, effect.name)
                self._loop.push(now + effect.after, ALARM, _ring, alarm)
            elif kind is CancelAlarm:
                self._recorder.effect(now, self.name, effect)
                self._alarms.pop(effect.name, None)
            elif kind is Respond:
                boot = self.boot
                self._answer(effect, now)
                if self.boot != boot or not self.up:
                    return  # it died with its answer on the way
            elif kind is Stopped:
                self._recorder.effect(now, self.name, effect)
                self._end(drop_sent=False)
                return
            else:
                self._recorder.note(now, name, effect)

    def _answer(self, answer: Respond, now: int) -> None:
        asked = self._open.pop(answer.request, None)
        if asked is None:
            raise UnaskedAnswer(self.name, answer.request)
        request, answered = asked
        if request is not self._probe:
            self._recorder.effect(now, self.name, answer)
            for hear in self.on_respond:
                hear(self, request, answer)
        answered(answer)


_ring = Host._ring  # noqa: SLF001 # its own
"""What every alarm calls: a method of each host would lie cold in memory by its next alarm."""
