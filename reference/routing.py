"""Requests for a session are answered where its newest state is, whichever node they reach (REQ-ROUT-1, REQ-ROUT-2).

A node passes such a request on to the first of the session's order, in one hop; without an answer, to the second; then
it answers from its own copy (REQ-ROUT-4, REQ-ROUT-5). Login and revocation run where they arrive: replication waits for
those who may be asked next. What another node passed on is a message between members: no header of a client is read.

Before it answers, a node asks the others for their copies where it is not the first of the order, and after each change
of its view. One that stood still answers for no session until it has compared its copies with another's.
"""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush

from msgspec import Struct

from reference.asking import Asking
from reference.comparison import Comparison
from reference.effects import Respond
from reference.membership import Membership
from reference.order import Order, first_of
from reference.protocol import LIFE_BITS, Forward, InHand, PassedOn, Request, Returned
from reference.records import Records
from reference.replication import UNAVAILABLE
from reference.session import EXPIRED, LOGGED_OUT, NO_SESSION
from reference.settings import MILLISECOND, SECOND, Settings
from reference.timing import converge_us, detect_us
from reference.turn import Turn

FORWARD_WAIT = 250 * MILLISECOND
"""How long the node to which a request was passed on may be silent."""
FORWARD_AGAIN = FORWARD_WAIT // 2
"""How often it is passed on to that node until the answer is here: messages may be lost, and each asks for a word."""
CLIENT_WAIT = 2 * SECOND
"""How long a client waits for an answer (protocol, part 4, availability)."""
REPEATS_WITHIN = 10 * SECOND
"""For so long a repeated message is known for one: a write that is passed on must not be made twice."""
TRACEPARENT = "traceparent"
"""The one header that goes along, for whoever reads traces; nothing is decided by it."""
MANY_LIVE = 16
"""From so many other members on, not all are asked for their copies of a session."""
ASKED_OF_MANY = 4
"""But so many of its order, and of what that would be if all who are live were in it: who was the first before is."""
DENIALS = [{"error": why} for why in (NO_SESSION, LOGGED_OUT, EXPIRED)]
"""What denies a session: who says so has spoken, also if it cannot say (503) that nothing was written before."""
LOOKED_UP_MOST = 8
"""So many sessions of one request are asked for at most: whoever plants more cookies makes no more messages."""


class Passed(Struct, gc=False):
    """A client's request that another node is to answer by `due`, and to whom it goes if that one does not.

    `until` is when the client gives up; both by the monotonic clock.
    """

    request: Request
    until: int
    forward: Forward
    home: str
    others: tuple[str, ...]
    due: int


class Taken(Struct, gc=False):
    """A request that another node passed on, when it first came, and the answer once there is one."""

    at: int
    returned: Returned | None = None


