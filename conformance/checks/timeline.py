"""What the world did to the nodes, asked in the words of the contract: when must all agree, who was alone, who was up.

Made once of a history's faults, readies and clocks; every question costs O(log n) in their number unless it says
otherwise. It knows no session and judges nothing. Protocol, parts 2 (contract) and 4.

Faults of names that nobody knows are taken for cuts: what may have parted the nodes excuses, and never convicts.
"""

from bisect import bisect_left, bisect_right
from typing import Final

from conformance.checks.settling import LONG_AGO, NEVER, Cover, Disturbance, Settling
from conformance.history import Clock, Fault, History

_OF_LINKS: Final = frozenset(
    {"loss", "lose", "duplicate", "duplication", "repeat", "reorder", "reordering", "corrupt", "replay"}
)
_OF_SPEED: Final = frozenset({"slow", "delay", "latency", "jitter"})
_OF_PACE: Final = frozenset({"pause", "slow-node"})
_OF_CLOCKS: Final = frozenset({"clock", "skew", "drift", "jump", "offset"})
_OF_PROCESSES: Final = frozenset({"crash", "kill", "restart", "stop", "leave", "upgrade", "cookie-domain"})
_OF_STARTS: Final = frozenset({"join"})
_OF_LOOKUPS: Final = frozenset({"discovery"})
_OF_OLD_LOOKUPS: Final = frozenset({"stale-discovery"})
_APART: Final = "wrong-key"
"""A node that has been restarted with nothing, into a cluster of its own."""


