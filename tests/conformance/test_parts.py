"""Several clusters in one history: each is judged as if it were alone, and the worst that was found stands."""

import json
from typing import Any

import pytest

from conformance.checks import check
from conformance.checks.parts import parts_of, together
from conformance.history import History
from conformance.planning import Refused, plan
from conformance.reading import read
from conformance.verdict import HOLDS, NOT_TESTED, UNKNOWN, VACUOUS, VIOLATED, Finding
from scenarios import Scenario, load

SECOND = 1_000_000
CLUSTERS = {"blue": ["n1", "n2"], "green": ["n3", "n4"]}
NODES = [node for nodes in CLUSTERS.values() for node in nodes]


def history(*lines: dict[str, Any]) -> History:
    told = {
        "history": 1, "nodes": NODES, "features": ["members", "peek"], "routing": False, "store": "cluster",
        "lifetime": {}, "clusters": CLUSTERS,
    }  # fmt: skip
    end = {"end": 900 * SECOND, "operations": sum("op" in line for line in lines)}
    return read("\n".join(map(json.dumps, [told, *[{"ready": n, "t": 0} for n in NODES], *lines, end])).encode())


def operation(op: str, number: int, node: str, at_s: int, **members: Any) -> dict[str, Any]:
    asked = at_s * SECOND
    told = {"op": op, "id": f"c{number}", "client": "c", "by": "observer", "node": node, "outcome": "ok", "status": 200}
    return {**told, "asked": asked, "answered": asked + 1_000, **members}


def fault(kind: str, *nodes: str, **members: Any) -> dict[str, Any]:
    return {"fault": kind, "nodes": list(nodes), "from": 60 * SECOND, "to": 90 * SECOND, "touched": 1, **members}


def verdict(told: History, name: str) -> str:
    return next(finding.verdict for finding in check(told) if finding.check == name)


LOGIN = operation("login", 1, "n1", 10, user="ann", session="s1", answered_user="ann")


def shows_a_session(number: int, node: str) -> dict[str, Any]:
    return operation("read", number, node, 200, user="ann", session="s1", answered_user="ann", data={})


def test_a_session_that_another_cluster_does_not_know_is_lost_to_nobody() -> None:
    denied = {"outcome": "denied", "status": 401, "why": "no-session", "user": "ann", "session": "s1"}
    elsewhere = history(LOGIN, shows_a_session(2, "n2"), operation("read", 3, "n4", 201, **denied))
    assert verdict(elsewhere, "durability") == HOLDS
    assert verdict(elsewhere, "separation") == HOLDS
    at_home = history(LOGIN, shows_a_session(2, "n1"), operation("read", 3, "n2", 201, **denied))
    assert verdict(at_home, "durability") == VIOLATED


def test_what_befell_one_cluster_excuses_nobody_in_another() -> None:
    told = history(
        fault("crash", "n2"), fault("pause", "n3"), fault("cut", *NODES, groups=[["n1"], ["n2", "n3", "n4"]])
    )
    kinds = {name: [(one.fault, one.nodes, one.groups) for one in part.faults] for name, part in parts_of(told).items()}
    assert kinds == {
        "blue": [("crash", ["n2"], None), ("cut", ["n1", "n2"], [["n1"], ["n2"]])],
        "green": [("pause", ["n3"], None)],
    }


def test_a_one_way_cut_between_clusters_is_one_in_neither() -> None:
    told = history(fault("one-way", "n1", "n3", "n4", links=[["n1", "n3"], ["n3", "n4"]]))
    assert {name: [one.links for one in part.faults] for name, part in parts_of(told).items()} == {
        "blue": [],
        "green": [[["n3", "n4"]]],
    }


def test_evidence_stands_where_it_stands_in_the_whole_history() -> None:
    found = next(
        one
        for one in check(history(operation("members", 7, "n3", 30, members=["n1", "n3"])))
        if one.check == "separation"
    )
    assert [one.line for one in found.evidence] == [6]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [(HOLDS, VIOLATED, VIOLATED), (HOLDS, UNKNOWN, UNKNOWN), (VACUOUS, HOLDS, HOLDS), (NOT_TESTED, VACUOUS, VACUOUS)],
)
def test_the_worst_of_what_was_judged_is_said_of_both(one: str, other: str, both: str) -> None:
    found = together(
        {
            "blue": Finding("membership", one, 3, [], "promise", "blue saw", figures={"gone": 1}),
            "green": Finding("membership", other, 4, [], "promise", "green saw", figures={"gone": 2}),
        }
    )
    assert (found.verdict, found.judged) == (both, 7)
    assert found.figures == {"blue_gone": 1, "green_gone": 2}
    assert "green saw" in found.seen


def test_a_cluster_that_the_configuration_does_not_define_is_refused_before_anything_runs() -> None:
    scenario = Scenario.model_validate(
        {
            "title": "Two clusters", "shows": ["REQ-REPL-15"], "duration": "60s", "wire": "sealed",
            "cluster": {"nodes": 3, "clusters": {"my-cluster": 2, "green": 1}}, "expect": {"checks": ["separation"]},
        }
    )  # fmt: skip
    with pytest.raises(
        Refused, match=r"names 'green', which the configuration does not define \(it defines my-cluster\)"
    ):
        plan(scenario)


def test_bounds_are_those_of_the_largest_cluster_and_figures_those_of_the_first() -> None:
    scenario = load("clusters-side-by-side")
    assert (
        plan(scenario).prepared.contract
        == plan(
            scenario.model_copy(update={"cluster": scenario.cluster.model_copy(update={"nodes": 3, "clusters": None})})
        ).prepared.contract
    )
