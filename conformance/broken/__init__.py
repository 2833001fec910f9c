"""Broken stores: the reference with one real-world bug each, to prove what the checks can convict.

One bug a file, one row here. Each overrides as little as carries its bug, passes every scenario that does not reach it,
and is convicted by the check meant for it in the scenario named (tests/conformance/test_broken.py holds both).
"""

from msgspec import Struct

from conformance.broken import (
    answers_before_copies,
    answers_from_own_copy,
    buries_the_restarted,
    caches_by_key,
    caches_by_worker,
    counts_writes_alone,
    dates_by_wall_clock,
    dates_far_ahead,
    drops_ends_early,
    expires_before_saving,
    expires_by_own_copy,
    fails_without_old_id,
    follows_any_clock,
    forgets_ends,
    forgets_the_removed,
    goes_on_from_its_cache,
    keeps_deaths_to_itself,
    keeps_local_copies,
    keeps_old_id,
    last_writer_takes_all,
    leads_after_a_pause,
    leaves_a_part,
    mixes_sessions,
    never_resends,
    quarantines_for_a_while,
    reads_one_version,
    ready_before_join,
    recreates_at_the_end,
    refuses_skewed,
    refuses_when_alone,
    renews_age,
    revives_for_joiners,
    revokes_what_it_knows,
    saves_into_nothing,
    serves_what_it_served,
    takes_recordings,
    trusts_after_a_pause,
    trusts_any_key,
    writes_to_old_id,
)
from reference.node import Node


