"""What a run cost its users: sessions that were lost under them, and logins that they were forced to, by cause.

Figures: they decide nothing. A pure function of a history, for every store alike; it imports nothing of the project but
`conformance.history`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from conformance.history import (
    DENIED,
    ENDED,
    EXPIRED,
    LOCAL,
    LOGIN,
    LOGOUT,
    OBSERVER,
    OK,
    PEEK,
    REFUSED,
    REVOKE,
    History,
    Operation,
)

CRASH, FORGOTTEN, MOVED, BEHIND = "crash", "forgotten", "moved", "behind"
CAUSES: Final = {
    CRASH: "a node that had it was lost or began anew",
    FORGOTTEN: "the node that began it no longer has it",
    MOVED: "another node was asked, and sessions are kept on one alone",
    BEHIND: "another node was asked, and had no copy yet",
    EXPIRED: "its limit was over",
    ENDED: "it had been ended, by whom the user does not know",
}
"""Why a node denied a session that its user believed live, as far as a history tells."""

_OF_PROCESSES: Final = frozenset({"crash", "kill", "restart", "stop", "leave"})


class Price(Struct, frozen=True):
    """What one session that was denied cost its user.

    Attributes:
        session: which one.
        asked: when the request that was denied was asked, µs.
        cause: one of CAUSES.
        lost: whether the session was lost: no limit and no end was over it, and it never answered again.
        login: the id of the login that the denial forced; None where there was none, or another denial had forced it.
    """

    session: str
    asked: int
    cause: str
    lost: bool
    login: str | None


def costs(history: History, paid: Iterable[Price] | None = None) -> dict[str, Any]:
    """Count what users lost.

    Args:
        history: of the run; observers are no users.
        paid: its prices, where somebody has them already.

    Returns:
        sessions, logins: how many users began; sessions_lost, logins_forced: how many of them; lost_by_cause,
        forced_by_cause: the same by the causes of CAUSES that occurred. Cost: O(n log n).
    """
    lost, forced = dict.fromkeys(CAUSES, 0), dict.fromkeys(CAUSES, 0)
    for price in prices(history) if paid is None else paid:
        lost[price.cause] += price.lost
        forced[price.cause] += price.login is not None
    users = [operation for operation in _users(history) if operation.op == LOGIN and operation.outcome == OK]
    return {
        "sessions": len({operation.session: None for operation in users if operation.session is not None}),
        "sessions_lost": sum(lost.values()),
        "lost_by_cause": {cause: count for cause, count in lost.items() if count},
        "logins": len(users),
        "logins_forced": sum(forced.values()),
        "forced_by_cause": {cause: count for cause, count in forced.items() if count},
    }


def prices(history: History) -> list[Price]:
    """Find what every session that was denied under its user cost.

    A user believes a session live from its login until the browser asks for something that ends it (logout, another
    login, a revocation of the user), or hears a denial. That denial is the price: the session is lost if it was
    `no-session` and no later answer comes from it, and the next login of that browser was forced. A session of a lost
    node that nobody asks for again costs nobody anything. Nor is lost what a limit was over by then, whatever the node
    that denied it still knew of it: `no-session` is a right answer too from a node that has forgotten what expired.

    Returns:
        In the order of the first denials in the history. Cost: O(n log n).
    """
    users = list(_users(history))
    begun = {o.session: o for o in users if o.op == LOGIN and o.outcome == OK and o.session is not None}
    logins = _logins(users)
    over = _over(users, begun, logins)
    crashes = _crashes(history)
    denials = _denials(users, begun)
    alive, active = _last_alive(users, denials)
    found = []
    counted: dict[str, None] = {}
    for name, denial in denials.items():
        login = begun[name]
        if over.get(name, denial.asked) < denial.asked:
            continue
        cause = _cause(login, denial, active.get(name, _answered(login)), crashes, history)
        lost = cause not in (EXPIRED, ENDED) and alive[name] <= denial.asked
        again = next((o for o in _since(logins[denial.client], _answered(denial)) if o.outcome == OK), None)
        forced = again.id if again is not None and again.id not in counted else None
        if forced is not None:
            counted[forced] = None
        found.append(Price(name, denial.asked, cause, lost, forced))
    return found


def _users(history: History) -> Iterator[Operation]:
    return (operation for operation in history.operations if operation.by != OBSERVER and operation.op != PEEK)


def _asked(operation: Operation) -> int:
    return operation.asked


def _answered(operation: Operation) -> int:
    return operation.asked if operation.answered is None else operation.answered


def _logins(users: list[Operation]) -> dict[str, list[Operation]]:
    """Gather every client's logins, none for some, in the order in which they were asked for."""
    found: dict[str, list[Operation]] = {operation.client: [] for operation in users}
    for operation in users:
        if operation.op == LOGIN:
            found[operation.client].append(operation)
    for logins in found.values():
        logins.sort(key=_asked)
    return found


