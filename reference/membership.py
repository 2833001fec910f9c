"""Who is alive and ready: what is told of the members, which of it is believed, and how all come to believe the same.

Sources: Das, Gupta and Motivala, SWIM, 2002; the values of hashicorp/memberlist's profiles (facts, section 4). Probing
is in `probing.py`, suspicion in `suspicion.py`. This file knows no sessions; what follows from a change of view is the
node's business (`changes`).
"""

from collections.abc import Callable, Iterable
from operator import attrgetter

from reference.draws import Draws
from reference.member import ALIVE, DEAD, LEFT, NAMES, SUSPECT, Member, Roster
from reference.news import News
from reference.probing import Probing
from reference.protocol import BOOT_PART, MOMENT_BITS, Gossip, PushPull, Rumour
from reference.settings import Timing
from reference.suspicion import Suspicions
from reference.timing import push_pull_us, retransmissions
from reference.turn import Turn

UP, DOWN, RESTARTED, READY = "up", "down", "restarted", "ready"
"""What `changes` reports: a member came, is gone, began a new life unnoticed, or says that it may be sent requests."""

MANY, CONTACTS = 16, 4
"""A cluster of more than MANY is large. Of more strangers than that whom discovery names, CONTACTS are spoken to:
any of them tells of all others."""
TOLD_ON = 32
"""So much of what is new in one view is passed on. Who learns of more at once is new here itself, and tells nobody."""


