"""Copies of a change: when a client may be told, what is sent again, and what a repeated or late copy changes."""

import pytest
from msgspec import structs

from reference.effects import Respond, Send, Stopped
from reference.gateway import hash_of
from reference.order import ORDERS_HELD
from reference.protocol import Copied, Copies
from reference.replication import ANY_PEER_WAIT, FIRST_PEER_WAIT
from reference.session import Cell, Session
from reference.settings import MILLISECOND, SECOND, WAN, Settings
from reference.timing import TRIES, converge_us, solo_after_us, touch_interval_us
from tests.reference.cluster import SETTINGS, WALL, Cluster

FAR = 165 * MILLISECOND


def with_acknowledge(how: str) -> Settings:
    return structs.replace(SETTINGS, acknowledge=how)


def timed(cluster: Cluster, node: str, cookie: str, key: str) -> tuple[int, int]:
    """Write one key; return the status and how long the answer took."""
    since = cluster.now
    status = cluster.write(node, cookie, key, "v")
    return status, cluster.now - since


def first_peer(cluster: Cluster, node: str, cookie: str) -> str:
    """Who comes first in the order of a session, as a node sees it."""
    first = cluster.nodes[node].replication.order.first_other(hash_of(cookie.partition("=")[2]))
    assert first is not None
    return first


# ------------------------------------------------------------------------------------------------- when a client hears


@pytest.mark.requirement("REQ-REPL-3")
def test_with_none_the_client_hears_at_once_and_with_one_after_a_round_trip() -> None:
    for how, expected in (("none", 0), ("one", 2 * FAR), ("all", 2 * FAR)):
        cluster = Cluster(3, with_acknowledge(how), delay=FAR).start()
        cookie = cluster.login("n1")
        assert timed(cluster, "n1", cookie, "k") == (200, expected), how


def test_copies_leave_before_the_answer() -> None:
    """Even with `none`: a node that dies as it answers has sent what it says."""
    for how in ("none", "one"):
        cluster = Cluster(2, with_acknowledge(how)).start()
        cookie = cluster.login("n1")
        sent: list[type] = []

        def watched(name: str, effects: list[object], sent: list[type] = sent, cluster: Cluster = cluster) -> None:
            sent += [effect.__class__ for effect in effects if isinstance(effect, Send | Respond) and name == "n1"]
            type(cluster).perform(cluster, name, effects)

        cluster.perform = watched  # type: ignore[method-assign]
        cluster.write("n1", cookie, "k", "v")
        assert sent[0] is Send, how


def test_with_all_the_slowest_member_decides() -> None:
    for how, expected in (("one", 200), ("all", 503)):
        cluster = Cluster(4, with_acknowledge(how)).start()
        cookie = cluster.login("n1")
        cluster.cut_one_way(("n4", "n1"))
        status, took = timed(cluster, "n1", cookie, "k")
        assert status == expected
        assert took == ANY_PEER_WAIT if how == "all" else took <= FIRST_PEER_WAIT


def test_the_first_of_the_sessions_order_is_waited_for() -> None:
    """It is whom a balancer or a router would ask next, so it should hold the write when the client hears of it."""
    cluster = Cluster(4).start()
    cluster.run(SECOND)
    for number in range(8):
        cookie = cluster.login("n1")
        first = first_peer(cluster, "n1", cookie)
        cluster.cut_one_way((first, "n1"))
        assert timed(cluster, "n1", cookie, "a") == (200, FIRST_PEER_WAIT), "then any other will do"
        other = next(name for name in cluster.names if name not in ("n1", first))
        cluster.cut_one_way((other, "n1"))
        assert timed(cluster, "n1", cookie, "b") == (200, 2 * cluster.delay), number
        cluster.heal()


def test_nobody_in_reach_means_503_after_a_second_and_the_write_stays() -> None:
    cluster = Cluster(3).start()
    cookie = cluster.login("n1")
    cluster.isolate("n1")
    assert timed(cluster, "n1", cookie, "k") == (503, ANY_PEER_WAIT)
    assert cluster.data("n1", cookie) == {"k": "v"}
    cluster.heal()
    cluster.run(converge_us(cluster.settings, 3))
    assert cluster.data("n3", cookie) == {"k": "v"}, "it is sent on, once somebody can hear it"


