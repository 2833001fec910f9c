"""Broken stores: the reference with one real-world bug each, to prove what the checks can convict.

One bug a file, one row here. Each overrides as little as carries its bug, passes every scenario that does not reach it,
and is convicted by the check meant for it in the scenario named (tests/conformance/test_broken.py holds both).
"""

from msgspec import Struct

from conformance.broken import answers_before_copies, forgets_ends, mixes_sessions, never_resends
from reference.node import Node


class Broken(Struct, frozen=True):
    """One broken store.

    Attributes:
        node: the node with the bug.
        bug: what it does wrong, in one sentence.
        seen_in: where such a bug was seen, a row of the known bugs or a thread.
        convicted_by: the check that must convict it.
        scenario: the scenario that reaches the bug.
    """

    node: type[Node]
    bug: str
    seen_in: str
    convicted_by: str
    scenario: str


BROKEN: dict[str, Broken] = {
    "answers_before_copies": Broken(
        answers_before_copies.BrokenNode,
        "A client hears that its write is kept before any copy has left the node.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/issues/18",
        "durability",
        "crash-under-writes",
    ),
    "forgets_ends": Broken(
        forgets_ends.BrokenNode,
        "A stale copy with later activity revives a session that was ended elsewhere.",
        "https://github.com/atomix/atomix/pull/376",
        "no_resurrection",
        "isolated-writer",
    ),
    "mixes_sessions": Broken(
        mixes_sessions.BrokenNode,
        "A repair of several records gives each of them under the next one's id.",
        "https://github.com/redisson/redisson/issues/788",
        "isolation",
        "isolated-writer",
    ),
    "never_resends": Broken(
        never_resends.BrokenNode,
        "A copy that was lost is neither sent again nor repaired by digests.",
        "https://github.com/andydunstall/piko/issues/314",
        "convergence",
        "isolated-writer",
    ),
}
