"""The suites: what each test names exists and is judged there, and a broken store is red where its bug belongs."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest
from msgspec import Struct

from conformance.broken import BROKEN
from conformance.checks import CHECKS
from conformance.judging import judgement
from conformance.planning import plan
from conformance.requirements import requirements
from conformance.verdict import VIOLATED, Finding
from reports.document import read
from scenarios import load, names

ROOT = Path(__file__).parents[2]
SUITES = sorted(path.stem for path in (ROOT / "conformance").glob("test_*.py"))
WITNESS_OF_ONE = ("availability", "cookie_scope", "id_renewal", "membership", "sealing", "separation", "structure")
"""A request without an answer contradicts nothing; a login may name in itself the id that it should not have given, and
a view a node that was gone, or under another key, as no operation but the history's own faults tell. What was taken of
what the world planted, no client sees: the fault itself tells it. What nobody wrote has no write."""

RED = {
    "adopts_unknown_id": {"cookie_scope", "id_renewal"},
    "answers_before_copies": {"durability"},
    "answers_from_own_copy": {"monotonic_reads", "no_resurrection", "read_your_writes"},
    "asks_once": {"convergence", "false_death"},
    "believes_discovery": {"false_death"},
    "buries_the_restarted": {"false_death"},
    "caches_by_key": {"monotonic_writes", "read_your_writes"},
    "caches_by_worker": {"monotonic_reads", "monotonic_writes", "read_your_writes", "writes_follow_reads"},
    "counts_writes_alone": {"idle_band"},
    "dates_by_wall_clock": {"durability", "monotonic_reads", "read_your_writes"},
    "dates_far_ahead": {"idle_band"},
    "drops_ends_early": {"durability", "no_resurrection"},
    "encodes_twice": {"structure"},
    "expires_before_saving": {"availability"},
    "expires_by_own_copy": {"idle_band"},
    "fails_without_old_id": {"availability"},
    "finds_peers_once": {"cold_join", "convergence", "durability", "false_death"},
    "follows_any_clock": {"convergence", "durability"},
    "forgets_ends": {"no_resurrection"},
    "forgets_the_removed": {"membership"},
    "founds_its_own": {"convergence", "durability", "false_death"},
    "goes_by_first_cookie": {"read_your_writes"},
    "goes_on_from_its_cache": {"read_your_writes"},
    "guesses_cookie_domain": {"cookie_scope"},
    "joins_any_cluster": {"membership", "separation"},
    "keeps_deaths_to_itself": {"membership"},
    "keeps_local_copies": {"bounded_staleness", "convergence"},
    "keeps_old_id": {"id_renewal"},
    "last_writer_takes_all": {"convergence", "lost_updates"},
    "leads_after_a_pause": {"monotonic_reads", "read_your_writes"},
    "leaves_a_part": {"absolute_band", "no_resurrection"},
    "mixes_sessions": {"convergence", "durability", "isolation"},
    "never_resends": {"bounded_staleness", "convergence", "durability", "no_resurrection"},
    "passes_on_in_circles": {"availability"},
    "passes_to_the_lost": {"availability"},
    "quarantines_for_a_while": {"membership"},
    "reads_one_version": {"availability", "cold_join", "convergence", "durability", "false_death", "no_resurrection"},
    "ready_before_join": {"cold_join", "convergence", "durability"},
    "recreates_at_the_end": {"no_resurrection"},
    "refuses_skewed": {"convergence", "idle_band", "no_resurrection"},
    "refuses_when_alone": {"availability"},
    "removal_forgets_domain": {"cookie_scope"},
    "renews_age": {"absolute_band"},
    "revives_for_joiners": {"membership"},
    "revokes_what_it_knows": {"revocation_lag"},
    "saves_into_nothing": {"no_resurrection"},
    "serves_what_it_served": {"bounded_staleness", "convergence", "durability"},
    "takes_port_for_domain": {"cookie_scope"},
    "takes_recordings": {"sealing"},
    "trusts_after_a_pause": {"bounded_staleness", "convergence"},
    "trusts_any_key": {"separation"},
    "trusts_first_cookie": {"durability"},
    "trusts_forwarding_headers": {"availability", "isolation"},
    "wide_cookie_domain": {"cookie_scope"},
    "writes_to_old_id": {"convergence", "durability"},
}
"""By broken store: the checks whose tests are red on the scenario that reaches its bug; no other test there is."""


class Test(Struct, frozen=True):
    """One test of the suites, as its markers tell it."""

    __test__ = False

    name: str
    requirements: tuple[str, ...]
    scenarios: tuple[str, ...]
    check: str | None


RUN_BY_SUITES = ("believes_discovery", "caches_by_key", "goes_by_first_cookie", "leaves_a_part", "trusts_after_a_pause")
"""One of an area: a suite's tests are red where their check convicts, and that is the same for all."""


