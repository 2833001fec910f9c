"""Routing: where a request for a session is answered, who answers when that node does not, and how new its copy is."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from reference.asking import ANSWER_WAIT
from reference.effects import Respond
from reference.gateway import hash_of, owner_of
from reference.order import first_of
from reference.protocol import Activity, Forward, InHand, Request, Returned
from reference.replication import ROUTED_AGAIN, ROUTED_FIRST_WAIT
from reference.routing import (
    ASKED_OF_MANY,
    CLIENT_WAIT,
    FORWARD_WAIT,
    LOOKED_UP_MOST,
    MANY_LIVE,
    REPEATS_WITHIN,
)
from reference.settings import MILLISECOND, SECOND
from reference.timing import converge_us, detect_us
from tests.reference.cluster import SETTINGS, Cluster

ROUTED = structs.replace(SETTINGS, routing=True)
SETTLED = detect_us(ROUTED, 5) + converge_us(ROUTED, 5) + SECOND
"""After this nodes whose views have not changed ask nobody any more."""


def settled(size: int = 3, delay: int = MILLISECOND) -> Cluster:
    """Make nodes that have known each other for long, and have looked at whom they know."""
    cluster = Cluster(size, ROUTED, delay=delay).start()
    cluster.run(SECOND)
    for node in cluster.nodes.values():
        node.routing._follow_view()
    cluster.run(SETTLED)
    return cluster


def ordered(cluster: Cluster, cookie: str) -> list[str]:
    """Name all nodes in the order of a session."""
    return list(first_of(session_of(cookie), cluster.names, len(cluster.names)))


def session_of(cookie: str) -> str:
    return hash_of(cookie.partition("=")[2])


def first_other(cluster: Cluster, node: str) -> str:
    """Name whose acknowledgement of a revocation of ann's a node waits for without routing."""
    first = cluster.nodes[node].replication.order.first_other(owner_of("ann"))
    assert first is not None
    return first


def sent(cluster: Cluster, kind: type, since: int = 0) -> list[tuple[str, str, Any]]:
    """Name sender, receiver and message of each of a kind."""
    return [(sender, to, message) for at, sender, to, message in cluster.sent if at >= since and type(message) is kind]


def asked_in_turn(cluster: Cluster, since: int) -> list[str]:
    """Name to whom requests were passed on, each once."""
    return list(dict.fromkeys(to for _, to, _ in sent(cluster, Forward, since)))


def test_a_request_is_answered_by_the_first_of_the_sessions_order_wherever_it_arrives() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    for name in (second, third):
        assert cluster.write(name, cookie, f"by-{name}", 1) == 200
    assert {cell.by for cell in cluster.nodes[home].records.sessions[session_of(cookie)].cells.values()} == {home}
    since = cluster.now
    assert cluster.write(home, cookie, "direct", 1) == 200
    assert not sent(cluster, Forward, since), "whoever is the first answers for itself"


def test_what_was_written_is_read_at_every_node_though_no_copy_has_arrived_there() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    cluster.cut_one_way((home, third), (second, third))  # answers would not arrive either: read at the second
    assert cluster.write(home, cookie, "k", "new") == 200
    cluster.cut_one_way()
    assert cluster.data(third, cookie) == {}
    assert cluster.call(third, "GET", "/session", cookie).body["data"] == {"k": "new"}


def test_the_answer_comes_back_unchanged_with_its_headers() -> None:
    cluster = settled()
    value = {"a": [1, None, "ü"]}
    cookies = [cluster.login("n1") for _ in range(2)]
    for cookie, arrive in zip(cookies, (0, 2), strict=True):  # at its home, and elsewhere
        cluster.write("n1", cookie, "k", value)
        name = ordered(cluster, cookie)[arrive]
        assert cluster.call(name, "GET", "/session", cookie).body == {"user": "ann", "data": {"k": value}}
        assert cluster.call(name, "PUT", "/session/data/a b", cookie, {"value": 1}).body == {"error": "bad-key"}
        assert cluster.call(name, "PUT", "/session/data/k", cookie, {}).body == {"error": "value-missing"}
        gone = cluster.call(name, "POST", "/logout", cookie)
        assert (gone.status, [header for header, _ in gone.headers]) == (200, ["Set-Cookie"])
        assert cluster.call(name, "GET", "/session", cookie).body == {"error": "ended"}


