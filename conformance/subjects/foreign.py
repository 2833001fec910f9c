"""One life of a foreign node as a machine of the world: turns become lines, and lines become effects.

The same for a program over pipes and for an object in this process: what differs is how a line gets there (`Peer`).
Bodies of messages are carried as the JSON that the node wrote, unread.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import UNSET, Raw

from conformance.subjects.adapter import PART_2_TURNS, BrokenAdapter, WrongLine, kept, shown
from conformance.subjects.lines import (
    Discovered,
    InitLine,
    Input,
    MessageLine,
    Output,
    RequestLine,
    StopLine,
    TimerLine,
)
from conformance.subjects.probe import check_shape
from reference.effects import CancelAlarm, Effect, Note, Respond, Send, SetAlarm, Stopped
from reference.protocol import Init, Request

RINGS, RINGS_WITHIN_US = 50_000, 500_000
"""So many timers may not ring within so little of a node's own time: it would hardly move on. Messages are not counted,
of which any number comes at once after a pause."""
ANSWERED_KEPT = 1_000
"""Answered requests that are remembered, to tell an answer given twice from one to nobody."""


class Peer(Protocol):
    """The other end of one node's lines."""

    def turn(self, line: Input, what: str) -> Sequence[tuple[Output, bytes]]:
        """Say a line and return what is answered, each line with its bytes, without `done`.

        Args:
            line: what is said; its `id` is the caller's.
            what: the turn in words, for errors.

        Raises:
            BrokenAdapter: the protocol is broken.
        """

    def broken(self, what: str, wrong: WrongLine) -> BrokenAdapter:
        """Make the error for something that is wrong with an answer, with what this end knows of the node."""


class ForeignNode:
    """A life of a foreign node; a `simulator.host.Machine`.

    Args:
        peer: its other end, to which nothing has been said yet but `hello`.
        init: how it begins.
        first_id: the id of the first line.
    """

    def __init__(self, peer: Peer, init: Init, first_id: int) -> None:
        self._peer = peer
        self._init = init
        self._id = first_id
        self._rings, self._since = 0, 0
        self._leaves = False
        self._open: dict[str, Request] = {}
        self._answered: dict[str, None] = {}

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Begin: the line `init`, with what discovery finds."""
        init = self._init
        line = InitLine(self._next(), wall, mono, init.node, init.boot, init.cluster, peers, init.seed, init.config)
        return self._turn(line, "init")

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Hear what discovery finds now."""
        return self._turn(Discovered(self._next(), wall, mono, peers), "discovered")

    def lookup_failed(self, why: str, wall: int, mono: int) -> list[Effect]:
        """Hear that discovery could not be asked."""
        return self._turn(Discovered(self._next(), wall, mono, error=why), "discovered")

    def receive(self, sender: str, channel: Any, message: Any, wall: int, mono: int) -> list[Effect]:
        """Take a message of another node, as the JSON that it wrote."""
        return self._turn(MessageLine(self._next(), wall, mono, sender, channel, Raw(message)), "message")

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        """Hear that a timer is due."""
        line = TimerLine(self._next(), wall, mono, alarm)
        self._rings += 1
        if self._rings == RINGS:
            self._refuse_a_storm(line)
        return self._turn(line, "timer")

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        """Take a client's request."""
        self._open[request.id] = request
        line = RequestLine(
            self._next(),
            wall,
            mono,
            request.id,
            request.method,
            request.host,
            request.path,
            request.secure,
            request.cookie,
            request.headers,
            request.body,
        )
        return self._turn(line, "request")

    def leave(self, wall: int, mono: int) -> list[Effect]:
        """Begin to leave."""
        self._leaves = True
        return self._turn(StopLine(self._next(), wall, mono), "stop")

    def _next(self) -> int:
        self._id += 1
        return self._id

    def _turn(self, line: Input, op: str) -> list[Effect]:
        said = self._peer.turn(line, op)
        if not said:
            return []
        effects: list[Effect] = []
        try:
            for output, raw in said:
                effects.append(self._effect(output, raw))
        except WrongLine as wrong:
            where = f"turn {line.id} ({op}), line {len(effects) + 1} of its answer"
            raise self._peer.broken(where, wrong) from None
        return effects

    def _refuse_a_storm(self, line: TimerLine) -> None:
        """See how long the last `RINGS` timers took; asked once for all of them.

        Raises:
            BrokenAdapter: too short.
        """
        took_us, self._since, self._rings = line.mono - self._since, line.mono, 0
        if took_us >= RINGS_WITHIN_US:
            return
        wrong = WrongLine(
            "timer",
            f"{RINGS:,} timers that rang within {took_us / 1_000_000:g} s of its own time",
            "fewer",
            f"set {line.name!r} to ring later: `after` is in microseconds, 200000 for 200 ms",
            PART_2_TURNS,
        )
        raise self._peer.broken(f"turn {line.id} (timer)", wrong)

    def _effect(self, output: Output, raw: bytes) -> Effect:
        if output.send is not UNSET:
            return Send(output.send, str(output.channel), bytes(output.body))  # type: ignore[arg-type] # decode() saw it
        if output.timer is not UNSET:
            return CancelAlarm(output.timer) if output.after is UNSET else SetAlarm(output.timer, output.after)
        if output.respond is not UNSET:
            return self._answer(output, raw)
        if output.stopped is not UNSET:
            if self._leaves:
                return Stopped()
            found, mend = "a line `stopped`, and nobody asked it to stop", "say it after the line `stop`"
            raise WrongLine("stopped", found, "none before `stop`", mend, PART_2_TURNS, shown(raw))
        if output.note is not UNSET:
            fields = kept(raw, "", raw)
            return Note(fields.pop("note"), fields)
        if output.unsupported is not UNSET:
            return Note("unsupported", {"what": output.unsupported})
        raise WrongLine(
            "re", "a line `re` in a later turn", "it only in the answer to hello", "leave it out", PART_2_TURNS
        )

    def _answer(self, output: Output, raw: bytes) -> Respond:
        request = str(output.respond)
        if request not in self._open:
            twice = request in self._answered
            found = (
                f"{request!r}, which was answered before" if twice else f"{request!r}, which nobody asked of this life"
            )
            mend = "answer every request once" if twice else "answer with the `request` of a request line"
            raise WrongLine("respond", found, "a request that waits for its answer", mend, line=shown(raw))
        asked = self._open.pop(request)
        self._answered[request] = None
        if len(self._answered) > ANSWERED_KEPT:
            del self._answered[next(iter(self._answered))]
        headers = () if output.headers is UNSET else tuple(output.headers)
        body = None if output.body is UNSET else kept(bytes(output.body), "body", raw)
        answer = Respond(request, int(output.status), headers, body)  # type: ignore[arg-type] # decode() saw it
        check_shape(asked, answer, raw)
        return answer