def claims_of(suite: str) -> list[Test]:
    module = importlib.import_module(f"conformance.{suite}")
    found = []
    for name, function in vars(module).items():
        if name.startswith("test_") and isinstance(function, FunctionType):
            marks = {mark.name: mark for mark in getattr(function, "pytestmark", [])}
            scenario = marks.get("scenario")
            named = () if scenario is None else scenario.args
            ids = marks["requirement"].args if "requirement" in marks else ()
            found.append(Test(f"{suite}::{name}", ids, named, None if scenario is None else scenario.kwargs["check"]))
    return found


TESTS = [test for suite in SUITES for test in claims_of(suite)]


def name_of(test: Test) -> str:
    return test.name


def run_suites(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the suites as a user does, whether or not the plugin has been installed since it is there."""
    command = [sys.executable, "-m", "pytest", "-p", "conformance.plugin", "-p", "no:cacheprovider", "-q", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": "true"}
    return subprocess.run(
        [*command, "conformance"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_there_is_a_suite_for_every_area() -> None:
    areas = [
        "configuration",
        "cookie_domain",
        "expiry",
        "failover",
        "membership",
        "observability",
        "replication",
        "revocation",
    ]
    assert {f"test_{area}" for area in [*areas, "routing", "security"]} <= set(SUITES)
    assert len(TESTS) > 50


@pytest.mark.parametrize("test", TESTS, ids=name_of)
def test_a_test_names_requirements_that_its_check_or_its_scenario_shows(test: Test) -> None:
    assert test.requirements
    assert set(test.requirements) <= set(requirements())
    if test.check is not None:
        checked = importlib.import_module(f"conformance.checks.{test.check}").REQUIREMENTS
        for name in test.scenarios:
            assert set(test.requirements) <= {*checked, *load(name).shows}, name


@pytest.mark.parametrize("test", [test for test in TESTS if test.check is not None], ids=name_of)
def test_a_test_asks_for_a_check_that_its_scenario_expects(test: Test) -> None:
    """What a scenario expects is never vacuous for the reference, so no test of it is skipped unnoticed."""
    for name in test.scenarios:
        assert test.check in load(name).expect.checks, name


def test_every_scenario_and_every_check_is_used() -> None:
    assert {name for test in TESTS for name in test.scenarios} == {entry.name for entry in names()}
    assert {test.check for test in TESTS if test.check is not None} == set(CHECKS)


def test_every_broken_store_has_its_row() -> None:
    assert sorted(RED) == sorted(BROKEN)
    for name, broken in BROKEN.items():
        assert broken.convicted_by in RED[name]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_is_convicted_by_exactly_the_checks_of_its_row(name: str) -> None:
    """On the scenario that reaches the bug; that it passes where other things happen is test_broken's claim."""
    scenario = BROKEN[name].scenario
    asked = {test.check for test in TESTS if scenario in test.scenarios}
    came = judgement(plan(load(scenario), subject=f"broken:{name}", short=True), scenario)
    assert set(came.convicted) & asked == RED[name]
    has_convicted(came.findings, came.written, BROKEN[name].convicted_by)


@pytest.mark.parametrize("name", RUN_BY_SUITES)
def test_a_broken_store_is_red_exactly_where_its_bug_belongs(name: str, tmp_path: Path) -> None:
    scenario, report = BROKEN[name].scenario, tmp_path / "report"
    ran = run_suites("-k", scenario, "--subject", f"broken:{name}", "--anynode-bare", "--anynode-report", str(report))
    assert ran.returncode == 1, ran.stdout
    told = json.loads((report / "requirements.json").read_text(encoding="utf-8"))["requirements"]
    results = {result["test"]: result for one in told for result in one["results"]}
    red = {test for test, result in results.items() if result["verdict"] == VIOLATED}
    assert red == {
        test for test, result in results.items() if result["scenario"] == scenario and result["check"] in RED[name]
    }
    assert {results[test]["check"] for test in red} == RED[name]
    for test in red:
        assert f"again:    {results[test]['again']}" in ran.stdout
    folder = Path(next(results[test]["folder"] for test in red))
    findings, history = read(folder / "run.jsonl").checks, (folder / "history.jsonl").read_bytes()
    has_convicted(findings, history, BROKEN[name].convicted_by)


def has_convicted(findings: list[Finding], history: bytes, check: str) -> None:
    """Hold that a check has convicted a run, by operations that stand where it says in the history."""
    finding = next(one for one in findings if one.check == check)
    assert finding.verdict == VIOLATED
    lines = history.splitlines()
    contradiction = {one.id for one in finding.evidence}
    assert contradiction
    assert len(contradiction) >= 2 or check in WITNESS_OF_ONE, "two operations that contradict each other"
    for one in finding.evidence:
        line = lines[one.line - 1]
        assert f'"id":"{one.id}"'.encode() in line or f'"fault":"{one.id}"'.encode() in line
