"""Who is alive: views agree, deaths are seen in time, rumours are weighed by life, and an idle cluster is cheap."""

import pytest
from msgspec import structs

from reference.effects import Send
from reference.member import ALIVE, DEAD, LEFT, SUSPECT
from reference.membership import Membership
from reference.probing import RELAYS_HELD
from reference.protocol import Ack, Gossip, Ping, PingRequest, PushPull, Rumour
from reference.settings import MILLISECOND, SECOND, WAN, Settings
from reference.timing import detect_us, suspicion_timeout
from tests.reference.cluster import SETTINGS, Cluster

FAR = 165 * MILLISECOND
"""One way between the farthest regions that were measured."""


def heard(cluster: Cluster, node: str, sender: str, *rumours: Rumour) -> None:
    """Let a node hear rumours now."""
    cluster.perform(node, cluster.nodes[node].receive(sender, "membership", Gossip(rumours), *cluster.clocks(node)))


def believed(cluster: Cluster, node: str, member: str) -> tuple[int, int, int, bool]:
    """State, boot, incarnation and readiness that a node believes of a member."""
    held = cluster.nodes[node].membership.members[member]
    return held.state, held.boot, held.incarnation, held.ready


def false_deaths(cluster: Cluster) -> list[tuple[int, str, str]]:
    return [(at, name, note.fields["member"]) for at, name, note in cluster.noted("dead")]


# ------------------------------------------------------------------------------------------------------------- joining


@pytest.mark.parametrize("size", [2, 3, 5, 10])
def test_knowing_one_live_member_is_enough(size: int) -> None:
    """REQ-MEMB-10: n1 knows nobody, all others know n1."""
    cluster = Cluster(size, delay=FAR)
    cluster.listed = dict.fromkeys(cluster.names, ("n1",)) | {"n1": ()}
    for name in cluster.names:
        cluster.boot(name)
    took = cluster.run_until(lambda: cluster.views_are(*cluster.names), 10 * SECOND)
    assert took <= detect_us(cluster.settings, size)
    cluster.run_until(cluster.ready, 10 * SECOND)


@pytest.mark.requirement("REQ-MEMB-2")
def test_the_own_name_in_the_list_is_harmless() -> None:
    """REQ-MEMB-2: neither waited for nor spoken to."""
    cluster = Cluster(2)
    cluster.listed = dict.fromkeys(cluster.names, cluster.names)
    cluster.start()
    assert cluster.now < SECOND
    assert all(sender != to for _, sender, to, _ in cluster.sent)
    alone = Cluster(1)
    alone.listed = {"n1": ("n1",)}
    alone.start()
    assert alone.now == 0


def test_a_failed_lookup_removes_nobody() -> None:
    """REQ-MEMB-8, and neither does an empty answer."""
    cluster = Cluster(3).start()
    cluster.listed = dict.fromkeys(cluster.names, ())
    cluster.perform("n1", cluster.nodes["n1"].lookup_failed("no such host", *cluster.clocks("n1")))
    cluster.run(60 * SECOND)
    assert cluster.views_are(*cluster.names)
    assert cluster.noted("lookup-failed")


def test_a_dead_member_stays_unknown_to_whoever_never_met_it() -> None:
    """Else every newcomer would send to it, and wait for it, until it is held for dead again (known-bugs, row 15)."""
    cluster = Cluster(4).start("n1", "n2", "n3")
    cluster.crash("n3")
    cluster.run_until(lambda: cluster.views_are("n1", "n2"), 20 * SECOND)
    cluster.boot("n4")
    cluster.run_until(lambda: cluster.ready("n4"), SECOND)
    assert cluster.nodes["n4"].membership.view() == ["n1", "n2", "n4"]
    cluster.run(30 * SECOND)
    assert not [note for note in cluster.noted("suspect") if note[1] == "n4"]


# -------------------------------------------------------------------------------------------------------------- crashes


