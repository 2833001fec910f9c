"""Whether a node may trust its own wall clock, judged by the clocks of the others, and what it goes by when it may not.

Readings come with the messages of membership; here they are only compared. Nothing here asks a clock or sends anything.
"""

from bisect import bisect_left, insort

from reference.membership import Membership
from reference.turn import ANY, NEVER, Turn


class Sanity:
    """One node's wall clock beside those of its live members.

    A clock is known by its epoch, in µs: what it shows while this node's monotonic clock shows 0. That stays the same
    as long as the clock runs evenly, so one reading judges every later turn, and a jump of the node's own clock is seen
    in the very turn in which it is first shown.

    The node measures itself by the median of all clocks, its own included, the lower one of an even number: of two
    nodes both believe the earlier. One that is further from it than two clocks within the contract can be goes by the
    median, so that what it takes part in (replication, logout, revocation) carries no wrong time to others.

    Attributes:
        astray: whether the node's own clock is not to be trusted.
    """

    __slots__ = (
        "_apart_us", "_counted", "_high", "_low", "_lower", "_read", "_sure_us", "_upper", "astray", "membership",
        "turn",
    )  # fmt: skip

    def __init__(self, turn: Turn, membership: Membership, clock_bound_us: int) -> None:
        self.turn = turn
        self.membership = membership
        self.astray = False
        self._apart_us = 2 * clock_bound_us
        self._sure_us = self._apart_us // 100  # a reading that can be off by so little needs no better one
        self._read: dict[str, tuple[int, int]] = {}
        self._counted: list[tuple[int, int, str]] = []
        self._low, self._high = ANY
        self._lower = self._upper = 0
        turn.believe = self._believe
        membership.read_clock = self._heard

    def trusts(self) -> bool:
        """Say whether the node may end a session for its age: its clock is right as far as it knows, and it does know.

        A node that has just started, with a clock that may be anything, knows once it has read one live member's.
        """
        return not self.astray and (bool(self._read) or not self.membership.live())

    # -------------------------------------------------------------------------------------------------------- readings

    def _heard(self, member: str, wall: int, asked: int) -> None:
        """Take a reading of a member's clock.

        Args:
            member: whose.
            wall: what it showed when the member answered, µs.
            asked: when it was asked, by this node's monotonic clock: half the way here and back is what the reading may
                be off by (Cristian, Probabilistic clock synchronization, 1989).
        """
        mono = self.turn.mono
        error = (mono - asked) >> 1
        epoch = wall + error - mono
        held = self._read.get(member)
        if (
            held is not None
            and (2 * error >= held[1] or held[1] <= self._sure_us)
            and abs(epoch - held[0]) <= error + held[1]
        ):
            return  # as nearly always: it says what is known, and no better by what would count
        if held is not None:
            self.gone(member)
        self._read[member] = (epoch, error)
        self.came(member)

    def came(self, member: str) -> None:
        """Count the clock of a member that is live, if it was ever read."""
        reading = self._read.get(member)
        if reading is None or not self.membership.is_live(member):
            return
        entry = (*reading, member)
        place = bisect_left(self._counted, entry)
        if self._counted[place : place + 1] != [entry]:
            insort(self._counted, entry)
            self._judge()

    def gone(self, member: str) -> None:
        """Count the clock of a member no longer; its reading is kept for when nobody is left to ask."""
        reading = self._read.get(member)
        if reading is None:
            return
        entry = (*reading, member)
        place = bisect_left(self._counted, entry)
        if self._counted[place : place + 1] == [entry]:
            del self._counted[place]
            self._judge()

    # --------------------------------------------------------------------------------------------------------- judging

    def _judge(self) -> None:
        """Work out between which epochs the own one is believed: beside which two of the others it makes the median."""
        others = self._counted or sorted((*reading, member) for member, reading in self._read.items())
        upper = len(others) // 2
        lowest, highest = ANY
        if others:
            epoch, error, _ = others[upper]
            self._upper, highest = epoch, epoch + self._apart_us + error
        if upper > 0:
            epoch, error, _ = others[upper - 1]
            self._lower, lowest = epoch, epoch - self._apart_us - error
        self._low, self._high = lowest, highest
        if not self.astray:
            self.turn.bound(lowest, highest)

    def _believe(self, wall: int, mono: int) -> int:
        """Choose the wall clock of a turn whose own is out of bounds, or was in the turn before.

        Args:
            wall: what the node's own clock shows, µs.
            mono: its monotonic clock, µs.

        Returns:
            What the node goes by.
        """
        turn, epoch = self.turn, wall - mono
        if self._low <= epoch <= self._high:
            self.astray = False
            turn.bound(self._low, self._high)
            turn.shift = 0
            turn.note("clock-right")
            return wall
        median = self._upper if epoch > self._high else self._lower
        turn.shift = median - epoch
        if not self.astray:
            self.astray = True
            turn.bound(*NEVER)
            turn.note("clock-off", off_us=-turn.shift)
        return mono + median
