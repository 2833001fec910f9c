"""How long a member is suspected before it is held for dead: the more others have waited for it in vain, the shorter.

Source: Dadgar, Phillips and Currey, "Lifeguard: Local Health Awareness for More Accurate Failure Detection" (2018),
section IV-B; the values are memberlist's.
"""

from collections.abc import Callable

from reference.member import Member, Roster
from reference.settings import Timing
from reference.timing import shrunk_timeout, suspicion_timeout
from reference.turn import Turn


class Suspicions:
    """The suspected members of one node's view, and when each is given up.

    Args:
        turn: the node's.
        timing: the membership profile.
        roster: whom the node knows.
        give_up: called with a suspect whose time to refute is over.
    """

    def __init__(self, turn: Turn, timing: Timing, roster: Roster, give_up: Callable[[Member], None]) -> None:
        self.turn = turn
        self.timing = timing
        self.roster = roster
        self._give_up = give_up
        self.on_alarm = {"suspicion": self._ring}

    def begin(self, member: Member, by: str) -> None:
        """Give a member that somebody has waited for in vain its time to refute."""
        member.since = self.turn.mono
        member.suspected_by = (by,)
        member.least = suspicion_timeout(self.timing, len(self.roster.live()) + 1)

    def confirm(self, member: Member, by: str) -> bool:
        """Count somebody else who has waited for a suspect in vain; say whether that was news."""
        if by in member.suspected_by or len(member.suspected_by) > self._needed():
            return False
        member.suspected_by = (*member.suspected_by, by)
        self.reckon()
        return True

    def reckon(self) -> None:
        """Set the alarm for the first suspect whose time is over; call when suspicions or views have changed."""
        suspects = self.roster.suspects
        if suspects:
            needed = self._needed()
            self.turn.alarm("suspicion", min(_until(member, needed) for member in suspects.values()) - self.turn.mono)
        else:
            self.turn.cancel("suspicion")

    def _needed(self) -> int:
        """Say how many others must confirm for the shortest time: two in the LAN, no more than there are to do so."""
        roster = self.roster
        return min(self.timing.suspicion_multiplier - 2, len(roster.live()) - len(roster.suspects))

    def _ring(self) -> None:
        """Give those up whose time to refute is over."""
        needed = self._needed()
        over = [one for one in self.roster.suspects.values() if _until(one, needed) <= self.turn.mono]
        for member in over:
            self._give_up(member)
        if not over:
            self.reckon()


def _until(member: Member, needed: int) -> int:
    return member.since + shrunk_timeout(member.least, len(member.suspected_by) - 1, needed)
