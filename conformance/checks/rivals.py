"""Which updates of one session were made without knowing of each other: where a lost update can come from.

Shared by durability and lost_updates, which draw their line here.
"""

from collections.abc import Iterator

from conformance.checks.copies import Copies
from conformance.checks.index import Session, answered, surely_before
from conformance.history import DELETE, OK, WRITE, Operation


def concurrent(copies: Copies, one: Operation, other: Operation) -> bool:
    """Say whether neither of two updates need have known of the other.

    They have no order (`Copies.ordered`; protocol, part 4), and the second was asked for before the first was settled:
    what lies across a cut that is long over has no order either, but whoever made the second had the first.
    """
    if copies.ordered(one, other) or copies.ordered(other, one):
        return False
    first, second = (other, one) if surely_before(other, one) else (one, other)
    return second.asked <= known_from(copies, first)


def known_from(copies: Copies, update: Operation) -> int:
    """Tell until when another update may have been made without knowing of this one, µs."""
    return max(answered(update) + copies.apart, copies.timeline.settled(answered(update)))


def rival_of(copies: Copies, session: Session, lost: Operation, copy: Operation) -> Operation | None:
    """Find an update of another key, concurrent with a lost one, that a copy shows and may show in its place.

    Args:
        copies: the rules.
        session: whose update was lost.
        lost: the update that the copy should show.
        copy: the read or peek that does not.

    Returns:
        The first such update in the order of the copy's data; None if the copy shows none. O(keys).
    """
    for name, value in (copy.data or {}).items():
        other = copies.index.writer(value)
        if other is None or name == lost.key or other.session != session.id or other.key != name:
            continue
        if concurrent(copies, lost, other):
            return other
    return None


def pairs_of_rivals(copies: Copies, session: Session) -> Iterator[tuple[Operation, Operation]]:
    """Give the pairs of concurrent updates of different keys of a session, acknowledged both.

    Cost: O(n · w) in the updates of the session, w of them made before one of them was settled.
    """
    updates = [o for o in session.operations if o.op in (WRITE, DELETE) and o.outcome == OK]
    for position, one in enumerate(updates):
        until = known_from(copies, one)
        for other in updates[position + 1 :]:
            if other.asked > until:
                break
            if other.key != one.key and concurrent(copies, one, other):
                yield one, other