def test_an_id_is_never_sent_to_another_node() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    cluster.write(ordered(cluster, cookie)[2], cookie, "k", 1)
    secret = cookie.partition("=")[2]
    assert sent(cluster, Forward)
    assert not [message for _, _, message in sent(cluster, Forward) if secret in repr(message)]


def test_login_revocation_and_views_from_outside_are_answered_where_they_arrive() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    since = cluster.now
    for name in cluster.names:
        cluster.login(name, "bob")
        for path in ("/status", "/members", "/peek"):
            assert cluster.call(name, "GET", path, cookie).status == 200
    cluster.call("n2", "POST", "/revoke", None, {"user": "bob"})
    assert not sent(cluster, Forward, since)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Anynode-Forward", "Via"])
def test_no_header_of_a_client_makes_a_request_look_as_if_it_had_been_passed_on(header: str) -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    request = Request("c1", "GET", "/session", "app.example.com", cookie=cookie, headers=((header, home),))
    cluster.perform(third, cluster.nodes[third].request(request, *cluster.clocks(third)))
    assert [(sender, to) for sender, to, _ in sent(cluster, Forward)][-1] == (third, home)


# --------------------------------------------------------------------------------------------- when the first is silent


def test_when_the_first_is_lost_the_second_answers_and_then_the_own_copy() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, fourth = ordered(cluster, cookie)
    cluster.write(fourth, cookie, "k", "new")
    cluster.crash(home)
    since = cluster.now
    answer = cluster.call(fourth, "GET", "/session", cookie)
    assert (answer.status, answer.body["data"]) == (200, {"k": "new"})
    assert cluster.now - since <= FORWARD_WAIT + ANSWER_WAIT + 10 * MILLISECOND
    assert asked_in_turn(cluster, since) == [home, second]
    cluster.crash(second)
    since = cluster.now
    answer = cluster.call(fourth, "GET", "/session", cookie)
    assert (answer.status, answer.body["data"]) == (200, {"k": "new"})
    assert asked_in_turn(cluster, since) == [home, second], "a third is not tried"
    assert third in [to for _, to, _ in sent(cluster, Activity, since)], "but asked for its copy"


def test_a_lost_home_is_not_asked_again_once_it_is_known_to_be_lost() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, _, fourth = ordered(cluster, cookie)
    cluster.crash(home)
    cluster.run(detect_us(ROUTED, 4))
    since = cluster.now
    assert cluster.write(fourth, cookie, "k", 1) == 200
    assert asked_in_turn(cluster, since) == [second]
    assert cluster.now - since < FORWARD_WAIT


def test_a_suspected_member_is_asked_nothing_until_it_refutes() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    cluster.run(SECOND)
    home, second, third = ordered(cluster, cookie)
    assert cluster.nodes[third].replication.order.homes(session_of(cookie)) == (home, second)
    cluster.nodes[third].membership._suspect(home)
    assert cluster.nodes[third].replication.order.homes(session_of(cookie)) == (second, third)
    cluster.run_until(
        lambda: cluster.nodes[third].replication.order.homes(session_of(cookie)) == (home, second), 5 * SECOND
    )


def test_a_request_that_was_passed_on_goes_no_further_however_views_differ() -> None:
    """Whom a node holds for suspected is not in its order: here each holds another for the first."""
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    for name, other in ((home, third), (second, home), (third, home)):
        cluster.nodes[name].membership.members[other].ready = False
        cluster.nodes[name].membership.roster.version += 1
    since = cluster.now
    assert cluster.call(third, "GET", "/session", cookie).status == 200
    assert [(sender, to) for sender, to, _ in sent(cluster, Forward, since)] == [(third, second)]


