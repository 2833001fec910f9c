"""Goes on proposing and trying until nothing more can be left out, or enough was tried. Prints and writes nothing.

First the requests are written down as a script, as few of them as the evidence names; then whatever stands there is
taken away, in pieces first (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002). Why not
Hypothesis's shrinker: docs/decisions/0016-shrinking.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import json

from conformance.history import USER, Operation
from conformance.shrinking import EVENTS, TRIES, reducing
from conformance.shrinking.scripting import Kept, Written, scripted, timed
from conformance.shrinking.trial import Failing, Trial
from scenarios import parse_told

PASSES: tuple[Callable[[Written], Iterator[Written]], ...] = (
    reducing.fewer_witnesses,
    reducing.fewer_users,
    reducing.fewer_nodes,
    reducing.shorter,
    reducing.earlier,
    reducing.plainer,
    reducing.plainer_entries,
    reducing.rounder,
    reducing.named_anew,
)
"""What is proposed, in turn, once few requests and faults are left."""


NEARBY_S = (1, 4, 16)
"""How long before the evidence the requests of others are kept, if those of its own users do not suffice."""


class Shrinking:
    """Makes one failing run small.

    Args:
        trial: runs proposals.
        failing: the run as it was found.
        found: told each smaller one as it is found, so that an interruption loses nothing.
        tries: how many runs may be made.
    """

    def __init__(self, trial: Trial, failing: Failing, found: Callable[[Failing], None], tries: int = TRIES) -> None:
        self.smallest = failing
        self._trial = trial
        self._found = found
        self._tries = tries
        self._known = {json.encode(failing.data)}

    def run(self) -> Failing:
        """Shrink until nothing more can go; return the smallest that was found."""
        if not self._write_script():
            self._first_of(reducing.fewer_users)
            self._write_script()
        while self._left and self._once():
            pass
        return self.smallest

    @property
    def _left(self) -> bool:
        return self._trial.runs < self._tries and self._trial.events < EVENTS

    def _once(self) -> bool:
        """Let every pass propose; say whether any found something smaller."""
        before = self.smallest
        self._first_of(reducing.shorter)  # first what makes every further run a shorter one
        self._first_of(reducing.fewer_witnesses)
        self._without_faults()
        self._without_users()
        self._without_requests()
        for proposals in PASSES:
            self._first_of(proposals)
        return self.smallest is not before

    def _accepts(self, data: Written) -> bool:
        """Try a proposal and take it over if the run still fails for the same reason."""
        text = json.encode(data)
        if text in self._known or not self._left:
            return False
        self._known.add(text)
        reason = self.smallest.reason
        failing = self._trial.failing(data, reason.check, reason)
        if failing is None:
            return False
        self.smallest = failing
        self._found(failing)
        sooner = reducing.ended(failing.data, _last_seen(failing))
        if sooner is not None:
            self._accepts(sooner)
        return True

    def _first_of(self, proposals: Callable[[Written], Iterator[Written]]) -> None:
        """Try what a pass proposes; begin again with what was taken over, until it proposes nothing that is."""
        while self._left and any(self._accepts(data) for data in proposals(self.smallest.data)):
            pass

    # ------------------------------------------------------------------------------------------------- requests, faults

    def _write_script(self) -> bool:
        """Put a script in place of habits: of the requests that the evidence names if those suffice, else of more."""
        failing = self.smallest
        workload = failing.data.get("workload", {})
        if "script" in workload:
            return True
        scenario = parse_told(failing.data, self._trial.place)
        kept = {key: workload[key] for key in ("hosts", "planted") if key in workload}
        faults = timed(failing.data.get("faults") or [], failing.history)
        for chosen in _fewest_first(failing):
            script = scripted(failing.history, chosen, scenario.network.clients, hosts="hosts" in kept)
            data: dict[str, Any] = {
                **failing.data,
                "workload": {**kept, "script": script},
                "faults": faults,
                "expect": {"checks": [failing.reason.check]},
            }
            if self._accepts({**data, "observers": {"witnesses": 0}}) or self._accepts(data):
                return True
        return False

    def _without_faults(self) -> None:
        def build(faults: Sequence[Written]) -> Written:
            return {**self.smallest.data, "faults": list(faults)}

        self._in_pieces(lambda: self._faults, lambda b, e: build(_cut(self._faults, b, e)))

    @property
    def _faults(self) -> list[Written]:
        return self.smallest.data.get("faults") or []

    @property
    def _script(self) -> list[Written]:
        return self.smallest.data.get("workload", {}).get("script") or []

    def _without_users(self) -> None:
        """Leave out people with all that they ask: in large scripts a single request hardly ever matters alone."""

        def without(begin: int, end: int) -> Written:
            gone = self._people[begin:end]
            return self._asking([entry for entry in self._script if entry["user"] not in gone])

        self._in_pieces(lambda: self._people, without, least=max(1, len(self._people) // 8))

    @property
    def _people(self) -> list[str]:
        return list(dict.fromkeys(entry["user"] for entry in self._script))

    def _without_requests(self) -> None:
        self._in_pieces(lambda: self._script, lambda b, e: self._asking(reducing.without_requests(self._script, b, e)))

    def _asking(self, script: Sequence[Written]) -> Written:
        return {**self.smallest.data, "workload": {**self.smallest.data["workload"], "script": list(script)}}

    def _in_pieces(
        self, entries: Callable[[], Sequence[Any]], without: Callable[[int, int], Written], least: int = 1
    ) -> None:
        """Leave out all, then halves, then smaller pieces, down to those of so many entries."""
        size = len(entries())
        while size >= least and self._left:
            begin = 0
            while begin < len(entries()):
                if not self._accepts(without(begin, begin + size)):
                    begin += size
            size //= 2


def _cut(entries: Sequence[Written], begin: int, end: int) -> list[Written]:
    return [*entries[:begin], *entries[end:]]


def _last_seen(failing: Failing) -> int:
    """Tell when the last of the evidence was in, µs; 0 where none of it has a time."""
    evidence = [item.operation for item in failing.finding.evidence]
    return max((operation.get("answered") or operation.get("asked") or 0 for operation in evidence), default=0)


def _fewest_first(failing: Failing) -> Iterable[Kept]:
    """Choose requests: of the sessions that the evidence names, of their users, what others asked for near to it, all.

    What others ask for may be what has nodes compare or repair what they hold, so each time more of it is kept.
    """
    evidence = [item.operation for item in failing.finding.evidence]
    sessions = {operation.get(key) for operation in evidence for key in ("session", "replaced")} - {None}
    clients = {operation["client"] for operation in evidence if operation.get("by") == USER}
    users = {operation["user"] for operation in evidence if operation.get("user")}
    last = _last_seen(failing)

    def of_sessions(operation: Operation) -> bool:
        return operation.asked <= last and (operation.session in sessions or operation.replaced in sessions)

    def of_users(operation: Operation) -> bool:
        return operation.asked <= last and (operation.client in clients or operation.user in users)

    first = min((operation["asked"] for operation in evidence if operation.get("asked") is not None), default=0)

    def within(reach_us: int) -> Kept:
        return lambda operation: of_users(operation) or first - reach_us <= operation.asked <= last

    nearby = [within(seconds * 1_000_000) for seconds in NEARBY_S]
    return (of_sessions, of_users, *nearby, lambda operation: operation.asked <= last, lambda _: True)