class Routing:
    """Whom one node lets answer for a session, and what it answers for others.

    Attributes:
        handle: takes a request that another node passed on, as if a client had sent it.
        serve: answers a request from the own copy.
    """

    def __init__(
        self,
        turn: Turn,
        settings: Settings,
        membership: Membership,
        records: Records,
        order: Order,
        comparison: Comparison,
        asking: Asking,
        boot: int,
    ) -> None:
        self.turn = turn
        self.settings = settings
        self.membership = membership
        self.records = records
        self.order = order
        self.comparison = comparison
        self.asking = asking
        self.name = membership.name
        self.handle: Callable[[Request], None] = lambda _request: None
        self.serve: Callable[[Request], None] = lambda _request: None
        self._number = boot << LIFE_BITS
        self._open: dict[int, Passed] = {}
        self._deadlines: list[tuple[int, int]] = []
        self._taken: dict[tuple[str, int], Taken] = {}
        self._version = -1
        self._asks_until = 0
        self._asked: set[str] = set()
        self._catching_up_since = 0
        self.on_message = {Forward: self._take, InHand: self._in_hand, Returned: self._returned}
        self.on_alarm = {"forward": self._await}

    def settled(self) -> bool:
        """Say whether no request waits for the answer of another node, or for its copy."""
        return not self._open and (not self.settings.routing or self.asking.settled())

    # ------------------------------------------------------------------------------------------------------- passing on

    def route(self, request: Request, session: str) -> None:
        """Have a request answered, here or where the newest state is.

        Args:
            request: a client's, or one that another node passed on, which goes no further.
            session: the hash of the id in its cookie.
        """
        if isinstance(request, PassedOn):
            self._answer_here(request, session)
        else:
            self._pass_on(request, session, self.order.homes(session), self.turn.mono + CLIENT_WAIT, again=False)

    def _pass_on(self, request: Request, session: str, homes: tuple[str, ...], until: int, *, again: bool) -> None:
        """Let the first of some nodes answer; this node, if it is that one or none is left."""
        turn = self.turn
        if not homes or homes[0] == self.name or self._has_just_woken():
            if again:
                request = _passed_on(request.id, request, session, until, again=True)
            self._answer_here(request, session)
            return
        self._number += 1
        method, path, within = request.method, request.path, until - turn.mono
        trace = _trace_of(request)
        forward = Forward(self._number, session, method, path, request.body, turn.wall, within, again, trace)
        self._open[self._number] = Passed(request, until, forward, homes[0], homes[1:], turn.mono + FORWARD_WAIT)
        heappush(self._deadlines, (turn.mono + FORWARD_AGAIN, self._number))
        turn.send(homes[0], forward)
        turn.alarm_unless_set("forward", FORWARD_AGAIN)

    def _pass_further(self, passed: Passed) -> None:
        self._pass_on(passed.request, passed.forward.session, passed.others, passed.until, again=True)

    def _in_hand(self, _sender: str, in_hand: InHand) -> None:
        """Give a node longer that has begun: another would do the same once more."""
        passed = self._open.get(in_hand.number)
        if passed is not None:
            passed.due = min(self.turn.mono + FORWARD_WAIT, passed.until)

    def _returned(self, _sender: str, returned: Returned) -> None:
        """Hand an answer on unchanged (REQ-ROUT-8), or turn to the next node if it says less than is known here."""
        passed = self._open.pop(returned.number, None)
        if passed is None:
            return
        failed = returned.status == UNAVAILABLE and returned.body not in DENIALS
        if failed or self._knows_better(passed, returned):
            self._pass_further(passed)
        else:
            self.turn.respond(Respond(passed.request.id, returned.status, returned.headers, returned.body))

    def _knows_better(self, passed: Passed, returned: Returned) -> bool:
        """Say whether a node has not heard of a session that is held here: the copy is still on its way."""
        mine = self.records.sessions.get(passed.forward.session)
        return mine is not None and mine.end is None and returned.body == {"error": NO_SESSION}

    def _await(self) -> None:
        """Pass requests on again that have no answer, and turn to the next node where one was silent for too long."""
        now = self.turn.mono
        silent = []
        while self._deadlines and (self._deadlines[0][0] <= now or self._deadlines[0][1] not in self._open):
            number = heappop(self._deadlines)[1]
            passed = self._open.get(number)
            if passed is not None and passed.due <= now:
                silent.append(self._open.pop(number))
            elif passed is not None:
                self.turn.send(passed.home, passed.forward)
                heappush(self._deadlines, (min(now + FORWARD_AGAIN, passed.due), number))
        if self._deadlines:
            self.turn.alarm("forward", self._deadlines[0][0] - now)
        for passed in silent:
            self.turn.note("no-answer", member=passed.home)
            self._pass_further(passed)

    # --------------------------------------------------------------------------------------------- answering for others

    def _take(self, sender: str, forward: Forward) -> None:
        """Take a request that another node passed on; made once if it comes again, and not if it comes much too late.

        Whoever passed it on has turned to another node by then, and its user may have gone on: made now, its write
        would undo what came after it.
        """
        now = self.turn.mono
        while self._taken and next(iter(self._taken.values())).at < now - REPEATS_WITHIN:
            del self._taken[next(iter(self._taken))]
        answer_to = f"{forward.number} from {sender}"
        taken = self._taken.get((sender, forward.number))
        if taken is not None:
            if taken.returned is not None:
                self.turn.send(sender, taken.returned)
            elif answer_to in self.turn.passed_on:
                self.turn.send(sender, InHand(forward.number))
            return
        taken = self._taken[sender, forward.number] = Taken(now)
        if self.turn.wall > forward.at + FORWARD_WAIT + 2 * self.settings.clock_bound_us:
            self.turn.note("too-late", sender=sender)
            return
        self.turn.passed_on[answer_to] = partial(self._return, sender, forward.number, taken)
        self.handle(_passed_on(answer_to, forward, forward.session, now + forward.within, again=forward.again))
        if answer_to in self.turn.passed_on:
            self.turn.send(sender, InHand(forward.number))

    def _return(self, sender: str, number: int, taken: Taken, answer: Respond) -> None:
        taken.returned = Returned(number, answer.status, answer.headers, answer.body)
        self.turn.send(sender, taken.returned)

    def _answer_here(self, request: Request, session: str) -> None:
        """Answer from the own copy, once it is as new as the others' copies where that is in doubt."""
        if self.turned_away(request):
            return
        if self._doubts(session):
            go_on = partial(self._heard, session)
            if self.asking.ask_these(self._whom(session), session, request, go_on):
                return
        self.serve(request)

    def _heard(self, session: str, request: Request) -> None:
        """Go on with a request whose session the others were asked for."""
        self._asked.add(session)
        if not self.turned_away(request):
            self.serve(request)

    def turned_away(self, request: Request) -> bool:
        """Turn a request away that this node is not to answer just now.

        Args:
            request: it may have waited for the answers of others.

        Returns:
            Whether it was: dropped, if whoever passed it on waits no longer; answered with 503, if this node stood
            still and has not compared its copies with another's since.
        """
        woken = self._has_just_woken()
        over = isinstance(request, PassedOn) and (woken or self.turn.mono > request.until)
        if over and self.turn.passed_on.pop(request.id, None) is not None:
            self.turn.note("too-late", request=request.id)
            return True
        if self._is_behind() or woken:
            self.turn.respond(Respond(request.id, UNAVAILABLE, (), {"error": "not-caught-up"}))
            return True
        return False

    def look_up(self, sessions: list[str], request: Request, go_on: Callable[[Request], None]) -> bool:
        """Ask the others for their copies of several sessions that a request names.

        Args:
            sessions: the hashes of their ids, each once.
            request: what waits for the answers.
            go_on: called with the request once all are in, or have been waited for in vain.

        Returns:
            Whether there is anybody to ask; if not, nothing is called.
        """
        asked = sessions[:LOOKED_UP_MOST]
        missing = dict.fromkeys(asked)

        def heard(session: str, request: Request) -> None:
            del missing[session]
            if not missing:
                go_on(request)

        return all(
            self.asking.ask_these(self._whom(session), session, request, partial(heard, session)) for session in asked
        )

    # ---------------------------------------------------------------------------------------------- how new the copy is

    def _has_just_woken(self) -> bool:
        """Say whether this node stood still until this instant: what it is handed now was waiting for it."""
        return self.membership.stands_still() or 0 < self.membership.resumed_at == self.turn.mono

    def _is_behind(self) -> bool:
        """Say whether this node stood still and has not compared with a live member since; see to it that it does."""
        resumed_at, live = self.membership.resumed_at, self.membership.live()
        if resumed_at <= self.comparison.agreed_from or not live:
            return False
        if self._catching_up_since != resumed_at:
            self._catching_up_since = resumed_at
            for member in live:
                self.comparison.soon(member)
        return True

    def _doubts(self, session: str) -> bool:
        """Say whether another node may have answered for a session until now.

        One has if this node is not the first of its order, or may have for as long as the nodes' views can differ after
        a change: the others were asked once since, and all answer for it here from then on.
        """
        self._follow_view()
        if self.order.homes(session)[0] != self.name:
            return True
        if self.turn.mono >= self._asks_until:
            self._asked.clear()
            return False
        return session not in self._asked

    def _follow_view(self) -> None:
        """Begin to ask anew if the view has changed; looked at only when needed, it lasts longer rather than less."""
        if self._version == self.membership.version:
            return
        self._version = self.membership.version
        size = len(self.membership.members) + 1
        self._asks_until = self.turn.mono + detect_us(self.settings, size) + converge_us(self.settings, size)
        self._asked.clear()

    def _whom(self, session: str) -> list[str]:
        """Name whom to ask for a session: all that are live; of many those that may have answered for it of late."""
        live = self.membership.live()
        if len(live) < MANY_LIVE:
            return live
        orders = (first_of(session, names, ASKED_OF_MANY) for names in (live, self.membership.routable()))
        return list(dict.fromkeys(name for order in orders for name in order))


def _trace_of(request: Request) -> str:
    return next((value for name, value in request.headers if name == TRACEPARENT), "")


def _passed_on(name: str, asked: Request | Forward, session: str, until: int, *, again: bool) -> PassedOn:
    since = until - CLIENT_WAIT
    return PassedOn(
        name, asked.method, asked.path, "", body=asked.body, session=session, asked=since, until=until, again=again
    )