@pytest.mark.parametrize("size", [2, 3, 5, 10])
@pytest.mark.parametrize("delay", [MILLISECOND, FAR])
def test_a_crash_is_known_to_all_within_the_contract(size: int, delay: int) -> None:
    """REQ-MEMB-4, at instants that differ against the round of probes."""
    for moment in range(6):
        cluster = Cluster(size, delay=delay, seed=moment).start()
        cluster.run(3 * SECOND + moment * 170 * MILLISECOND)
        cluster.crash("n1")
        took = cluster.run_until(lambda: cluster.views_are(*cluster.names[1:]), 100 * SECOND)  # noqa: B023 - runs here
        assert took <= detect_us(cluster.settings, size)
        assert took >= suspicion_timeout(cluster.settings.timing, size), "nobody is dead without a suspicion first"


def test_two_crashes_at_once_are_known_within_the_contract() -> None:
    cluster = Cluster(5, delay=FAR).start()
    cluster.crash("n1")
    cluster.crash("n4")
    cluster.run_until(lambda: cluster.views_are("n2", "n3", "n5"), detect_us(cluster.settings, 5))


def test_a_crash_is_known_within_the_contract_under_another_profile() -> None:
    """The bound is computed from the profile, so it holds for each; here memberlist's WAN values."""
    settings = Settings("c", timing=WAN)
    cluster = Cluster(5, settings, delay=FAR).start()
    cluster.crash("n3")
    took = cluster.run_until(lambda: cluster.views_are("n1", "n2", "n4", "n5"), detect_us(settings, 5))
    assert took > detect_us(SETTINGS, 5), "the LAN's bound would not hold"


def test_a_restarted_node_comes_back_as_a_new_life() -> None:
    """REQ-FAIL-3."""
    cluster = Cluster(3, delay=FAR).start()
    cluster.crash("n2")
    cluster.run_until(lambda: cluster.views_are("n1", "n3"), 20 * SECOND)
    cluster.boot("n2")
    took = cluster.run_until(lambda: cluster.views_are(*cluster.names), 20 * SECOND)
    assert took <= detect_us(cluster.settings, 3)
    assert believed(cluster, "n1", "n2")[:2] == (ALIVE, cluster.boots["n2"])


@pytest.mark.parametrize("raised", [0, 7])
def test_a_restart_so_fast_that_nobody_noticed_is_seen_at_once(raised: int) -> None:
    """Whatever incarnation the earlier life had reached: the new one counts from 0 (known-bugs, row 18)."""
    cluster = Cluster(3).start()
    for incarnation in range(raised):
        heard(cluster, "n2", "n1", Rumour("n2", SUSPECT, 1 + incarnation, cluster.boots["n2"], ready=True))
    cluster.run(2 * SECOND)
    assert believed(cluster, "n1", "n2")[2] == 1 + raised
    cluster.restart("n2")
    cluster.run(2 * MILLISECOND)
    boot = cluster.boots["n2"]
    for name in ("n1", "n3"):
        assert believed(cluster, name, "n2") == (ALIVE, boot, 0, False), "and it is not ready yet"
    cluster.run_until(cluster.ready, SECOND)
    cluster.run(2 * SECOND)
    assert believed(cluster, "n3", "n2") == (ALIVE, boot, 1, True)
    assert not false_deaths(cluster)


def test_a_restarted_node_whose_first_words_were_lost_is_spoken_to_by_whoever_it_answers() -> None:
    """Every ping from somebody unknown is an invitation: else it would wait for the next poll, or be ready alone."""
    cluster = Cluster(3, structs.replace(SETTINGS, poll_us=3600 * SECOND)).start()
    cluster.cut = lambda sender, _to: sender == "n2"
    cluster.restart("n2")
    cluster.run(MILLISECOND)
    cluster.heal()
    cluster.run_until(lambda: cluster.nodes["n2"].membership.view() == ["n1", "n2", "n3"], 3 * SECOND)
    cluster.run_until(cluster.ready, SECOND)
    assert not cluster.noted("alone")


# ---------------------------------------------------------------------------------------------------- wrong suspicions


def test_a_wrongly_suspected_node_refutes_and_stays() -> None:
    """REQ-MEMB-9."""
    cluster = Cluster(5, delay=FAR).start()
    _, boot, incarnation, _ = believed(cluster, "n1", "n4")
    heard(cluster, "n1", "n2", Rumour("n4", SUSPECT, incarnation, boot, ready=True))
    assert believed(cluster, "n1", "n4")[0] == SUSPECT
    assert "n4" in cluster.nodes["n1"].membership.view(), "a suspect is not dead yet"
    assert "n4" not in cluster.nodes["n1"].membership.routable(), "but sent no new requests"
    cluster.run(5 * SECOND)
    assert {believed(cluster, name, "n4") for name in cluster.names if name != "n4"} == {
        (ALIVE, boot, incarnation + 1, True)
    }
    assert not false_deaths(cluster)