@pytest.mark.requirement("REQ-SEC-9")
@pytest.mark.parametrize("known", [True, False])
def test_what_a_client_says_of_forwarding_changes_nothing(*, known: bool) -> None:
    """No header makes a node take a request for one that another node passed on, or names a session."""

    def asked(headers: tuple[tuple[str, str], ...]) -> tuple[Respond, list[tuple[str, str, type]]]:
        cluster = settled()
        cookie = cluster.login("n1")
        told = tuple((name, value.format(session=session_of(cookie))) for name, value in headers)
        third, since = ordered(cluster, cookie)[2], cluster.now
        request = Request("r", "GET", "/session", "app.example.com", cookie=cookie if known else None, headers=told)
        cluster.perform(third, cluster.nodes[third].request(request, *cluster.clocks(third)))
        cluster.run_until(lambda: "r" in cluster.answers, SECOND)
        return cluster.answers["r"], [(sender, to, type(one)) for at, sender, to, one in cluster.sent if at >= since]

    plain = asked(())
    assert plain[0].status == (200 if known else 401)
    names = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-By", "X-Forward", "X-Hops", "X-Session", "X-Node")
    assert asked(tuple((name, "n1; hops=1; session={session}") for name in names)) == plain


def test_when_the_first_is_not_ready_the_second_answers_at_once() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    cluster.nodes[home].membership.ready = False
    since = cluster.now
    assert cluster.write(third, cookie, "k", 1) == 200
    assert asked_in_turn(cluster, since) == [home, second]
    assert cluster.now - since < FORWARD_WAIT


def test_a_node_that_has_begun_is_waited_for_and_the_request_made_once() -> None:
    """A write waits for the first of the order, which is lost: until others do, more than a first word may take."""
    cluster = settled(4, delay=30 * MILLISECOND)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.crash(second)
    since = cluster.now
    assert cluster.write(third, cookie, "k", 1) == 200
    assert cluster.now - since > FORWARD_WAIT
    assert asked_in_turn(cluster, since) == [home]
    assert sent(cluster, InHand, since)
    assert len({message.number for _, _, message in sent(cluster, Returned, since)}) == 1


def test_a_node_that_has_begun_and_is_lost_is_not_waited_for_for_ever() -> None:
    cluster = settled(4, delay=30 * MILLISECOND)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.crash(second)
    since = cluster.now
    request = cluster.ask(third, "PUT", "/session/data/k", cookie, {"value": 1})
    cluster.run_until(lambda: bool(sent(cluster, InHand, since)), SECOND)
    cluster.run(40 * MILLISECOND)
    cluster.crash(home)
    cluster.run(2 * SECOND)
    assert cluster.answers[request].status == 200
    assert cluster.answered_at[request] - since < CLIENT_WAIT


def test_a_logout_that_was_done_by_a_node_that_then_fell_silent_is_no_denial() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.cut_one_way((home, third))
    since = cluster.now
    answer = cluster.call(third, "POST", "/logout", cookie)
    assert asked_in_turn(cluster, since) == [home, second]
    assert (answer.status, [header for header, _ in answer.headers]) == (200, ["Set-Cookie"])
    cluster.heal()
    assert cluster.call(third, "POST", "/logout", cookie).body == {"error": "ended"}, "a second logout is one"


def test_a_logout_that_others_have_done_is_none_either_where_it_arrived() -> None:
    """All of its answers are lost, and the copies of the end are not."""
    cluster = settled(3)
    cookie = cluster.login("n1")
    third = ordered(cluster, cookie)[2]
    carry = cluster.carry

    def without_answers(sender: str, to: str, channel: str, message: Any) -> None:
        if not isinstance(message, InHand | Returned):
            carry(sender, to, channel, message)

    cluster.carry = without_answers  # type: ignore[method-assign]
    assert cluster.call(third, "POST", "/logout", cookie).status == 200


def test_a_node_that_leaves_has_its_requests_answered_by_the_next() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    cluster.leave(home)
    for name in (second, third):
        assert cluster.write(name, cookie, name, 1) == 200
    assert cluster.call(third, "GET", "/session", cookie).body["data"] == {second: 1, third: 1}


def test_a_node_that_leaves_waits_for_the_answers_that_it_passed_requests_on_for() -> None:
    cluster = settled(delay=20 * MILLISECOND)
    cookie = cluster.login("n1")
    third = ordered(cluster, cookie)[2]
    request = cluster.ask(third, "GET", "/session", cookie)
    cluster.leave(third)
    cluster.run_until(lambda: third not in cluster.nodes, SECOND)
    assert cluster.answers[request].status == 200


