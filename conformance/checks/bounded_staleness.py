"""Bounded staleness: a copy may be old, but not for longer than the contract says."""

from bisect import bisect_right

from conformance.checks.copies import Copies, is_alive
from conformance.checks.findings import Convictions, at, conclude, quantiles, seconds, shown
from conformance.checks.index import ASKED, Index, Key, Session, answered, surely_before
from conformance.checks.plain import Plain
from conformance.checks.settling import NEVER
from conformance.history import CLUSTER, DELETE, OBSERVER, OK, PEEK, READ, WRITE, Operation
from conformance.verdict import Finding

NAME = "bounded_staleness"
REQUIREMENTS = ["REQ-ROUT-6", "REQ-REPL-7"]


def bounded_staleness(index: Index) -> Finding:
    """Find copies that were old for longer than the bound (REQ-ROUT-6, REQ-REPL-7).

    A browser's read, or a peek, is stale if it shows under some key less than an update that was acknowledged before it
    was asked for; its staleness is the time since the first such answer. Convicts one that was asked for after that
    update was settled (`Timeline.settled`: `converge` after the last of answer, heal, resume and ready, `detect` later
    where membership had changed; protocol, part 4), where another copy, asked for then or later, shows the update: it
    was late, not lost. What no copy shows any more, and sessions that are not there at all, are durability's, and
    observers' reads convergence's. Staleness within the bound is a figure.

    Excused: what need not be there at all, as in durability; updates without an order. Unknown outcomes: such an update
    makes no copy stale, and a value or an absence that one explains is not old.

    Judged: reads and peeks that were asked for after an update of their session was settled. A bound longer than the
    run leaves none, and the check is vacuous. With `store: local` nothing of this is promised. Cost: O(n log n) in the
    operations of sessions that are not plain. Source: t-visibility, as in Bailis et al., "Probabilistically Bounded
    Staleness for Practical Partial Quorums" (2012).
    """
    copies, convictions = Copies(index), Convictions()
    judged, stale, seen = 0, list[int](), 0
    for session in index.sessions.values():
        plain = session.plain
        if plain is not None and not plain.peeked:
            seen += plain.reads if len(plain.told) > 1 else 0  # its reads are as new as can be
            judged += _judged_of_plain(copies, session, plain)
            continue
        due = _due_from(copies, session)
        if due is None:
            continue
        found = [o for o in session.operations if _is_copy(o)]
        seen += len(found)
        judged += sum(o.asked > due for o in found)
        if plain is not None:
            found = [o for o in found if o.op == PEEK]
        for copy in found:
            if late := _staleness(copies, session, copy):
                stale.append(late)
                if late > index.contract.converge_us:
                    _judge(copies, session, copy, convictions)
    bound, detect = index.contract.converge_us, index.contract.detect_us
    longest = f"{len(stale):,} of {seen:,} stale before that" + (f", by up to {seconds(max(stale))}" if stale else "")
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"No copy is older than {seconds(bound)} after the last answer, heal, resume or ready"
        f" ({seconds(bound + detect)} where membership had changed).",
        convictions,
        judged=judged,
        held=f"{judged:,} copies in which something was due were new enough; {longest}",
        promised=index.header.store == CLUSTER,
        figures={"copies": seen, "stale_copies": len(stale), **quantiles("staleness_us", stale)},
    )


def _is_copy(operation: Operation) -> bool:
    if operation.data is None or not is_alive(operation):
        return False
    return operation.op == PEEK or operation.by != OBSERVER


def _judged_of_plain(copies: Copies, session: Session, plain: Plain) -> int:
    """Count the reads of a plain session that were asked for after its first update was settled."""
    if not plain.reads or len(plain.told) == 1:  # an observer's, or nothing but a login
        return 0
    due = copies.timeline.settled(plain.told[1])
    if plain.heard <= due:
        return 0
    return sum(o.asked > due and o.op == READ and o.outcome == OK for o in session.operations)


def _due_from(copies: Copies, session: Session) -> int | None:
    """Tell from when on the first acknowledged update of a session must be in every copy, None if it has none."""
    first = min((answered(o) for o in session.operations if o.op in (WRITE, DELETE) and o.outcome == OK), default=None)
    return None if first is None else copies.timeline.settled(first)


def _staleness(copies: Copies, session: Session, copy: Operation) -> int:
    """Tell how long a copy has been old when it is asked for, µs; 0 for one that shows all that was acknowledged."""
    data, oldest = copy.data or {}, copy.asked
    for name, key in session.keys.items():
        if name not in data:
            missed = _missed_by_absence(key, copy)
        else:
            write = copies.index.writer(data[name])
            if write is None or write.session != session.id or write.key != name or write.outcome != OK:
                continue
            missed = _missed_after(key, write, copy)
        if missed is not None:
            oldest = min(oldest, answered(missed))
    return copy.asked - oldest


def _missed_after(key: Key, write: Operation, copy: Operation) -> Operation | None:
    """Find the first update after a write that was acknowledged before a copy of the write was asked for."""
    for position in range(bisect_right(key.answers, answered(write)), len(key.writes)):
        if key.answers[position] >= copy.asked:
            return None
        if surely_before(write, key.writes[position]):
            return key.writes[position]
    return None


def _missed_by_absence(key: Key, copy: Operation) -> Operation | None:
    """Find the first write that a copy without the key should show, unless a delete may explain the absence.

    Such a write was asked for after every delete that may have happened by then, so all answers until those are passed
    over at once; what is left to pass over are writes that overlap the last of them.
    """
    asked = bisect_right(key.deletes, answered(copy), key=ASKED)
    last = key.deleted[asked - 1] if asked else -NEVER
    for position in range(bisect_right(key.answers, last), len(key.writes)):
        if key.answers[position] >= copy.asked:
            return None
        write = key.writes[position]
        if write.op == WRITE and write.asked > last:
            return write
    return None


def _judge(copies: Copies, session: Session, stale: Operation, convictions: Convictions) -> None:
    """Convict a stale copy of each update that was due in it and is not lost."""
    for update, name in copies.contradictions(session, stale):
        if not _shown_since(session, update, name, stale):
            continue
        text = "{} of session {} showed {}, {} after the acknowledged {}"
        late = seconds(stale.asked - answered(update))
        convictions.add((update, stale), text, at(stale), session.id, shown(stale, name), late, at(update))


def _shown_since(session: Session, update: Operation, name: str, stale: Operation) -> bool:
    """Say whether a copy asked for then or later shows an update: its value, or for a delete that the key is gone."""
    for copy in reversed(session.operations):
        if copy.asked < stale.asked:
            return False
        if copy.data is None or copy is stale or not is_alive(copy):
            continue
        there = name in copy.data  # null is a value: what is not there is no null
        if not there if update.op == DELETE else there and copy.data[name] == update.value:
            return True
    return False
