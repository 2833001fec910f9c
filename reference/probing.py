"""Who answers: one member probed after another, helpers asked where one does not answer, and how far to trust oneself.

Sources: Das, Gupta and Motivala, SWIM (2002), section 3; Dadgar, Phillips and Currey, Lifeguard (2018), section IV-A.
"""

from collections.abc import Callable
from functools import cache

from reference.draws import Draws
from reference.effects import Send, SetAlarm
from reference.member import ALIVE, SUSPECT, Roster
from reference.news import News
from reference.protocol import LIFE_BITS, MEMBERSHIP, Ack, Nack, Ping, PingRequest, Rumour
from reference.settings import SECOND, Timing
from reference.turn import Turn

RELAYS_HELD = 64
"""Pings on behalf of others whose answers are awaited; older ones have timed out where they were asked for."""
STOOD_STILL = 1 * SECOND
"""A turn that comes so much later than an alarm was due means that the node stood still: a pause, a long collection."""


@cache
def _end_of_round(interval: int) -> SetAlarm:
    """Return the alarm of the next round, one for all nodes."""
    return SetAlarm("probe", interval)


class Probing:
    """One node's rounds of probes, and its part in those of others.

    Attributes:
        resumed_at: when this node last went on after it had stood still, by the monotonic clock.
        doubt: how little the node trusts itself, from 0: it waits for an answer as many times longer before it suspects
            anybody. It grows with each sign that the node, or its own network, may be what is slow.
        read_clock: called with a member, what its wall clock showed in an answer, and when that was asked for by the
            monotonic clock here.
        hear, rumours, suspect, greet: the node's membership: takes what is told, gives what to tell a member, hears
            whom nobody could reach, and speaks to somebody unknown.
        leaving: whether the node says goodbye, and probes nobody any more.
    """

    __slots__ = (
        "_asked_again", "_asked_at", "_in_an_interval", "_members", "_number", "_probed", "_relays", "_round",
        "_round_ends", "_round_of", "_runs", "_silent", "_suspects", "_untold", "doubt", "draws", "greet", "hear",
        "leaving", "on_alarm", "on_message", "read_clock", "resumed_at", "roster", "rumours", "suspect", "timing",
        "turn",
    )  # fmt: skip

    def __init__(self, turn: Turn, draws: Draws, boot: int, timing: Timing, roster: Roster, news: News) -> None:
        self.turn = turn
        self.draws = draws
        self.timing = timing
        self.roster = roster
        # At hand, and the same for the node's whole life: what an idle round asks.
        self._members, self._suspects, self._untold = roster.members, roster.suspects, news.left
        self.resumed_at = 0
        self.doubt = 0
        self.leaving = False
        self.read_clock: Callable[[str, int, int], None] = lambda _member, _wall, _asked: None
        self.hear: Callable[[tuple[Rumour, ...]], None]
        self.rumours: Callable[[str], tuple[Rumour, ...]]
        self.suspect: Callable[[str], None]
        self.greet: Callable[[str], None]
        self._in_an_interval = _end_of_round(timing.probe_interval)
        self._round: list[str] = []
        self._round_of = 0
        self._runs = False
        self._number = boot << LIFE_BITS
        self._probed: tuple[str, int] | None = None
        self._round_ends = 0
        self._asked_at = 0
        self._asked_again = 0
        self._silent: dict[str, None] | None = None
        self._relays: dict[int, tuple[str, int]] = {}
        self.on_message = {
            Ping: self.pinged,
            Ack: self.acknowledged,
            PingRequest: self._asked_to_ping,
            Nack: self._helper_answered,
        }
        self.on_alarm = {"probe": self._probe}

    def begin(self) -> None:
        """Probe from now on, as there is somebody to; what the node learned of itself while alone says nothing."""
        if not self._runs:
            self._runs = True
            self.doubt = 0
            self._round_ends = self.turn.mono + self.timing.probe_interval
            self.turn.alarm("probe", 1 + self.draws.below(self.timing.probe_interval))

    def stands_still(self) -> bool:
        """Say whether this turn is the first one after a pause: the round of probes should have ended long ago."""
        return self.turn.mono > self._round_ends + STOOD_STILL and bool(self.roster.live())

    def worse(self) -> None:
        """Take note of a sign that this node, or its own network, is slow."""
        self.doubt = min(self.doubt + 1, self.timing.awareness_max - 1)

    # ---------------------------------------------------------------------------------------------------------- rounds

    def _probe(self) -> None:
        """End a round of probing and begin the next.

        A member that has not answered by the end of its round is asked for through helpers, and the round goes on for
        what the timeout leaves of an interval; only then is it suspected. No alarm stands for the timeout of a round in
        which the answer comes, as in nearly all (docs/decisions/0004-one-alarm-a-round.md). A node that doubts itself
        asks again first, once an interval.
        """
        now = self.turn.mono
        if now > self._round_ends + STOOD_STILL and self.roster.live():
            self.resumed_at = now
            self.turn.note("stood-still", us=now - self._round_ends)
        if self._probed is not None and self._goes_on(*self._probed):
            return
        self._probed = None
        target = self._next_target()
        if target is None:
            self._runs = False
            return
        self._number += 1
        self._probed, self._asked_at, self._asked_again, self._silent = (target, self._number), now, 0, None
        quiet = not self._untold and not self._suspects  # as nearly always: there is nothing to tell
        self._round_ends = now + self.timing.probe_interval
        # As `gossip` and `_end_round_in` do, without the calls: an idle node does little else than this and `pinged`.
        turn = self.turn
        turn.effects.append(Send(target, MEMBERSHIP, Ping(self._number, () if quiet else self.rumours(target))))
        turn.effects.append(self._in_an_interval)

    def _goes_on(self, target: str, number: int) -> bool:
        """Say whether the round of a member that has not answered goes on, and see to it; else it is suspected.

        One that this node suspects already was pinged to be told so, and has had its time.
        """
        member = self.roster.members.get(target)
        if member is None or self.roster.name in member.suspected_by:
            return False
        if self._asked_again < self.doubt:
            self._asked_again += 1
            self.turn.gossip(target, Ping(number, self.rumours(target)))
            self._end_round_in(self.timing.probe_interval)
            return True
        if self._silent is None:
            self._ask_helpers(target, number)
            self._end_round_in((self.timing.probe_interval - self.timing.probe_timeout) * (1 + self._asked_again))
            return True
        if self._silent:
            self.worse()  # who was asked to help does not answer either
        self.suspect(target)
        return False

    def _end_round_in(self, us: int) -> None:
        self._round_ends = self.turn.mono + us
        self.turn.alarm("probe", us)

    def _next_target(self) -> str | None:
        """Walk a shuffled list of all live members, shuffled anew at each end (SWIM, section 4.3)."""
        roster = self.roster
        while True:
            while self._round:
                name = self._round.pop()
                if self._round_of == roster.version:  # as nearly always: all who were live then still are
                    return name
                member = roster.members.get(name)
                if member is not None and member.state <= SUSPECT:
                    return name
            live = self.roster.live()
            if not live or self.leaving:
                return None
            self._round, self._round_of = self.draws.shuffled(live), roster.version

    def _ask_helpers(self, target: str, number: int) -> None:
        """Ask some whom nobody doubts to ping a member, and note who has yet to say that it will."""
        members = self.roster.members
        others = [name for name in self.roster.live() if name != target and members[name].state == ALIVE]
        helpers = self.draws.some(others, self.timing.indirect_checks)
        self._silent = dict.fromkeys(helpers or [target])  # without any, nobody says so
        for helper in helpers:
            self.turn.gossip(helper, PingRequest(number, target, self.rumours(helper)))

    # --------------------------------------------------------------------------------------------------------- answers

    def pinged(self, sender: str, ping: Ping) -> None:
        """Answer, and speak to whom nothing is known of."""
        if ping.rumours:
            self.hear(ping.rumours)
        member = self._members.get(sender)
        turn = self.turn
        if member is not None and member.state is ALIVE and not self._untold:  # as nearly always; as `gossip` does
            turn.effects.append(Send(sender, MEMBERSHIP, Ack(ping.number, (), turn.wall - turn.shift)))
            return
        turn.gossip(sender, Ack(ping.number, self.rumours(sender), turn.shown()))
        if (member is None or member.state > SUSPECT) and not self.leaving:
            # It knows this node, which does not know it: as after a restart whose first words were lost.
            self.greet(sender)

    def acknowledged(self, sender: str, ack: Ack) -> None:
        """Take an answer to a probe, or pass it on to whom it was asked for."""
        if ack.rumours:
            self.hear(ack.rumours)
        if self._probed is not None and ack.number == self._probed[1]:
            self._probed = None
            if self.doubt:
                self.doubt -= 1
            if ack.wall is not None:
                read_clock = self.read_clock  # a function in a slot is called faster by a name of its own
                read_clock(sender, ack.wall, self._asked_at)
            return
        relay = self._relays.pop(ack.number, None)
        if relay is not None:
            self.turn.gossip(relay[0], Ack(relay[1], self.rumours(relay[0])))

    def _asked_to_ping(self, sender: str, asked: PingRequest) -> None:
        """Ping for another, and say at once that this node is there to do so.

        Why at once: docs/decisions/0009-local-health-is-patience.md.
        """
        self.hear(asked.rumours)
        self._number += 1
        self._relays[self._number] = (sender, asked.number)
        if len(self._relays) > RELAYS_HELD:
            del self._relays[next(iter(self._relays))]
        self.turn.gossip(asked.target, Ping(self._number, self.rumours(asked.target)))
        self.turn.gossip(sender, Nack(asked.number))

    def _helper_answered(self, sender: str, nack: Nack) -> None:
        if self._silent is not None and self._probed is not None and nack.number == self._probed[1]:
            self._silent.pop(sender, None)