def test_a_node_that_has_not_heard_of_a_session_does_not_deny_it_to_one_that_has() -> None:
    cluster = settled()
    while True:
        # Neither of the two that hear of it in time is the first of its order: the copy is lost on the way there.
        cluster.cut_one_way(("n1", "n3"))
        cookie = cluster.login("n1")
        if ordered(cluster, cookie)[0] == "n3":
            break
        cluster.heal()
    cluster.cut_one_way()
    since = cluster.now
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    assert ("n1", "n3") in [(sender, to) for sender, to, _ in sent(cluster, Forward, since)]
    assert cluster.now - since < FORWARD_WAIT


@pytest.mark.requirement("COOK-70", "COOK-52")
@pytest.mark.parametrize("planted_first", [True, False])
def test_of_several_cookies_the_living_one_counts_though_its_copy_has_not_arrived(*, planted_first: bool) -> None:
    cluster = settled()
    cluster.cut_one_way(("n1", "n3"), ("n2", "n3"))
    cookie, planted = cluster.login("n1"), "maverics_session=planted"
    cluster.cut_one_way()
    assert session_of(cookie) not in cluster.nodes["n3"].records.sessions
    both = f"{planted}; {cookie}" if planted_first else f"{cookie}; {planted}"
    assert cluster.call("n3", "GET", "/session", both).status == 200


@pytest.mark.requirement("COOK-70")
def test_a_session_that_has_ended_elsewhere_stands_in_the_way_of_no_newer_one() -> None:
    cluster = settled()
    over = cluster.login("n1")
    cluster.cut_one_way(("n1", "n3"), ("n2", "n3"))
    alive = cluster.login("n1", "ann", over)
    cluster.cut_one_way()
    assert cluster.call("n3", "GET", "/session", f"{over}; {alive}").status == 200


def test_who_plants_many_cookies_makes_few_messages_and_what_is_known_none() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    cluster.run(SECOND)
    over = cluster.login("n1")
    assert cluster.call("n1", "POST", "/logout", over).status == 200
    since = cluster.now
    for one in (cookie, over):
        assert cluster.call("n1", "GET", "/session", f"{cookie}; {one}").status == 200
    assert not [one for one in sent(cluster, Activity, since) if one[0] == "n1"]
    many = "; ".join(f"maverics_session=planted{number}" for number in range(100))
    assert cluster.call("n1", "GET", "/session", f"{many}; {cookie}").status == 200
    asked = [one for one in sent(cluster, Activity, since) if one[0] == "n1"]
    assert len(asked) == LOOKED_UP_MOST * 2


# ------------------------------------------------------------------------------------------- late or repeated messages


def test_a_request_that_comes_twice_is_made_once() -> None:
    """Else the repeated write would undo what came after it."""
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    assert cluster.write(third, cookie, "k", "first") == 200
    (_, _, again) = sent(cluster, Forward)[-1]
    assert cluster.write(third, cookie, "k", "second") == 200
    since = cluster.now
    cluster.carry(third, home, "data", again)
    cluster.run(SECOND)
    assert cluster.data(home, cookie) == {"k": "second"}
    assert [message.number for _, _, message in sent(cluster, Returned, since)] == [again.number]


def test_what_a_node_remembers_of_requests_that_others_passed_on_is_forgotten() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    for _ in range(3):
        for _ in range(10):
            cluster.call(third, "GET", "/session", cookie)
        cluster.run(REPEATS_WITHIN + SECOND)
    cluster.call(third, "GET", "/session", cookie)
    routing = cluster.nodes[home].routing
    assert len(routing._taken) == 1
    assert not cluster.nodes[third].routing._open
    assert not cluster.nodes[home].turn.passed_on


def test_a_request_that_comes_when_its_node_has_long_turned_elsewhere_is_not_made() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    sent_at, body = cluster.clocks(third)[0], {"value": "late"}
    late = Forward(99, session_of(cookie), "PUT", "/session/data/k", body, sent_at, 2 * SECOND, again=False)
    cluster.run(2 * ROUTED.clock_bound_us + SECOND)
    cluster.carry(third, home, "data", late)
    cluster.run(SECOND)
    assert cluster.data(home, cookie) == {}
    assert cluster.noted("too-late")


