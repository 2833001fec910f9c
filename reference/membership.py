"""Who is alive and ready: SWIM with suspicion and refutation, piggybacked gossip and full synchronisation.

Sources: Das, Gupta and Motivala, SWIM, 2002; the values of hashicorp/memberlist's profiles (facts, section 4). This
file knows no sessions; what follows from a change of view is the node's business (`changes`).
"""

from collections.abc import Callable, Iterable

from reference.draws import Draws
from reference.member import ALIVE, DEAD, LEFT, NAMES, SUSPECT, Member
from reference.protocol import Ack, Gossip, Ping, PingRequest, PushPull, Rumour
from reference.settings import SECOND, Timing
from reference.timing import retransmissions, suspicion_timeout
from reference.turn import Turn

UP, DOWN, RESTARTED, READY = "up", "down", "restarted", "ready"
"""What `changes` reports: a member came, is gone, began a new life unnoticed, or says that it may be sent requests."""

PIGGYBACKED = 6
"""Rumours a message: six of at most 60 octets stay far below the 1,400 octets of memberlist's UDP packet."""
RELAYS_HELD = 64
"""Pings on behalf of others whose answers are awaited; older ones have timed out where they were asked for."""
STOOD_STILL = 1 * SECOND
"""A turn that comes so much later than an alarm was due means that the node stood still: a pause, a long collection."""
LIFE_BITS = 32
"""Numbers of pings and questions begin anew with each boot, above this bit: an answer to an old life matches none."""

MOMENT_BITS = 48
BOOT_PART = (1 << 15) - 1
"""Instants that come back in answers have these bits of the boot above that bit: an earlier life's clock says nothing
to this one. More of it would not fit into the 64 bits that the wire has for a number."""