class Timeline:
    """The faults, readies and clocks of one history."""

    def __init__(self, history: History) -> None:
        contract = history.header.contract
        self._nodes = history.header.nodes
        self._faults = faults = _felt(history.faults, contract.detect_us)
        self._converge = contract.converge_us
        self._detect = contract.detect_us
        self._skew = contract.clock_skew_us
        self._healed = history.healed
        self._readies = _instants_by_node([(ready.ready, ready.t) for ready in history.readies])
        self._unreadies = _instants_by_node([(unready.unready, unready.t) for unready in history.unreadies])
        self._down, self._lives, self.crashes = self._absences()
        self._settling = Settling(self._disturbances(), self._converge, self._detect)
        self._any, self._parting = self._settling.any, self._settling.parting
        of_links = [disturbance for disturbance in self._disturbances() if not disturbance.node]
        self._links_any = Cover(of_links)
        self._links_parting = Cover([disturbance for disturbance in of_links if disturbance.parting])
        self._survives = contract.survives_crashes
        self._settling_without: dict[str, Settling] = {}
        self._dividing = Cover([Disturbance(f.begin, self._end_of(f), parting=True) for f in faults if _divides(f)])
        self._dark = self._instants_without_a_node()
        self._clocks = _clocks_by_node(history.clocks)
        self._severed: dict[str, list[list[tuple[int, int]]]] = {}
        self._changes = self._instants_of_change()
        self._one_way = [fault for fault in faults if fault.links is not None]
        self._paused: dict[str, list[tuple[int, int]]] = {}
        for fault in faults:
            if fault.fault in _OF_PACE:
                for node in fault.nodes:
                    self._paused.setdefault(node, []).append((fault.begin, self._end_of(fault)))

    # When must all agree?

    def settled(self, t: int) -> int:
        """Tell by when every node that is up must show what was answered at `t`.

        `converge` after the last of answer, heal, resume and ready; a fault in progress, or beginning before that
        deadline, moves it on. `detect` is added where membership had changed: a cut, one-way cut, pause, crash or
        restart that ended less than `detect` before `t` or later. A fault without end never lets it settle.

        Args:
            t: when it was answered, µs.

        Returns:
            The deadline in µs: what is asked later must see it. NEVER where no deadline comes.
        """
        return self._settling.settled(t)

    def settled_among_others(self, node: str, t: int) -> int:
        """Tell the same for all nodes but one, whose own absences and returns then delay nobody."""
        others = self._settling_without.get(node)
        if others is None:
            disturbances = [disturbance for disturbance in self._disturbances() if disturbance.node != node]
            others = self._settling_without[node] = Settling(disturbances, self._converge, self._detect)
        return others.settled(t)

    def calm(self, begin: int, end: int) -> bool:
        """Say whether nothing disturbed the nodes from `converge` before `begin` to `end`.

        A node may still be wrongly suspected until `detect` after a parting, so that counts as a disturbance too.
        """
        return (
            self._any.last_end(before=end + 1) < begin - self._converge
            and self._parting.last_end(before=end + 1) < begin - self._converge - self._detect
        )

    def together(self, begin: int, end: int) -> bool:
        """Say whether no node was cut off, paused or slowed, nor may have been suspected wrongly, until `end`.

        From `converge` before `begin` on, and `detect` more where views may have been wrong (protocol, part 4). Nodes
        that crash, leave, join or come back disturb nobody's view of who is there, one at a time: the client's
        guarantees hold through that. More crashes at once than the contract survives are another matter.

        Args:
            begin: from when on, µs.
            end: until when, µs.
        """
        since = begin - self._converge - self._detect
        return (
            self._links_any.last_end(before=end + 1) < begin - self._converge
            and self._links_parting.last_end(before=end + 1) < since
            and self.crashes_within(since, end) <= self._survives
        )

    def steady(self, begin: int, end: int) -> bool:
        """Say whether what was answered in that time settles `converge` later, undelayed by anything."""
        return (
            self._any.last_end(before=end + self._converge) <= begin
            and self._parting.last_end(before=end + self._converge) <= begin - self._detect
        )

    def divided(self, begin: int, end: int) -> bool:
        """Say whether a cut or a pause overlaps that time."""
        return self._dividing.last_end(before=end + 1) >= begin

    # Who was up, and whom could it reach?

    def life(self, node: str, t: int) -> int:
        """Number the lives of a node: two instants of one life have equal numbers."""
        return bisect_left(self._lives.get(node, ()), t)

    def crashes_within(self, begin: int, end: int) -> int:
        """Count the crashes, of any node, from one instant to another, both included."""
        instants = self.crashes
        return bisect_right(instants, end, key=_instant) - bisect_left(instants, begin, key=_instant)

    def crash_of(self, node: str, after: int) -> int | None:
        """Tell when that node first crashed, at that instant or later; O(crashes)."""
        position = bisect_left(self.crashes, after, key=_instant)
        return next((t for t, crashed in self.crashes[position:] if crashed == node), None)

    def born(self, node: str, t: int) -> int:
        """Tell when the life of a node that holds at `t` began: its last return, or the start of the run."""
        begun = [end for _, end in self._down.get(node, ()) if end <= t]
        return max(begun, default=LONG_AGO)

    def dark_within(self, begin: int, end: int) -> bool:
        """Say whether at some instant of that time no node was up: memory alone outlives nothing (REQ-FAIL-9)."""
        position = bisect_left(self._dark, begin)
        return position < len(self._dark) and self._dark[position] <= end

    def alone(self, node: str, begin: int, end: int) -> bool:
        """Say whether a node could reach no other from one instant to another: each was cut off from it, or down.

        A link that is cut in one direction counts as cut. O(nodes · faults) for the first question about a node.
        """
        severed = self._severed.get(node)
        if severed is None:
            severed = self._severed[node] = [self._severed_from(node, other) for other in self._nodes if other != node]
        return all(any(b <= begin and end <= e for b, e in intervals) for intervals in severed)

    def ready_since(self, node: str, t: int) -> int | None:
        """Tell when a node that is ready at `t` last said so; None if it never did, or has been away since."""
        instants = self._readies.get(node, [])
        position = bisect_right(instants, t)
        if not position or self.life(node, instants[position - 1] + 1) != self.life(node, t + 1):
            return None
        return instants[position - 1]

    def was_away(self, node: str, before: int) -> bool:
        """Say whether a node went away at some time before, so that what it holds is what it was given again."""
        return any(LONG_AGO < begin < before for begin in self._lives.get(node, ()))

    def serving(self, node: str, t: int) -> bool:
        """Say whether a node was up, ready, neither paused nor slow then; one of which nothing is told was."""
        if node in self._readies and self.ready_since(node, t) is None:
            return False
        away = (*self._down.get(node, ()), *self._paused.get(node, ()))
        return not any(begin <= t < end for begin, end in away)

    def unheard(self, node: str, t: int) -> bool:
        """Say whether some link from a node carried nothing at that instant, while the way back may have been open."""
        return any(
            f.begin <= t < self._end_of(f) and any(link[0] == node for link in f.links or ()) for f in self._one_way
        )

    def changed_within(self, begin: int, end: int) -> bool:
        """Say whether a fault began or ended, or a node became ready or ceased to be, in that time, both included."""
        position = bisect_left(self._changes, begin)
        return position < len(self._changes) and self._changes[position] <= end

    def clock_off(self, node: str, begin: int, end: int) -> bool:
        """Say whether a node's clock was off by more than the contract's bound at some instant of that time."""
        instants, offsets = self._clocks.get(node, ([], []))
        first = max(bisect_right(instants, begin) - 1, 0)
        last = bisect_right(instants, end)
        return any(abs(offset) > self._skew for offset in offsets[first:last])

    # How it is made.

    def _end_of(self, fault: Fault) -> int:
        """Tell when a fault was undone; one without an end when everything was healed, else never."""
        if fault.end is not None:
            return fault.end
        return self._healed if self._healed is not None and self._healed >= fault.begin else NEVER

    def _ready_from(self, node: str, t: int) -> int | None:
        instants = self._readies.get(node, [])
        position = bisect_left(instants, t)
        return instants[position] if position < len(instants) else None

    def _absences(self) -> tuple[dict[str, list[tuple[int, int]]], dict[str, list[int]], list[tuple[int, str]]]:
        """Make of crashes and unreadies when each node was away, when its lives ended, and every crash in order."""
        down: dict[str, list[tuple[int, int]]] = {}
        crashes = []
        for fault in self._faults:
            if fault.fault in _OF_STARTS:
                for node in fault.nodes:
                    ready = self._ready_from(node, fault.begin)
                    down.setdefault(node, []).append((LONG_AGO, NEVER if ready is None else ready))
            if fault.fault in _OF_PROCESSES:
                for node in fault.nodes:
                    back = NEVER if fault.end is None else fault.end
                    ready = self._ready_from(node, fault.begin if fault.end is None else fault.end)
                    down.setdefault(node, []).append((fault.begin, back if ready is None else ready))
                    crashes.append((fault.begin, node))
        for node, instants in self._unreadies.items():
            for t in instants:
                ready = self._ready_from(node, t)
                down.setdefault(node, []).append((t, NEVER if ready is None else ready))
        lives = {node: sorted(begin for begin, _ in intervals) for node, intervals in down.items()}
        return down, lives, sorted(crashes)

    def _disturbances(self) -> list[Disturbance]:
        found = []
        for fault in self._faults:
            if fault.fault in _OF_PROCESSES or fault.fault in _OF_CLOCKS or fault.fault in _OF_STARTS:
                continue  # processes: see below; a clock parts nobody, and who joins disturbs from its ready on
            parting = fault.fault not in _OF_LINKS and fault.fault not in _OF_SPEED
            found.append(Disturbance(fault.begin, self._end_of(fault), parting))
        returns = dict.fromkeys(end for away in self._down.values() for begin, end in away if begin != LONG_AGO)
        for node, away in self._down.items():
            for begin, end in away:
                if begin != LONG_AGO:
                    # Who never returns disturbs the others once: they must find out, and go on without it.
                    found.append(Disturbance(begin, begin if end == NEVER else end, parting=True, node=node))
        for node, instants in self._readies.items():
            # A node that joins: counted from its ready, but nobody had to be found dead.
            found += [Disturbance(t, t, parting=False, node=node) for t in instants if t not in returns]
        if self._healed is not None:
            found.append(Disturbance(self._healed, self._healed, parting=False))
        return found

    def _instants_without_a_node(self) -> list[int]:
        """Find when the last node that was up went away.

        One under another key is none of the cluster meanwhile, and one that could not ask for the others has nothing of
        theirs.
        """
        changes = []
        for node in self._nodes:
            apart = [(f.begin, self._end_of(f)) for f in self._faults if f.fault == _APART and node in f.nodes]
            for begin, end in _merged(self._down.get(node, []) + apart + self._unacquainted(node)):
                changes += [(begin, 1), (end, -1)]
        away, dark = 0, []
        for t, change in sorted(changes):  # at one instant returns come first: they sort lower
            away += change
            if away == len(self._nodes) and change == 1:
                dark.append(t)
        return dark

    def _unacquainted(self, node: str) -> list[tuple[int, int]]:
        """Find from when and until when a node that started while lookups found nobody need not have met the others."""
        lookups = [(f.begin, self._end_of(f)) for f in self._faults if f.fault in _OF_LOOKUPS]
        return [
            (start, end if end == NEVER else end + self._detect + self._converge)
            for _, start in self._down.get(node, [])
            for begin, end in lookups
            if begin <= start <= end
        ]

    def _instants_of_change(self) -> list[int]:
        instants = [t for found in (self._readies, self._unreadies) for at in found.values() for t in at]
        for fault in self._faults:
            if fault.nodes or fault.links or fault.groups or fault.touched or fault.begin != fault.end:
                instants += [fault.begin, self._end_of(fault)]  # one that never struck is left out
        if self._healed is not None:
            instants.append(self._healed)
        return sorted(instants)

    def _severed_from(self, node: str, other: str) -> list[tuple[int, int]]:
        intervals = [(f.begin, self._end_of(f)) for f in self._faults if _divides(f) and _severs(f, node, other)]
        return _merged(intervals + self._down.get(other, []))


