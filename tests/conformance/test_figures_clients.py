"""What users' clients met, of histories whose counts can be said by heart. Times in seconds."""

from typing import Any

import pytest

from conformance.beliefs import Beliefs
from conformance.costs import Price
from conformance.figures.clients import BUCKETS_MAX, availability, errors, latency, load
from conformance.figures.fared import fared
from conformance.figures.routes import routes
from conformance.history import Contract, Fault, Header, History, Lifetime, Operation, Ready, Unready

SECOND = 1_000_000


def history(*operations: tuple[Any, ...]) -> History:
    """Tell operations as (node, asked in s, took in µs or None, outcome, status)."""
    told = History(Header(history=1, nodes=["n1", "n2"], features=[], routing=False, store="cluster"
                          , lifetime=Lifetime()))  # fmt: skip
    for number, (node, asked, took, outcome, status) in enumerate(operations):
        at = int(asked * SECOND)
        answered = None if took is None else at + took
        told.operations.append(Operation("read", str(number), "c", "user", node, at, answered, outcome, status=status))
    return told


DAY = history(
    ("n1", 0.1, 1_000, "ok", None),
    ("n1", 0.2, 3_000_000, "ok", None),
    ("n2", 0.3, 2_000, "denied", 401),
    ("n2", 0.4, None, "unknown", None),
    ("n1", 5, 500, "refused", 503),
    ("n2", 5.5, 700, "unknown", 500),
)


def test_an_answer_counts_when_it_is_definite_and_comes_within_two_seconds() -> None:
    assert availability(DAY) == {"bucket_us": SECOND, "buckets": [(0, 4, 2), (5 * SECOND, 2, 0)]}


def test_latency_is_that_of_what_was_answered() -> None:
    found = latency(DAY)["buckets"]
    assert found == [(0, 2_000, 3_000_000, 3_000_000), (5 * SECOND, 500, 700, 700)]


def test_errors_are_counted_where_they_were_sent_and_by_kind() -> None:
    assert errors(DAY) == {"n1": {"503": 1}, "n2": {"500": 1, "unknown": 1}}


def test_observers_are_no_users() -> None:
    watched = history(("n1", 1, None, "unknown", None))
    watched.operations[0].by = "observer"
    assert availability(watched)["buckets"] == latency(watched)["buckets"] == []
    assert errors(watched) == {"n1": {}, "n2": {}}


@pytest.mark.parametrize("length", [1, 199, 201, 45_000, 1_000_000])
def test_a_series_has_few_spans_however_long_the_run(length: int) -> None:
    long = history(*(("n1", length * part / 1_000, 10, "ok", None) for part in range(1_001)))
    found = availability(long)["buckets"]
    assert len(found) <= BUCKETS_MAX
    assert sum(asked for _, asked, _ in found) == 1_001


def asked(t: float, node: str = "n1", outcome: str = "ok", **members: Any) -> Operation:
    answered = None if outcome == "unknown" else int(t * SECOND) + 1_000
    number = f"{t} {node} {outcome}"
    return Operation("read", number, "c", "user", node, int(t * SECOND), answered, outcome, **members)


def told(*operations: Operation, **limits: int) -> History:
    header = Header(history=1, nodes=["n1", "n2"], features=[], routing=False, store="cluster",
                    lifetime=Lifetime(**limits), contract=Contract(converge_us=3 * SECOND))  # fmt: skip
    return History(header, operations=list(operations))


