"""What is believed of one other member of the cluster: its states, and the rumour that tells them.

How beliefs are weighed and spread is in `membership.py`.
"""

from reference.protocol import Rumour

ALIVE, SUSPECT, DEAD, LEFT = 0, 1, 2, 3
NAMES = ("alive", "suspect", "dead", "left")


class Member:
    """What is believed of one other member; `deadline` is when its suspicion ends, by the monotonic clock."""

    __slots__ = ("boot", "deadline", "incarnation", "name", "ready", "state")

    def __init__(self, rumour: Rumour) -> None:
        self.name = rumour.member
        self.deadline = 0
        self.believe(rumour)

    def believe(self, rumour: Rumour) -> None:
        """Take the rumour for the truth."""
        self.state = rumour.state
        self.incarnation = rumour.incarnation
        self.boot = rumour.boot
        self.ready = rumour.ready

    def rumour(self) -> Rumour:
        """Say what is believed."""
        return Rumour(self.name, self.state, self.incarnation, self.boot, self.ready)
