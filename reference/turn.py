"""One turn of a node: what its clocks say, and the effects that its parts ask for.

The parts of a node share one `Turn`; the node opens it with the clocks of each input and hands the effects out at the
end. No part keeps a reading of a clock beyond the turn except as a deadline.
"""

from collections.abc import Callable
from typing import Any

from reference.effects import CancelAlarm, Effect, Note, Respond, Send, SetAlarm
from reference.protocol import DATA, MEMBERSHIP

ANY = (-(2**63), 2**63)
NEVER = (1, 0)
"""Bounds that every clock keeps, and that none does."""


class Turn:
    """The clocks of the current turn, in microseconds, and the effects gathered so far.

    Attributes:
        wall: the wall clock that the node goes by, since 1970; it may step back.
        mono: the monotonic clock of this boot, from 0.
        sure: what wall minus mono was in a turn that took the node's own wall clock as it is, and is in the next ones
            unless the clock was set or drifts; None where nothing is sure.
        believe: chooses, given both clocks, what the node goes by where the own one is out of bounds.
        shift: how far that is ahead of what the node's own clock shows.
        alarms: the names of those that wait to ring; who rings one takes it out.
        heard_at: when any member was last heard, by the monotonic clock; None before the first word.
        view_moves: whether somebody came, went or changed in this turn, or this node leaves: the node sees to it once
            the turn's own work is done.
        passed_on: by the id of a request that another node passed on, what takes the answer.
    """

    __slots__ = (
        "_high", "_low", "alarms", "believe", "effects", "heard_at", "mono", "passed_on", "shift", "sure", "view_moves",
        "wall",
    )  # fmt: skip

    def __init__(self) -> None:
        self.wall = 0
        self.mono = 0
        self.sure: int | None = None
        self._low, self._high = ANY
        self.believe: Callable[[int, int], int] = lambda wall, _mono: wall
        self.shift = 0
        self.effects: list[Effect] = []
        self.alarms: set[str] = set()
        self.heard_at: int | None = None
        self.view_moves = False
        self.passed_on: dict[str, Callable[[Respond], None]] = {}

    def open(self, wall: int, mono: int) -> None:
        """Begin a turn with what the clocks say."""
        self.mono = mono
        self.wall = wall if wall - mono == self.sure else self.read(wall, mono)

    def read(self, wall: int, mono: int) -> int:
        """Say what the node goes by when its clocks show that."""
        if self._low <= wall - mono <= self._high:
            self.sure = wall - mono
            return wall
        return self.believe(wall, mono)

    def bound(self, low: int, high: int) -> None:
        """Take the node's own wall clock as it is where wall minus mono lies between these."""
        self._low, self._high = low, high
        self.sure = None

    def shown(self) -> int:
        """Say what the node's own wall clock shows, right or wrong."""
        return self.wall - self.shift

    def close(self) -> list[Effect]:
        """End the turn and hand out its effects, in the order in which they were asked for."""
        effects, self.effects = self.effects, []
        return effects

    def gossip(self, to: str, message: Any) -> None:
        """Send on the membership channel."""
        self.effects.append(Send(to, MEMBERSHIP, message))

    def send(self, to: str, message: Any) -> None:
        """Send on the data channel."""
        self.effects.append(Send(to, DATA, message))

    def alarm(self, name: str, after: int) -> None:
        """Set an alarm, replacing one of that name; an instant already past rings in the next microsecond."""
        self.alarms.add(name)
        self.effects.append(SetAlarm(name, after if after > 0 else 1))

    def alarm_unless_set(self, name: str, after: int) -> None:
        """Set an alarm unless one of that name is waiting already."""
        if name not in self.alarms:
            self.alarm(name, after)

    def cancel(self, name: str) -> None:
        """Cancel an alarm if it is waiting."""
        if name in self.alarms:
            self.alarms.discard(name)
            self.effects.append(CancelAlarm(name))

    def respond(self, answer: Respond) -> None:
        """Answer a request: the client, or the node that passed it on."""
        take = self.passed_on.pop(answer.request, None) if self.passed_on else None
        if take is None:
            self.effects.append(answer)
        else:
            take(answer)

    def note(self, kind: str, **fields: Any) -> None:
        """Leave a note for logs and pictures; it decides nothing and carries no secret."""
        self.effects.append(Note(kind, fields))
