"""Asking the others for their copies of a session, where the own one may not be the newest.

Before a denial for idleness: a session that is active elsewhere must not die here (REQ-EXP-11). With routing also by a
node that answers for a session which another may have answered for until now (`reference.routing`). One round trip of
at most 250 ms. Out of contact a node decides on what it knows; that is the stated price.
"""

from collections import deque
from collections.abc import Callable, Iterable

from msgspec import Struct, structs

from reference.membership import Membership
from reference.protocol import LIFE_BITS, Activity, LastActive, PassedOn, Request
from reference.records import Records
from reference.session import Session
from reference.settings import MILLISECOND
from reference.turn import Turn

ANSWER_WAIT = 250 * MILLISECOND


class Question(Struct, gc=False):
    """A request whose answer waits for the members in `missing`; then `go_on` is called with it."""

    request: Request
    missing: dict[str, None]
    go_on: Callable[[Request], None]


class Asking:
    """Questions under way.

    Attributes:
        resume: called with a request that was to be denied, once its answers are in, or waited for in vain.
        last_activity: tells when a session was last active as far as this node knows; its record may not say it yet.
    """

    def __init__(self, turn: Turn, membership: Membership, records: Records, boot: int) -> None:
        self.turn = turn
        self.membership = membership
        self.records = records
        self.resume: Callable[[Request], None] = lambda _request: None
        self.last_activity: Callable[[Session], int] = lambda session: session.last
        self._question = boot << LIFE_BITS
        self._open: dict[int, Question] = {}
        self._deadlines: deque[tuple[int, int]] = deque()
        self.on_message = {Activity: self._answer, LastActive: self._heard}
        self.on_alarm = {"asking": self._give_up}

    def ask(self, session: str, request: Request) -> bool:
        """Ask every live member for its copy of a session; return whether there is anybody to ask."""
        return self.ask_these(self.membership.live(), session, request, self.resume)

    def ask_these(
        self, members: Iterable[str], session: str, request: Request, go_on: Callable[[Request], None]
    ) -> bool:
        """Ask some members for their copies of a session.

        Args:
            members: whom, each once.
            session: the hash of its id.
            request: what waits for the answers.
            go_on: called with the request once all have answered, or after `ANSWER_WAIT`.

        Returns:
            Whether there is anybody to ask; if not, nothing is called.
        """
        missing = dict.fromkeys(members)
        if not missing:
            return False
        self._question += 1
        self._open[self._question] = Question(request, missing, go_on)
        self._deadlines.append((self.turn.mono + ANSWER_WAIT, self._question))
        for member in missing:
            self.turn.send(member, Activity(self._question, session))
        self.turn.alarm_unless_set("asking", ANSWER_WAIT)
        return True

    def settled(self) -> bool:
        """Say whether no request waits for answers."""
        return not self._open

    def _answer(self, sender: str, activity: Activity) -> None:
        record = self.records.sessions.get(activity.session)
        if record is not None and record.end is None:
            record = structs.replace(record, last=self.last_activity(record))
        self.turn.send(sender, LastActive(activity.question, record))

    def _heard(self, sender: str, told: LastActive) -> None:
        if told.record is not None:
            self.records.take(told.record)
        question = self._open.get(told.question)
        if question is None:
            return
        question.missing.pop(sender, None)
        if not question.missing:
            del self._open[told.question]
            question.go_on(question.request)

    def _give_up(self) -> None:
        while self._deadlines and (self._deadlines[0][0] <= self.turn.mono or self._deadlines[0][1] not in self._open):
            question = self._open.pop(self._deadlines.popleft()[1], None)
            if question is not None:
                self.turn.note("unanswered", members=list(question.missing))
                request = question.request
                question.go_on(structs.replace(request, unheard=True) if isinstance(request, PassedOn) else request)
        if self._deadlines:
            self.turn.alarm("asking", self._deadlines[0][0] - self.turn.mono)