def _felt(faults: list[Fault], detect_us: int) -> list[Fault]:
    """Leave out what no store may feel: that discovery says nothing right removes nobody (protocol, part 2).

    It keeps those apart, though, who have yet to find each other: it counts where a fault that makes nodes strangers
    lies in its time, or ended so shortly before that they need not have met again. An old list names enough for that.
    """
    strangers = [fault for fault in faults if _makes_strangers(fault)]
    found = []
    for fault in faults:
        if fault.fault in _OF_OLD_LOOKUPS:
            continue
        if fault.fault in _OF_LOOKUPS:
            begin, end = fault.begin - detect_us, NEVER if fault.end is None else fault.end
            if not any(one.begin <= end and (one.end is None or one.end >= begin) for one in strangers):
                continue
        found.append(fault)
    return found


def _makes_strangers(fault: Fault) -> bool:
    """Say whether somebody must find the others after a fault: who starts, comes back, or was parted from them.

    Who loses messages now and then is forgotten by nobody, and who never comes back looks for nobody.
    """
    if fault.fault in _OF_PROCESSES:
        return fault.end is not None
    return not any(fault.fault in those for those in (_OF_LOOKUPS, _OF_OLD_LOOKUPS, _OF_LINKS, _OF_SPEED, _OF_CLOCKS))


