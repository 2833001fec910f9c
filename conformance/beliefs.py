"""What users believe of their sessions: from when to when each is live to them, and what denied it.

A pure function of a history, for figures alone; it imports nothing of the project but `conformance.history`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

from conformance.history import (
    DENIED,
    LOGIN,
    LOGOUT,
    OBSERVER,
    OK,
    PEEK,
    REFUSED,
    REVOKE,
    History,
    Lifetime,
    Operation,
)

_NEVER: Final = 2**63


class Beliefs:
    """The sessions of a history as their users see them. Observers are no users. Cost: O(n log n).

    Args:
        history: of the run.

    Attributes:
        users: what users asked, in the order of the history.
        begun: by session that a user began, its login.
        logins: by client its logins, in the order in which they were asked for; none for some.
        over: by session, from when on its user cannot believe it live, as something that ends it was asked for, µs.
        denials: by session its first denial.
        heard: by session, when the last request was asked that it answered, µs.
    """

    def __init__(self, history: History) -> None:
        self.users = [o for o in history.operations if o.by != OBSERVER and o.op != PEEK]
        self.begun = {o.session: o for o in self.users if o.op == LOGIN and o.outcome == OK and o.session is not None}
        self.logins = self._logins()
        self.over = self._over()
        self.denials = self._denials()
        self._lifetime = history.header.lifetime
        self.heard: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._before: dict[str, int] = {}
        for operation in self.users:
            if operation.outcome == OK and operation.session is not None:
                self._take(operation, operation.session)

    def limit_over(self, session: str) -> bool:
        """Say whether a limit of a session was over when its first denial was asked for, whoever's clock it was."""
        active = self._before.get(session, answered(self.begun[session]))
        return self.denials[session].asked >= _deadline(self._lifetime, answered(self.begun[session]), active)

    def logins_since(self, client: str, t: int) -> Iterator[Operation]:
        """Go through the logins of a client that were asked for at that instant or later."""
        logins = self.logins[client]
        return (logins[position] for position in range(bisect_left(logins, t, key=_asked), len(logins)))

    def lives(self) -> Iterator[tuple[int, int | None]]:
        """Go through the sessions: from when to when each was live to its user, µs, None for the end of the run.

        It begins with the answer to its login, and ends with the first of: what its user asked for that ends it, a
        denial after which it never answered, a limit of its age, and of the time since the last answer.
        """
        for name, login in self.begun.items():
            begin = answered(login)
            until = min(self.over.get(name, _NEVER), _deadline(self._lifetime, begin, self._last[name]))
            denial = self.denials.get(name)
            if denial is not None and self.heard[name] <= denial.asked:
                until = min(until, answered(denial))
            yield begin, None if until == _NEVER else max(begin, until)

    def _take(self, operation: Operation, name: str) -> None:
        """Note an answer of a session."""
        self.heard[name] = max(operation.asked, self.heard.get(name, 0))
        self._last[name] = max(answered(operation), self._last.get(name, 0))
        denial = self.denials.get(name)
        if denial is not None and operation.asked < denial.asked:
            self._before[name] = max(answered(operation), self._before.get(name, 0))

    def _logins(self) -> dict[str, list[Operation]]:
        found: dict[str, list[Operation]] = {operation.client: [] for operation in self.users}
        for operation in self.users:
            if operation.op == LOGIN:
                found[operation.client].append(operation)
        for logins in found.values():
            logins.sort(key=_asked)
        return found

    def _over(self) -> dict[str, int]:
        over: dict[str, int] = {}

        def ends(name: str | None, asked: int) -> None:
            if name in self.begun:
                over[name] = min(asked, over.get(name, asked))

        possible = [operation for operation in self.users if operation.outcome not in (DENIED, REFUSED)]
        for operation in possible:
            ends(operation.session if operation.op == LOGOUT else operation.replaced, operation.asked)
        revocations = _revocations(possible)
        for name, login in self.begun.items():
            later = revocations.get(login.user, [])
            position = bisect_right(later, answered(login))
            if position < len(later):
                ends(name, later[position])
            after = next((o for o in self.logins_since(login.client, answered(login)) if o.session != name), None)
            if after is not None:
                ends(name, after.asked)
        return over

    def _denials(self) -> dict[str, Operation]:
        found: dict[str, Operation] = {}
        for operation in self.users:
            name = operation.session
            if operation.outcome == DENIED and name is not None and name in self.begun:
                held = found.get(name)
                if held is None or operation.asked < held.asked:
                    found[name] = operation
        return found


def answered(operation: Operation) -> int:
    """Tell when an operation was answered, µs; what nobody answered counts when it was asked."""
    return operation.asked if operation.answered is None else operation.answered


def _asked(operation: Operation) -> int:
    return operation.asked


def _deadline(lifetime: Lifetime, begun: int, active: int) -> int:
    """Tell when the first limit is over of a session that began then and was last active then, all in µs."""
    age = begun + lifetime.absolute_us if lifetime.absolute_us else _NEVER
    return min(age, active + lifetime.idle_us) if lifetime.idle_us else age


def _revocations(operations: list[Operation]) -> dict[str | None, list[int]]:
    """Tell when revocations of each user were asked for, in order."""
    found: dict[str | None, list[int]] = {}
    for operation in operations:
        if operation.op == REVOKE:
            found.setdefault(operation.user, []).append(operation.asked)
    for instants in found.values():
        instants.sort()
    return found
