"""Durability: what a client was told is kept is there when it is asked for."""

from bisect import bisect_left

from conformance.checks.copies import Copies
from conformance.checks.findings import Convictions, at, conclude, counted, seconds, shown
from conformance.checks.index import Index, Session, answered
from conformance.checks.rivals import rival_of
from conformance.history import CLUSTER, DENIED, OK, PEEK, READ, Operation
from conformance.verdict import Finding

NAME = "durability"
REQUIREMENTS = ["REQ-FAIL-1", "REQ-FAIL-2", "REQ-ROUT-6"]


def durability(index: Index) -> Finding:
    """Find acknowledged logins, writes and deletes that later answers do not know (REQ-FAIL-1, -2, REQ-ROUT-6).

    Judged by every answer that was asked for after the operation was settled (`Timeline.settled`), whoever asked. A
    login is lost if a node denies the session, and nothing, time included, can have ended it. A write is lost if its
    key is absent with no delete or end possibly after it, or shows a value whose write definitely precedes it; a delete
    is lost if such a value is back. Denials for expiry are judged by the expiry bands.

    Excused (protocol, part 4): the operation's node was cut from all others from the answer to its crash; more crashes
    than `survives_crashes` fell between the answer and its convergence; no node at all was up at some instant; a
    `no-session` from a node that has met nobody since its start. Without an order between two updates of one key, or
    without `merge` between updates of different keys, a loss is counted and convicts nobody. An update in whose place
    the answer shows a concurrent one of another key is the business of lost_updates.

    Unknown outcomes: such a write may explain the value that it wrote, such a delete or logout an absence, at any time
    after its asking; none of them has to be kept.

    Judged: acknowledged operations for which there was a later answer. With `store: local` nothing of this is promised.
    Cost: O(n log n). Source: the set of acknowledged elements that a final read must contain, as in Jepsen's set test.
    """
    contract = index.contract
    convictions, copies = Convictions(), Copies(index)
    judged = 0
    for session in index.sessions.values():
        judged += _judge(session, copies, convictions)
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"What was acknowledged is there {seconds(contract.converge_us)} later and after"
        f" {counted(contract.survives_crashes, 'crash').replace('crashs', 'crashes')} in between.",
        convictions,
        judged=judged,
        held=f"{counted(judged, 'acknowledged operation')} were there when asked for",
        promised=index.header.store == CLUSTER,
        figures={"updates_unordered": len(copies.unordered)},
    )


def _judge(session: Session, copies: Copies, convictions: Convictions) -> int:
    """Judge the answers of one session; say how many of its acknowledged operations they were asked about.

    One whose login nobody heard answered may have ended with anything; but what it answers from is judged.
    """
    known = session.plain
    last = None if known is None else known.last_read
    for copy in session.operations if known is None else known.denied:
        if copy.op == READ and copy.outcome == OK:
            last = copy
            for update, name in copies.contradictions(session, copy):
                if rival_of(copies, session, update, copy) is not None:
                    continue
                text = "{} of session {} showed {}, {} after the acknowledged {}"
                late = seconds(copy.asked - answered(update))
                convictions.add((update, copy), text, at(copy), session.id, shown(copy, name), late, at(update))
        elif copy.outcome == DENIED and copy.op != PEEK and (login := copies.missing(session, copy)) is not None:
            text = "{} was denied with {!r}, and nothing can have ended session {} since the acknowledged {}"
            convictions.add((login, copy), text, at(copy), copy.why, session.id, at(login))
            last = copy if last is None or copy.asked >= last.asked else last
    return _asked_about(session, last, copies)


def _asked_about(session: Session, last: Operation | None, copies: Copies) -> int:
    """Count the acknowledged operations of a session that were settled when it was last read."""
    if last is None:
        return 0
    timeline, known, login = copies.timeline, session.plain, session.login
    if login is not None and known is not None and timeline.steady(answered(login), known.heard):
        due = last.asked - copies.index.contract.converge_us
        return bisect_left(known.told, due)
    answers = [] if login is None else [answered(login)]
    for key in session.keys.values():
        answers += key.answers
    return sum(timeline.settled(t) < last.asked for t in answers)