def _divides(fault: Fault) -> bool:
    """Say whether a fault is a cut or a pause, or may be one."""
    name = fault.fault
    return not any(name in those for those in (_OF_LINKS, _OF_SPEED, _OF_CLOCKS, _OF_PROCESSES, _OF_STARTS))


def _severs(fault: Fault, one: str, other: str) -> bool:
    if fault.fault == "pause":
        return False
    if fault.fault in _OF_LOOKUPS:
        return True
    if fault.links is not None:
        return [one, other] in fault.links or [other, one] in fault.links
    if fault.groups is not None:
        sides = [group for group in fault.groups if one in group or other in group]
        return len(sides) > 1  # each in a group of its own; a node in no group keeps its links
    return one in fault.nodes or other in fault.nodes


def _merged(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join intervals that touch or overlap."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(intervals):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def _instant(crash: tuple[int, str]) -> int:
    return crash[0]


def _instants_by_node(instants: list[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for node, t in sorted(instants):
        found.setdefault(node, []).append(t)
    return found


def _clocks_by_node(clocks: list[Clock]) -> dict[str, tuple[list[int], list[int]]]:
    found: dict[str, tuple[list[int], list[int]]] = {}
    for clock in sorted(clocks, key=lambda clock: clock.t):
        instants, offsets = found.setdefault(clock.clock, ([], []))
        instants.append(clock.t)
        offsets.append(clock.offset_us)
    return found
