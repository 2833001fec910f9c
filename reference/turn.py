"""One turn of a node: what its clocks say, and the effects that its parts ask for.

The parts of a node share one `Turn`; the node opens it with the clocks of each input and hands the effects out at the
end. No part keeps a reading of a clock beyond the turn except as a deadline.
"""

from typing import Any

from reference.effects import CancelAlarm, Effect, Note, Respond, Send, SetAlarm
from reference.protocol import DATA, MEMBERSHIP


class Turn:
    """The clocks of the current turn, in microseconds, and the effects gathered so far.

    `wall` is the wall clock since 1970 and may step back; `mono` is the monotonic clock of this boot, from 0.
    """

    __slots__ = ("alarms", "effects", "mono", "wall")

    def __init__(self) -> None:
        self.wall = 0
        self.mono = 0
        self.effects: list[Effect] = []
        self.alarms: set[str] = set()

    def open(self, wall: int, mono: int) -> None:
        """Begin a turn with what the clocks say."""
        self.wall = wall
        self.mono = mono

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

    def rang(self, name: str) -> None:
        """Take note that the alarm of that name rang and waits no longer."""
        self.alarms.discard(name)

    def respond(self, answer: Respond) -> None:
        """Answer a request."""
        self.effects.append(answer)

    def note(self, kind: str, **fields: Any) -> None:
        """Leave a note for logs and pictures; it decides nothing and carries no secret."""
        self.effects.append(Note(kind, fields))