def test_a_suspected_member_that_is_probed_is_told_so_though_all_is_told() -> None:
    """Lifeguard, section IV-B: else it would refute only once somebody's gossip happens to reach it."""
    cluster = Cluster(3).start()
    cluster.run(10 * SECOND)
    node = cluster.nodes["n1"]
    suspicion = structs.replace(node.membership.members["n2"].said, state=SUSPECT)
    heard(cluster, "n1", "n3", suspicion)
    node.membership.news.clear()
    pings: list[Ping] = []
    while not pings:
        effects = node.ring("probe", *cluster.clocks("n1"))
        pings = [one.message for one in effects if isinstance(one, Send) and one.to == "n2"]
        node.membership.probing.acknowledged("n3", Ack(node.membership.probing._number, (), None))
    assert pings[0].rumours == (suspicion,)


def test_a_node_says_again_what_somebody_has_not_heard() -> None:
    """A refutation that was lost on the way to one member must not make it hold a live node for dead."""
    cluster = Cluster(3).start()
    cluster.run(10 * SECOND)
    heard(cluster, "n2", "n1", Rumour("n2", SUSPECT, 0, 1, ready=False))
    answers = cluster.nodes["n2"].receive("n1", "membership", Ping(9, ()), *cluster.clocks("n2"))
    acks = [sent.message for sent in answers if isinstance(sent, Send) and isinstance(sent.message, Ack)]
    assert [rumour.incarnation for ack in acks for rumour in ack.rumours if rumour.member == "n2"] == [1]
    assert cluster.nodes["n2"].membership.incarnation == 1, "saying it again needs no new number"


def test_a_member_is_weighed_by_life_then_incarnation_then_state() -> None:
    cluster = Cluster(2).start()
    told = [
        (Rumour("x", ALIVE, 3, 2, ready=True), (ALIVE, 2, 3, True)),
        (Rumour("x", DEAD, 9, 1, ready=False), (ALIVE, 2, 3, True)),
        (Rumour("x", ALIVE, 2, 2, ready=False), (ALIVE, 2, 3, True)),
        (Rumour("x", SUSPECT, 3, 2, ready=True), (SUSPECT, 2, 3, True)),
        (Rumour("x", ALIVE, 3, 2, ready=True), (SUSPECT, 2, 3, True)),
        (Rumour("x", ALIVE, 4, 2, ready=True), (ALIVE, 2, 4, True)),
        (Rumour("x", LEFT, 4, 2, ready=False), (LEFT, 2, 4, False)),
        (Rumour("x", SUSPECT, 4, 2, ready=True), (LEFT, 2, 4, False)),
        (Rumour("x", ALIVE, 0, 3, ready=False), (ALIVE, 3, 0, False)),
    ]
    for rumour, expected in told:
        heard(cluster, "n1", "n2", rumour)
        assert believed(cluster, "n1", "x") == expected, rumour


def test_somebody_else_under_the_own_name_is_noted_and_starts_no_quarrel() -> None:
    cluster = Cluster(2).start()
    before = cluster.nodes["n1"].membership.incarnation
    heard(cluster, "n1", "n2", Rumour("n1", ALIVE, 50, 9, ready=True))
    assert cluster.nodes["n1"].membership.incarnation == before
    assert cluster.noted("name-taken")


def test_ten_percent_loss_causes_no_death_that_lasts() -> None:
    cluster = Cluster(5, delay=20 * MILLISECOND).start()
    cluster.loss, cluster.jitter = 100, 30 * MILLISECOND
    cluster.run(600 * SECOND)
    assert cluster.noted("suspect"), "loss this high is felt"
    assert not false_deaths(cluster), "but indirect probes and refutation carry everybody through"
    cluster.heal()
    cluster.run(5 * SECOND)
    assert cluster.views_are(*cluster.names)


def test_repeated_and_reordered_messages_change_no_view() -> None:
    cluster = Cluster(5).start()
    cluster.repeat, cluster.jitter = 500, 400 * MILLISECOND
    cluster.run(120 * SECOND)
    assert cluster.views_are(*cluster.names)
    assert not false_deaths(cluster)