def test_what_its_client_has_given_up_by_the_time_the_others_are_asked_is_not_made() -> None:
    cluster = Cluster(3, ROUTED).start()
    cluster.run(3 * SECOND)
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    sent_at, since = cluster.clocks(third)[0], cluster.now
    for number, within in ((98, 1 * MILLISECOND), (99, SECOND)):
        write = Forward(
            number, session_of(cookie), "PUT", f"/session/data/k{number}", {"value": 1}, sent_at, within, again=False
        )
        cluster.carry(third, home, "data", write)
    cluster.run(SECOND)
    assert sent(cluster, Activity, since)
    assert cluster.data(home, cookie) == {"k99": 1}
    assert [message.number for _, _, message in sent(cluster, Returned, since)] == [99]


def test_an_answer_that_comes_twice_or_late_answers_nothing_again() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    assert cluster.call(third, "GET", "/session", cookie).status == 200
    (_, _, returned) = sent(cluster, Returned)[-1]
    answers = dict(cluster.answers)
    for sender in (home, second):
        cluster.carry(sender, third, "data", returned)
    cluster.run(SECOND)
    assert cluster.answers == answers


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["n1", "n2", "n3"]), min_size=2, max_size=12), st.integers(1, 50))
def test_whatever_is_lost_or_repeated_a_write_that_was_answered_is_read_everywhere_once_all_is_quiet(
    nodes: list[str], seed: int
) -> None:
    cluster = Cluster(3, ROUTED, seed=seed).start()
    cookie = cluster.login("n1")
    cluster.loss, cluster.repeat, cluster.jitter = 50, 100, 40 * MILLISECOND
    done = [number for number, name in enumerate(nodes) if cluster.write(name, cookie, "k", number) == 200]
    cluster.heal()
    cluster.run(SETTLED)
    shown = [cluster.call(name, "GET", "/session", cookie).body["data"] for name in cluster.names]
    assert shown[1:] == shown[:-1]
    assert not done or shown[0]["k"] >= done[-1]


# ------------------------------------------------------------------------------------------------- how new the copy is


def test_after_a_change_of_view_the_new_home_asks_the_others_before_it_first_answers() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, fourth = ordered(cluster, cookie)
    cluster.cut_one_way((home, second))  # the acknowledgement of another counts, and only that one has the write
    assert cluster.write(home, cookie, "k", "new") == 200
    cluster.crash(home)
    cluster.cut_one_way()
    for name in (second, third, fourth):
        cluster.nodes[name].membership.members[home].ready = False
        cluster.nodes[name].membership.roster.version += 1
    assert cluster.nodes[second].records.sessions[session_of(cookie)].cells == {}
    since = cluster.now
    assert cluster.call(fourth, "GET", "/session", cookie).body["data"] == {"k": "new"}
    assert {to for _, to, _ in sent(cluster, Activity, since)} == {home, third, fourth}
    since = cluster.now
    assert cluster.call(second, "GET", "/session", cookie).body["data"] == {"k": "new"}
    assert not sent(cluster, Activity, since), "asked once, it answers for it"


def test_a_view_that_has_not_changed_for_long_leaves_nothing_to_ask() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    since = cluster.now
    for name in cluster.names:
        assert cluster.write(name, cookie, name, 1) == 200
    assert not sent(cluster, Activity, since)


def test_of_many_members_only_the_first_of_the_orders_are_asked() -> None:
    cluster = Cluster(MANY_LIVE + 2, ROUTED).start()
    cluster.run(3 * SECOND)
    cookie = cluster.login("n1")
    home = ordered(cluster, cookie)[0]
    since = cluster.now
    assert cluster.call(home, "GET", "/session", cookie).status == 200
    asked = [to for _, to, _ in sent(cluster, Activity, since)]
    assert 0 < len(asked) <= 2 * ASKED_OF_MANY
    assert set(asked) <= set(ordered(cluster, cookie)[: ASKED_OF_MANY + 1])


def test_of_many_members_those_are_asked_too_that_came_first_before_the_view_changed() -> None:
    cluster = settled(MANY_LIVE + 2)
    cookie = cluster.login("n1")
    home, second, *_ = ordered(cluster, cookie)
    cluster.nodes[second].membership.members[home].ready = False
    cluster.nodes[second].membership.roster.version += 1
    since = cluster.now
    assert cluster.call(second, "GET", "/session", cookie).status == 200
    assert home in [to for _, to, _ in sent(cluster, Activity, since)]