def _since(logins: list[Operation], t: int) -> Iterator[Operation]:
    """Go through the logins that were asked for at that instant or later."""
    return (logins[position] for position in range(bisect_left(logins, t, key=_asked), len(logins)))


def _over(users: list[Operation], begun: dict[str, Operation], logins: dict[str, list[Operation]]) -> dict[str, int]:
    """Tell from when on the user of a session cannot believe it live: something that ends it was asked for."""
    over: dict[str, int] = {}

    def ends(name: str | None, asked: int) -> None:
        if name in begun:
            over[name] = min(asked, over.get(name, asked))

    possible = [operation for operation in users if operation.outcome not in (DENIED, REFUSED)]
    for operation in possible:
        ends(operation.session if operation.op == LOGOUT else operation.replaced, operation.asked)
    revocations = _revocations(possible)
    for name, login in begun.items():
        later = revocations.get(login.user, [])
        position = bisect_right(later, _answered(login))
        if position < len(later):
            ends(name, later[position])
        after = next((o for o in _since(logins[login.client], _answered(login)) if o.session != name), None)
        if after is not None:
            ends(name, after.asked)
    return over


def _revocations(operations: list[Operation]) -> dict[str | None, list[int]]:
    """Tell when revocations of each user were asked for, in order."""
    found: dict[str | None, list[int]] = {}
    for operation in operations:
        if operation.op == REVOKE:
            found.setdefault(operation.user, []).append(operation.asked)
    for instants in found.values():
        instants.sort()
    return found


def _denials(users: list[Operation], begun: dict[str, Operation]) -> dict[str, Operation]:
    """Find the first denial of each session that a user began."""
    found: dict[str, Operation] = {}
    for operation in users:
        name = operation.session
        if operation.outcome == DENIED and name is not None and name in begun:
            held = found.get(name)
            if held is None or operation.asked < held.asked:
                found[name] = operation
    return found


def _last_alive(users: list[Operation], denials: dict[str, Operation]) -> tuple[dict[str, int], dict[str, int]]:
    """Tell for each session that was denied when it last answered.

    Returns:
        When the last request was asked that it answered, at any time; and when it answered the last of those that were
        asked before the denial.
    """
    alive: dict[str, int] = {}
    active: dict[str, int] = {}
    for operation in users:
        name = operation.session
        if operation.outcome == OK and name is not None and name in denials:
            alive[name] = max(operation.asked, alive.get(name, operation.asked))
            if operation.asked < denials[name].asked:
                active[name] = max(_answered(operation), active.get(name, 0))
    return alive, active


def _crashes(history: History) -> dict[str, list[int]]:
    """Tell when the lives of each node ended."""
    found: dict[str, list[int]] = {}
    for fault in history.faults:
        if fault.fault in _OF_PROCESSES:
            for node in fault.nodes:
                found.setdefault(node, []).append(fault.begin)
    return found


def _cause(login: Operation, denial: Operation, active: int, crashes: dict[str, list[int]], history: History) -> str:
    """Tell why a session was denied whose last activity before was answered at `active`, µs."""
    if denial.why in (EXPIRED, ENDED):
        return str(denial.why)
    lifetime, shared = history.header.lifetime, history.header.store != LOCAL
    limits = ((lifetime.idle_us, active), (lifetime.absolute_us, _answered(login)))
    if any(limit and denial.asked - since >= limit for limit, since in limits):
        return EXPIRED
    holders = (login.node, denial.node) if shared else (login.node,)
    if any(login.asked <= t <= _answered(denial) for node in holders for t in crashes.get(node, ())):
        return CRASH
    if denial.node == login.node:
        return FORGOTTEN
    return BEHIND if shared else MOVED
