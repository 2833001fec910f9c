"""What a run cost its users, in small histories whose prices can be said by heart. Times in seconds."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.beliefs import Beliefs
from conformance.costs import CAUSES, Price, prices
from conformance.costs import costs as costs_of
from conformance.history import Fault, Header, History, Lifetime, Operation
from conformance.runner import run
from reports.shapes import Costs

NODES = ["n1", "n2", "n3"]


def s(seconds: float) -> int:
    return round(seconds * 1_000_000)


def costs(history: History) -> dict[str, Any]:
    held = Beliefs(history)
    return costs_of(held, prices(history, held))


class Told:
    """A history, told operation by operation, of one browser unless another is named."""

    def __init__(self, store: str = "cluster", *, idle: float = 0, absolute: float = 0) -> None:
        lifetime = Lifetime(absolute_us=s(absolute), idle_us=s(idle))
        header = Header(history=1, nodes=NODES, features=[], routing=False, store=store, lifetime=lifetime)
        self.history = History(header=header)

    def did(
        self, op: str, node: str, t: float, session: str | None = "s1", outcome: str = "ok", **members: Any
    ) -> "Told":
        number = str(len(self.history.operations) + 1)
        client = members.pop("client", "u1")
        by = members.pop("by", "user")
        members = {"session": session, "user": "ann"} | members
        answered = None if outcome == "unknown" else s(t)
        self.history.operations.append(Operation(op, number, client, by, node, s(t), answered, outcome, **members))
        return self

    def denied(self, node: str, t: float, session: str = "s1", why: str = "no-session", **members: Any) -> "Told":
        return self.did("read", node, t, session, "denied", why=why, **members)

    def crash(self, node: str, t: float, kind: str = "crash") -> "Told":
        self.history.faults.append(Fault(kind, [node], s(t), None, 1))
        return self

    def priced(self) -> tuple[dict[str, int], dict[str, int]]:
        found = costs(self.history)
        assert msgspec.convert(found, Costs).sessions_lost == sum(found["lost_by_cause"].values())
        assert found["logins_forced"] == sum(found["forced_by_cause"].values())
        return found["lost_by_cause"], found["forced_by_cause"]


def begun(store: str = "cluster", **limits: float) -> Told:
    return Told(store, **limits).did("login", "n1", 1).did("read", "n1", 2)


def test_a_day_without_trouble_costs_nothing() -> None:
    told = begun().did("logout", "n1", 3).did("login", "n2", 10, "s2").did("read", "n3", 11, "s2")
    assert told.priced() == ({}, {})
    found = costs(told.history)
    assert (found["sessions"], found["logins"]) == (2, 2)


@pytest.mark.parametrize("kind", ["crash", "leave"])
@pytest.mark.parametrize("store", ["local", "cluster"])
def test_a_session_whose_node_is_gone_is_lost_and_its_user_must_log_in_again(store: str, kind: str) -> None:
    told = begun(store).crash("n1", 3, kind).denied("n2", 5).did("login", "n2", 6, "s2")
    assert told.priced() == ({"crash": 1}, {"crash": 1})


def test_a_session_that_its_own_node_no_longer_has_was_forgotten() -> None:
    assert begun("local").denied("n1", 5).did("login", "n1", 6, "s2").priced() == ({"forgotten": 1}, {"forgotten": 1})


def test_a_price_says_when_it_was_paid_and_which_login_it_forced() -> None:
    told = begun().crash("n1", 3).denied("n2", 5).did("login", "n2", 6, "s2")
    assert prices(told.history, Beliefs(told.history)) == [Price("s1", s(5), "crash", lost=True, login="4")]


@pytest.mark.parametrize(("store", "cause"), [("local", "moved"), ("cluster", "behind")])
def test_another_node_that_has_no_copy_costs_a_login_too(store: str, cause: str) -> None:
    assert begun(store).denied("n2", 5).did("login", "n2", 6, "s2").priced() == ({cause: 1}, {cause: 1})


def test_a_crash_elsewhere_is_no_cause() -> None:
    assert begun().crash("n3", 3).denied("n2", 5).priced() == ({"behind": 1}, {})
    assert begun("local").crash("n2", 3).denied("n2", 5).priced() == ({"moved": 1}, {})
    assert begun().crash("n2", 3).denied("n2", 5).priced() == ({"crash": 1}, {}), "it began anew and had no copy yet"


def test_a_session_that_answers_again_was_not_lost() -> None:
    told = begun().denied("n2", 5).did("read", "n1", 6)
    assert told.priced() == ({}, {})
    assert told.did("login", "n2", 7, "s2", replaced="s1").priced() == ({}, {"behind": 1})


@pytest.mark.parametrize("why", ["expired", "ended"])
def test_a_session_that_ended_or_expired_is_not_lost_but_its_user_logs_in_again(why: str) -> None:
    assert begun().denied("n2", 5, why=why).did("login", "n2", 6, "s2").priced() == ({}, {why: 1})


@pytest.mark.parametrize("store", ["local", "cluster"])
@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("limits", [{"idle": 10}, {"absolute": 11}])
def test_what_a_limit_was_over_is_not_lost_whatever_the_node_still_knew(
    node: str, store: str, limits: dict[str, float]
) -> None:
    """The last activity was at 2, the login at 1: both limits are over at 12."""
    told = begun(store, **limits).denied(node, 12).did("login", node, 13, "s2")
    assert told.priced() == ({}, {"expired": 1})


@pytest.mark.parametrize("limits", [{"idle": 10}, {"absolute": 11}, {"idle": 10, "absolute": 11}])
def test_what_was_denied_a_moment_before_its_limit_is_lost(limits: dict[str, float]) -> None:
    told = begun(**limits).denied("n2", 11.999999).did("login", "n2", 13, "s2")
    assert told.priced() == ({"behind": 1}, {"behind": 1})


def test_activity_puts_off_the_limit_of_idleness_and_not_that_of_age() -> None:
    assert begun(idle=10).did("read", "n3", 9).denied("n2", 18).priced() == ({"behind": 1}, {})
    assert begun(absolute=10).did("read", "n3", 9).denied("n2", 11).priced() == ({}, {})


def test_the_limit_is_asked_first_and_a_crash_after_it_is_no_cause() -> None:
    assert begun(idle=10).crash("n1", 20).denied("n2", 25).did("login", "n2", 26, "s2").priced() == ({}, {"expired": 1})


def test_a_user_who_does_not_come_back_was_forced_to_nothing() -> None:
    assert begun().crash("n1", 3).denied("n2", 5).did("login", "n2", 6, "s2", "unknown").priced() == ({"crash": 1}, {})


def test_what_the_user_cannot_believe_live_costs_nothing() -> None:
    """Its logout, a later login and its revocation end it, also where nobody knows what came of them."""
    stale = [
        begun().did("logout", "n1", 3, outcome="unknown"),
        begun().did("login", "n1", 3, "s2", replaced="s1"),
        begun().did("login", "n1", 3, "s2", "unknown"),
        begun().did("revoke", "n2", 3, session=None, client="u2"),
        begun().denied("n2", 3, why="ended"),
    ]
    for told in stale:
        before = told.priced()
        assert told.denied("n3", 9).did("login", "n3", 10, "s3").priced() in (before, ({}, {"ended": 1}))
    refused = begun().did("logout", "n1", 3, outcome="refused").denied("n3", 9)
    assert refused.priced() == ({"behind": 1}, {})


def test_one_login_after_the_denials_of_two_tabs_is_one_forced_login() -> None:
    told = begun().crash("n1", 3).denied("n2", 5).denied("n3", 5.1).did("login", "n2", 6, "s2")
    assert told.priced() == ({"crash": 1}, {"crash": 1})


def test_observers_are_no_users() -> None:
    told = Told().did("login", "n1", 1, by="observer").crash("n1", 2).denied("n2", 3, by="observer")
    assert costs(told.did("login", "n2", 4, "s2", by="observer").history)["sessions"] == 0
    assert told.priced() == ({}, {})
    assert begun().denied("n2", 5, by="observer").priced() == ({}, {}), "what an observer hears bothers no user"


def test_every_cause_is_put_into_words() -> None:
    assert list(CAUSES) == ["crash", "forgotten", "moved", "behind", "expired", "ended"]


def test_the_pair_shows_what_each_store_costs_when_a_node_is_lost(tmp_path: Path) -> None:
    """The same day, the same users, the same crash: the cluster pays nothing, the local store with the node's users."""
    cluster = run("node-lost-cluster", out=tmp_path / "cluster")
    local = run("node-lost-sticky-local", out=tmp_path / "local")
    assert (cluster.verdict, local.verdict) == ("holds", "holds")
    assert cluster.costs["sessions_lost"] == cluster.costs["logins_forced"] == 0
    assert local.costs["lost_by_cause"] == {"crash": local.costs["sessions_lost"]}
    assert local.costs["sessions_lost"] == local.costs["logins_forced"] >= 5