@pytest.mark.parametrize("settings", [SETTINGS, structs.replace(SETTINGS, timing=WAN)])
def test_a_node_that_heard_nobody_for_three_probe_intervals_acknowledges_alone(settings: Settings) -> None:
    """REQ-FAIL-8; with the WAN profile's slower probes 3 s of silence are nothing unusual."""
    cluster = Cluster(3, settings).start()
    cookie = cluster.login("n1")
    cluster.run(60 * SECOND)
    assert not cluster.nodes["n1"].replication.solo(), "an idle node in a whole cluster is not alone"
    cluster.isolate("n1")
    cluster.run(solo_after_us(settings.timing) + SECOND)
    assert timed(cluster, "n1", cookie, "k") == (200, 0)
    assert cluster.noted("solo")


def test_an_idle_node_never_takes_itself_for_alone() -> None:
    for size in (2, 3, 10):
        cluster = Cluster(size, delay=FAR).start()
        for _ in range(600):
            cluster.run(100 * MILLISECOND)
            assert not any(node.replication.solo() for node in cluster.nodes.values())


@pytest.mark.parametrize("after", [0, 500 * MILLISECOND, 3 * SECOND])
def test_a_node_that_stood_still_does_not_take_that_for_silence(after: int) -> None:
    """The first thing that it does after a pause may be a write: nobody was out of reach, it just could not listen."""
    cluster = Cluster(3).start()
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    cluster.cut = lambda _sender, to: to == "n1"
    cluster.pause("n1")
    cluster.run(after)
    request = cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": 1})
    cluster.run(4 * SECOND - after)
    resumed = cluster.now
    cluster.heal()
    cluster.resume("n1")
    assert request not in cluster.answers
    cluster.run(SECOND)
    assert cluster.answers[request].status == 200
    assert cluster.answered_at[request] == resumed + 2 * cluster.delay
    assert cluster.noted("stood-still")


def test_the_last_one_left_after_all_others_said_goodbye_serves_alone_at_once() -> None:
    cluster = Cluster(3).start()
    cookie = cluster.login("n1")
    cluster.leave("n2")
    cluster.leave("n3")
    cluster.run(2 * MILLISECOND)
    assert timed(cluster, "n1", cookie, "k") == (200, 0)


def test_the_death_of_whom_a_write_waits_for_releases_it() -> None:
    """With `all`: once the dead are known for dead, the living have acknowledged."""
    cluster = Cluster(3, with_acknowledge("all")).start()
    cookie = cluster.login("n1")
    cluster.crash("n3")
    member = cluster.nodes["n1"].membership.members["n3"]
    request = cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": 1})
    cluster.run(300 * MILLISECOND)
    assert request not in cluster.answers
    cluster.nodes["n1"].membership._believe(structs.replace(member.rumour(), state=2, ready=False))
    cluster.run(800 * MILLISECOND)
    assert cluster.answers[request].status == 200


# --------------------------------------------------------------------------------------------- sent again, late, twice


def test_what_nobody_acknowledges_wakes_a_node_ten_times_a_second_however_much_it_is() -> None:
    cluster = Cluster(3).start()
    cookie = cluster.login("n1")
    cluster.run(2 * SECOND)
    cluster.cut_one_way(("n2", "n1"), ("n3", "n1"))
    rung: list[int] = []
    node = cluster.nodes["n1"]
    resend = node._on_alarm["resend"]

    def counted() -> None:
        rung.append(cluster.now)
        resend()

    node._on_alarm["resend"] = counted
    for number in range(100):
        cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": number})
        cluster.run(7 * MILLISECOND)
    since = cluster.now
    cluster.run(3 * SECOND)
    assert node.replication.unacknowledged() == 100
    assert 20 <= len([at for at in rung if at > since]) <= 30


@pytest.mark.parametrize("wait", range(0, 100, 9))
def test_a_copy_is_sent_again_after_four_to_five_tenths_of_a_second_and_not_if_it_is_acknowledged(wait: int) -> None:
    """Later than the slowest round trip, so that nothing is sent twice on a network that loses nothing."""
    cluster = Cluster(2, delay=FAR).start()
    cookie = cluster.login("n1")
    cluster.run(2 * SECOND + wait * MILLISECOND)
    since = cluster.now
    cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": "acknowledged"})
    cluster.run(2 * SECOND)
    assert cluster.count(Copies, since) == 1
    since = cluster.now
    cluster.cut_one_way(("n2", "n1"))
    cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": "not acknowledged"})
    cluster.run(2 * SECOND)
    first, again, third, *_ = [
        at - since for at, _, _, message in cluster.sent if at >= since and isinstance(message, Copies)
    ]
    assert first == 0
    assert 400 * MILLISECOND <= again <= 500 * MILLISECOND
    assert third == again + 500 * MILLISECOND


