"""What one node holds, counted, and what that is estimated to take of its memory. Nothing acts by it.

Counted is what grows with what people do: records, the branches of their digests, and changes that wait for an
acknowledgement. The bytes are those of records and branches alone, fitted to what benchmarks/memory.py measured of
nodes that took 1,300 to 20,000 records in over the wire (Python 3.11, values of forty characters): off by 5 % at most.
What else a process has, and longer values, come on top.
"""

from typing import Final

from msgspec import Struct

from reference.records import Records


class BytesEach(Struct, frozen=True):
    """What one of each kind takes of a node's memory, in bytes.

    Attributes:
        session: a live one without any key.
        key: each of its keys, with a value of forty characters.
        end: what is kept of a session that has ended.
        revocation: that of one user.
        branch: the lowest of the digest tree, of which there are at most 4,096.
    """

    session: int
    key: int
    end: int
    revocation: int
    branch: int


BYTES_EACH: Final = BytesEach(session=675, key=275, end=770, revocation=465, branch=520)


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
