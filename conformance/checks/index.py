"""A history arranged for the checks: by session, by key, by client, by written value. Made once and shared by all.

It knows who wrote what and what may have ended a session; whether that convicts anybody is the business of the checks.
Making it costs O(n log n) in the operations (sorting each session's own), each question about O(log n).
"""

from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, Final

from conformance.checks.plain import Plain, plain
from conformance.checks.settling import NEVER
from conformance.checks.timeline import Timeline
from conformance.history import (
    DELETE,
    DENIED,
    EXPIRED,
    LOGIN,
    LOGOUT,
    OBSERVER,
    OK,
    PEEK,
    READ,
    REFUSED,
    REVOKE,
    UNKNOWN,
    WRITE,
    Contract,
    Header,
    History,
    Operation,
    token,
)

_OF_USERS: Final = (LOGIN, REVOKE)
ASKED: Final = attrgetter("asked")
ANSWERED: Final = attrgetter("answered")


class Key:
    """One key of one session: what may have changed it.

    Attributes:
        writes: acknowledged writes and deletes, by the time of their answers.
        answers: those times, for bisection.
        deletes: deletes that happened or may have, in the order in which they were asked.
        deleted: for each of these, by when it and all before it had happened.
    """

    __slots__ = ("answers", "deleted", "deletes", "writes")

    def __init__(self) -> None:
        self.writes: list[Operation] = []
        self.answers: list[int] = []
        self.deletes: list[Operation] = []
        self.deleted: list[int] = []


class Session:
    """One session id and everything that was asked with it.

    Attributes:
        id: its hash.
        logins: the acknowledged logins that answered with this id; more than one is a violation of its own.
        operations: every other operation on it, in the order in which they were asked.
        replacing: logins that sent its cookie along.
        plain: what there is to count in it, None where its data need a closer look.
        observed: whether observers read it, or any node's copy was peeked at.
        over_from: the first instant at which an operation may have ended it, once that was asked for.
        expired_from: the first instant at which its limits may have, once that was asked for.
    """

    __slots__ = (
        "_keys", "expired_from", "id", "logins", "observed", "operations", "over_from", "plain", "replacing",
    )  # fmt: skip

    def __init__(self, name: str, operations: list[Operation]) -> None:
        self.id = name
        self.logins: list[Operation] = []
        self.operations = operations
        self._keys: dict[str, Key] | None = None
        self.replacing: list[Operation] = []
        self.plain: Plain | None = None
        self.observed = False
        self.over_from: int | None = None
        self.expired_from: int | None = None

    @property
    def keys(self) -> dict[str, Key]:
        """Every key that was written or deleted, or may have been, by name; arranged when first asked for."""
        if self._keys is None:
            self._keys = _keys_of(self.operations)
        return self._keys

    @property
    def login(self) -> Operation | None:
        """The login that began it, None where no login did."""
        return self.logins[0] if self.logins else None


