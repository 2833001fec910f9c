"""What is believed of the other members of the cluster: their states, and the rumours that tell them.

How beliefs are weighed is in `membership.py`, how they are spread in `news.py`.
"""

from bisect import bisect_left

from reference.protocol import Rumour

ALIVE, SUSPECT, DEAD, LEFT = 0, 1, 2, 3
NAMES = ("alive", "suspect", "dead", "left")


class Member:
    """What is believed of one other member.

    Attributes:
        said: the rumour that is believed; its fields are at hand as attributes.
        since: when its state began, by the monotonic clock.
        suspected_by: who has waited for it in vain, the first one first; empty unless it is suspected.
        least: how long its suspicion lasts at least, µs.
    """

    __slots__ = ("boot", "incarnation", "least", "name", "ready", "said", "since", "state", "suspected_by")

    def __init__(self, rumour: Rumour) -> None:
        self.name = rumour.member
        self.since = 0
        self.least = 0
        self.suspected_by: tuple[str, ...] = ()
        self.believe(rumour)

    def believe(self, rumour: Rumour) -> None:
        """Take the rumour for the truth."""
        self.said = rumour
        self.state = rumour.state
        self.incarnation = rumour.incarnation
        self.boot = rumour.boot
        self.ready = rumour.ready

    def rumour(self) -> Rumour:
        """Say what is believed."""
        return self.said


class Roster:
    """Every other member that is known, and which of them are live; it sends nothing and decides nothing.

    Attributes:
        name: of the node itself.
        members: by name, the gone ones too.
        suspects: those that are suspected, in the order in which they came to be.
        gone: those that are dead or have left, the longest gone first.
        version: grows with every change of who is alive, suspected or ready.
    """

    __slots__ = ("_live", "_routable", "gone", "members", "name", "suspects", "version")

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[str, Member] = {}
        self.suspects: dict[str, Member] = {}
        self.gone: dict[str, Member] = {}
        self.version = 0
        self._live: list[str] = []
        self._routable: tuple[int, list[str]] = (-1, [])

    def live(self) -> list[str]:
        """Names of those held for alive, suspected ones included, in order of name; the list never changes."""
        return self._live

    def routable(self) -> list[str]:
        """Names of those that are alive, unsuspected and ready, in order of name; the list never changes."""
        if self._routable[0] != self.version:
            members = self.members
            ready = [name for name in self._live if members[name].state == ALIVE and members[name].ready]
            self._routable = (self.version, ready)
        return self._routable[1]

    def believe(self, rumour: Rumour, now: int) -> None:
        """Take a rumour for the truth, whatever was believed before."""
        name, state = rumour.member, rumour.state
        member = self.members.get(name)
        held = None if member is None else member.state
        if member is None:
            member = self.members[name] = Member(rumour)
        else:
            member.believe(rumour)
        self.version += 1
        if state == held:
            return
        member.since = now
        if held == SUSPECT:
            del self.suspects[name]
            member.suspected_by = ()
        if state == SUSPECT:
            self.suspects[name] = member
        here, now_here = held is not None and held <= SUSPECT, state <= SUSPECT
        if here != now_here:
            place = bisect_left(self._live, name)
            live = self._live
            self._live = [*live[:place], name, *live[place:]] if now_here else [*live[:place], *live[place + 1 :]]
        self.gone.pop(name, None)
        if not now_here:
            self.gone[name] = member

    def forget(self, name: str) -> None:
        """Forget a member that is gone."""
        del self.gone[name]
        del self.members[name]

    def clear(self) -> None:
        """Forget everybody."""
        self.members.clear()
        self.suspects.clear()
        self.gone.clear()
        self._live = []
        self.version += 1