# ----------------------------------------------------------------------------------------------- partitions and pauses


@pytest.mark.parametrize("cut", [("n1",), ("n1", "n2")])
def test_after_a_minute_of_partition_all_views_are_one_again_within_the_contract(cut: tuple[str, ...]) -> None:
    """REQ-MEMB-5."""
    for delay in (MILLISECOND, FAR):
        cluster = Cluster(5, delay=delay).start()
        cluster.isolate(*cut)
        rest = [name for name in cluster.names if name not in cut]
        cluster.run(60 * SECOND)
        assert cluster.views_are(*cut)
        assert cluster.views_are(*rest)
        cluster.heal()
        took = cluster.run_until(lambda: cluster.views_are(*cluster.names), 60 * SECOND)  # noqa: B023 - runs here
        assert took <= detect_us(cluster.settings, 5)
        cluster.run(30 * SECOND)
        assert cluster.views_are(*cluster.names), "and they stay so"


def test_sides_that_know_each_other_through_one_name_only_find_each_other_again() -> None:
    cluster = Cluster(4, delay=FAR)
    cluster.listed = {"n1": (), "n2": ("n1",), "n3": ("n1",), "n4": ("n1",)}
    cluster.start()
    cluster.run_until(lambda: cluster.views_are(*cluster.names), 10 * SECOND)
    cluster.isolate("n3", "n4")
    cluster.run(60 * SECOND)
    assert cluster.views_are("n3", "n4")
    cluster.heal()
    took = cluster.run_until(lambda: cluster.views_are(*cluster.names), 60 * SECOND)
    assert took <= detect_us(cluster.settings, 4)


def test_a_one_way_cut_between_two_of_five_kills_nobody() -> None:
    """The others' indirect probes reach whom one member cannot."""
    cluster = Cluster(5).start()
    cluster.cut_one_way(("n1", "n2"))
    cluster.run(120 * SECOND)
    assert cluster.views_are(*cluster.names)
    assert not false_deaths(cluster)


def test_a_node_that_nobody_hears_is_held_for_dead_and_comes_back() -> None:
    cluster = Cluster(5).start()
    cluster.cut = lambda sender, _to: sender == "n1"
    cluster.run_until(lambda: cluster.views_are("n2", "n3", "n4", "n5"), detect_us(cluster.settings, 5))
    cluster.run(60 * SECOND)
    assert cluster.views_are("n2", "n3", "n4", "n5")
    cluster.heal()
    cluster.run_until(lambda: cluster.views_are(*cluster.names), detect_us(cluster.settings, 5))


@pytest.mark.parametrize("pause_s", [2, 30, 300])
def test_a_paused_node_is_a_member_again_soon_after(pause_s: int) -> None:
    cluster = Cluster(5, delay=FAR).start()
    cluster.run(5 * SECOND)
    cluster.pause("n2")
    cluster.run(pause_s * SECOND)
    running = [name for name in cluster.names if name != "n2"]
    if pause_s > 20:
        assert all(cluster.nodes[name].membership.view() == running for name in running)
    cluster.resume("n2")
    cluster.run_until(lambda: cluster.views_are(*cluster.names), detect_us(cluster.settings, 5))
    cluster.run(20 * SECOND)
    assert cluster.views_are(*cluster.names)
    assert not [death for death in false_deaths(cluster) if death[1] == "n2"], "who stood still accuses nobody"


# -------------------------------------------------------------------------------------------------------------- leaving


@pytest.mark.requirement("REQ-MEMB-11")
def test_a_node_that_leaves_is_gone_at_once_and_suspected_by_nobody() -> None:
    """REQ-MEMB-11."""
    cluster = Cluster(5, delay=FAR).start()
    cluster.run(2 * SECOND)
    cluster.leave("n3")
    took = cluster.run_until(lambda: cluster.views_are("n1", "n2", "n4", "n5"), 20 * SECOND)
    assert took <= FAR
    assert "n3" not in cluster.nodes, "with nothing to hand over it stops at once"
    cluster.run(30 * SECOND)
    assert not cluster.noted("suspect")
    cluster.boot("n3")
    cluster.run_until(lambda: cluster.views_are(*cluster.names), 5 * SECOND)