class Membership:
    """One node's view of the cluster, and its part in keeping all views alike (REQ-MEMB-4, REQ-MEMB-5).

    Attributes:
        changes: (what, member) since the node last looked; the node empties it.
        version: grows with every change of who is alive, suspected or ready.
        resumed_at: when this node last went on after it had stood still, by the monotonic clock.
        read_clock: called with a member, what its wall clock showed in an answer, and when that was asked for by the
            monotonic clock here.
    """

    def __init__(self, turn: Turn, draws: Draws, name: str, boot: int, timing: Timing) -> None:
        self.turn = turn
        self.draws = draws
        self.name = name
        self.boot = boot
        self.timing = timing
        self.incarnation = 0
        self.ready = False
        self.leaving = False
        self.members: dict[str, Member] = {}
        self.changes: list[tuple[str, str]] = []
        self.version = 0
        self.resumed_at = 0
        self.read_clock: Callable[[str, int, int], None] = lambda _member, _wall, _asked: None
        self._news: dict[str, tuple[Rumour, int]] = {}
        self._round: list[str] = []
        self._number = boot << LIFE_BITS
        self._probed: tuple[str, int] | None = None
        self._round_ends = 0
        self._asked_at = 0
        self._helped = False
        self._relays: dict[int, tuple[str, int]] = {}
        self._live: tuple[int, list[str]] = (-1, [])
        self.on_message = {
            Ping: self._pinged,
            Ack: self._acknowledged,
            PingRequest: self._asked_to_ping,
            Gossip: self._gossiped,
            PushPull: self._synchronised,
        }
        self.on_alarm = {
            "probe": self._probe,
            "suspicion": self._give_up_suspects,
            "gossip": self._gossip,
            "push-pull": self._push_pull,
        }

    # ------------------------------------------------------------------------------------------------- what others ask

    def live(self) -> list[str]:
        """Names of the other members that are held for alive, suspected ones included, in order of name."""
        if self._live[0] != self.version:
            names = sorted(name for name, member in self.members.items() if member.state <= SUSPECT)
            self._live = (self.version, names)
        return self._live[1]

    def is_live(self, name: str) -> bool:
        """Say whether that other member is held for alive, suspected or not."""
        member = self.members.get(name)
        return member is not None and member.state <= SUSPECT

    def routable(self) -> list[str]:
        """Names of the other members that are alive, unsuspected and ready, in order of name."""
        return sorted(name for name, member in self.members.items() if member.state == ALIVE and member.ready)

    def alone(self) -> bool:
        """Say whether every other member that was ever met has said goodbye: there is nobody to wait for."""
        return all(member.state == LEFT for member in self.members.values())

    def view(self) -> list[str]:
        """Names of all members held for alive, this node included, in order of name."""
        return sorted([*self.live(), self.name])

    # --------------------------------------------------------------------------------------------------- life of a node

    def start(self, peers: Iterable[str]) -> None:
        """Begin with the names that discovery gave."""
        self.turn.alarm("push-pull", 1 + self.draws.below(self.timing.push_pull_interval))
        self.discovered(peers)

    def discovered(self, peers: Iterable[str]) -> None:
        """Contact whoever is named and not live: after a long partition the sides find each other so (REQ-MEMB-3).

        The node's own name is harmless (REQ-MEMB-2); absence from the list proves nothing (REQ-MEMB-8).
        """
        if self.leaving:
            return
        for name in peers:
            member = self.members.get(name)
            if name != self.name and (member is None or member.state > SUSPECT):
                self._synchronise(name)

    def become_ready(self) -> None:
        """Say from now on that this node may be sent requests."""
        self.ready = True
        self._raise_incarnation(self.incarnation)

    def retire(self) -> None:
        """Say from now on that this node may not be sent requests, until it is ready again."""
        self.ready = False
        self._raise_incarnation(self.incarnation)

    def leave(self) -> None:
        """Tell everybody directly that this node goes, so that nobody needs to suspect it (REQ-MEMB-11)."""
        self.leaving = True
        self.ready = False
        farewell = Rumour(self.name, LEFT, self.incarnation, self.boot, ready=False)
        for name in self.live():
            self.turn.gossip(name, Gossip((farewell,)))

    # ---------------------------------------------------------------------------------------------------------- probing

    def _probe(self) -> None:
        """End a round of probing and begin the next.

        A member that has not answered by the end of its round is asked for through helpers, and the round goes on for
        what the timeout leaves of an interval; only then is it suspected. No alarm stands for the timeout of a round in
        which the answer comes, as in nearly all (docs/decisions/0004-one-alarm-a-round.md).
        """
        now = self.turn.mono
        if now > self._round_ends + STOOD_STILL and self.live():
            self.resumed_at = now
            self.turn.note("stood-still", us=now - self._round_ends)
        if self._probed is not None:
            target, number = self._probed
            if not self._helped:
                self._helped = True
                self._probe_indirectly(target, number)
                self._end_round_in(self.timing.probe_interval - self.timing.probe_timeout)
                return
            self._suspect(target)
        self._probed = None
        next_target = self._next_target()
        if next_target is None:
            return
        self._number += 1
        self._probed, self._asked_at, self._helped = (next_target, self._number), now, False
        self.turn.gossip(next_target, Ping(self._number, self._rumours(next_target)))
        self._end_round_in(self.timing.probe_interval)

    def _end_round_in(self, us: int) -> None:
        self._round_ends = self.turn.mono + us
        self.turn.alarm("probe", us)

    def stands_still(self) -> bool:
        """Say whether this turn is the first one after a pause: the round of probes should have ended long ago."""
        return self.turn.mono > self._round_ends + STOOD_STILL and bool(self.live())

    def _next_target(self) -> str | None:
        """Walk a shuffled list of all live members, shuffled anew at each end (SWIM, section 4.3)."""
        while True:
            while self._round:
                name = self._round.pop()
                if self.members[name].state <= SUSPECT:
                    return name
            live = self.live()
            if not live or self.leaving:
                return None
            self._round = self.draws.shuffled(live)

    def _probe_indirectly(self, target: str, number: int) -> None:
        others = [name for name in self.live() if name != target]
        for helper in self.draws.some(others, self.timing.indirect_checks):
            self.turn.gossip(helper, PingRequest(number, target, self._rumours(helper)))

    def _pinged(self, sender: str, ping: Ping) -> None:
        if ping.rumours:
            self._hear(ping.rumours)
        member = self.members.get(sender)
        quiet = member is not None and member.state is ALIVE and not self._news  # as nearly always
        rumours = () if quiet else self._rumours(sender)
        self.turn.gossip(sender, Ack(ping.number, rumours, self.turn.shown()))
        if (member is None or member.state > SUSPECT) and not self.leaving:
            # It knows this node, which does not know it: as after a restart whose first words were lost.
            self._synchronise(sender)

    def _asked_to_ping(self, sender: str, asked: PingRequest) -> None:
        self._hear(asked.rumours)
        self._number += 1
        self._relays[self._number] = (sender, asked.number)
        if len(self._relays) > RELAYS_HELD:
            del self._relays[next(iter(self._relays))]
        self.turn.gossip(asked.target, Ping(self._number, self._rumours(asked.target)))

    def _acknowledged(self, sender: str, ack: Ack) -> None:
        if ack.rumours:
            self._hear(ack.rumours)
        if self._probed is not None and ack.number == self._probed[1]:
            self._probed = None
            if ack.wall is not None:
                self.read_clock(sender, ack.wall, self._asked_at)
            return
        relay = self._relays.pop(ack.number, None)
        if relay is not None:
            self.turn.gossip(relay[0], Ack(relay[1], self._rumours(relay[0])))

    # -------------------------------------------------------------------------------------------- suspicion and death

    def _suspect(self, name: str) -> None:
        member = self.members[name]
        if member.state == ALIVE:
            self._believe(Rumour(name, SUSPECT, member.incarnation, member.boot, member.ready))

    def _give_up_suspects(self) -> None:
        """Hold suspects for dead whose time to refute is over."""
        suspects = [member for member in self.members.values() if member.state == SUSPECT]
        for member in suspects:
            if member.deadline <= self.turn.mono:
                self._believe(Rumour(member.name, DEAD, member.incarnation, member.boot, ready=False))
        self._await_suspects()

    def _await_suspects(self) -> None:
        deadlines = [member.deadline for member in self.members.values() if member.state == SUSPECT]
        if deadlines:
            self.turn.alarm("suspicion", min(deadlines) - self.turn.mono)
        else:
            self.turn.cancel("suspicion")

    # ----------------------------------------------------------------------------------------------------------- gossip

    def _gossip(self) -> None:
        """Pass news on to a few drawn members; the alarm stays set only while there is news and somebody to tell."""
        live = self.live()
        if not live:
            # What was believed while alone would be told as fresh news after a partition: the full views, which are
            # exchanged on contact, say it better.
            self._news.clear()
            return
        for name in self.draws.some(live, self.timing.gossip_fanout):
            rumours = self._rumours(name)
            if not rumours:
                break
            self.turn.gossip(name, Gossip(rumours))
        if self._news:
            self.turn.alarm("gossip", self.timing.gossip_interval)

    def _rumours(self, to: str) -> tuple[Rumour, ...]:
        """Take the least told news along; `to` hears first if it is held for anything but alive (Lifeguard's buddy)."""
        member = self.members.get(to)
        doubted = member is not None and member.state != ALIVE
        if not self._news and not doubted:
            return ()  # as nearly always
        chosen: list[Rumour] = []
        if member is not None and doubted:
            chosen.append(member.rumour())
        if self._news:
            freshest = sorted(self._news, key=lambda name: -self._news[name][1])[:PIGGYBACKED]
            for name in freshest:
                rumour, left = self._news[name]
                chosen.append(rumour)
                if left > 1:
                    self._news[name] = (rumour, left - 1)
                else:
                    del self._news[name]
        return tuple(chosen)

    def _spread(self, rumour: Rumour) -> None:
        times = retransmissions(self.timing, len(self.members) + 1)
        self._news[rumour.member] = (rumour, times)
        self.turn.alarm_unless_set("gossip", self.timing.gossip_interval)

    def _gossiped(self, _sender: str, gossip: Gossip) -> None:
        self._hear(gossip.rumours)

    def _push_pull(self) -> None:
        live = self.live()
        if live:
            self._synchronise(self.draws.some(live, 1)[0])
        self.turn.alarm("push-pull", self.timing.push_pull_interval)

    def _synchronise(self, name: str) -> None:
        """Send the whole view and ask for the other's."""
        asked = (self.boot & BOOT_PART) << MOMENT_BITS | self.turn.mono
        self.turn.gossip(name, PushPull(self._whole_view(), reply=True, asked=asked))

    def _synchronised(self, sender: str, theirs: PushPull) -> None:
        """Merge a whole view; what it calls dead is only suspected here, since it may be an old belief (memberlist).

        A dead member that was never met here stays unknown: suspecting it would hold it for live (known-bugs, row 15).
        """
        before = self.incarnation
        for rumour in theirs.view:
            if rumour.state == DEAD and rumour.member != self.name:
                if rumour.member in self.members:
                    self._weigh(Rumour(rumour.member, SUSPECT, rumour.incarnation, rumour.boot, rumour.ready))
            else:
                self._weigh(rumour)
        if theirs.reply:
            answer = PushPull(self._whole_view(), reply=False, asked=theirs.asked, wall=self.turn.shown())
            self.turn.gossip(sender, answer)
        elif self.incarnation > before:
            self.turn.gossip(sender, PushPull(self._whole_view(), reply=False))
        if (
            theirs.wall is not None
            and theirs.asked is not None
            and theirs.asked >> MOMENT_BITS == self.boot & BOOT_PART
        ):
            self.read_clock(sender, theirs.wall, theirs.asked & (1 << MOMENT_BITS) - 1)

    def _whole_view(self) -> tuple[Rumour, ...]:
        state = LEFT if self.leaving else ALIVE
        myself = Rumour(self.name, state, self.incarnation, self.boot, self.ready)
        return (myself, *(member.rumour() for member in self.members.values()))

    # ------------------------------------------------------------------------------------------------ weighing rumours

    def _hear(self, rumours: tuple[Rumour, ...]) -> None:
        for rumour in rumours:
            self._weigh(rumour)

    def _weigh(self, rumour: Rumour) -> None:
        """Believe a rumour if it is newer than what is believed, and refute what is said of oneself.

        A later life is newer than anything said of an earlier one, whatever its incarnation: a node that restarts
        begins to count anew (known-bugs, row 18). Within a life the order is SWIM's (section 4.2).
        """
        if rumour.member == self.name:
            self._refute(rumour)
            return
        member = self.members.get(rumour.member)
        if member is None:
            # A death of somebody never met is nothing to act on, and must not keep that name from joining.
            if rumour.state <= SUSPECT:
                self._believe(rumour)
            return
        if rumour.boot != member.boot:
            newer = rumour.boot > member.boot
        elif rumour.incarnation != member.incarnation:
            newer = rumour.incarnation > member.incarnation
        else:
            newer = rumour.state > member.state
        if newer:
            self._believe(rumour)

    def _refute(self, rumour: Rumour) -> None:
        """Answer what is wrongly said of this node: say louder what it is, or again to whoever has not heard it.

        What is said of a later life than this one cannot be refuted: somebody else runs under this name.
        """
        right = rumour.state == ALIVE and rumour.boot == self.boot and rumour.ready == self.ready
        if right or self.leaving:
            return
        if rumour.boot > self.boot:
            self.turn.note("name-taken", boot=rumour.boot)
        elif rumour.boot == self.boot and rumour.incarnation >= self.incarnation:
            self._raise_incarnation(rumour.incarnation)
            self.turn.note("refuted", said=NAMES[rumour.state], incarnation=self.incarnation)
        else:
            self._spread(Rumour(self.name, ALIVE, self.incarnation, self.boot, self.ready))

    def _raise_incarnation(self, above: int) -> None:
        self.incarnation = above + 1
        self._spread(Rumour(self.name, ALIVE, self.incarnation, self.boot, self.ready))

    def _believe(self, rumour: Rumour) -> None:
        """Change the view, note it, tell the node what follows from it, and pass it on."""
        member = self.members.get(rumour.member)
        held, boot, was_ready = DEAD, 0, False
        if member is None:
            member = self.members[rumour.member] = Member(rumour)
        else:
            held, boot, was_ready = member.state, member.boot, member.ready and member.boot == rumour.boot
            member.believe(rumour)
        self.version += 1
        here, now_here = held <= SUSPECT, rumour.state <= SUSPECT
        if held != rumour.state or boot != rumour.boot:
            self.turn.note(NAMES[rumour.state], member=rumour.member, incarnation=rumour.incarnation)
        if here and not now_here:
            self.changes.append((DOWN, rumour.member))
        elif now_here and not here:
            self.changes.append((UP, rumour.member))
            if "probe" not in self.turn.alarms:
                self._round_ends = self.turn.mono + self.timing.probe_interval
                self.turn.alarm("probe", 1 + self.draws.below(self.timing.probe_interval))
        elif here and boot != rumour.boot:
            self.changes.append((RESTARTED, rumour.member))
        if now_here and rumour.ready and not was_ready:
            self.changes.append((READY, rumour.member))
        if rumour.state == SUSPECT:
            member.deadline = self.turn.mono + suspicion_timeout(self.timing, len(self.live()) + 1)
        if SUSPECT in (held, rumour.state):
            self._await_suspects()
        self._spread(rumour)
