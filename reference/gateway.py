"""The probe application (docs/subject-protocol.md, part 1): a request in, a response out, over the node's records.

Here a cookie becomes a session, deadlines are looked at before anything else is done (REQ-EXP-1), and answers are
handed to replication when a client may only hear them once peers hold the change. It sends no messages of its own; with
routing, what is asked of a session goes to `reference.routing` first, which says where it is answered.
"""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from msgspec import msgpack, structs

from reference import cookies
from reference.asking import Asking
from reference.draws import Draws
from reference.effects import Respond
from reference.hooks import HookFailed
from reference.lifetime import IDLE, may_have_lived, overdue
from reference.membership import Membership
from reference.protocol import PassedOn, Request
from reference.records import Records
from reference.replication import UNAVAILABLE, Replication
from reference.sanity import Sanity
from reference.session import EXPIRED, LOGGED_OUT, NO_SESSION, Cell, Ending, Revocation, Session, ended
from reference.settings import Settings
from reference.turn import Turn

KEY = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
DATA_PATH = "/session/data/"
LOGOUT_PATH = "/logout"

OK, BAD_REQUEST, DENIED, NOT_FOUND, WRONG_METHOD = 200, 400, 401, 404, 405

WITHOUT_A_CLOCK = {
    ("GET", "/status"),
    ("GET", "/members"),
    ("GET", "/peek"),
    ("POST", LOGOUT_PATH),
    ("POST", "/revoke"),
}
"""What a node does whose clock is not to be trusted: nothing in it depends on the time of day."""

LEVELS = 100
"""Of lists and objects within each other: JSON that people write has ten, encoders give up at some hundreds."""

_encode = msgpack.Encoder(order="sorted").encode

Handler = Callable[[Request, Session], None]
LookUp = Callable[[list[str], Request, Callable[[Request], None]], bool]


def hash_of(session_id: str) -> str:
    """Hash a session id to the name under which it is stored, replicated and logged (REQ-SEC-6)."""
    return blake2b(session_id.encode(errors="backslashreplace"), digest_size=16, person=b"session").hexdigest()


def owner_of(user: str) -> str:
    """Hash a user's name; what is left of an ended session names nobody."""
    return blake2b(user.encode(), digest_size=16, person=b"owner").hexdigest()


