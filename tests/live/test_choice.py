"""Of scenarios that show the same of real servers, a short judgement runs the fewest."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.listing import Listed
from conformance.live_choice import ELSEWHERE, as_servers_can, fewest, lacking, spared
from conformance.live_fitting import NotTested
from conformance.planning import plan
from conformance.shared_runs import Runs
from scenarios import load

pytest_plugins = ["pytester"]

SUITE = """\
import pytest


@pytest.mark.requirement("REQ-REPL-2")
@pytest.mark.scenario("steady-lan", "crash-under-writes", check="convergence")
def test_they_agree(judgement):
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-1")
@pytest.mark.scenario("steady-lan", "clock-jumps-a-year", check="durability")
def test_nothing_is_lost(judgement):
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-5")
@pytest.mark.scenario("round-robin-without-routing", check="revocation_lag")
def test_revocation(judgement):
    judgement.must_hold()
"""


@pytest.fixture
def servers(tmp_path: Path) -> str:
    """Write the file of two servers that offer little."""
    nodes = {f"n{n}": {"address": f"http://127.0.0.1:{9000 + n}", "start": ["true"]} for n in (1, 2)}
    file = tmp_path / "servers.yaml"
    file.write_text(yaml.safe_dump({"name": "s", "profile": "http", "nodes": nodes, "faults": ["kill"]}), "utf-8")
    return str(file)


def test_the_scenario_that_shows_most_is_chosen_first() -> None:
    assert fewest([("a", "b"), ("b", "c"), ("c",), ("d", "b"), ()]) == ["b", "c"]


@given(st.lists(st.sets(st.sampled_from("abcdefg"))))
def test_of_every_promise_that_can_be_shown_a_scenario_is_chosen_and_none_for_nothing(promises: list[set[str]]) -> None:
    chosen = fewest(promises)
    assert all(promise & set(chosen) for promise in promises if promise)
    assert len(chosen) == len(set(chosen)) <= len(promises)


def test_what_servers_lack_is_known_before_anything_is_run_for_it(servers: str) -> None:
    assert lacking(servers, "revocation_lag") == "revoke"
    assert lacking(servers, "convergence") == ""
    assert lacking("reference", "revocation_lag") == "", "in simulated time the check itself says so"


@pytest.mark.parametrize("short", [True, False])
def test_the_list_names_what_these_servers_cannot_be_put_through_and_what_is_spared(
    servers: str, *, short: bool
) -> None:
    many, few, none = as_servers_can(
        [
            Listed("a", ("REQ-REPL-2",), ("steady-lan", "crash-under-writes"), "convergence", ""),
            Listed("b", ("REQ-FAIL-1",), ("steady-lan", "clock-jumps-a-year"), "durability", ""),
            Listed("c", ("REQ-FAIL-2",), ("clock-jumps-a-year",), "durability", ""),
        ],
        servers,
        short=short,
    )
    assert (many.why_not, few.why_not) == ("", "")
    assert none.why_not == "none of its scenarios can be run on these servers"
    assert few.left_out == none.left_out == {"clock-jumps-a-year": "not tested (needs clocks)"}
    assert many.left_out == ({"crash-under-writes": ELSEWHERE} if short else {})


def test_the_list_of_who_lives_in_simulated_time_is_left_as_it_is() -> None:
    test = Listed("a", (), ("steady-lan", "nasa-day"), "convergence", "")
    assert as_servers_can([test], "reference", short=True) == [test]


def test_nothing_is_spared_in_simulated_time() -> None:
    assert spared("reference", {"a": (["steady-lan", "crash-under-writes"], "convergence")}) == set()


def test_a_short_judgement_of_servers_asks_each_promise_once_and_still_says_what_cannot_be_tested(
    servers: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    plugin = ["-p", "conformance.plugin", "-p", "no:cacheprovider", "--collect-only", "-q"]
    ran = pytester.runpytest_subprocess(*plugin, "--subject", servers, "--anynode-short")
    collected = [line.partition("::")[2] for line in ran.outlines if "test_suite.py::" in line]
    assert collected == [
        "test_they_agree[steady-lan]",
        "test_nothing_is_lost[steady-lan]",
        "test_nothing_is_lost[clock-jumps-a-year]",
        "test_revocation[round-robin-without-routing]",
    ]


def test_a_cut_for_an_hour_is_not_tested_in_a_short_judgement_either(servers: str, tmp_path: Path) -> None:
    told = yaml.safe_load(Path(servers).read_text("utf-8"))
    links = {"n1->n2": {"listen": "127.0.0.1:9101", "to": "127.0.0.1:9102"}}
    Path(servers).write_text(yaml.safe_dump({**told, "faults": ["cut"], "links": links}), "utf-8")
    with pytest.raises(NotTested, match="needs 1h of real time"):
        Runs(tmp_path / "runs", servers, None, short=True, pages=False).of("partition-for-an-hour")


def test_a_short_run_of_servers_takes_a_third_of_a_minute_and_says_how_it_is_repeated(servers: str) -> None:
    short, whole = (plan(load("steady-lan"), subject=servers, short=short) for short in (True, False))
    assert short.scenario.duration == 20_000_000 < whole.scenario.duration
    assert ["--around-faults" in one.command.split() for one in (short, whole)] == [True, False]