# --------------------------------------------------------------------------------------------------- a home that paused


def paused_home(*, reach: bool = True) -> tuple[Cluster, str, str, str, list[str]]:
    """Let the home of a session stand still while its client goes on elsewhere, and go on again."""
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    assert cluster.write(third, cookie, "k", "old") == 200
    cluster.pause(home)
    requests = [cluster.ask(third, "PUT", "/session/data/k", cookie, {"value": "new"})]
    cluster.run_until(lambda: requests[0] in cluster.answers, 2 * SECOND)
    assert cluster.write(third, cookie, "k", "newer") == 200
    requests.append(cluster.ask(home, "GET", "/session", cookie))
    cluster.run(5 * SECOND)
    if not reach:
        cluster.isolate(home)
    cluster.resume(home)
    return cluster, cookie, home, third, requests


def test_what_waited_for_a_node_that_stood_still_is_dropped() -> None:
    """Made now, the write would undo the one that came after it."""
    cluster, cookie, home, _, requests = paused_home()
    assert cluster.answers[requests[1]] == Respond(requests[1], 503, (), {"error": "not-caught-up"})
    assert [node for _, node, _ in cluster.noted("too-late")] == [home, home]
    cluster.run(10 * SECOND)
    assert {cluster.data(name, cookie)["k"] for name in cluster.names} == {"newer"}


def test_what_waited_is_dropped_also_where_clocks_differ_by_as_much_as_they_may() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    cluster.skew[home], cluster.skew[third] = -ROUTED.clock_bound_us, ROUTED.clock_bound_us
    cluster.pause(home)
    direct = cluster.ask(home, "GET", "/session", cookie)
    cluster.run(50 * MILLISECOND)
    passed_on = cluster.ask(third, "PUT", "/session/data/k", cookie, {"value": "new"})
    cluster.run(2 * SECOND)
    assert cluster.answers[passed_on].status == 200
    since = cluster.now
    cluster.resume(home)
    assert cluster.answers[direct].status == 503
    assert cluster.call(home, "GET", "/session", cookie).status == 503
    cluster.run(50 * MILLISECOND)
    assert cluster.call(home, "GET", "/session", cookie).body["data"] == {"k": "new"}, "it has compared at once"
    assert not sent(cluster, Returned, since)


def test_what_a_client_asked_of_a_node_that_stood_still_is_not_passed_on_when_it_goes_on() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    cluster.pause(third)
    waited = cluster.ask(third, "PUT", "/session/data/k", cookie, {"value": "old"})
    cluster.run(3 * SECOND)
    assert cluster.write(second, cookie, "k", "new") == 200
    cluster.resume(third)
    cluster.run(SECOND)
    assert cluster.answers[waited].status == 503
    assert cluster.data(home, cookie) == {"k": "new"}


def test_a_node_that_stood_still_answers_for_no_session_until_it_has_compared_with_another() -> None:
    cluster, cookie, home, _, _ = paused_home(reach=False)
    for _ in range(3):
        answer = cluster.call(home, "GET", "/session", cookie)
        assert (answer.status, answer.body) == (503, {"error": "not-caught-up"})
        cluster.run(SECOND)
    assert cluster.call(home, "GET", "/status").status == 200
    cluster.heal()
    cluster.run(5 * SECOND)
    assert cluster.call(home, "GET", "/session", cookie).body["data"] == {"k": "newer"}


def test_a_node_that_stood_still_and_is_alone_answers_from_what_it_has() -> None:
    """It doubts itself first, and gives each of the others longer than it else would."""
    cluster, cookie, home, _, _ = paused_home(reach=False)
    cluster.run(2 * detect_us(ROUTED, 3))
    assert cluster.call(home, "GET", "/session", cookie).status == 200


def test_others_get_an_answer_while_the_node_catches_up() -> None:
    cluster, cookie, _, third, _ = paused_home()
    answer = cluster.call(third, "GET", "/session", cookie)
    assert (answer.status, answer.body["data"]) == (200, {"k": "newer"})


# ------------------------------------------------------------------------------------------------ who must have heard


