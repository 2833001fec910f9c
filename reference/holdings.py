"""What one node holds, counted. Nothing acts by it.

Counted is what grows with what people do: records, the branches of their digests, and changes that wait for an
acknowledgement. What that takes of a node's memory is estimated by pages (`reports.memory`).
"""

from msgspec import Struct

from reference.records import Records


class Holdings(Struct, frozen=True, gc=False, array_like=True):
    """What a node holds at an instant.

    Attributes:
        sessions: live ones.
        keys: of all live sessions; a deleted one counts, as its stamp is kept.
        ends: sessions that have ended and are not forgotten yet.
        revocations: of users.
        branches: the lowest of its digest tree, those that are empty again included.
        unacknowledged: changes of its own that some member has not acknowledged.
        members: others that it holds for alive, suspected ones included.
    """

    sessions: int = 0
    keys: int = 0
    ends: int = 0
    revocations: int = 0
    branches: int = 0
    unacknowledged: int = 0
    members: int = 0


def holdings_of(records: Records, unacknowledged: int = 0, members: int = 0) -> Holdings:
    """Gather what a node holds, of what its parts count; it changes nothing.

    Args:
        records: the node's.
        unacknowledged: as its replication counts them.
        members: as its membership counts them.
    """
    return Holdings(
        sessions=len(records.sessions) - records.ends,
        keys=records.keys,
        ends=records.ends,
        revocations=len(records.revocations),
        branches=records.tree.buckets(),
        unacknowledged=unacknowledged,
        members=members,
    )
