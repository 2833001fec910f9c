"""Lost updates: of two concurrent updates of different keys both survive; of one key, how many do not is counted."""

from conformance.checks.copies import Copies
from conformance.checks.findings import Convictions, at, conclude, counted, seconds, shown
from conformance.checks.index import Index, Session, answered
from conformance.checks.rivals import pairs_of_rivals, rival_of
from conformance.history import CLUSTER, OK, READ, Operation
from conformance.verdict import Finding

NAME = "lost_updates"
REQUIREMENTS = ["REQ-REPL-6", "REQ-FAIL-8"]


def lost_updates(index: Index) -> Finding:
    """Find updates that a concurrent update of another key replaced (REQ-REPL-6, REQ-FAIL-8).

    Two updates of a session are concurrent if they have no order (protocol, part 4: their times overlap, or they were
    made on two nodes, without routing, closer than `converge + 2·clock_skew` or across a cut or pause) and the second
    was asked for before the first was settled. With the feature `merge`, convicts a read asked for after such an update
    was settled that shows the other one and not this: of different keys both must survive. The line to durability: a
    lost update with a concurrent one of another key beside it, which the read shows, is judged here; durability judges
    those that nothing of the kind can have replaced, ordered ones among them. What peeks show is convergence's.

    Of one key one of two updates without an order is always lost; where the later answered one lost, it is counted and
    convicts nobody. Excused as in durability. Unknown outcomes: no such update has to be kept; one that a read shows
    happened, at some time from its asking on, and so overlaps all that followed.

    Judged: pairs of concurrent updates of different keys, both acknowledged, the later one settled when the session was
    last read. Without `merge` or with `store: local` not promised. Cost: O(n log n), and O(n · w) in the updates of one
    session, w of them made before one of them was settled. Source: the lost update, phenomenon P4 of Berenson et al.,
    "A Critique of ANSI SQL Isolation Levels" (1995).
    """
    copies, convictions = Copies(index), Convictions()
    merges, copies.merges = copies.merges, True  # what a whole session replaced is just what is looked for
    judged = 0
    for session in index.sessions.values():
        last = _last_read(session)
        if last is None or _is_in_order(copies, session):
            continue
        for one, other in pairs_of_rivals(copies, session):
            judged += copies.timeline.settled(max(answered(one), answered(other))) < last.asked
        if session.plain is None:
            _judge(session, copies, convictions)
    judged = max(judged, convictions.count)  # a rival of unknown outcome makes no pair, until a read shows it
    promised = index.header.store == CLUSTER and merges
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Of concurrent updates of different keys both are there {seconds(index.contract.converge_us)} later.",
        convictions,
        judged=judged,
        held=f"{counted(judged, 'pair')} of concurrent updates of different keys survived",
        promised=promised or not judged,
        figures={"lost_of_one_key": len(copies.unordered)},
    )


def _is_in_order(copies: Copies, session: Session) -> bool:
    """Say whether it can be seen at one glance that all updates of a session have an order, or that it has no login."""
    if session.login is None:
        return True
    plain = session.plain  # where nothing overlaps
    if plain is None or not copies.routing:
        return False
    return copies.timeline.calm(session.login.asked, plain.heard)


def _last_read(session: Session) -> Operation | None:
    if session.plain is not None:
        return session.plain.last_read
    return next((o for o in reversed(session.operations) if o.op == READ and o.outcome == OK), None)


def _judge(session: Session, copies: Copies, convictions: Convictions) -> None:
    """Judge the reads of one session, in the order of their asking."""
    for read in session.operations:
        if read.op != READ or read.outcome != OK:
            continue
        for lost, name in copies.contradictions(session, read):
            rival = rival_of(copies, session, lost, read)
            if rival is None:
                continue
            text = "{} showed {} beside {}, {} after the concurrent {}"
            late = seconds(read.asked - answered(lost))
            values = (at(read), shown(read, name), at(rival), late, at(lost))
            convictions.add((lost, rival, read), text, *values)