def test_a_revocation_is_answered_once_all_that_may_answer_for_its_sessions_have_it() -> None:
    cluster = settled(4)
    cookies = [cluster.login("n1") for _ in range(8)]
    near, *others = cluster.names
    cluster.jitter = 100 * MILLISECOND
    assert cluster.call(near, "POST", "/revoke", None, {"user": "ann"}).status == 200
    assert all(cluster.nodes[name].records.revocations for name in others)
    assert [cluster.call(others[-1], "GET", "/session", cookie).status for cookie in cookies] == [401] * 8
    cluster.cut_one_way((near, others[-1]))
    request = cluster.ask(near, "POST", "/revoke", None, {"user": "bob"})
    cluster.run(ROUTED_FIRST_WAIT - MILLISECOND)
    assert request not in cluster.answers, "any of them may be the home of one"
    cluster.run(2 * MILLISECOND)
    assert cluster.answers[request].status == 200


def test_a_login_is_answered_once_the_home_of_the_session_that_it_replaces_knows_of_its_end() -> None:
    cluster = settled(4)
    for number in range(6):
        old = cluster.login("n1", f"user{number}")
        home = ordered(cluster, old)[0]
        cluster.cut_one_way(("n2", home))
        since = cluster.now
        new = cluster.login("n2", f"user{number}", old)
        assert home == "n2" or cluster.now - since == ROUTED_FIRST_WAIT, "in vain: its acknowledgement cannot come"
        cluster.heal()
        cluster.run(SECOND)
        assert cluster.call("n3", "GET", "/session", old).body == {"error": "ended"}
        assert cluster.call("n3", "GET", "/session", new).status == 200


@pytest.mark.parametrize("lost", [1, 3])
def test_a_copy_that_is_lost_on_its_way_to_who_may_be_asked_next_is_sent_again_and_again(lost: int) -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.cut_one_way((home, third))
    assert cluster.write(home, cookie, "k", 1) == 200
    cluster.run(2 * ROUTED_AGAIN)
    cluster.cut_one_way((home, third), (home, second))
    since = cluster.now
    request = cluster.ask(home, "PUT", "/session/data/k", cookie, {"value": 2})
    cluster.run(lost * ROUTED_AGAIN - ROUTED_AGAIN // 2)
    cluster.cut_one_way((home, third))
    cluster.run_until(lambda: request in cluster.answers, SECOND)
    assert cluster.now - since == lost * ROUTED_AGAIN + 2 * MILLISECOND


def test_without_routing_nothing_is_passed_on_and_a_revocation_waits_for_one() -> None:
    cluster = Cluster(4).start()
    cluster.run(3 * SECOND)
    cookie = cluster.login("n1")
    for name in cluster.names:
        assert cluster.write(name, cookie, name, 1) == 200
    assert not sent(cluster, Forward)
    cluster.cut_one_way(*(("n1", name) for name in cluster.names if name != first_other(cluster, "n1")))
    since = cluster.now
    assert cluster.call("n1", "POST", "/revoke", None, {"user": "ann"}).status == 200
    assert cluster.now - since == 2 * MILLISECOND


def test_an_idle_session_that_is_active_elsewhere_is_not_denied_by_its_home() -> None:
    cluster = Cluster(3, structs.replace(ROUTED, idle_us=20 * SECOND)).start()
    cookie = cluster.login("n1")
    for _ in range(20):
        cluster.run(5 * SECOND)
        assert [cluster.call(name, "GET", "/session", cookie).status for name in cluster.names] == [200] * 3
    cluster.run(21 * SECOND)
    assert cluster.call("n2", "GET", "/session", cookie).body == {"error": "expired"}


def test_a_session_does_not_end_for_idleness_at_the_request_of_a_client_that_has_given_up() -> None:
    cluster = settled()
    cookie = cluster.login("n1")
    home, _, third = ordered(cluster, cookie)
    cluster.run(ROUTED.idle_us + SECOND)
    since = cluster.now
    read = Forward(99, session_of(cookie), "GET", "/session", None, cluster.clocks(third)[0], MILLISECOND, again=False)
    cluster.carry(third, home, "data", read)
    cluster.run(SECOND)
    assert sent(cluster, Activity, since)
    assert not sent(cluster, Returned, since)
    assert cluster.nodes[home].records.sessions[session_of(cookie)].end is None