@pytest.mark.parametrize("loss", [100, 300])
def test_lost_copies_are_sent_again_until_everybody_has_them(loss: int) -> None:
    cluster = Cluster(4, delay=FAR).start()
    cookies = [cluster.login(f"n{1 + number % 4}", f"u{number}") for number in range(10)]
    cluster.run(5 * SECOND)
    cluster.loss = loss
    asked = []
    for round_of in range(10):
        for number, cookie in enumerate(cookies):
            node = f"n{1 + (round_of + number) % 4}"
            asked.append(cluster.ask(node, "PUT", f"/session/data/k{round_of}", cookie, {"value": round_of}))
        cluster.run(100 * MILLISECOND)
    cluster.run(converge_us(cluster.settings, 4) if loss == 100 else 20 * SECOND)
    assert all(request in cluster.answers for request in asked)
    for name in cluster.names:
        for cookie in cookies:
            assert len(cluster.data(name, cookie)) == 10, (
                "nothing is lost for good, with no comparison of digests needed"
            )


def test_repeated_and_reordered_copies_change_nothing() -> None:
    """REQ-REPL-9: the same requests at the same times, on a calm and on an unruly network."""
    held = []
    for unruly in (False, True):
        cluster = Cluster(3).start()
        if unruly:
            cluster.repeat, cluster.jitter = 700, 60 * MILLISECOND
        cluster.run(10 * SECOND - cluster.now)
        asked = cluster.ask("n1", "POST", "/login", None, {"user": "ann"})
        cluster.run(SECOND)
        cookie = dict(cluster.answers[asked].headers)["Set-Cookie"].partition(";")[0]
        for number in range(40):
            cluster.ask(f"n{1 + number % 3}", "PUT", f"/session/data/k{number % 4}", cookie, {"value": number})
            cluster.run(200 * MILLISECOND)
        cluster.run(10 * SECOND)
        assert cluster.agree()
        held.append({key: cell.value for key, cell in next(iter(cluster.contents()[0][0].values())).cells.items()})
    assert held[0] == held[1]


def test_a_copy_is_merged_once_however_often_it_comes_and_acknowledged_each_time() -> None:
    cluster = Cluster(2).start()
    part = Session("ab" * 16, "o", WALL, "ann", WALL + 5, {"k": Cell(1, WALL + 5, "n2")})
    copies = Copies(1, 77, (part,), ())
    node = cluster.nodes["n1"]
    for _ in range(3):
        effects = node.receive("n2", "data", copies, *cluster.clocks("n1"))
        assert Send("n2", "data", Copied(1, 77)) in effects
        assert node.records.sessions[part.id] is part


def test_an_acknowledgement_meant_for_an_earlier_life_counts_for_nothing() -> None:
    cluster = Cluster(3).start()
    cluster.restart("n1")
    cluster.run(5 * SECOND)
    cookie = cluster.login("n1")
    cluster.isolate("n1")
    request = cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": 1})
    node = cluster.nodes["n1"]
    for number in range(1, 10):
        for sender in ("n2", "n3"):
            late = Copied(cluster.boots["n1"] - 1, number)
            cluster.perform("n1", node.receive(sender, "data", late, *cluster.clocks("n1")))
    cluster.run(500 * MILLISECOND)
    assert request not in cluster.answers


def test_one_member_acknowledging_twice_is_still_one() -> None:
    cluster = Cluster(3, with_acknowledge("all")).start()
    cookie = cluster.login("n1")
    cluster.cut_one_way(("n3", "n1"))
    cluster.repeat = 1_000
    assert timed(cluster, "n1", cookie, "k")[0] == 503


# ------------------------------------------------------------------------------------------------------ out of reach


def test_a_one_way_cut_costs_a_knock_now_and_then_and_bounded_memory() -> None:
    """Whom membership holds for alive and no copy reaches must not be sent everything again and again."""
    cluster = Cluster(5).start()
    cookie = cluster.login("n1")
    cluster.run(2 * SECOND)
    cluster.cut_one_way(("n2", "n1"))
    for number in range(600):
        cluster.ask("n1", "PUT", f"/session/data/k{number % 50}", cookie, {"value": number})
        cluster.run(100 * MILLISECOND)
    pending = cluster.nodes["n1"].replication._pending
    assert len(pending) <= 10 * (TRIES + 2) // 2
    to_n2 = [at for at, sender, to, message in cluster.sent if (sender, to, message.__class__) == ("n1", "n2", Copies)]
    assert len([at for at in to_n2 if at > cluster.now - 10 * SECOND]) <= 100 + 2 * 10 + 5
    assert cluster.noted("out-of-reach")
    cluster.heal()
    took = cluster.run_until(lambda: not cluster.nodes["n1"].replication._pending, 5 * SECOND)
    assert took <= converge_us(cluster.settings, 5)


