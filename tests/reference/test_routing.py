"""Routing: where a request for a session is answered, and who answers when that node does not."""

from typing import Any

import pytest
from msgspec import structs

from reference.asking import ANSWER_WAIT
from reference.effects import Respond
from reference.protocol import Activity, Forward, InHand, LastActive, Request, Returned
from reference.routing import (
    CLIENT_WAIT,
    FORWARD_WAIT,
    LOOKED_UP_MOST,
)
from reference.session import LOGGED_OUT, Ending, ended
from reference.settings import MILLISECOND, SECOND
from reference.timing import detect_us
from tests.reference.cluster import Cluster
from tests.reference.routed import ROUTED, asked_in_turn, ordered, sent, session_of, settled


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


def over_at(cluster: Cluster, name: str, cookie: str) -> None:
    """Let a node, and no other, know that a session is over."""
    records = cluster.nodes[name].records
    held = records.sessions[session_of(cookie)]
    records.put(ended(held, Ending(LOGGED_OUT, held.created + 1, name)))


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_that_another_node_may_have_made_is_not_denied_for_certain(method: str) -> None:
    """A denial says that nothing was written; where that is not known 503 is the answer (protocol, part 1)."""
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.cut = lambda sender, _to: sender == home
    over_at(cluster, second, cookie)
    since = cluster.now
    answer = cluster.call(third, method, "/session/data/k", cookie, {"value": 1})
    assert asked_in_turn(cluster, since) == [home, second], "and it goes no further: the session is over"
    assert (answer.status, answer.body) == (503, {"error": "ended"})
    assert "k" in cluster.nodes[home].records.sessions[session_of(cookie)].cells, "it was made"


def test_a_write_that_others_may_have_made_is_not_denied_where_it_arrived_either() -> None:
    cluster = settled(3)
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    cluster.cut_one_way((home, third), (second, third), (home, second))
    over_at(cluster, third, cookie)
    answer = cluster.call(third, "PUT", "/session/data/k", cookie, {"value": 1})
    assert (answer.status, answer.body) == (503, {"error": "ended"})


@pytest.mark.parametrize("heard", [True, False])
def test_a_write_to_an_unknown_session_is_denied_if_all_have_said_that_they_know_of_none(*, heard: bool) -> None:
    """Whoever is not heard may know it, and have made the write."""
    cluster = settled(3)
    cookie = cluster.login("n1")
    home, second, third = ordered(cluster, cookie)
    cluster.cut_one_way((home, third), *[] if heard else [(home, second)])
    for name in (home, second, third) if heard else (second, third):
        records = cluster.nodes[name].records
        records._remove(records.sessions[session_of(cookie)])
    answer = cluster.call(third, "PUT", "/session/data/k", cookie, {"value": 1})
    assert (answer.status, answer.body) == (401 if heard else 503, {"error": "no-session"})


def test_a_write_to_a_session_that_was_over_before_is_denied_though_another_node_is_silent() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    assert cluster.call("n1", "POST", "/logout", cookie).status == 200
    cluster.run(2 * SECOND)
    cluster.cut_one_way((home, third))
    since = cluster.now
    assert cluster.call(third, "PUT", "/session/data/k", cookie, {"value": 1}).status == 401
    assert asked_in_turn(cluster, since) == [home, second]


def test_a_write_is_not_denied_for_idleness_where_a_silent_node_may_have_seen_activity() -> None:
    cluster = settled(4, settings=structs.replace(ROUTED, idle_us=120 * SECOND))
    cookie = cluster.login("n1")
    home, _, third, _ = ordered(cluster, cookie)
    cluster.run(119_900 * MILLISECOND)
    cluster.cut = lambda sender, _to: sender == home
    assert cluster.call(home, "GET", "/session", cookie).status == 200
    cluster.run(1_500 * MILLISECOND)
    carry, told = cluster.carry, []

    def listening(sender: str, to: str, channel: str, message: Any) -> None:
        told.append((sender, repr(message)))
        carry(sender, to, channel, message)

    cluster.carry = listening  # type: ignore[method-assign]
    answer = cluster.call(third, "PUT", "/session/data/k", cookie, {"value": 1})
    assert any(sender == home and "cells={'k'" in message for sender, message in told), "it was made, and nobody heard"
    assert (answer.status, answer.body) == (503, {"error": "expired"})


def test_what_changes_nothing_is_denied_by_whoever_answers() -> None:
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.cut = lambda sender, _to: sender == home
    over_at(cluster, second, cookie)
    assert cluster.call(third, "GET", "/session", cookie).status == 401


def test_a_node_that_has_not_heard_of_a_session_leaves_a_write_to_one_that_has() -> None:
    """Also where another was asked before."""
    cluster = settled(4)
    cookie = cluster.login("n1")
    home, second, third, _ = ordered(cluster, cookie)
    cluster.cut = lambda sender, to: home in (sender, to)
    records = cluster.nodes[second].records
    records._remove(records.sessions[session_of(cookie)])
    carry = cluster.carry

    def without_copies(sender: str, to: str, channel: str, message: Any) -> None:
        if to != second or not isinstance(message, LastActive):
            carry(sender, to, channel, message)

    cluster.carry = without_copies  # type: ignore[method-assign]
    assert cluster.write(third, cookie, "k", 1) == 200


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
