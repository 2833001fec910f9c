"""Expiration hooks: Python callables that stand where the product calls service extensions (facts, section 2.5).

How one is asked. When, and what follows, is the business of `reference.lifetime` and of the gateway; how a file names
one, of `reference.extensions`. A hook must answer alike for like arguments: it reads no clock and draws nothing, or
runs cannot be repeated.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from msgspec import Struct

from reference.session import Session

IDLE_HOOK, MAX_HOOK = "evalIdleTimeoutSE", "evalMaxLifetimeSE"
"""What the configuration calls them."""


class Facts(Struct, frozen=True):
    """What a hook is told of a session.

    Attributes:
        user: who logged in.
        created: when, µs since 1970.
        data: the keys and their values, a copy.
        now: the wall clock of the node that asks, µs since 1970.
    """

    user: str
    created: int
    data: dict[str, Any]
    now: int


Hook = Callable[[Facts, int], bool]
"""Told a session and an instant (the idle hook: its last activity on any node, REQ-EXP-9; the other: when it was
created), µs since 1970. True expires the session, False keeps it (REQ-EXP-8)."""


class HookFailed(Exception):
    """A hook raised an error, or answered neither True nor False; the fields say which one, and what came of it."""

    def __init__(self, hook: str, why: str) -> None:
        super().__init__(hook, why)
        self.hook = hook
        self.why = why


def says_over(name: str, hook: Hook, session: Session, since: int, wall: int) -> bool:
    """Ask a hook whether a session is over.

    Args:
        name: what it is called in the configuration.
        hook: the callable.
        session: the copy held here.
        since: the instant that goes with this hook, µs.
        wall: the wall clock now, µs.

    Raises:
        HookFailed: it did not say; what it raised is named by its class alone, since messages may hold data of users.
    """
    data = {key: deepcopy(cell.value) for key, cell in session.cells.items() if not cell.gone}
    try:
        answer = hook(Facts(session.user, session.created, data, wall), since)
    except Exception as error:
        raise HookFailed(name, error.__class__.__name__) from error
    if answer is not True and answer is not False:
        raise HookFailed(name, f"answered a {answer.__class__.__name__}")
    return answer