def test_a_farewell_that_one_member_missed_reaches_it_through_the_others() -> None:
    cluster = Cluster(4).start()
    cluster.cut_one_way(("n3", "n1"))
    cluster.leave("n3")
    cluster.run_until(lambda: cluster.views_are("n1", "n2", "n4"), 2 * SECOND)
    assert not false_deaths(cluster)


# ---------------------------------------------------------------------------------------------------------------- costs


def test_an_idle_cluster_is_cheap() -> None:
    """A probe and its answer a second for each node, and next to nothing else: 89 % of a day is idle."""
    cluster = Cluster(5).start()
    cluster.run(60 * SECOND)
    since, rung = cluster.now, cluster.rung
    cluster.run(600 * SECOND)
    seconds = 600 * 5
    assert 2.0 <= sum(1 for at, *_ in cluster.sent if at >= since) / seconds <= 2.5
    assert 1.0 <= (cluster.rung - rung) / seconds <= 1.25
    assert cluster.count(Gossip, since) == 0, "no news, no gossip"


def test_a_node_alone_does_almost_nothing() -> None:
    cluster = Cluster(1).start()
    cluster.run(600 * SECOND)
    assert cluster.rung <= 600 / 30 + 1
    assert not cluster.sent


def test_what_is_remembered_for_a_while_is_bounded() -> None:
    cluster = Cluster(3).start()
    membership = cluster.nodes["n1"].membership
    for number in range(1_000):
        asked = PingRequest(number, "nobody", ())
        cluster.nodes["n1"].receive("n2", "membership", asked, *cluster.clocks("n1"))
    assert len(membership.probing._relays) == RELAYS_HELD
    cluster.run(30 * SECOND)
    assert not membership.news.left


def test_an_answer_to_an_earlier_life_counts_for_nothing() -> None:
    """Numbers begin above the boot, so a late answer never passes for one to the present life."""
    cluster = Cluster(2).start()
    cluster.run(3 * SECOND)
    old = {message.number for _, sender, _, message in cluster.sent if sender == "n1" and isinstance(message, Ping)}
    cluster.restart("n1")
    since = cluster.now
    cluster.run(20 * SECOND)
    new = {
        message.number
        for at, sender, _, message in cluster.sent
        if at >= since and sender == "n1" and isinstance(message, Ping)
    }
    assert old
    assert new
    assert not old & new


def test_whoever_died_since_the_round_was_shuffled_is_not_probed_in_it() -> None:
    cluster = Cluster(4).start()
    probing = cluster.nodes["n1"].membership.probing
    probing._round, probing._round_of = ["n2", "n3"], probing.roster.version
    boot, incarnation = believed(cluster, "n1", "n3")[1:3]
    heard(cluster, "n1", "n2", Rumour("n3", DEAD, incarnation, boot, ready=False))
    assert probing._next_target() == "n2"


def test_of_a_large_cluster_equal_views_are_seen_to_be_so_and_what_differs_is_taken_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(18).start()
    node = cluster.nodes["n2"]
    cluster.run_until(lambda: len({node.membership._whole_view() for node in cluster.nodes.values()}) == 1, 30 * SECOND)
    view = cluster.nodes["n1"].membership._whole_view()
    assert [rumour.member for rumour in view] == sorted(cluster.names)
    weigh, weighed = Membership._weigh, []

    def counted(membership: Membership, rumour: Rumour) -> None:
        weighed.append(rumour.member)
        weigh(membership, rumour)

    monkeypatch.setattr(Membership, "_weigh", counted)
    node.receive("n1", "membership", PushPull(tuple(map(structs.replace, view)), reply=False), *cluster.clocks("n2"))
    assert weighed == []
    newer = tuple(structs.replace(one, incarnation=9) if one.member == "n7" else one for one in view)
    node.receive("n1", "membership", PushPull(newer, reply=False), *cluster.clocks("n2"))
    assert "n7" in weighed
    assert believed(cluster, "n2", "n7")[2] == 9


def test_a_full_view_is_exchanged_on_contact_and_now_and_then() -> None:
    cluster = Cluster(3).start()
    since = cluster.now
    cluster.run(60 * SECOND)
    assert 3 * 2 <= cluster.count(PushPull, since) <= 3 * 2 * 2 + 2
