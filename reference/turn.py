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
        low, high: between which wall minus mono must lie for the node's own wall clock to be taken as it is.
        believe: else chooses, given both clocks, what the node goes by.
        shift: how far that is ahead of what the node's own clock shows.
        alarms: the names of those that wait to ring; who rings one takes it out.
        passed_on: by the id of a request that another node passed on, what takes the answer.
    """

    __slots__ = ("alarms", "believe", "effects", "high", "low", "mono", "passed_on", "shift", "wall")

    def __init__(self) -> None:
        self.wall = 0
        self.mono = 0
        self.low, self.high = ANY
        self.believe: Callable[[int, int], int] = lambda wall, _mono: wall
        self.shift = 0
        self.effects: list[Effect] = []
        self.alarms: set[str] = set()
        self.passed_on: dict[str, Callable[[Respond], None]] = {}

    def open(self, wall: int, mono: int) -> None:
        """Begin a turn with what the clocks say."""
        self.mono = mono
        self.wall = wall if self.low <= wall - mono <= self.high else self.believe(wall, mono)

    def shown(self) -> int:
        """Say what the node's own wall clock shows, right or wrong."""
        return self.wall - self.shift

    def close(self) -> list[Effect]:
        """End the turn and hand out its effects, in the order in which they were asked for."""
        effects = self.effects
        self.effects = []
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
        self.effects.append(SetAlarm(name, max(1, after)))

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