@pytest.mark.parametrize("cut_s", [3, 12, 60])
@pytest.mark.parametrize("delay", [MILLISECOND, FAR])
def test_after_a_one_way_cut_heals_the_other_side_has_everything_within_the_contract(cut_s: int, delay: int) -> None:
    """No view has changed, so `converge` alone counts; n1's copies reach nobody, and its own are all it has."""
    cluster = Cluster(2, delay=delay).start()
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    data_cut = True
    carry = cluster.carry

    def only_membership(sender: str, to: str, channel: str, message: object) -> None:
        if not (data_cut and sender == "n1" and channel == "data"):
            carry(sender, to, channel, message)

    cluster.carry = only_membership  # type: ignore[method-assign]
    for number in range(cut_s):
        cluster.ask("n1", "PUT", f"/session/data/k{number}", cookie, {"value": number})
        cluster.run(SECOND)
    assert cluster.data("n2", cookie) == {}
    assert cluster.views_are("n1", "n2")
    data_cut = False
    took = cluster.run_until(lambda: len(cluster.data("n2", cookie)) == cut_s, 10 * SECOND)
    assert took <= converge_us(cluster.settings, 2)


def test_a_member_that_begins_anew_gets_what_is_on_its_way_to_others() -> None:
    """Its first copy may have been made before that arrived where it was made; comparisons then leave nothing out."""
    cluster = Cluster(3, delay=FAR).start()
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    cluster.cut_one_way(("n1", "n3"))
    cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": 1})
    cluster.restart("n2")
    cluster.run_until(lambda: cluster.ready("n2"), 10 * SECOND)
    cluster.run(SECOND)
    assert cluster.data("n2", cookie) == {"k": 1}


def test_a_node_that_leaves_hands_over_first() -> None:
    """REQ-FAIL-11: what it answered, or was about to, is on every other node when it stops."""
    cluster = Cluster(3, delay=FAR).start()
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    cluster.cut = lambda sender, to: (sender, to) == ("n1", "n3") and cluster.now < 6 * SECOND + 700 * MILLISECOND
    request = cluster.ask("n1", "PUT", "/session/data/k", cookie, {"value": 1})
    cluster.leave("n1")
    assert cluster.call("n1", "GET", "/session", cookie).status == 503, "and takes no more requests"
    cluster.run_until(lambda: "n1" not in cluster.nodes, 5 * SECOND)
    assert cluster.answers[request].status == 200
    assert cluster.data("n3", cookie) == {"k": 1}


def test_a_node_that_nobody_hears_leaves_in_the_end() -> None:
    cluster = Cluster(2).start()
    cluster.login("n1")
    cluster.isolate("n1")
    cluster.ask("n1", "POST", "/login", None, {"user": "bob"})
    cluster.leave("n1")
    assert cluster.run_until(lambda: "n1" not in cluster.nodes, 20 * SECOND) == 5 * SECOND
    node = Cluster(1).start().nodes["n1"]
    assert node.leave(WALL, 1)[-1] == Stopped()
    assert Stopped() not in node.discovered((), WALL, 2), "it says so once"


# -------------------------------------------------------------------------------------------------------------- touches


def test_touches_are_sent_at_most_once_an_interval_and_none_is_forgotten() -> None:
    cluster = Cluster(2).start()
    cookie = cluster.login("n1")
    cluster.run(5 * SECOND)
    since = cluster.now
    for _ in range(100):
        assert cluster.call("n1", "GET", "/session", cookie).status == 200
        cluster.run(100 * MILLISECOND)
    last = cluster.call("n1", "GET", "/peek", cookie).body["last"]
    assert 9 <= cluster.count(Copies, since) <= 11
    cluster.run(touch_interval_us(cluster.settings) + 10 * MILLISECOND)
    assert cluster.call("n2", "GET", "/peek", cookie).body["last"] == last
    assert cluster.agree()
    since = cluster.now
    cluster.run(60 * SECOND)
    assert cluster.count(Copies, since) == 0, "when nobody asks, nothing is sent"
    replication = cluster.nodes["n1"].replication
    assert not replication._coalesced


def test_what_a_node_remembers_of_sessions_for_a_while_is_bounded() -> None:
    cluster = Cluster(2).start()
    replication = cluster.nodes["n1"].replication
    for number in range(ORDERS_HELD + 10):
        replication.order.first_other(f"{number}")
    assert len(replication.order._held) <= ORDERS_HELD
    for _ in range(50):
        cluster.login("n1")
        cluster.run(2 * SECOND)
    assert len(replication._touched) <= 2
    assert not replication._pending
    assert not replication._first_waits
    assert not replication._any_waits
