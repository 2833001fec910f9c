"""What a run cost its users: sessions that were lost under them, and logins that they were forced to, by cause.

Figures: they decide nothing. A pure function of a history, for every store alike; it imports nothing of the project but
`conformance.history` and `conformance.beliefs`.
"""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from conformance.beliefs import Beliefs, answered
from conformance.history import ENDED, EXPIRED, LOCAL, LOGIN, OK, History

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

_OF_PROCESSES: Final = frozenset({"crash", "kill", "restart", "stop", "leave", "upgrade", "cookie-domain"})


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


def costs(held: Beliefs, paid: Iterable[Price]) -> dict[str, Any]:
    """Count what users lost.

    Args:
        held: what users believed.
        paid: the `prices` of the same history.

    Returns:
        sessions, logins: how many users began; sessions_lost, logins_forced: how many of them; lost_by_cause,
        forced_by_cause: the same by the causes of CAUSES that occurred.
    """
    lost, forced = dict.fromkeys(CAUSES, 0), dict.fromkeys(CAUSES, 0)
    for price in paid:
        lost[price.cause] += price.lost
        forced[price.cause] += price.login is not None
    return {
        "sessions": len(held.begun),
        "sessions_lost": sum(lost.values()),
        "lost_by_cause": {cause: count for cause, count in lost.items() if count},
        "logins": sum(operation.op == LOGIN and operation.outcome == OK for operation in held.users),
        "logins_forced": sum(forced.values()),
        "forced_by_cause": {cause: count for cause, count in forced.items() if count},
    }


def prices(history: History, held: Beliefs) -> list[Price]:
    """Find what every session that was denied under its user cost.

    A user believes a session live from its login until the browser asks for something that ends it (logout, another
    login, a revocation of the user), or hears a denial. That denial is the price: the session is lost if it was
    `no-session` and no later answer comes from it, and the next login of that browser was forced. A session of a lost
    node that nobody asks for again costs nobody anything. Nor is lost what a limit was over by then, whatever the node
    that denied it still knew of it: `no-session` is a right answer too from a node that has forgotten what expired.

    Args:
        history: of the run.
        held: what its users believed.

    Returns:
        In the order of the first denials in the history. Cost: O(n log n).
    """
    crashes = _crashes(history)
    shared = history.header.store != LOCAL
    found = []
    counted: dict[str, None] = {}
    for name, denial in held.denials.items():
        if held.over.get(name, denial.asked) < denial.asked:
            continue
        cause = _cause(held, name, crashes, shared=shared)
        lost = cause not in (EXPIRED, ENDED) and held.heard[name] <= denial.asked
        again = next((o for o in held.logins_since(denial.client, answered(denial)) if o.outcome == OK), None)
        forced = again.id if again is not None and again.id not in counted else None
        if forced is not None:
            counted[forced] = None
        found.append(Price(name, denial.asked, cause, lost, forced))
    return found


def _crashes(history: History) -> dict[str, list[int]]:
    """Tell when the lives of each node ended."""
    found: dict[str, list[int]] = {}
    for fault in history.faults:
        if fault.fault in _OF_PROCESSES:
            for node in fault.nodes:
                found.setdefault(node, []).append(fault.begin)
    return found


def _cause(held: Beliefs, name: str, crashes: dict[str, list[int]], *, shared: bool) -> str:
    login, denial = held.begun[name], held.denials[name]
    if denial.why in (EXPIRED, ENDED):
        return str(denial.why)
    if held.limit_over(name):
        return EXPIRED
    holders = (login.node, denial.node) if shared else (login.node,)
    if any(login.asked <= t <= answered(denial) for node in holders for t in crashes.get(node, ())):
        return CRASH
    if denial.node == login.node:
        return FORGOTTEN
    return BEHIND if shared else MOVED
