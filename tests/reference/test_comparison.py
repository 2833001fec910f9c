"""Anti-entropy: d differences are found and repaired at a cost that follows d, in both directions, on any link."""

import pytest

from reference.comparison import ROUND_LIMIT
from reference.gateway import hash_of, owner_of
from reference.protocol import Compare, Copies, Difference, Want, Wanted
from reference.session import Cell, Ending, Revocation, Session, ended
from reference.settings import MILLISECOND, SECOND
from reference.timing import COMPARE_OFTEN, COMPARE_SELDOM, ROUND_STEPS, ROUND_TRIP, SETTLING
from tests.reference.cluster import WALL, Cluster

FAR = 165 * MILLISECOND
ROUND = (Compare, Difference, Want, Wanted, Copies)


def record(number: int, value: str = "v") -> Session:
    return Session(
        hash_of(f"{number}"), owner_of(f"u{number}"), WALL, f"u{number}", WALL, {"k": Cell(value, WALL, "n0")}
    )


def plant(cluster: Cluster, node: str, *records: Session) -> None:
    """Let a node hold records that it sends to nobody, as what a dead writer had sent to it alone."""
    for one in records:
        cluster.nodes[node].records.take(one)
    cluster.nodes[node].records.settle(cluster.now)


def apart(size: int, common: int, *, delay: int = MILLISECOND) -> Cluster:
    """A cluster at rest, all of whose nodes hold the same records."""
    cluster = Cluster(size, delay=delay).start()
    for name in cluster.names:
        plant(cluster, name, *map(record, range(common)))
    cluster.run(60 * SECOND)
    assert cluster.agree()
    return cluster


def moved(cluster: Cluster, since: int) -> dict[type, int]:
    """How many records, listed keys or branches travelled, by kind of message."""
    sizes: dict[type, int] = dict.fromkeys(ROUND, 0)
    for at, _, _, message in cluster.sent:
        if at < since:
            continue
        match message:
            case Compare():
                sizes[Compare] += len(message.branches)
            case Difference():
                sizes[Difference] += len(message.branches) + sum(len(keys) for _, keys in message.leaves)
            case Want():
                sizes[Want] += len(message.records)
            case Wanted() | Copies():
                sizes[message.__class__] += len(message.sessions) + len(message.revocations)
    return sizes


@pytest.mark.parametrize("differences", [1, 10, 100])
def test_differences_are_repaired_both_ways_at_a_cost_that_follows_their_number(differences: int) -> None:
    """Of 2,000 records; n1 holds some that n2 lacks, n2 some that n1 lacks, and some are held in two versions."""
    cluster = apart(2, 2_000)
    plant(cluster, "n1", *map(record, range(10_000, 10_000 + differences)))
    plant(cluster, "n2", *map(record, range(20_000, 20_000 + differences)))
    for number in range(differences):
        changed = record(number)
        newer = Session(changed.id, changed.owner, WALL, changed.user, WALL + 9, {"k": Cell("new", WALL + 9, "n0")})
        plant(cluster, "n1" if number % 2 else "n2", newer)
    since = cluster.now
    took = cluster.run_until(cluster.agree, 2 * COMPARE_SELDOM)
    sizes = moved(cluster, since)
    assert took <= COMPARE_SELDOM
    rounds = 2  # both ask at the same time here, since they began alike
    assert sizes[Want] == sizes[Wanted] <= rounds * 2 * differences
    assert sizes[Copies] <= rounds * 2 * differences
    paths = rounds * 3 * differences
    assert sizes[Compare] + sizes[Difference] <= paths * 4 * 16, "sixteen branches on each of four levels of d paths"
    cluster.run(60 * SECOND)
    after = moved(cluster, cluster.now - 20 * SECOND)
    assert after[Want] == after[Copies] == after[Difference] == 0, "and then nothing is found any more"


def test_a_repair_between_the_farthest_regions_takes_the_stated_round_trips() -> None:
    cluster = apart(2, 2_000, delay=FAR)
    plant(cluster, "n2", record(9_999))
    cluster.nodes["n1"].comparison.soon("n2")
    begun = cluster.now
    cluster.perform("n1", cluster.nodes["n1"].ring("compare", *cluster.clocks("n1")))
    cluster.run_until(cluster.agree, ROUND_STEPS * ROUND_TRIP)
    steps = cluster.count(Compare, begun) + cluster.count(Want, begun)
    assert steps <= ROUND_STEPS


