"""The record of a session, the whole of its life in one table, and the merge of two copies.

No other file moves a session from state to state or decides which of two copies is right. Records are immutable: a
change makes a new one, so that copies can be shared between nodes of one process and sent without being copied.
"""

from typing import Any

from msgspec import Struct, structs

ABSENT, LIVE, ENDED = "absent", "live", "ended"
PUT, TOUCH, END, EXPIRE, FORGET = "put", "touch", "end", "expire", "forget"

TRANSITIONS: dict[str, dict[str, str]] = {
    ABSENT: {PUT: LIVE},
    LIVE: {PUT: LIVE, TOUCH: LIVE, END: ENDED, EXPIRE: ENDED},
    ENDED: {FORGET: ABSENT},
}
"""What may happen to a session in which state, and where it leads; anything else is refused and changes nothing."""

LOGGED_OUT, EXPIRED = "ended", "expired"
"""Why a session ended, in the words of the probe application's answers."""
NO_SESSION = "no-session"
"""What it says of one that the node which answers knows nothing of."""


class Cell(Struct, frozen=True, gc=False, array_like=True):
    """The value of one key with its hybrid-logical stamp: time `at` (µs) and the node `by` that wrote it.

    `gone` marks a deleted key: the stamp must outlive the value, or an older copy would bring the value back.
    """

    value: Any
    at: int
    by: str
    gone: bool = False


class Ending(Struct, frozen=True, gc=False, array_like=True):
    """Why, when (µs) and on which node a session ended."""

    why: str
    at: int
    by: str


class Session(Struct, frozen=True, gc=False, array_like=True):
    """One copy of a session, whole or in part; a part carries some of the keys and merges like the whole.

    Attributes:
        id: hash of the session id; the id itself is never replicated, stored or logged (REQ-SEC-3, REQ-SEC-6).
        owner: hash of the user's name, kept after the end so that a revocation still finds it.
        created: when the user was authenticated, µs since 1970 (REQ-EXP-13: no copy moves it).
        user: the user's name; empty once ended.
        last: last activity that was replicated, µs since 1970.
        cells: the data; empty once ended.
        end: how it ended, None while it lives.
    """

    id: str
    owner: str
    created: int
    user: str
    last: int
    cells: dict[str, Cell]
    end: Ending | None = None


NO_CELLS: dict[str, Cell] = {}
"""What every ended session holds: one for all, of which nothing is ever changed."""


class Revocation(Struct, frozen=True, gc=False, array_like=True):
    """Every session of that owner begun before `at` is ended, also one whose record arrives later (REQ-REVOC-7)."""

    owner: str
    at: int
    by: str


def state_of(session: Session | None) -> str:
    """Name the state of a copy: absent, live or ended."""
    if session is None:
        return ABSENT
    return LIVE if session.end is None else ENDED


def allows(session: Session | None, event: str) -> bool:
    """Say whether that event may happen to this copy."""
    return event in TRANSITIONS[state_of(session)]


def later(one: Cell, other: Cell) -> Cell:
    """Choose the cell with the later stamp; the writer's name breaks a tie (REQ-REPL-6)."""
    return other if (other.at, other.by) > (one.at, one.by) else one


def ended(session: Session, end: Ending) -> Session:
    """End a copy and scrub what it held; what is kept is what a merge and a revocation need."""
    return Session(session.id, session.owner, session.created, "", session.created, NO_CELLS, end)


def merge(mine: Session, theirs: Session) -> Session:
    """Join two copies of one session: commutative, associative, idempotent (REQ-REPL-6, REQ-REPL-9).

    An end wins over any life (REQ-REPL-10), the earlier of two ends over the later; last activity never moves back
    (REQ-EXP-12); each key takes the later stamp.

    Args:
        mine: the copy held here.
        theirs: the copy, or part of one, that arrived.

    Returns:
        The merged copy; `mine` itself when there was nothing new in `theirs`.
    """
    if mine.end is not None:
        if theirs.end is None or _order(mine.end) <= _order(theirs.end):
            return mine
        return _under_names_of(mine, theirs)
    if theirs.end is not None:
        return _under_names_of(mine, theirs)
    cells = mine.cells
    for key, cell in theirs.cells.items():
        held = cells.get(key)
        if held is None or (cell.at, cell.by) > (held.at, held.by):
            if cells is mine.cells:
                cells = dict(cells)
            cells[key] = cell
    if cells is mine.cells and theirs.last <= mine.last:
        return mine
    last = max(mine.last, theirs.last)
    return Session(mine.id, mine.owner, mine.created, mine.user, last, cells)


def _under_names_of(mine: Session, theirs: Session) -> Session:
    """Take an end over under the hashes that are held here already: what comes over a wire has its own of each."""
    if theirs.id is mine.id:
        return theirs
    return structs.replace(theirs, id=mine.id, owner=mine.owner, cells=theirs.cells or NO_CELLS)


def revoked(session: Session, revocation: Revocation) -> Session:
    """End a copy that the revocation reaches (same owner, begun before it) unless it ended earlier.

    An end that is later gives way as in `merge`: else the end would depend on which of the two a node heard of first.

    Returns:
        The ended copy; `session` itself when the revocation changes nothing.
    """
    if session.owner != revocation.owner or session.created >= revocation.at:
        return session
    end = Ending(LOGGED_OUT, revocation.at, revocation.by)
    if session.end is not None and _order(session.end) <= _order(end):
        return session
    return ended(session, end)


def _order(end: Ending) -> tuple[int, str, str]:
    return (end.at, end.by, end.why)
