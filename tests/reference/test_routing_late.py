"""Routing: messages that come late or twice, and a home that stood still."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reference.effects import Respond
from reference.protocol import Activity, Forward, Returned
from reference.routing import (
    REPEATS_WITHIN,
)
from reference.settings import MILLISECOND, SECOND
from reference.timing import detect_us
from tests.reference.cluster import Cluster
from tests.reference.routed import ROUTED, SETTLED, ordered, sent, session_of, settled

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


@settings(max_examples=50)
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