class Membership:
    """One node's view of the cluster, and its part in keeping all views alike (REQ-MEMB-4, REQ-MEMB-5).

    Args:
        turn: the node's.
        draws: its chance.
        name: its name.
        boot: which life of that name it is.
        timing: the membership profile.
        keep_us: for how long whoever is gone is remembered, µs. It must be no less than the time out of contact after
            which a node forgets all that it holds: then nobody brings back what others have forgotten.

    Attributes:
        changes: (what, member) since the node last looked; the node empties it.
        members: every other member that is known, by name.
    """

    __slots__ = (
        "_complete", "_named", "_told_on", "_view", "boot", "changes", "draws", "incarnation", "keep_us", "leaving",
        "members", "name", "news", "on_alarm", "on_message", "probing", "ready", "roster", "suspicions", "timing",
        "turn",
    )  # fmt: skip

    def __init__(self, turn: Turn, draws: Draws, name: str, boot: int, timing: Timing, keep_us: int) -> None:
        self.turn = turn
        self.draws = draws
        self.name = name
        self.boot = boot
        self.timing = timing
        self.keep_us = keep_us
        self.incarnation = 0
        self.ready = False
        self.leaving = False
        self.roster = Roster(name)
        self.members = self.roster.members
        self.changes: list[tuple[str, str]] = []
        self.news = News()
        self.suspicions = Suspicions(turn, timing, self.roster, self._give_up)
        self.probing = probing = Probing(turn, draws, boot, timing, self.roster, self.news)
        probing.hear, probing.rumours = self._hear, self._rumours
        probing.suspect, probing.greet = self._suspect, self._synchronise
        self._named: tuple[str, ...] = ()
        self._complete = -1
        self._view: tuple[tuple[int, int, bool, bool], tuple[Rumour, ...]] = ((-1, 0, False, False), ())
        self._told_on: int | None = None
        self.on_message = {**probing.on_message, Gossip: self._gossiped, PushPull: self._synchronised}
        self.on_alarm = {
            **probing.on_alarm,
            **self.suspicions.on_alarm,
            "gossip": self._gossip,
            "push-pull": self._push_pull,
            "reap": self._reap,
        }

    # ------------------------------------------------------------------------------------------------- what others ask

    @property
    def version(self) -> int:
        """What grows with every change of who is alive, suspected or ready."""
        return self.roster.version

    @property
    def resumed_at(self) -> int:
        """When this node last went on after it had stood still, by the monotonic clock."""
        return self.probing.resumed_at

    @property
    def read_clock(self) -> Callable[[str, int, int], None]:
        """What is called with a member's clock (`Probing.read_clock`)."""
        return self.probing.read_clock

    @read_clock.setter
    def read_clock(self, hear: Callable[[str, int, int], None]) -> None:
        self.probing.read_clock = hear

    def stands_still(self) -> bool:
        """Say whether this turn is the first one after a pause."""
        return self.probing.stands_still()

    def live(self) -> list[str]:
        """Names of the other members that are held for alive, suspected ones included, in order of name."""
        return self.roster.live()

    def is_live(self, name: str) -> bool:
        """Say whether that other member is held for alive, suspected or not."""
        member = self.members.get(name)
        return member is not None and member.state <= SUSPECT

    def routable(self) -> list[str]:
        """Names of the other members that are alive, unsuspected and ready, in order of name."""
        return self.roster.routable()

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

        The node's own name is harmless (REQ-MEMB-2); absence from the list proves nothing (REQ-MEMB-8). Of many some
        are drawn: one that answers is enough to know all (REQ-MEMB-10), and the others have their turn.
        """
        named = tuple(peers)
        if self.leaving or (self._complete == self.version and (named is self._named or named == self._named)):
            return
        live = set(self.live())
        missing = [name for name in named if name != self.name and name not in live]
        self._named, self._complete = named, -1 if missing else self.version
        for name in missing if len(missing) <= MANY else self.draws.some(missing, CONTACTS):
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
        self.leaving = self.probing.leaving = self.turn.view_moves = True
        self.ready = False
        farewell = Rumour(self.name, LEFT, self.incarnation, self.boot, ready=False)
        for name in self.live():
            self.turn.gossip(name, Gossip((farewell,)))

    def forget(self) -> tuple[str, ...]:
        """Forget everybody, as all that is believed is old, and name whom to meet anew."""
        named = dict.fromkeys((*self.members, *(name for name in self._named if name != self.name)))
        self.news.clear()
        for name in self.live():
            self._changed(DOWN, name)
        self.roster.clear()
        self.suspicions.reckon()
        return tuple(named)

    # -------------------------------------------------------------------------------------------- suspicion and death

    def _suspect(self, name: str) -> None:
        """Take note that this node has waited for a member in vain."""
        member = self.members.get(name)
        if member is not None and member.state == ALIVE:
            self._believe(Rumour(name, SUSPECT, member.incarnation, member.boot, member.ready, self.name))
        elif member is not None and member.state == SUSPECT:
            self._confirm(member, self.name)

    def _confirm(self, member: Member, by: str) -> None:
        if self.suspicions.confirm(member, by):
            self._spread(Rumour(member.name, SUSPECT, member.incarnation, member.boot, member.ready, by))

    def _give_up(self, member: Member) -> None:
        """Hold a suspect for dead whose time to refute is over."""
        self._believe(Rumour(member.name, DEAD, member.incarnation, member.boot, ready=False))

    def _reap(self) -> None:
        """Forget those who have been gone for so long that nobody can believe them alive any more."""
        gone = self.roster.gone
        while gone:
            longest = next(iter(gone.values()))
            left = longest.since + self.keep_us - self.turn.mono
            if left > 0:
                self.turn.alarm("reap", left)
                return
            self.turn.note("reaped", member=longest.name)
            self.roster.forget(longest.name)

    # ----------------------------------------------------------------------------------------------------------- gossip

    def _gossip(self) -> None:
        """Pass news on to a few drawn members; the alarm stays set only while there is news and somebody to tell."""
        live = self.live()
        if not live:
            # What was believed while alone would be told as fresh news after a partition: the full views, which are
            # exchanged on contact, say it better.
            self.news.clear()
            return
        for name in self.draws.some([*live, *self._lately_dead()], self.timing.gossip_fanout):
            if not self.news.left:
                break
            self.turn.gossip(name, Gossip(self._rumours(name)))
        if self.news.left:
            self.turn.alarm("gossip", self.timing.gossip_interval)

    def _lately_dead(self) -> list[str]:
        """Name those who were found dead so lately that they are told so: one that lives refutes it (memberlist)."""
        since = self.turn.mono - self.timing.gossip_to_the_dead
        return [name for name, member in self.roster.gone.items() if member.state == DEAD and member.since > since]

    def _rumours(self, to: str) -> tuple[Rumour, ...]:
        """Take the least told news along; `to` hears first if it is held for anything but alive (Lifeguard's buddy)."""
        member = self.members.get(to)
        doubted = member is not None and member.state != ALIVE
        if not self.news.left and not doubted:
            return ()  # as nearly always
        if member is not None and doubted:
            return (member.said, *self.news.take())
        return tuple(self.news.take())

    def _spread(self, rumour: Rumour) -> None:
        if self._told_on is not None:
            self._told_on += 1
            if self._told_on > TOLD_ON:
                return
        self.news.add(rumour, retransmissions(self.timing, len(self.members) + 1))
        self.turn.alarm_unless_set("gossip", self.timing.gossip_interval)

    def _gossiped(self, _sender: str, gossip: Gossip) -> None:
        self._hear(gossip.rumours)

    def _push_pull(self) -> None:
        live = self.live()
        if live:
            self._synchronise(self.draws.some(live, 1)[0])
        self.turn.alarm("push-pull", push_pull_us(self.timing, len(live) + 1))

    def _synchronise(self, name: str) -> None:
        """Send the whole view and ask for the other's."""
        asked = (self.boot & BOOT_PART) << MOMENT_BITS | self.turn.mono
        self.turn.gossip(name, PushPull(self._whole_view(), reply=True, asked=asked))

    def _synchronised(self, sender: str, theirs: PushPull) -> None:
        """Merge a whole view; what it calls dead is only suspected here, since it may be an old belief (memberlist).

        A dead member that was never met here stays unknown: suspecting it would hold it for live (known-bugs, row 15).
        """
        before = self.incarnation
        members = self.members
        self._told_on = 0
        known = MANY < len(theirs.view) == len(members) + 1 and theirs.view == self._beliefs()  # as nearly always
        for rumour in () if known else theirs.view:
            member = members.get(rumour.member)
            if member is not None and member.said is rumour:
                continue  # as nearly always
            if rumour.state == DEAD and rumour.member != self.name:
                if member is not None:
                    self._weigh(Rumour(rumour.member, SUSPECT, rumour.incarnation, rumour.boot, rumour.ready, sender))
            else:
                self._weigh(rumour)
        self._told_on = None
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
        """Give what others are told of everybody."""
        return self._beliefs()

    def _beliefs(self) -> tuple[Rumour, ...]:
        """Give what is believed of everybody, this node included.

        Of many it is in order of name: two nodes that believe the same see so without a look at each rumour.
        """
        as_of = (self.version, self.incarnation, self.ready, self.leaving)
        if self._view[0] != as_of:
            state = LEFT if self.leaving else ALIVE
            myself = Rumour(self.name, state, self.incarnation, self.boot, self.ready)
            said = [myself, *[member.said for member in self.members.values()]]
            if len(said) > MANY:
                said.sort(key=attrgetter("member"))
            self._view = (as_of, tuple(said))
        return self._view[1]

    # ------------------------------------------------------------------------------------------------ weighing rumours

    def _hear(self, rumours: tuple[Rumour, ...]) -> None:
        members = self.members
        for rumour in rumours:
            member = members.get(rumour.member)
            if member is None or member.said is not rumour:  # as nearly always it is, while a large cluster starts
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
        elif rumour.state == member.state == SUSPECT and rumour.boot == member.boot and rumour.by:
            self._confirm(member, rumour.by)

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
            if rumour.state == SUSPECT:
                self.probing.worse()  # somebody has waited for this node in vain
            self.turn.note("refuted", said=NAMES[rumour.state], incarnation=self.incarnation)
        else:
            self._spread(Rumour(self.name, ALIVE, self.incarnation, self.boot, self.ready))

    def _raise_incarnation(self, above: int) -> None:
        self.incarnation = above + 1
        self._spread(Rumour(self.name, ALIVE, self.incarnation, self.boot, self.ready))

    def _changed(self, what: str, name: str) -> None:
        """Have the node act on it at the end of the turn."""
        self.changes.append((what, name))
        self.turn.view_moves = True

    def _believe(self, rumour: Rumour) -> None:
        """Change the view, note it, tell the node what follows from it, and pass it on."""
        name = rumour.member
        member = self.members.get(name)
        held, boot, was_ready = DEAD, 0, False
        if member is not None:
            held, boot, was_ready = member.state, member.boot, member.ready and member.boot == rumour.boot
        self.roster.believe(rumour, self.turn.mono)
        here, now_here = held <= SUSPECT, rumour.state <= SUSPECT
        if held != rumour.state or boot != rumour.boot:
            self.turn.note(NAMES[rumour.state], member=name, incarnation=rumour.incarnation)
        if here and not now_here:
            self._changed(DOWN, name)
            self.turn.alarm_unless_set("reap", self.keep_us)
        elif now_here and not here:
            self._changed(UP, name)
            self.probing.begin()
        elif here and boot != rumour.boot:
            self._changed(RESTARTED, name)
        if now_here and rumour.ready and not was_ready:
            self._changed(READY, name)
        if rumour.state == SUSPECT:
            self.suspicions.begin(self.members[name], rumour.by)
        if SUSPECT in (held, rumour.state) or (self.roster.suspects and here != now_here):
            self.suspicions.reckon()
        self._spread(rumour)