class Broken(Struct, frozen=True):
    """One broken store.

    Attributes:
        node: the node with the bug.
        bug: what it does wrong, in one sentence.
        seen_in: the thread in which somebody met such a bug.
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
    "answers_from_own_copy": Broken(
        answers_from_own_copy.BrokenNode,
        "With routing too, a node goes on from the copy that it has, though another answers for the session.",
        "https://github.com/hazelcast/hazelcast-wm/issues/50",
        "read_your_writes",
        "routed-regions",
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
        "https://github.com/hazelcast/hazelcast/issues/5242",
        "monotonic_writes",
        "sticky-lan",
    ),
    "caches_by_worker": Broken(
        caches_by_worker.BrokenNode,
        "Each of a node's two workers reads through a cache of its own: one shows what the other does not know.",
        "https://github.com/Unitech/pm2/issues/2291",
        "writes_follow_reads",
        "sticky-lan",
    ),
    "counts_writes_alone": Broken(
        counts_writes_alone.BrokenNode,
        "Reads from the node's own copy do not count as activity: a session that is only looked at dies of idleness.",
        "https://github.com/hazelcast/hazelcast-wm/issues/73",
        "idle_band",
        "skewed-clocks-at-expiry",
    ),
    "dates_by_wall_clock": Broken(
        dates_by_wall_clock.BrokenNode,
        "A write made after the clock stepped back is dated before the one that it overwrites, and loses.",
        "https://github.com/javaee/glassfish/issues/18322",
        "durability",
        "clock-steps-back",
    ),
    "dates_far_ahead": Broken(
        dates_far_ahead.BrokenNode,
        "Activity is dated by the node's own clock, however far ahead, and the session is not idle for as long.",
        "https://github.com/scylladb/scylladb/issues/4214",
        "idle_band",
        "clock-ahead-at-expiry",
    ),
    "drops_ends_early": Broken(
        drops_ends_early.BrokenNode,
        "The record of an end is dropped before every node has heard of it, and who was cut off revives the session.",
        "https://github.com/atomix/atomix/pull/376",
        "no_resurrection",
        "isolated-writer",
    ),
    "expires_before_saving": Broken(
        expires_before_saving.BrokenNode,
        "A record expires with its session, and a request that came just before finds nothing to save into and fails.",
        "https://github.com/spring-projects/spring-session/issues/2786",
        "availability",
        "expiry-beside-a-write",
    ),
    "expires_by_own_copy": Broken(
        expires_by_own_copy.BrokenNode,
        "A node expires a session that is active on others: it knows only what was active on itself.",
        "https://github.com/hazelcast/hazelcast/issues/13945",
        "idle_band",
        "skewed-clocks-at-expiry",
    ),
    "fails_without_old_id": Broken(
        fails_without_old_id.BrokenNode,
        "A login renames the record of the cookie that it was sent, and fails if that session has just ended.",
        "https://github.com/spring-projects/spring-session/issues/2308",
        "availability",
        "expiry-beside-a-write",
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
        "https://github.com/keycloak/keycloak/pull/53045",
        "no_resurrection",
        "isolated-writer",
    ),
    "forgets_the_removed": Broken(
        forgets_the_removed.BrokenNode,
        "A member that was removed is brought back by a peer that lags behind, and cannot be removed again.",
        "https://github.com/akkadotnet/akka.net/pull/8484",
        "membership",
        "loss-behind-a-pause",
    ),
    "goes_on_from_its_cache": Broken(
        goes_on_from_its_cache.BrokenNode,
        "Who answers for a session keeps it at hand, and goes on from that when it takes over again after a failover.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/pull/101",
        "read_your_writes",
        "routed-pause",
    ),
    "keeps_deaths_to_itself": Broken(
        keeps_deaths_to_itself.BrokenNode,
        "That a member was found dead is told to nobody, and the views of the others bring it back.",
        "https://github.com/andydunstall/piko/issues/314",
        "membership",
        "join-after-a-loss",
    ),
    "keeps_local_copies": Broken(
        keeps_local_copies.BrokenNode,
        "A node goes on from its local copy, and never takes what others changed while it was out of reach.",
        "https://github.com/hazelcast/hazelcast-wm/issues/50",
        "bounded_staleness",
        "sticky-failback-stale-copy",
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
    "leads_after_a_pause": Broken(
        leads_after_a_pause.BrokenNode,
        "A node that stood still goes on as the home of its sessions, and believes no other's copy of them.",
        "https://github.com/etcd-io/etcd/issues/20418",
        "read_your_writes",
        "routed-pause",
    ),
    "leaves_a_part": Broken(
        leaves_a_part.BrokenNode,
        "A change that arrives after a session expired makes a new one of itself, without creation time or other keys.",
        "https://github.com/spring-projects/spring-session/issues/2021",
        "absolute_band",
        "expiry-beside-a-write",
    ),
    "mixes_sessions": Broken(
        mixes_sessions.BrokenNode,
        "A repair of several records gives each of them under the next one's id.",
        "https://github.com/expressjs/session/issues/555",
        "isolation",
        "isolated-writer",
    ),
    "never_resends": Broken(
        never_resends.BrokenNode,
        "A copy that was lost is neither sent again nor repaired by digests.",
        "https://github.com/mozilla/experimenter/issues/13325",
        "convergence",
        "isolated-writer",
    ),
    "quarantines_for_a_while": Broken(
        quarantines_for_a_while.BrokenNode,
        "The dead are kept out for a while and then forgotten, and whoever still has their entry passes it round.",
        "https://github.com/scylladb/scylladb/issues/14991",
        "membership",
        "join-after-a-loss",
    ),
    "reads_one_version": Broken(
        reads_one_version.BrokenNode,
        "What another release has written cannot be read, and while both run neither has the other's sessions.",
        "https://github.com/spring-projects/spring-session/issues/2339",
        "cold_join",
        "rolling-upgrade",
    ),
    "ready_before_join": Broken(
        ready_before_join.BrokenNode,
        "A node says that it is ready before it has been given the sessions.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/issues/31",
        "cold_join",
        "crash-under-writes",
    ),
    "recreates_at_the_end": Broken(
        recreates_at_the_end.BrokenNode,
        "A session that a request ends is at hand until that is over, and who asks for it meanwhile saves it again.",
        "https://github.com/spring-projects/spring-session/issues/1255",
        "no_resurrection",
        "logout-beside-a-write",
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
    "revives_for_joiners": Broken(
        revives_for_joiners.BrokenNode,
        "A node that joins takes the dead in the views that it is given for alive.",
        "https://github.com/quickwit-oss/chitchat/issues/23",
        "membership",
        "join-after-a-loss",
    ),
    "revokes_what_it_knows": Broken(
        revokes_what_it_knows.BrokenNode,
        "A revocation ends what is known when it is heard, and is not kept for sessions that arrive later.",
        "https://github.com/spring-attic/spring-session-data-mongodb/issues/44",
        "revocation_lag",
        "revoke-during-partition",
    ),
    "saves_into_nothing": Broken(
        saves_into_nothing.BrokenNode,
        "A write to a session that has ended is answered as if it had been saved.",
        "https://github.com/spring-projects/spring-session/issues/1277",
        "no_resurrection",
        "logout-beside-a-write",
    ),
    "serves_what_it_served": Broken(
        serves_what_it_served.BrokenNode,
        "Who takes over from a lost node goes on from what it served last itself, not from the copies since.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/pull/101",
        "bounded_staleness",
        "join-after-a-loss",
    ),
    "takes_recordings": Broken(
        takes_recordings.BrokenNode,
        "A message that somebody recorded is taken again, as often as it is played back.",
        "https://github.com/solana-labs/solana/issues/1952",
        "sealing",
        "replayed-frames",
    ),
    "trusts_after_a_pause": Broken(
        trusts_after_a_pause.BrokenNode,
        "A node that stood still takes its copies for the newest, and believes no other's of what it holds.",
        "https://github.com/etcd-io/etcd/issues/20418",
        "bounded_staleness",
        "pause-longer-than-suspicion",
    ),
    "trusts_any_key": Broken(
        trusts_any_key.BrokenNode,
        "The pre-shared key is not asked for: whoever knows the cluster's name is a member.",
        "https://github.com/hazelcast/hazelcast/issues/11667",
        "separation",
        "wrong-key",
    ),
    "writes_to_old_id": Broken(
        writes_to_old_id.BrokenNode,
        "After a failover the session gets a new record, and its writes go to the other one.",
        "https://github.com/hazelcast/hazelcast-tomcat-sessionmanager/issues/10",
        "durability",
        "join-after-a-loss",
    ),
}