def live(history: History) -> list[tuple[int, int, int]]:
    return [(begin // SECOND, asked, live) for begin, asked, live in load(history, Beliefs(history))["buckets"]]


def session(name: str, op: str, t: float, outcome: str = "ok", **members: Any) -> Operation:
    operation = asked(t, outcome=outcome, session=name, user=name, **members)
    operation.op, operation.client = op, name
    return operation


def test_sessions_are_live_from_their_login_to_what_ends_them() -> None:
    day = told(session("a", "login", 0.1), session("b", "login", 1.1), session("a", "logout", 2.1), asked(4.1))
    assert live(day) == [(0, 1, 1), (1, 1, 2), (2, 1, 1), (3, 0, 1), (4, 1, 1)]


@pytest.mark.parametrize("limits", [{"idle_us": 2 * SECOND}, {"absolute_us": 3 * SECOND}])
def test_a_session_is_live_until_its_limit_is_over(limits: dict[str, int]) -> None:
    day = told(session("a", "login", 0.1), session("a", "read", 1.1), asked(4.1), **limits)
    assert [number for _, _, number in live(day)] == [1, 1, 1, 0, 0]


def test_a_session_is_live_until_a_denial_unless_it_answers_again() -> None:
    begun = [session("a", "login", 0.1), session("a", "read", 1.1, "denied", why="no-session"), asked(3.1)]
    assert [number for _, _, number in live(told(*begun))] == [1, 0, 0, 0]
    assert [number for _, _, number in live(told(*begun, session("a", "read", 2.1)))] == [1, 1, 1, 1]


def test_a_day_without_requests_has_no_load() -> None:
    assert live(told()) == []


def test_how_users_fared_is_told_for_each_fault_to_the_bound_after_it_and_for_the_calm() -> None:
    """The fault lasts from 10 to 20, the bound is 3 s: 23 is the first instant of calm."""
    day = told(asked(9.9), asked(10, outcome="refused", status=503), asked(22.9, outcome="unknown"), asked(23))
    day.faults.append(Fault("cut", ["n1"], 10 * SECOND, 20 * SECOND, 1))
    paid = [
        Price("a", 11 * SECOND, "crash", lost=True, login="1"),
        Price("b", 12 * SECOND, "expired", lost=False, login="2"),
        Price("c", 23 * SECOND, "behind", lost=True, login=None),
    ]
    found = fared(day, paid)
    assert found["faults"] == [
        {"requests": 2, "errors": {"503": 1, "unknown": 1}, "p99_us": 1_000, "sessions_lost": 1, "logins_forced": 1}
    ]
    assert found["calm"] == {"requests": 2, "errors": {}, "p99_us": 1_000, "sessions_lost": 1, "logins_forced": 0}


def test_what_was_asked_in_two_faults_counts_in_both_and_a_fault_without_end_lasts_to_the_end() -> None:
    day = told(asked(1), asked(6), asked(7), asked(30))
    day.faults += [Fault("cut", ["n1"], 5 * SECOND, 6 * SECOND, 1), Fault("crash", ["n2"], 7 * SECOND, None, 1)]
    found = fared(day, [])
    assert [fault["requests"] for fault in found["faults"]] == [2, 2]
    assert found["calm"]["requests"] == 1


def test_without_a_request_nobody_fared() -> None:
    day = told()
    day.faults.append(Fault("cut", ["n1"], 5 * SECOND, 6 * SECOND, 1))
    nothing = {"requests": 0, "errors": {}, "p99_us": None, "sessions_lost": 0, "logins_forced": 0}
    assert fared(day, []) == {"faults": [nothing], "calm": nothing}


def test_a_balancer_sent_what_came_to_a_node_and_moved_who_had_been_elsewhere() -> None:
    day = told(asked(1), asked(2, "n2"), asked(3, "n2"), asked(4, "n1", "refused"))
    found = routes(day)["by_node"]
    assert {node: (seen["asked"], seen["moved"], seen["errors"]) for node, seen in found.items()} == {
        "n1": (2, 1, 1),
        "n2": (2, 1, 0),
    }
    assert found["n1"]["buckets"] == [(SECOND, 1, 0), (4 * SECOND, 1, 1)]


def test_a_node_is_ready_from_when_it_says_so_until_it_no_longer_does() -> None:
    day = told(asked(1, outcome="refused"), asked(2), asked(3), asked(4, outcome="refused"), asked(4.5, "n2"))
    day.readies.append(Ready("n1", 2 * SECOND))
    day.unreadies.append(Unready("n1", 4 * SECOND))
    found = routes(day)["by_node"]
    assert (found["n1"]["unready"], found["n1"]["errors_unready"]) == (2, 2)
    assert found["n2"]["unready"] == 0, "nothing is told of it"
    assert found["n1"]["errors"] == 2
