"""Figures of small histories whose curves can be said by heart. Times in seconds."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.figures import copies, figures_of
from conformance.figures.clients import requests
from conformance.figures.clocks import clocks
from conformance.figures.copies import POINTS_MAX, behind, watched_writes
from conformance.history import Clock, Header, History, Lifetime, Operation
from reports.shapes import SHAPES

NODES = ["n1", "n2"]


def s(seconds: float) -> int:
    return round(seconds * 1_000_000)


def spread(history: History) -> dict[str, Any]:
    return copies.spread(history, watched_writes(history))


def lag(history: History) -> dict[str, int | None]:
    return copies.lag(history, watched_writes(history))


def lags(history: History) -> list[tuple[int, int | None]]:
    return copies.lags(history, watched_writes(history))


class Told:
    """A history, told operation by operation."""

    def __init__(self, *, idle: float = 0, absolute: float = 0) -> None:
        lifetime = Lifetime(absolute_us=s(absolute), idle_us=s(idle))
        header = Header(history=1, nodes=NODES, features=[], routing=False, store="cluster", lifetime=lifetime)
        self.history = History(header=header)

    def did(self, op: str, node: str, t: float, outcome: str = "ok", by: str = "user", **members: Any) -> "Told":
        number = str(len(self.history.operations) + 1)
        members = {"session": "s1", "user": "ann"} | members
        answered = None if outcome == "unknown" else s(t)
        self.history.operations.append(Operation(op, number, by, by, node, s(t), answered, outcome, **members))
        return self

    def write(self, node: str, t: float, value: str, key: str = "k", outcome: str = "ok") -> "Told":
        return self.did("write", node, t, outcome, key=key, value=value)

    def peek(self, node: str, t: float, value: str | None, *, ended: bool = False) -> "Told":
        data = {} if value is None else {"k": value}
        return self.did("peek", node, t, by="observer", data=data, ended=ended)


def probed() -> Told:
    """One write, seen on its node at once and on the other after a second."""
    return (
        Told()
        .did("login", "n1", 1)
        .write("n1", 10, "v1")
        .peek("n1", 10.1, "v1")
        .peek("n2", 10.1, None)
        .peek("n2", 11, "v1")
    )


def test_a_copy_is_behind_from_the_look_that_misses_a_write_to_the_look_that_shows_it() -> None:
    assert behind(probed().history) == {"n1": [(s(10.1), 0)], "n2": [(s(10.1), 1), (s(11), 0)]}


def test_copies_of_several_sessions_are_counted_together() -> None:
    told = probed().did("login", "n1", 2, session="s2").did("peek", "n2", 10.5, "refused", "observer", session="s2")
    told.history.operations[-1].status = 404
    assert behind(told.history)["n2"] == [(s(10.1), 1), (s(10.5), 2), (s(11), 1)]


def test_a_copy_that_shows_a_newer_write_is_not_behind() -> None:
    told = Told().did("login", "n1", 1).write("n1", 10, "v1").write("n1", 12, "v2", outcome="unknown")
    assert behind(told.peek("n2", 13, "v2").history)["n2"] == [(s(13), 0)]


def test_a_write_on_its_way_leaves_no_copy_behind() -> None:
    told = Told().did("login", "n1", 1).write("n1", 10, "v1").peek("n2", 9.9, None)
    assert behind(told.history)["n2"] == [(s(9.9), 0)]


def test_a_copy_alive_after_the_end_is_behind_and_one_gone_is_not() -> None:
    told = Told().did("login", "n1", 1).did("logout", "n1", 5).peek("n1", 6, None, ended=True).peek("n2", 6, None)
    assert behind(told.history) == {"n1": [(s(6), 0)], "n2": [(s(6), 1)]}
    replaced = Told().did("login", "n1", 1).did("login", "n1", 5, session="s2", replaced="s1").peek("n2", 6, None)
    assert behind(replaced.history)["n2"] == [(s(6), 1)]


def test_a_session_that_may_have_ended_leaves_no_copy_behind() -> None:
    told = Told().did("login", "n1", 1).write("n1", 2, "v1").did("logout", "n1", 5, "unknown").peek("n2", 6, None)
    assert behind(told.history)["n2"] == [(s(6), 0)]


@pytest.mark.parametrize("limits", [{"idle": 10}, {"absolute": 11}])
def test_a_copy_that_is_gone_when_a_limit_may_be_over_is_not_behind(limits: dict[str, float]) -> None:
    """The last activity was at 2, the login at 1; a band of 1 s and, for idleness, a slack of 1 s come before 12."""
    first = 10 if "idle" in limits else 11
    for after, expected in ((-0.000001, 1), (0, 0), (5, 0)):
        told = Told(**limits).did("login", "n1", 1).did("read", "n1", 2)
        told.did("peek", "n2", first + after, "refused", "observer")
        assert behind(told.history)["n2"] == [(s(first + after), expected)]


def test_a_copy_that_is_there_past_its_limit_is_behind_in_what_it_misses() -> None:
    told = Told(idle=10).did("login", "n1", 1).write("n1", 2, "v1").peek("n2", 30, None)
    assert behind(told.history)["n2"] == [(s(30), 1)]


def test_a_deleted_key_says_nothing() -> None:
    told = Told().did("login", "n1", 1).write("n1", 2, "v1").did("delete", "n1", 3, key="k").peek("n2", 6, None)
    assert behind(told.history)["n2"] == [(s(6), 0)]
    assert spread(told.history)["probes"] == 0


def test_the_spread_counts_the_copies_that_were_there_after_a_delay() -> None:
    assert spread(probed().history) == {"probes": 1, "nodes": 2, "curve": [(s(0.1), 0.5), (s(1), 1.0)]}


def test_a_copy_that_never_came_keeps_the_share_below_one() -> None:
    told = Told().did("login", "n1", 1).write("n1", 10, "v1").peek("n1", 10.5, "v1").peek("n2", 10.5, None)
    assert spread(told.history)["curve"] == [(s(0.5), 0.5)]
    assert lag(told.history) == {"p50_us": None, "p95_us": None, "p99_us": None, "max_us": None, "samples": 0}


def test_a_newer_copy_shows_the_older_write_too() -> None:
    told = Told().did("login", "n1", 1).write("n1", 10, "v1").peek("n1", 10.1, "v1").write("n1", 11, "v2")
    told.peek("n1", 11.5, "v2").peek("n2", 12, "v2")
    assert lag(told.history) == {"p50_us": s(1), "p95_us": s(2), "p99_us": s(2), "max_us": s(2), "samples": 2}


def test_the_lag_of_each_write_is_told_when_it_was_answered_and_none_where_a_node_never_had_it() -> None:
    told = probed().write("n1", 20, "v2").peek("n1", 20.5, "v2").peek("n2", 21, "v1")
    assert lags(told.history) == [(s(10), s(1)), (s(20), None)]


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000) | st.none()), min_size=1, max_size=900))
def test_of_many_lags_the_slowest_of_each_span_are_kept(writes: list[tuple[int, int | None]]) -> None:
    told = probed().history
    watched = [copies.Watched(t, [0] if after is None else [0, after]) for t, after in writes]
    found = copies.lags(told, watched)
    assert len(found) <= POINTS_MAX
    assert found == sorted(found, key=lambda point: point[0])
    never = any(after is None for _, after in writes)
    if not never:
        assert max(after or 0 for _, after in found) == max(after or 0 for _, after in writes)
    assert any(after is None for _, after in found) == never


def test_a_write_replaced_before_anybody_looked_is_no_probe() -> None:
    told = Told().did("login", "n1", 1).write("n1", 10, "v1").write("n1", 11, "v2").peek("n1", 12, "v2")
    assert spread(told.history)["probes"] == 1


def test_requests_are_those_of_users() -> None:
    told = probed().did("logout", "n2", 20).did("read", "n2", 21, "denied").did("read", "n1", 22, "unknown")
    assert requests(told.history) == {
        "total": 5,
        "ok": 3,
        "denied": 1,
        "refused": 0,
        "unknown": 1,
        "by_node": {
            "n1": {"ok": 2, "denied": 0, "refused": 0, "unknown": 1},
            "n2": {"ok": 1, "denied": 1, "refused": 0, "unknown": 0},
        },
        "sessions": 1,
        "logins": 1,
        "logouts": 1,
    }


def test_every_figure_has_the_shape_that_renderings_know() -> None:
    figures = {figure.name: figure.value for figure in figures_of(probed().history)}
    # from the trace, from the nodes themselves, and what checks have shown
    elsewhere = ["gossip", "held", "membership", "power", "rumours", "traffic"]
    assert sorted([*figures, *elsewhere]) == sorted(SHAPES)
    for name, value in figures.items():
        msgspec.convert(msgspec.to_builtins(value), SHAPES[name])


def test_without_peeks_there_is_nothing_to_draw() -> None:
    told = Told().did("login", "n1", 1).write("n1", 2, "v1").did("read", "n2", 9, by="observer", data={"k": "v1"})
    assert behind(told.history) == {"n1": [], "n2": []}
    assert spread(told.history)["curve"] == []


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=1_200))
def test_a_curve_rises_and_keeps_its_ends_in_few_points(delays: list[int]) -> None:
    told = Told().did("login", "n1", 0)
    for number, delay in enumerate(delays):
        told.history.operations += (
            Told()
            .did("login", "n1", 0, session=f"s{number}")
            .did("write", "n1", 1, session=f"s{number}", key="k", value=f"v{number}")
            .did("peek", "n1", 1 + delay / 1_000_000, by="observer", session=f"s{number}", data={"k": f"v{number}"})
            .history.operations[1:]
        )
    curve = spread(told.history)["curve"]
    seen = [delay for delay in delays if delay > 0]  # a look at the instant of the answer is no look after it
    assert len(curve) <= POINTS_MAX
    assert curve == sorted(curve)
    assert [share for _, share in curve] == sorted(share for _, share in curve)
    if seen:
        assert (curve[0][0], curve[-1]) == (min(seen), (max(seen), 0.5))


def test_what_a_clock_beyond_the_contract_answered_and_refused_is_counted_and_nothing_else() -> None:
    """The contract of these histories is half a second."""
    told = Told()
    for t in (9, 10, 29, 30):
        told.did("read", "n1", t).did("write", "n1", t, "unknown").did("read", "n2", t)
    told.did("read", "n1", 20, by="observer")
    told.history.clocks = [
        Clock("n1", s(5), s(0.5)),
        Clock("n1", s(10), s(-90)),
        Clock("n1", s(30), 0),
        Clock("n2", s(20), s(0.4)),
    ]
    assert clocks(told.history) == {
        "n1": {"farthest_us": s(-90), "beyond_us": s(20), "answered": {"read": 2}, "refused": {"write": 2}},
        "n2": {"farthest_us": s(0.4), "beyond_us": 0, "answered": {}, "refused": {}},
    }


def test_a_clock_that_is_never_set_right_is_wrong_to_the_end() -> None:
    told = Told().did("read", "n1", 10).did("read", "n1", 40)
    told.history.clocks = [Clock("n1", s(20), s(1))]
    assert clocks(told.history)["n1"] == {
        "farthest_us": s(1),
        "beyond_us": s(20),
        "answered": {"read": 1},
        "refused": {},
    }
