"""What a client knew before it wrote: whoever sees the write must see that too. Shared by two of its guarantees.

Monotonic writes asks about the client's own earlier updates, writes-follow-reads about what it had read. In both, a
read that shows a write must show whatever is known to lie before it in the order of its client, or something newer.
"""

from bisect import bisect_left

from conformance.checks.copies import Copies
from conformance.checks.findings import at, shown
from conformance.checks.guarantees import Stale, may_be_deleted
from conformance.checks.index import Session, answered, surely_before
from conformance.history import DELETE, Operation


class Known:
    """What one client knew of one session, by key and over time."""

    def __init__(self) -> None:
        self._told: dict[str, list[tuple[int, Operation, Operation]]] = {}
        self._instants: dict[str, list[int]] = {}
        self.first: int | None = None

    def learn(self, name: str, update: Operation, source: Operation) -> None:
        """Take note of an update that the client knew once a request of its was answered.

        Args:
            name: the key.
            update: what was written or deleted.
            source: the request whose answer told it.
        """
        self._told.setdefault(name, []).append((answered(source), update, source))

    def arrange(self) -> None:
        """Keep of each key what was newest at each instant; call once, after all was learnt."""
        for name, told in self._told.items():
            told.sort(key=lambda entry: (entry[0], entry[1].asked, entry[1].id))
            newest: list[tuple[int, Operation, Operation]] = []
            for entry in told:
                if not newest or newest[-1][1].asked < entry[1].asked:
                    newest.append(entry)
            self._told[name] = newest
            self._instants[name] = [entry[0] for entry in newest]
            self.first = newest[0][0] if self.first is None else min(self.first, newest[0][0])

    def before(self, t: int) -> list[tuple[str, Operation, Operation]]:
        """Tell for each key the newest update that was known before that instant, and who had told it."""
        found = []
        for name, instants in self._instants.items():
            position = bisect_left(instants, t)
            if position:
                _, update, source = self._told[name][position - 1]
                found.append((name, update, source))
        return found


def judged_write(read: Operation, session: Session, known: dict[str, Known], copies: Copies) -> Operation | None:
    """Find the newest write that a read shows of a client which knew something before it.

    Without routing only the reader's own writes count: what another client's node had taken in, this one may not know.
    """
    chosen: Operation | None = None
    for name, value in (read.data or {}).items():
        write = copies.index.writer(value)
        if write is None or write.session != session.id or write.key != name or write.asked > answered(read):
            continue
        if write.client != read.client and not copies.routing:
            continue
        client = known.get(write.client)
        if client is None or client.first is None or client.first >= write.asked:
            continue
        if chosen is None or (write.asked, write.id) > (chosen.asked, chosen.id):
            chosen = write
    return chosen


def undone(
    read: Operation, write: Operation, session: Session, known: Known, copies: Copies, text: str
) -> Stale | None:
    """Find an update that lay before a write in the order of its client, and that a read of the write does not show.

    Args:
        read: shows the write.
        write: the write.
        session: of both.
        known: what the writer's client knew.
        copies: the rules.
        text: what to say of it, with {} for the read, what it showed, the write, and who had told of the update.
    """
    data = read.data or {}
    for name, update, source in known.before(write.asked):
        other = None
        if name in data:
            other = copies.index.writer(data[name])
            right = other is None or other is update or other.session != session.id or not surely_before(other, update)
        else:
            right = update.op == DELETE or may_be_deleted(copies, session, name, update, read)
        if not right and not copies.lost_rightly(update, answered(read)):
            return Stale(source, update, other, text, (at(read), shown(read, name), at(write), at(source)))
    return None
