"""The idle band: a session that is left alone is over, and one that is used, on whichever node, is not."""

from conformance.checks.bands import IN_ORDER, Denials, Skews, conclude_band, says_expired
from conformance.checks.copies import Copies
from conformance.checks.findings import Convictions, at, seconds
from conformance.checks.index import Index, Session, answered
from conformance.checks.settling import NEVER
from conformance.history import CLUSTER, DENIED, OK, PEEK, REFUSED, UNKNOWN, Operation
from conformance.verdict import Finding

NAME = "idle_band"
REQUIREMENTS = ["REQ-EXP-1", "REQ-EXP-4", "REQ-EXP-10", "REQ-EXP-11", "REQ-EXP-12", "REQ-EXP-15"]
NEEDS = "idle"


def idle_band(index: Index) -> Finding:
    """Find answers from sessions idle for too long, and denials of sessions that were not (REQ-EXP-1, -4, -10 to -12).

    A 200 on the session, and its login, is activity, somewhere between asked and answered. Convicts an answer that was
    asked for more than the limit and the band (`2 · clock_skew`, see bands) after all earlier activity was answered.
    Convicts a denial with `expired` that was answered sooner than the limit less the band and `idle_slack` after an
    activity that counts was asked for; and likewise one with `no-session` that nothing explains (see durability), if
    that long had passed since the login and all activity on the denying node itself: it may have gone by its own copy.
    Any other `no-session` is a loss, and durability's business.

    Activity counts at once against the node that answered it, in the same life; against another once it is settled and
    its node stayed up; and never across a cut or a pause (protocol, part 4). Denials before that are figures. With
    `store: local` only activity on the same node counts. A denial past the greatest age is right.

    Exactly at the edge of the band both answers are right. Unknown outcomes: such a request may have been activity, at
    any time while the session lived, so each may have prolonged it by one limit; and it may have been a denial that
    nobody heard, which ended the session and explains every later denial. So does an earlier denial that is right, or a
    figure, and any other end. 400 and the like may be activity, 401 and 503 are none. What a node answers while its
    clock is off by more than `clock_skew` is a figure; what the others answer is judged.

    Judged: answers asked for when half the limit or more had passed without activity, and denials with `expired`.
    Figures: for each node its earliest denial and latest admission, counted from the deadline of true time. Not
    promised unless `idle` is among the features: with an idle hook it is not. Cost: O(n log n); a denial costs the
    activities within one limit before it.
    """
    limit = index.header.lifetime.idle_us
    band = 2 * index.contract.clock_skew_us
    judge = _Judge(index, limit, band)
    if limit:
        for session in index.sessions.values():
            judge.session(session)
    slack = index.contract.idle_slack_us
    return conclude_band(
        index,
        NAME,
        REQUIREMENTS,
        NEEDS,
        f"No node answers from a session {seconds(limit)} after its last activity, give or take {seconds(band)}, or"
        f" denies it before, {seconds(slack)} of activity that may be forgotten aside.",
        judge.convictions,
        judge.skews,
        limit_us=limit,
        judged=judge.judged,
        figures={"early_denials_unjudged": judge.figures_only},
    )


class _Judge:
    """Judges one session after the other.

    Attributes:
        judged: answers that were judged.
        figures_only: early denials that part 4 leaves to the figures.
    """

    def __init__(self, index: Index, limit: int, band: int) -> None:
        self._index = index
        self._timeline = index.timeline
        self._copies = Copies(index)
        self._limit = limit
        self._band = band
        self._everywhere = index.header.store == CLUSTER
        self.convictions = Convictions()
        self.skews = Skews(index, band)
        self.judged = self.figures_only = 0

    def session(self, session: Session) -> None:
        """Judge the answers from one session, in the order of their asking."""
        login = session.login
        if login is None:
            return
        denials: Denials | None = None
        latest, doubtful = answered(login), 0
        last, active = login, [login]
        for operation in sorted(session.operations, key=IN_ORDER):
            if operation.op == PEEK or operation.asked < login.asked:
                continue
            outcome = operation.outcome
            if outcome == UNKNOWN:
                doubtful += 1
                continue
            if outcome == REFUSED:
                latest = max(latest, answered(operation))
                continue
            if outcome == DENIED or operation.asked - latest >= self._limit // 2:
                denials = denials or Denials(self._index, session)
                if operation.asked <= denials.otherwise:  # a logout, too, is an answer from the session
                    self._answer(session, operation, denials, active, last, latest, doubtful)
            if outcome == OK:
                active.append(operation)
                if answered(operation) >= latest:
                    latest, last = answered(operation), operation

    def _answer(
        self,
        session: Session,
        operation: Operation,
        denials: Denials,
        active: list[Operation],
        last: Operation,
        latest: int,
        doubtful: int,
    ) -> None:
        """Judge one answer that came late, or denied."""
        late = operation.asked - latest
        off = denials.off(operation)
        if off:
            self.skews.clock_off(operation)
        self.judged += not off and (late >= self._limit // 2 or says_expired(operation))
        if operation.outcome == DENIED:
            self._denial(session, operation, denials, active, latest)
            return
        self.skews.admitted(operation, latest + self._limit)
        if late > (self._limit + self._band) * (1 + doubtful) and not off:
            text = "{} of session {} was answered, {} after its last activity, {}"
            self.convictions.add((last, operation), text, at(operation), session.id, seconds(late), at(last))

    def _denial(
        self, session: Session, denial: Operation, denials: Denials, active: list[Operation], latest: int
    ) -> None:
        if says_expired(denial):
            if self._past_the_greatest_age(active[0], denial):
                denials.accept(denial)
                return
            self.skews.denied(denial, latest + self._limit)
        elif not self._everywhere or self._copies.missing(session, denial) is None:
            return
        allowed = self._limit - self._band - self._index.contract.idle_slack_us
        own = max(a.asked for a in active if a.node == denial.node or a is active[0])
        if not says_expired(denial) and answered(denial) < own + allowed:
            return
        activity = self._counting(active, denial, answered(denial) - allowed)
        if activity is None or denials.off(denial) or denials.explained(denial):
            self.figures_only += activity is None and latest > answered(denial) - allowed
            denials.accept(denial)
            return
        text = "{} denied session {} with {!r}, {} after it was active in {}"
        after = seconds(answered(denial) - activity.asked)
        self.convictions.add((activity, denial), text, at(denial), session.id, denial.why, after, at(activity))

    def _past_the_greatest_age(self, login: Operation, denial: Operation) -> bool:
        limit = self._index.header.lifetime.absolute_us
        return bool(limit) and answered(denial) >= login.asked + limit - self._band

    def _counting(self, active: list[Operation], denial: Operation, since: int) -> Operation | None:
        """Find the latest activity after an instant that counts against a denial."""
        timeline = self._timeline
        for activity in reversed(active):
            if activity.asked <= since or timeline.divided(activity.asked, answered(denial)):
                return None
            if answered(activity) >= denial.asked:
                continue
            here = activity.node == denial.node
            if not here and not self._everywhere:
                continue
            stayed = timeline.life(activity.node, activity.asked) == timeline.life(activity.node, denial.asked)
            if here and stayed and (not self._copies.routing or timeline.calm(activity.asked, answered(denial))):
                return activity
            if stayed and timeline.settled(answered(activity)) < denial.asked < NEVER:
                return activity
        return None
