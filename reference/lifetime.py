"""How long a session lives: absolute and idle deadlines, and when its record may be forgotten. Arithmetic on instants.

Nothing here knows a clock or a node; all times are microseconds since 1970 by the wall clock of whoever asks.
"""

from reference.hooks import IDLE_HOOK, MAX_HOOK, says_over
from reference.session import EXPIRED, Session
from reference.settings import Settings

ABSOLUTE, IDLE = "absolute", "idle"


def overdue(session: Session, last: int, wall: int, settings: Settings) -> str | None:
    """Say which limit a live session has passed; the absolute one is looked at first (REQ-EXP-2).

    Args:
        session: the copy held here.
        last: the last activity known here, which may be later than what the copy says.
        wall: the wall clock now.
        settings: the limits; an idle limit of 0 is none (REQ-EXP-5). No hook outlives the absolute one (REQ-EXP-16).

    Returns:
        "absolute" (REQ-EXP-3), "idle" (REQ-EXP-4) or None. Exactly at a deadline the session still lives. One begun
        further in the future than a session lives has passed the absolute limit: only a clock that nobody can trust
        dates so, and it would live for as long as that clock was ahead (known-bugs, row 19).

    Raises:
        HookFailed: a hook did not say whether the session is over.
    """
    if abs(wall - session.created) > settings.absolute_us:
        return ABSOLUTE
    max_hook, idle_hook = settings.max_hook, settings.idle_hook
    if max_hook is not None and says_over(MAX_HOOK, max_hook, session, session.created, wall):
        return ABSOLUTE
    if idle_hook is not None and says_over(IDLE_HOOK, idle_hook, session, last, wall):
        return IDLE
    if settings.idle_us and wall > last + settings.idle_us:
        return IDLE
    return None


def may_have_lived(session: Session, last: int, wall: int, settings: Settings) -> bool:
    """Say whether a session that is over may have been alive for another node at an earlier instant.

    Args:
        session: the copy held here.
        last: the last activity known here.
        wall: that instant, by the wall clock here; another's may be behind it by twice the bound.
        settings: the limits.

    Returns:
        Whether it ended, or passed its limit, no earlier than then. Of one that has expired, whether it may have grown
        too old in between: a node that had answered for it since would not have found it idle. When a hook ends a
        session its record does not tell, so its end counts.

    Raises:
        HookFailed: a hook did not say whether the session was over.
    """
    apart = 2 * settings.clock_bound_us
    end = session.end
    if end is None:
        return overdue(session, last, wall - apart, settings) is None
    if end.why == EXPIRED and settings.max_hook is None:
        return wall - apart <= session.created + settings.absolute_us <= end.at + apart
    return end.at >= wall - apart


def forget_at(created: int, settings: Settings) -> int:
    """From when on the record of a session begun at `created` may be forgotten, and is refused when it arrives.

    No copy of it can be alive anywhere by then, on any clock within the contract (two differ by twice the bound), so
    nothing is left to protect from.
    """
    return created + settings.absolute_us + 2 * settings.clock_bound_us
