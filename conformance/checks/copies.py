"""What a copy of a session may show: the rules that convergence, durability and the client's guarantees share.

A copy is what a read or a peek answered. It shows, for each key, the write that put the value there, or that the key is
absent. Here is decided which acknowledged operation contradicts that, if any; whom it convicts is the check's business.

Unknown outcomes: such a write or delete may have happened at any time from its asking to the end of the run, so it
explains every later copy that shows it, and never convicts one that does not. Operations whose intervals overlap have
no order. Intervals are closed: only asked > answered orders.
"""

from bisect import bisect_right

from conformance.checks.index import Index, Key, Session, answered, surely_before
from conformance.history import DELETE, DENIED, EXPIRED, OK, PEEK, READ, REFUSED, UNKNOWN, Operation

NOT_FOUND = 404


class Copies:
    """The rules, over one history.

    Attributes:
        merges: whether concurrent updates of different keys both survive.
        apart: how long after the answer of an update another one elsewhere surely comes after it, µs.
        unordered: pairs of updates of one session that would convict if they had an order; counted once a pair.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self.timeline = index.timeline
        self.routing = index.header.routing
        self.merges = "merge" in index.header.features
        self.unordered: dict[tuple[str, str], None] = {}
        self._checked: dict[str, int] = {}  # by the id of a write: how many updates of its key convict no copy of it
        contract = index.contract
        self.apart = contract.converge_us + 2 * contract.clock_skew_us

    # Order (protocol, part 4).

    def ordered(self, one: Operation, other: Operation) -> bool:
        """Say whether the second update surely comes after the first, for every node.

        Answered before asked; and on one node in one life, or with routing while nothing disturbed the nodes, or at
        least `converge + 2·clock_skew` apart with the first settled and no cut or pause across the two.
        """
        if one.answered is None or one.outcome == UNKNOWN or one.answered >= other.asked:
            return False
        timeline = self.timeline
        if one.node == other.node and timeline.life(one.node, one.asked) == timeline.life(one.node, answered(other)):
            return True
        if self.routing and timeline.calm(one.asked, answered(other)):
            return True
        return (
            other.asked - one.answered >= self.apart
            and other.asked > timeline.settled(one.answered)
            and not timeline.divided(one.asked, answered(other))
        )

    # What excuses a loss (protocol, part 4).

    def excused(self, acknowledged: Operation, until: int) -> bool:
        """Say whether losing an acknowledged operation by then is no breach of what was promised.

        Its node was cut from all others from the answer to its crash; or more crashes than `survives_crashes` fell
        between the answer and its convergence; or no node at all was up at some instant (REQ-FAIL-9).
        """
        timeline, heard = self.timeline, answered(acknowledged)
        since = acknowledged.asked  # the node answered somewhere in between: it may have crashed before that was heard
        if timeline.dark_within(since, until):
            return True
        if timeline.crashes_within(since, timeline.settled(heard)) > self.index.contract.survives_crashes:
            return True
        crash = timeline.crash_of(acknowledged.node, after=since)
        if crash is None or crash > until:
            return False
        return timeline.alone(acknowledged.node, min(heard, crash), crash)

    def has_met_nobody(self, operation: Operation, login: Operation) -> bool:
        """Say whether the answering node has met no other since its start: its `no-session` is no loss then.

        A node that became ready behind a cut, or just after one, is given the time that all have after a heal.
        """
        timeline, node, contract = self.timeline, operation.node, self.index.contract
        if node == login.node and timeline.life(node, login.asked) == timeline.life(node, answered(operation)):
            return False
        if timeline.alone(node, timeline.born(node, operation.asked), operation.asked):
            return True
        ready = timeline.ready_since(node, operation.asked)
        if ready is None and timeline.was_away(node, operation.asked):
            ready = operation.asked  # it answers before anybody has seen that it is ready
        if ready is None or ready < answered(login):
            return False
        behind_a_cut = timeline.divided(ready - contract.detect_us - contract.converge_us, ready)
        return behind_a_cut and operation.asked <= timeline.settled(ready)

    def lost_rightly(self, write: Operation, until: int) -> bool:
        """Say whether a write that was seen may be gone by then: excused, or never acknowledged and a node crashed."""
        if write.outcome == OK:
            return self.excused(write, until)
        return self.timeline.crashes_within(write.asked, until) > 0

    # What a copy shows.

    def superseded_by(self, session: Session, name: str, shown: Operation, copy: Operation) -> Operation | None:
        """Find an acknowledged update that a copy must show, and that surely comes after the one that it shows.

        Args:
            session: the session.
            name: the key.
            shown: the write whose value the copy shows.
            copy: the read or peek.

        Returns:
            The first such update, settled before the copy was asked for; None if the copy is right. All copies of one
            write together cost O(updates of the key).
        """
        key = session.keys.get(name)
        if key is None or shown.answered is None or shown.outcome != OK:
            return None
        start = self._checked.get(shown.id)
        if start is None:
            start = bisect_right(key.answers, shown.answered)
        settled, updates = self.timeline.settled, key.writes
        for position in range(start, len(updates)):
            update = updates[position]
            if settled(key.answers[position]) >= copy.asked:
                self._checked[shown.id] = position
                return None
            if not surely_before(shown, update):
                continue
            if not self.ordered(shown, update) or self._overtaken(session, update):
                self.unordered[shown.id, update.id] = None
            elif not self.excused(update, answered(copy)):
                self._checked[shown.id] = position
                return update
        self._checked[shown.id] = len(updates)
        return None

    def absent_despite(self, session: Session, key: Key, copy: Operation) -> Operation | None:
        """Find an acknowledged write that a copy must show though it lacks the key; None if a delete may explain it.

        The last settled write that nothing excuses decides: what explains its absence explains that of earlier ones.
        """
        settled = self.timeline.settled
        position = bisect_right(key.answers, copy.asked - self.index.contract.converge_us)
        for write in reversed(key.writes[:position]):
            if write.op == DELETE or settled(answered(write)) >= copy.asked:
                continue
            if any(d.asked <= answered(copy) and not self.ordered(d, write) for d in reversed(key.deletes)):
                return None
            if self._overtaken(session, write):
                self.unordered[copy.id, write.id] = None
            elif not self.excused(write, answered(copy)):
                return write
        return None

    def contradictions(self, session: Session, copy: Operation) -> list[tuple[Operation, str]]:
        """Find, key by key, the acknowledged updates that a copy with data contradicts.

        Returns:
            Pairs of update and key; none where the copy has no data.
        """
        data = copy.data
        if data is None:
            return []
        found = []
        writer = self.index.writer
        for name, key in session.keys.items():
            if name not in data:
                if key.writes and (lost := self.absent_despite(session, key, copy)) is not None:
                    found.append((lost, name))
                continue
            shown = writer(data[name])
            if shown is None or shown.session != session.id or shown.key != name:
                continue  # structure's business, or isolation's
            if (newer := self.superseded_by(session, name, shown, copy)) is not None:
                found.append((newer, name))
        return found

    def missing(self, session: Session, copy: Operation) -> Operation | None:
        """Find the login that a copy should know and does not: it holds none, or one that nothing can have ended.

        Denials for expiry are judged by the expiry bands, not here, unless there is no limit.
        """
        login = session.login
        if login is None or not holds_none(self.index, copy):
            return None
        if self.timeline.settled(answered(login)) >= copy.asked or self.index.may_have_ended(session, answered(copy)):
            return None
        if self.timeline.clock_off(copy.node, copy.asked, answered(copy)):
            return None
        if self.has_met_nobody(copy, login) or self.excused(login, answered(copy)):
            return None
        return login

    def _overtaken(self, session: Session, update: Operation) -> bool:
        """Say whether, without `merge`, an unordered update of another key may have replaced the whole session."""
        if self.merges:
            return False
        return any(
            other.key != update.key and self._concurrent(other, update)
            for other in session.operations
            if other.key is not None and other.outcome in (OK, UNKNOWN)
        )

    def _concurrent(self, one: Operation, other: Operation) -> bool:
        return not self.ordered(one, other) and not self.ordered(other, one)


def holds_none(index: Index, copy: Operation) -> bool:
    """Say whether an answer denies that there is a session, for another reason than an expiry that there can be."""
    if copy.outcome == DENIED:
        return copy.why != EXPIRED or index.never_expires
    if copy.op == PEEK:
        return bool(copy.ended) or (
            index.peeks_missing and copy.outcome == REFUSED and copy.status in (NOT_FOUND, None)
        )
    return False


def is_alive(copy: Operation) -> bool:
    """Say whether a read or a peek shows a session that has not ended."""
    return copy.outcome == OK and copy.op in (READ, PEEK) and not copy.ended
