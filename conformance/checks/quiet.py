"""When all copies of a session must agree: between the last change that is settled and the next that is asked for.

Used by convergence. An observation in such a quiet time is compared with the first one of the same quiet time.
"""

from bisect import bisect_right
from itertools import accumulate

from conformance.checks.copies import Copies, holds_none, is_alive
from conformance.checks.index import Key, Session, answered
from conformance.checks.settling import NEVER
from conformance.history import OK, UNKNOWN, Operation


class _Changes:
    """Changes of one thing: how many lie before a quiet instant, and which instants are quiet."""

    def __init__(self, changes: list[Operation], copies: Copies) -> None:
        changes = sorted(changes, key=answered)
        self._changes, self._copies = changes, copies
        self._answers = [answered(change) for change in changes]
        self._settled = list(accumulate(map(copies.timeline.settled, self._answers), max))
        asked = [change.asked for change in changes]
        self._asked_next = [*accumulate(reversed(asked), min)][::-1]

    def before(self, copy: Operation) -> int | None:
        """Count the changes before a copy; None if one of them is not settled, or one is asked for meanwhile."""
        position = bisect_right(self._answers, copy.asked)
        if position and self._settled[position - 1] >= copy.asked:
            return None
        if position < len(self._answers) and self._asked_next[position] <= answered(copy):
            return None
        return position

    def lost_rightly(self, position: int, copy: Operation) -> bool:
        """Say whether the last of so many changes may be gone by the time of a copy, as part 4 allows."""
        return bool(position) and self._copies.excused(self._changes[position - 1], answered(copy))


class Quiet:
    """The copies seen so far of one session, by what they show and by the quiet time in which they were seen."""

    def __init__(self, session: Session, copies: Copies) -> None:
        self._session = session
        self._copies = copies
        self._index = copies.index
        ends = self._index.ends(session)
        self._doubtful_ends = [end.asked for end in ends if end.outcome == UNKNOWN]
        sure = [end for end in ends if end.outcome != UNKNOWN]
        self._life = _Changes([*session.logins[:1], *sure], copies)
        self._keys = {name: _Changes(key.writes, copies) for name, key in session.keys.items()}
        self._seen: dict[tuple[str | None, int, bool], tuple[str | None, Operation]] = {}

    def differing(self, copy: Operation) -> list[tuple[Operation, str]]:
        """Compare a copy with what was seen before in the same quiet time.

        Returns:
            For each thing that differs: the earlier copy, and what differs.
        """
        found = []
        alive = self._liveness(copy)
        if alive is not None and (other := self._compare(None, self._life, copy, alive)) is not None:
            found.append((other, "whether it is alive"))
        if copy.data is not None and is_alive(copy):
            for name, key in self._session.keys.items():
                shown = self._shown(name, key, copy)
                if shown is not None and (other := self._compare(name, self._keys[name], copy, shown)) is not None:
                    found.append((other, f"{name!r}"))
        return found

    def _compare(self, what: str | None, changes: _Changes, copy: Operation, shown: str) -> Operation | None:
        before = changes.before(copy)
        if before is None:
            return None
        lost = changes.lost_rightly(before, copy)  # a loss that is allowed is a change too: no quiet time spans it
        earlier = self._seen.setdefault((what, before, lost), (shown, copy))
        return earlier[1] if earlier[0] != shown else None

    def _liveness(self, copy: Operation) -> str | None:
        """Tell whether a copy says alive or over; None where an unknown outcome, time or part 4 may explain it."""
        if is_alive(copy):
            return "alive"
        if not holds_none(self._index, copy):
            return None
        session, timeline, login = self._session, self._copies.timeline, self._session.login
        if login is None or timeline.clock_off(copy.node, copy.asked, answered(copy)):
            return None
        if self._index.may_have_expired(session, answered(copy)) or self._copies.has_met_nobody(copy, login):
            return None
        return None if any(asked <= answered(copy) for asked in self._doubtful_ends) else "over"

    def _shown(self, name: str, key: Key, copy: Operation) -> str | None:
        """Tell which write a copy shows under a key; None where an unknown outcome explains it, or another check's."""
        data = copy.data or {}
        if name not in data:
            unknown = any(d.outcome != OK and d.asked <= answered(copy) for d in key.deletes)
            return None if unknown else ""
        write = self._index.writer(data[name])
        if write is None or write.outcome != OK or write.session != self._session.id or write.key != name:
            return None
        return write.id if answered(write) < NEVER else None
