"""Runs one node on real time and real sockets: what `simulator.host` is in a simulated world.

Turns come from the loop: an alarm, a frame, a request, a round of discovery. Nothing here waits within a turn, and
nothing decides what only the node may decide. A turn that raises ends the node: what it would do next nobody knows.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from reference.effects import CancelAlarm, Effect, Note, Respond, Send, SetAlarm, Stopped
from reference.live.clocks import SECOND, Clocks
from reference.live.log import Log
from reference.live.metrics import Metrics
from reference.live.network import Network
from reference.live.peers import Peers
from reference.live.spans import JOIN, LEVEL, Spans
from reference.node import Node
from reference.protocol import Request


class Runtime:
    """One life of a node.

    Args:
        node: not yet started.
        network: None for a node with the local store.
        poll_us: how often discovery is asked.
        clocks: what the node is told of time.
        log: takes its notes.
        metrics: counts.
        failed: called with what ends the node against its will.
    """

    def __init__(
        self,
        node: Node,
        network: Network | None,
        poll_us: int,
        clocks: Clocks,
        log: Log,
        metrics: Metrics,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.node = node
        self.stopped = asyncio.Event()
        self.clocks = clocks
        self.log = log
        self.metrics = metrics
        self.fail = failed
        self.spans = Spans(log, clocks.mono) if log.writes(LEVEL) else None
        if self.spans is not None:
            self.spans.watch(node.comparison)
        self._loop = asyncio.get_running_loop()
        self._alarms: dict[str, asyncio.TimerHandle] = {}
        self._open: dict[str, asyncio.Future[Respond]] = {}
        self._peers = Peers(self, network, poll_us) if network is not None else None

    async def start(self) -> None:
        """Open the sockets and begin the life."""
        if self.spans is not None:
            self.spans.begin(JOIN, JOIN)
        if self._peers is None:
            self.turn(self.node.start, ())
            return
        await self._peers.open()
        names = await self._peers.first_meeting()
        self.turn(self.node.start, names)
        self._peers.poll_for_ever()

    async def ask(self, request: Request) -> Respond:
        """Hand in a client's request and wait for the answer; ids must differ."""
        answer: asyncio.Future[Respond] = self._loop.create_future()
        self._open[request.id] = answer
        self.turn(self.node.request, request)
        try:
            return await answer
        finally:
            self._open.pop(request.id, None)

    def leave(self) -> None:
        """Say goodbye; `stopped` is set once the node is done."""
        if not self.stopped.is_set():
            self.turn(self.node.leave)

    def close(self) -> None:
        """Stop whatever goes on, without a word."""
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()
        if self._peers is not None:
            self._peers.close()

    # ----------------------------------------------------------------------------------------------------------- turns

    def turn(self, act: Callable[..., list[Effect]], *arguments: Any) -> None:
        """Give the node a turn and do what it asks for."""
        try:
            effects = act(*arguments, self.clocks.wall(), self.clocks.mono())
            if self.spans is not None:
                self.spans.asked_for(effects)
            self._perform(effects)
        except Exception as error:  # noqa: BLE001 - whatever it is, a node in an unknown state must not go on
            self.fail(error)

    def _perform(self, effects: Sequence[Any]) -> None:
        for effect in effects:
            kind = effect.__class__
            if kind is Send:
                if self._peers is not None:
                    self._peers.send(effect)
            elif kind is SetAlarm:
                self._cancel(effect.name)
                self._alarms[effect.name] = self._loop.call_later(effect.after / SECOND, self._ring, effect.name)
            elif kind is CancelAlarm:
                self._cancel(effect.name)
            elif kind is Respond:
                asked = self._open.get(effect.request)
                if asked is not None and not asked.done():  # else the client has gone
                    asked.set_result(effect)
            elif kind is Note:
                self.log.note(effect.kind, effect.fields)
            elif kind is Stopped:
                self.stopped.set()

    def _cancel(self, name: str) -> None:
        alarm = self._alarms.pop(name, None)
        if alarm is not None:
            alarm.cancel()

    def _ring(self, name: str) -> None:
        del self._alarms[name]
        self.turn(self.node.ring, name)