def test_ends_and_revocations_are_repaired_like_any_record() -> None:
    cluster = apart(2, 50)
    gone = record(3)
    plant(cluster, "n1", ended(gone, Ending("ended", WALL + 5, "n1")))
    cluster.nodes["n2"].records.take_revocation(Revocation(owner_of("u7"), WALL + 9, "n2"))
    assert not cluster.agree()
    cluster.run(2 * COMPARE_SELDOM + SETTLING)
    assert cluster.agree()
    held = cluster.nodes["n1"].records
    assert held.revocations[owner_of("u7")].at == WALL + 9
    assert held.sessions[record(7).id].end == Ending("ended", WALL + 9, "n2")
    over = cluster.nodes["n2"].records.sessions[gone.id]
    assert over.end is not None
    assert over.cells == {}


def test_what_a_dead_writer_sent_to_one_only_is_given_to_all_as_soon_as_it_is_known_for_dead() -> None:
    for delay in (MILLISECOND, FAR):
        cluster = Cluster(4, delay=delay).start()
        cluster.run(20 * SECOND)
        cluster.cut = lambda sender, to: sender == "n1" and to != "n2"
        cookie = cluster.login("n1")
        cluster.crash("n1")
        cluster.run_until(lambda: cluster.views_are("n2", "n3", "n4"), 20 * SECOND)  # noqa: B023 - runs here
        assert cluster.data("n3", cookie) is None or delay == MILLISECOND
        cluster.run((ROUND_STEPS + 2) * ROUND_TRIP if delay == FAR else 50 * MILLISECOND)
        assert [cluster.data(name, cookie) for name in ("n2", "n3", "n4")] == [{}, {}, {}]


def test_what_was_on_its_way_when_a_view_changed_is_found_by_a_second_look() -> None:
    """n1 restarts unnoticed; a copy that its earlier life had sent reaches n2 a second later, and n3 never."""
    cluster = Cluster(3).start()
    cookie = cluster.login("n1")
    cluster.run(20 * SECOND)
    carry = cluster.carry

    def late_or_never(sender: str, to: str, channel: str, message: object) -> None:
        if not isinstance(message, Copies):
            carry(sender, to, channel, message)
        elif to == "n2":
            cluster.after(SECOND, lambda: carry(sender, to, channel, message))

    cluster.carry = late_or_never  # type: ignore[method-assign]
    cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": 1})
    cluster.restart("n1")
    cluster.carry = carry  # type: ignore[method-assign]
    cluster.run_until(lambda: cluster.data("n3", cookie) == {"k": 1}, 1_450 * MILLISECOND)


def test_what_both_sides_of_a_partition_wrote_is_joined_although_its_user_is_never_quiet() -> None:
    """The session changes all the time: it must not be left out of the comparisons after the partition."""
    cluster = Cluster(4, delay=40 * MILLISECOND).start()
    cookie = cluster.login("n1")
    cluster.run(SECOND)
    cluster.isolate("n1", "n2")
    for moment in range(60 * 4):
        if moment == 40 * 4:
            cluster.heal()
        for node in ("n1", "n4"):
            cluster.ask(node, "PUT", f"/session/data/{node}-{moment // 4}", cookie, {"value": moment})
        cluster.run(250 * MILLISECOND)
        if moment == 52 * 4:  # detected by then; `converge` later all must be there, under traffic
            for name in cluster.names:
                data = cluster.data(name, cookie)
                assert [key for key in (f"{w}-{at}" for w in ("n1", "n4") for at in range(40)) if key not in data] == []