class Index:
    """One history, arranged.

    Attributes:
        history: what it was made of.
        header: its first line.
        contract: the bounds that the subject gives.
        timeline: what the world did to the nodes.
        sessions: by id, in the order in which they were first named.
        never_expires: whether time ends no session: both limits are 0, and no hook decides in their place.
        peeks_missing: whether a 404 to a peek says that there is no copy (else the path is unknown to the node).
        shared: what several checks ask for and one pass finds, by the name of who found it.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.contract: Contract = history.header.contract
        self.timeline = Timeline(history)
        self.sessions: dict[str, Session] = {}
        self.shared: dict[str, Any] = {}
        self._written = history.written
        self._logins: list[Operation] = []
        self._logins_by: dict[str, list[Operation]] | None = None
        self._replacing: list[Operation] = []
        self._served_by: dict[str, str | None] | None = None
        self._revocations: dict[str, list[Operation]] = {}
        peeked = self._arrange(history.operations)
        self.peeks_missing = peeked or PEEK in history.header.features
        lifetime = history.header.lifetime
        unlimited = not lifetime.absolute_us and not lifetime.idle_us
        self.never_expires = unlimited and {"idle", "absolute"} <= set(history.header.features)

    def _arrange(self, operations: list[Operation]) -> bool:
        """Put every operation where it belongs; say whether any peek was answered."""
        asked_of: dict[str, list[Operation]] = {}  # by session: its operations stand far apart, so touch nothing else
        peeked = False
        for operation in operations:
            op, name = operation.op, operation.session
            if op in _OF_USERS:
                name = self._arrange_user(operation, asked_of)
            if name is None:
                continue
            of_session = asked_of.get(name)
            if of_session is None:
                asked_of[name] = [operation]
            else:
                of_session.append(operation)
            if op == PEEK:
                peeked = peeked or operation.outcome == OK
        self.sessions = {name: _arranged(name, of_session) for name, of_session in asked_of.items()}
        for login in self._replacing:
            self.sessions[login.replaced or ""].replacing.append(login)
        return peeked

    def _arrange_user(self, operation: Operation, asked_of: dict[str, list[Operation]]) -> str | None:
        """Keep a login or a revocation that happened or may have; tell which session a login began, if any."""
        if operation.outcome not in (OK, UNKNOWN):
            return None
        if operation.op == REVOKE:
            if operation.user is not None:
                self._revocations.setdefault(operation.user, []).append(operation)
            return None
        self._logins.append(operation)
        if operation.replaced is not None:
            asked_of.setdefault(operation.replaced, [])
            self._replacing.append(operation)
        return operation.session if operation.outcome == OK else None

    # Values.

    def writer(self, value: Any) -> Operation | None:
        """Tell which operation was asked to write that value, None if none was."""
        return self._written.get(value if type(value) is str else token(value))

    # Clients.

    def served_by_one(self, client: str) -> bool:
        """Say whether one node served that client throughout; O(n) the first time."""
        served_by = self._served_by
        if served_by is None:
            served_by = self._served_by = {}
            for operation in self.history.operations:
                node = operation.node
                if served_by.setdefault(operation.client, node) != node and operation.by != OBSERVER:
                    served_by[operation.client] = None
        return served_by.get(client) is not None

    def _logins_of(self, client: str) -> list[Operation]:
        """Collect the logins of a client that happened or may have; O(n) the first time."""
        if self._logins_by is None:
            self._logins_by = {}
            for login in self._logins:
                self._logins_by.setdefault(login.client, []).append(login)
        return self._logins_by.get(client, [])

    # What may have ended a session.

    def ends(self, session: Session) -> list[Operation]:
        """Collect what may have ended a session, except time: logouts, revocations, later logins of its browser.

        Refused and denied ones are left out; those of unknown outcome are in. A revocation may fall on either side of a
        login within `clock_skew + converge` (protocol, part 4), so those are in too; so is every later login of its
        client that does not say which cookie it sent, and every denial for expiry.
        """
        login = session.login
        found = [
            operation
            for operation in session.operations
            if (operation.op == LOGOUT and operation.outcome in (OK, UNKNOWN)) or self.says_expired(operation)
        ]
        found += session.replacing
        if login is None:
            return found
        if login.by != OBSERVER:  # observers are no browsers: they keep every cookie apart
            for other in self._logins_of(login.client):
                if other is not login and other.replaced is None and answered(other) >= login.asked:
                    found.append(other)
        slack = self.contract.clock_skew_us + self.contract.converge_us
        for revocation in self._revocations.get(login.user or "", ()):
            if login.asked <= answered(revocation) + slack:
                found.append(revocation)
        return found

    def revocations(self, session: Session) -> list[Operation]:
        """Collect the acknowledged revocations that surely fall after the login of a session (protocol, part 4)."""
        login = session.login
        if login is None or login.answered is None or REVOKE not in self.header.features:
            return []
        after = login.answered + self.contract.clock_skew_us + self.contract.converge_us
        return [r for r in self._revocations.get(login.user or "", ()) if r.outcome == OK and r.asked > after]

    def says_expired(self, operation: Operation) -> bool:
        """Say whether a node whose clock was right denied for expiry, which is final where there is any."""
        return (
            operation.outcome == DENIED
            and operation.why == EXPIRED
            and not self.never_expires
            and not self.timeline.clock_off(operation.node, operation.asked, answered(operation))
        )

    def may_have_ended(self, session: Session, t: int) -> bool:
        """Say whether anything, time included, may have ended a session by then."""
        if session.over_from is None:
            session.over_from = min(map(ASKED, self.ends(session)), default=NEVER)
        return t >= session.over_from or self.may_have_expired(session, t)

    def may_have_expired(self, session: Session, t: int) -> bool:
        """Say whether either limit may have ended a session by then."""
        if session.expired_from is None:
            session.expired_from = self._expiry_from(session)
        return t >= session.expired_from

    def _expiry_from(self, session: Session) -> int:
        """Find the first instant at which some node may rightly deny for age or idleness.

        A node's clock differs from another's by up to twice the skew. Activity counts once it is settled, and
        `idle_slack` of it may be forgotten (protocol, parts 2 and 4).
        """
        lifetime, contract, settled = self.header.lifetime, self.contract, self.timeline.settled
        login = session.login
        if login is None:
            return 0
        first = login.asked + lifetime.absolute_us - 2 * contract.clock_skew_us if lifetime.absolute_us else NEVER
        if not lifetime.idle_us:
            return first
        allowed = lifetime.idle_us - 2 * contract.clock_skew_us - contract.idle_slack_us
        active = [login, *(o for o in session.operations if o.outcome == OK and o.op != PEEK)]
        for earlier, later in pairwise(active):
            if later.asked - earlier.asked >= allowed or settled(answered(later)) - earlier.asked >= allowed:
                return min(first, earlier.asked + allowed)
        return min(first, active[-1].asked + allowed)


def _arranged(name: str, operations: list[Operation]) -> Session:
    """Arrange one session, of whose operations most begin with its login and stand in order: no need to sort them."""
    session = Session(name, operations)
    if operations and operations[0].op == LOGIN:
        login = operations.pop(0)
        known = plain(login, operations)
        if known is not None:
            session.logins.append(login)
            session.plain = known
            seen = (known.last_read, *known.denied)
            session.observed = known.peeked or any(o is not None and o.op == READ and o.by == OBSERVER for o in seen)
            return session
        operations.insert(0, login)
    session.logins = sorted((o for o in operations if o.op == LOGIN), key=ANSWERED)
    session.operations = sorted((o for o in operations if o.op != LOGIN), key=ASKED)
    session.observed = any(o.op == PEEK or (o.op == READ and o.by == OBSERVER) for o in operations)
    if len(session.logins) == 1:
        session.plain = plain(session.logins[0], session.operations)
    return session


def _keys_of(operations: list[Operation]) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for operation in operations:
        name = operation.key
        if name is None or operation.op not in (WRITE, DELETE) or operation.outcome in (DENIED, REFUSED):
            continue
        key = keys.get(name)
        if key is None:
            key = keys[name] = Key()
        if operation.op == DELETE:
            key.deletes.append(operation)
        if operation.outcome == OK:
            key.writes.append(operation)
    for key in keys.values():
        key.writes.sort(key=ANSWERED)
        key.answers = [operation.answered or 0 for operation in key.writes]
        if key.deletes:
            key.deleted = list(accumulate(map(answered, key.deletes), max))
    return keys


def answered(operation: Operation) -> int:
    """Tell by when an operation had happened, if it did: its answer; for an unknown outcome the end of all time."""
    return NEVER if operation.outcome == UNKNOWN or operation.answered is None else operation.answered


def surely_before(one: Operation, other: Operation) -> bool:
    """Say whether one was answered before the other was asked: intervals are closed, overlapping ones prove nothing."""
    return answered(one) < other.asked
