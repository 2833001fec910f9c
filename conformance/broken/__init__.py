"""Broken stores: the reference with one real-world bug each, to prove what the checks can convict.

One bug a file, one row here. Each overrides as little as carries its bug, passes every scenario that does not reach it,
and is convicted by the check meant for it in the scenario named (tests/conformance/test_broken.py holds both).
"""

from msgspec import Struct

from conformance.broken import (
    answers_before_copies,
    buries_the_restarted,
    caches_by_key,
    caches_by_worker,
    dates_by_wall_clock,
    drops_ends_early,
    expires_by_own_copy,
    follows_any_clock,
    forgets_ends,
    keeps_old_id,
    last_writer_takes_all,
    mixes_sessions,
    never_resends,
    ready_before_join,
    refuses_skewed,
    refuses_when_alone,
    renews_age,
    revokes_what_it_knows,
)
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
    "buries_the_restarted": Broken(
        buries_the_restarted.BrokenNode,
        "A node that restarts counts anew and is never believed again: its earlier life had the higher count.",
        "https://github.com/edwardcapriolo/gossip/issues/15",
        "false_death",
        "crash-under-writes",
    ),
    "caches_by_key": Broken(
        caches_by_key.BrokenNode,
        "A node reads every key through a cache of two seconds: new keys appear beside old values.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/pull/101",
        "monotonic_writes",
        "sticky-lan",
    ),
    "caches_by_worker": Broken(
        caches_by_worker.BrokenNode,
        "Each of a node's two workers reads through a cache of its own: one shows what the other does not know.",
        "https://github.com/hazelcast/hazelcast-wm/issues/50",
        "writes_follow_reads",
        "sticky-lan",
    ),
    "dates_by_wall_clock": Broken(
        dates_by_wall_clock.BrokenNode,
        "A write made after the clock stepped back is dated before the one that it overwrites, and loses.",
        "https://github.com/javaee/glassfish/issues/18322",
        "durability",
        "clock-steps-back",
    ),
    "drops_ends_early": Broken(
        drops_ends_early.BrokenNode,
        "The record of an end is dropped before every node has heard of it, and who was cut off revives the session.",
        "https://github.com/akkadotnet/akka.net/pull/8484",
        "no_resurrection",
        "isolated-writer",
    ),
    "expires_by_own_copy": Broken(
        expires_by_own_copy.BrokenNode,
        "A node expires a session that is active on others: it knows only what was active on itself.",
        "https://github.com/hazelcast/hazelcast/issues/13945",
        "idle_band",
        "skewed-clocks-at-expiry",
    ),
    "follows_any_clock": Broken(
        follows_any_clock.BrokenNode,
        "A node whose clock is a year ahead takes it for right and ends every session.",
        "https://github.com/scylladb/scylladb/issues/4214",
        "durability",
        "clock-jumps-a-year",
    ),
    "forgets_ends": Broken(
        forgets_ends.BrokenNode,
        "A stale copy with later activity revives a session that was ended elsewhere.",
        "https://github.com/atomix/atomix/pull/376",
        "no_resurrection",
        "isolated-writer",
    ),
    "keeps_old_id": Broken(
        keeps_old_id.BrokenNode,
        "A login keeps the id that its client sent, if the node knows no session of it.",
        "https://github.com/redisson/redisson/issues/788",
        "id_renewal",
        "isolated-writer",
    ),
    "last_writer_takes_all": Broken(
        last_writer_takes_all.BrokenNode,
        "A session is copied whole, and the copy with the later activity replaces the other.",
        "https://github.com/javaee/glassfish/issues/18322",
        "lost_updates",
        "three-regions",
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
    "ready_before_join": Broken(
        ready_before_join.BrokenNode,
        "A node says that it is ready before it has been given the sessions.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/issues/31",
        "cold_join",
        "crash-under-writes",
    ),
    "refuses_skewed": Broken(
        refuses_skewed.BrokenNode,
        "Data of members whose clock differs is refused, though nothing in it needs a clock.",
        "https://github.com/weaveworks/weave/issues/1156",
        "convergence",
        "skewed-clocks-at-expiry",
    ),
    "refuses_when_alone": Broken(
        refuses_when_alone.BrokenNode,
        "A node that can reach no other refuses every change, instead of serving the sessions that it has.",
        "https://github.com/ran-jit/tomcat-cluster-redis-session-manager/issues/60",
        "availability",
        "isolated-writer",
    ),
    "renews_age": Broken(
        renews_age.BrokenNode,
        "The time of authentication moves with every activity: nothing is ever too old.",
        "https://github.com/SerayaEryn/fastify-session/issues/42",
        "absolute_band",
        "skewed-clocks-at-expiry",
    ),
    "revokes_what_it_knows": Broken(
        revokes_what_it_knows.BrokenNode,
        "A revocation ends what is known when it is heard, and is not kept for sessions that arrive later.",
        "https://github.com/andydunstall/piko/issues/314",
        "revocation_lag",
        "revoke-during-partition",
    ),
}