def test_steady_traffic_looks_like_no_difference() -> None:
    """What is on its way is left alone: else every round under load would send records that are arriving anyway."""
    cluster = Cluster(5, delay=40 * MILLISECOND).start()
    cluster.jitter = 20 * MILLISECOND
    cookies = [cluster.login(f"n{1 + number % 5}", f"u{number}") for number in range(40)]
    cluster.run(10 * SECOND)
    since = cluster.now
    for moment in range(600):
        cookie = cookies[moment % len(cookies)]
        cluster.ask(f"n{1 + moment % 5}", "PUT", f"/session/data/k{moment % 3}", cookie, {"value": moment})
        cluster.ask(f"n{1 + moment % 3}", "GET", "/session", cookies[moment * 7 % len(cookies)])
        cluster.run(50 * MILLISECOND)
    sizes = moved(cluster, since)
    assert cluster.count(Compare, since) > 30
    assert sizes[Want] <= 15, "at most a handful of 1,200 changes"
    cluster.run(20 * SECOND)
    assert cluster.agree()


def test_a_session_that_is_never_quiet_is_compared_all_the_same() -> None:
    """A lost part of it must not wait until its user goes home."""
    cluster = Cluster(2).start()
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    held = next(iter(cluster.nodes["n2"].records.sessions.values()))
    cluster.nodes["n2"].records.put(
        Session(held.id, held.owner, held.created, "ann", held.last, {"lost": Cell(1, WALL, "n3")})
    )
    for moment in range(300):
        cluster.write("n1", cookie, "busy", moment)
        cluster.run(100 * MILLISECOND)
    assert "lost" in cluster.data("n1", cookie)


def test_the_pause_grows_while_nothing_is_found_and_shrinks_after_a_change_of_view() -> None:
    cluster = apart(2, 10)
    since = cluster.now
    cluster.run(80 * SECOND)
    assert 80 // 8 - 1 <= cluster.count(Compare, since) / 2 <= 80 // 8 + 1
    assert COMPARE_OFTEN < COMPARE_SELDOM
    cluster.restart("n2")
    since = cluster.now
    cluster.run(4 * SECOND)
    assert cluster.count(Compare, since) >= 5


def test_answers_that_come_twice_or_late_end_no_round_early() -> None:
    """A node that joins becomes ready on the strength of finished rounds."""
    for seed in range(20):
        cluster = Cluster(3, delay=10 * MILLISECOND, seed=seed).start("n1", "n2")
        plant(cluster, "n1", *map(record, range(100)))
        cluster.run(10 * SECOND)
        plant(cluster, "n2", *map(record, range(900, 950)))
        cluster.repeat, cluster.jitter = 1_000, 200 * MILLISECOND
        cluster.boot("n3")
        cluster.run_until(lambda: cluster.ready("n3"), 10 * SECOND)  # noqa: B023 - runs here
        missing = [number for number in (*range(100), *range(900, 950)) if record(number).id not in ids(cluster, "n3")]
        assert not missing, seed


def ids(cluster: Cluster, node: str) -> dict[str, Session]:
    return cluster.nodes[node].records.sessions


def test_whom_one_node_cannot_reach_keeps_nobody_else_waiting() -> None:
    """n1's questions to n2 are lost for ever; what n4 alone has must reach n1 in turn all the same."""
    cluster = apart(4, 20)
    cluster.cut_one_way(("n1", "n2"))
    cluster.run(30 * SECOND)
    plant(cluster, "n4", record(77))
    took = cluster.run_until(lambda: record(77).id in ids(cluster, "n1"), 60 * SECOND)
    assert took <= 3 * (COMPARE_SELDOM + ROUND_LIMIT)


def test_lost_messages_cost_rounds_and_not_the_repair() -> None:
    cluster = apart(3, 300)
    cluster.loss = 300
    plant(cluster, "n1", *map(record, range(1_000, 1_400)))
    cluster.run(300 * SECOND)
    assert cluster.agree()


def test_a_record_that_could_only_revive_what_all_others_have_forgotten_is_not_taken() -> None:
    """Whoever was cut off for longer than a session lives may still offer it."""
    cluster = apart(2, 5)
    old = Session(hash_of("old"), owner_of("old"), 1, "old", 1, {})
    records = cluster.nodes["n1"].records
    assert not records.take(old)
    assert records.take_revocation(Revocation(owner_of("old"), 1, "n9")) == 0
    assert old.id not in records.sessions
    assert not records.revocations