class Gateway:
    """The probe application of one node.

    Attributes:
        route: takes a request for a session, with the hash of the id in its cookie, and has it answered here by `serve`
            or elsewhere; None while each node answers for itself.
        look_up: asks other nodes for several sessions that a request names, and then goes on with it; False where there
            is nobody to ask.
        turned_away: says whether a request that had to wait is not to be answered here any more, and has seen to it.
    """

    def __init__(
        self,
        turn: Turn,
        settings: Settings,
        name: str,
        draws: Draws,
        membership: Membership,
        records: Records,
        replication: Replication,
        asking: Asking,
        sanity: Sanity,
    ) -> None:
        self.turn = turn
        self.settings = settings
        self.name = name
        self.draws = draws
        self.membership = membership
        self.records = records
        self.replication = replication
        self.asking = asking
        self.sanity = sanity
        asking.resume = self._asked
        self.route: Callable[[Request, str], None] | None = None
        self.look_up: LookUp = lambda _sessions, _request, _go_on: False
        self.turned_away: Callable[[Request], bool] = lambda _request: False
        self._open_to_all: dict[tuple[str, str], Callable[[Request], None]] = {
            ("GET", "/status"): self._status,
            ("GET", "/members"): self._members,
            ("GET", "/peek"): self._peek,
            ("POST", "/login"): self._login,
            ("POST", "/revoke"): self._revoke,
        }
        self._for_a_session: dict[tuple[str, str], Handler] = {
            ("GET", "/session"): self._show,
            ("PUT", DATA_PATH): self._write,
            ("DELETE", DATA_PATH): self._delete,
            ("POST", LOGOUT_PATH): self._logout,
        }
        self._read_last: tuple[str | None, list[str]] = (None, [])
        self._paths = {path for _, path in (*self._open_to_all, *self._for_a_session)}

    # --------------------------------------------------------------------------------------------------------- requests

    def handle(self, request: Request) -> None:
        """Answer a request, now or once peers hold what it changed; 503 on every path until this node is ready."""
        if not self.membership.ready:
            self._respond(request, UNAVAILABLE, {"error": "not-ready"})
            return
        path = DATA_PATH if request.path.startswith(DATA_PATH) else request.path
        route = (request.method, path)
        if self.sanity.astray and route not in WITHOUT_A_CLOCK:
            self.turn.note("clock-refused", request=request.id, method=request.method, path=path)
            self._respond(request, UNAVAILABLE, {"error": "clock-off"})
            return
        open_to_all = self._open_to_all.get(route)
        if open_to_all is not None:
            open_to_all(request)
            return
        handler = self._for_a_session.get(route)
        if handler is None:
            if path in self._paths:
                self._respond(request, WRONG_METHOD, {"error": "wrong-method"})
            else:
                self._respond(request, NOT_FOUND, {"error": "no-such-path"})
            return
        if self.route is None:
            self._with_session(request, handler, may_ask=True)
        elif not self._looks_up(request):
            self._have_answered(request)

    def serve(self, request: Request) -> None:
        """Answer a request for a session from the own copy."""
        self._with_session(request, self._handler(request), may_ask=True)

    def _have_answered(self, request: Request) -> None:
        """Have a request answered where the session that it names has its newest state."""
        session_id = self._session_id(request)
        if self.route is None or session_id is None:
            self.serve(request)
        else:
            self.route(request, session_id)

    def _looks_up(self, request: Request) -> bool:
        """Ask the others first where several of the sessions that a request names may be alive (COOK-70).

        The copy of the living one may be on its way, and so may the end of another; whose home is asked depends on
        which of them is meant.
        """
        named = self._named(request)
        if len(named) < 2:  # noqa: PLR2004 - one session is the one that is meant
            return False
        sessions = self.records.sessions
        may_live = [one for one in named if one not in sessions or sessions[one].end is None]
        return len(may_live) > 1 and self.look_up(may_live, request, self._looked_up)

    def _looked_up(self, request: Request) -> None:
        if not self.turned_away(request):
            self._have_answered(request)

    def _handler(self, request: Request) -> Handler:
        path = DATA_PATH if request.path.startswith(DATA_PATH) else request.path
        return self._for_a_session[request.method, path]

    def _with_session(self, request: Request, handler: Handler, *, may_ask: bool) -> None:
        """Find the live session that a request belongs to, or deny it for good."""
        session = self._find(request)
        if session is None:
            self._respond(request, self._denial(request, None), {"error": NO_SESSION})
            return
        if session.end is not None:
            self._ended_before(request, session, session.end)
            return
        try:
            limit = overdue(session, self.replication.last_activity(session), self.turn.wall, self.settings)
            status = DENIED if limit is None else self._denial(request, session)
        except HookFailed as failed:
            self.turn.note("hook-failed", hook=failed.hook, why=failed.why)
            self._respond(request, UNAVAILABLE, {"error": "hook-failed"})
            return
        if limit is None:
            handler(request, session)
        elif limit is IDLE and may_ask and self.asking.ask(session.id, request):
            return
        elif not self.sanity.trusts():
            self.turn.note("clock-refused", request=request.id, method=request.method, path=request.path)
            self._respond(request, UNAVAILABLE, {"error": "clock-off"})
        else:
            self._end(session, EXPIRED, Respond(request.id, status, (), {"error": EXPIRED}))

    def _ended_before(self, request: Request, session: Session, end: Ending) -> None:
        """Deny a request; but not a logout that another node may have done before it fell silent, and told too few."""
        if isinstance(request, PassedOn) and request.again and request.path == LOGOUT_PATH and end.why == LOGGED_OUT:
            self.replication.spread((session,), answer=self._logged_out(request))
        else:
            self._respond(request, self._denial(request, session), {"error": end.why})

    def _denial(self, request: Request, session: Session | None) -> int:
        """Give the status of a denial: 503 for a write that another node may have made before it fell silent.

        Nobody here can say whether it has, and 401 says that it has not (protocol, part 1).
        """
        if isinstance(request, PassedOn) and request.again and request.path.startswith(DATA_PATH):
            if request.unheard and (session is None or session.end is None):
                return UNAVAILABLE
            if session is None:
                return DENIED
            asked = self.turn.wall - (self.turn.mono - request.asked)
            if may_have_lived(session, self.replication.last_activity(session), asked, self.settings):
                return UNAVAILABLE
        return DENIED

    def _asked(self, request: Request) -> None:
        """Go on with a request whose session the others were asked about."""
        if not self.turned_away(request):
            self._with_session(request, self._handler(request), may_ask=False)

    def _session_id(self, request: Request) -> str | None:
        """Give the hash of the id that a request names, None if it names none."""
        named = self._named(request)
        return self._chosen(named) if len(named) > 1 else named[0] if named else None

    def _named(self, request: Request) -> list[str]:
        """Give the hash of every id that a request names."""
        if isinstance(request, PassedOn):
            return [request.session]
        cookie = request.cookie
        if cookie != self._read_last[0]:
            self._read_last = cookie, [hash_of(value) for value in cookies.values(self.settings, cookie)]
        return self._read_last[1]

    def _chosen(self, named: list[str]) -> str | None:
        """Of several ids take the one that is known and alive, wherever it stands; of two that are, none (COOK-70)."""
        sessions = self.records.sessions
        known = [session_id for session_id in named if session_id in sessions]
        alive = [session_id for session_id in known if sessions[session_id].end is None]
        return (alive or known or named)[0] if len(alive) < 2 else None  # noqa: PLR2004

    def _find(self, request: Request) -> Session | None:
        session_id = self._session_id(request)
        return None if session_id is None else self.records.sessions.get(session_id)

    def _respond(self, request: Request, status: int, body: Any) -> None:
        self.turn.respond(Respond(request.id, status, (), body))

    # -------------------------------------------------------------------------------------------------- sessions' life

    def _login(self, request: Request) -> None:
        """Begin a session under a new id, ending the one whose cookie was sent (REQ-COOK-10, REQ-COOK-11)."""
        user = self._named_user(request)
        if user is None:
            return
        session_id = self.draws.session_id()
        wall = self.turn.wall
        session = Session(hash_of(session_id), owner_of(user), self.records.clock.stamp(wall), user, wall, {})
        self.records.put(session)
        changed = [session]
        for sent in cookies.values(self.settings, request.cookie):
            replaced = self.records.sessions.get(hash_of(sent))
            if replaced is not None and replaced.end is None:
                changed.append(self._ended(replaced, LOGGED_OUT))
        self.replication.noted_activity(session.id)
        lines = [cookies.granting(self.settings, session_id), *cookies.forgetting(self.settings)]
        headers = tuple(("Set-Cookie", line) for line in lines)
        self.replication.spread(tuple(changed), answer=Respond(request.id, OK, headers, {"user": user}))

    def _logout(self, request: Request, session: Session) -> None:
        self._end(session, LOGGED_OUT, self._logged_out(request))

    def _logged_out(self, request: Request) -> Respond:
        lines = [cookies.removing(self.settings), *cookies.forgetting(self.settings)]
        return Respond(request.id, OK, tuple(("Set-Cookie", line) for line in lines), {})

    def _end(self, session: Session, why: str, answer: Respond) -> None:
        """End a session, and let the client hear of it once a peer knows (REQ-REPL-10)."""
        self.replication.spread((self._ended(session, why),), answer=answer)

    def _ended(self, session: Session, why: str) -> Session:
        over = ended(session, Ending(why, self.records.stamp(session), self.name))
        self.records.put(over)
        return over

    def _revoke(self, request: Request) -> None:
        """End every session of a user that began before now, wherever its record is."""
        user = self._named_user(request)
        if user is None:
            return
        owner = owner_of(user)
        revocation = Revocation(owner, self.records.clock.stamp(self.turn.wall), self.name)
        reached = self.records.take_revocation(revocation)
        # Begun before, by a clock too far ahead for the revocation to reach: each is ended by itself.
        ahead = tuple(self._ended(session, LOGGED_OUT) for session in self.records.owned(owner) if session.end is None)
        answer = Respond(request.id, OK, (), {"sessions": reached + len(ahead)})
        self.replication.spread(ahead, (revocation,), answer)

    def _named_user(self, request: Request) -> str | None:
        """Read the user's name out of a request's body; without one that can be stored the answer is given here."""
        user = request.body.get("user") if isinstance(request.body, dict) else None
        if isinstance(user, str) and user and _storable(user):
            return user
        self._respond(request, BAD_REQUEST, {"error": "user-missing"})
        return None

    # ------------------------------------------------------------------------------------------------------------- data

    def _show(self, request: Request, session: Session) -> None:
        self.replication.touch(session)
        self._respond(request, OK, {"user": session.user, "data": _values(session)})

    def _write(self, request: Request, session: Session) -> None:
        if not isinstance(request.body, dict) or "value" not in request.body:
            self._respond(request, BAD_REQUEST, {"error": "value-missing"})
            return
        if not _storable(request.body["value"]):
            self._respond(request, BAD_REQUEST, {"error": "bad-value"})
            return
        self._change(request, session, request.body["value"], gone=False)

    def _delete(self, request: Request, session: Session) -> None:
        self._change(request, session, None, gone=True)

    def _change(self, request: Request, session: Session, value: Any, *, gone: bool) -> None:
        """Write or delete one key here, and send just that key with the new last activity."""
        key = request.path.removeprefix(DATA_PATH)
        if not KEY.match(key):
            self._respond(request, BAD_REQUEST, {"error": "bad-key"})
            return
        cell = Cell(value, self.records.stamp(session), self.name, gone)
        last = max(self.turn.wall, self.replication.last_activity(session))
        self.records.put(structs.replace(session, last=last, cells={**session.cells, key: cell}))
        self.replication.noted_activity(session.id)
        part = Session(session.id, session.owner, session.created, session.user, last, {key: cell})
        self.replication.spread((part,), answer=Respond(request.id, OK, (), {}))

    # --------------------------------------------------------------------------------------------- looking from outside

    def _status(self, request: Request) -> None:
        self._respond(request, OK, {"status": "up"})

    def _members(self, request: Request) -> None:
        self._respond(request, OK, {"members": self.membership.view()})

    def _peek(self, request: Request) -> None:
        """Show the own copy; moves nothing, expires nothing."""
        session = self._find(request)
        if session is None:
            self._respond(request, NOT_FOUND, {"error": NO_SESSION})
            return
        shown = {
            "user": session.user,
            "data": _values(session),
            "created": session.created,
            "last": self.replication.last_activity(session),
            "ended": session.end is not None,
        }
        self._respond(request, OK, shown)


def _storable(value: Any) -> bool:
    """Say whether a value can be sent and digested: no integer beyond 64 bits, no half a surrogate pair, not too deep.

    What cannot must be turned down at the door; later it would stop the node that holds it, and every node it reaches.
    """
    try:
        _encode(value)
    except (OverflowError, UnicodeEncodeError, TypeError, RecursionError):
        return False
    return _no_deeper(value, LEVELS)


def _no_deeper(value: Any, levels: int) -> bool:
    """Say whether lists and objects lie within each other at most that many levels deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return levels >= 0 and all(_no_deeper(one, levels - 1) for one in inner)


def _values(session: Session) -> dict[str, Any]:
    return {key: cell.value for key, cell in session.cells.items() if not cell.gone}
