"""The plugin of pytest: what is selected, judged, skipped and told, in runs of pytest of their own."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.distribution import scenario_of

pytest_plugins = ["pytester"]

WORLD = """\
title: A small world
shows: [REQ-REPL-11]
duration: 40s
cluster: {nodes: 3}
workload: {users: 8, balancer: sticky, think: 300ms, pages: [20, 40], writes: 50%}
observers: {witnesses: 4}
expect: {checks: [structure]}
"""
SUITE = """\
import pytest


@pytest.mark.requirement("REQ-REPL-11")
@pytest.mark.scenario("world.yaml", check="structure")
def test_values(judgement):
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-6")
@pytest.mark.scenario("world.yaml", check="read_your_writes")
def test_reads(judgement):
    judgement.must_hold()
"""
USAGE_ERROR = 4
FAILED_OR_IN_ERROR = 4


class Suite:
    """A suite in a folder of its own, and how a user runs it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder: Path = pytester.path
        self.write("world.yaml", WORLD)
        self.write("test_suite.py", SUITE)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest with nothing but the plugin, wherever that is installed or not."""
        return self.pytester.runpytest_subprocess("-p", "conformance.plugin", "-p", "no:cacheprovider", *arguments)

    def told(self) -> dict[str, dict[str, object]]:
        """Give what the report says, by requirement."""
        text = (self.folder / "report" / "requirements.json").read_text(encoding="utf-8")
        return {one["id"]: one for one in json.loads(text)["requirements"]}


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Make a suite of two tests on one small scenario; where CI runs, too, a promise not tested is a skipped test."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return Suite(pytester)


# ------------------------------------------------------------------------------------------------------ red and green


def test_the_reference_is_green_and_the_summary_tells_what_was_shown(suite: Suite) -> None:
    ran = suite.run("-q")
    ran.assert_outcomes(passed=2)
    ran.stdout.fnmatch_lines(
        [
            "*what reference was shown to keep*",
            "without a test here: REQ-CFG 1-19; REQ-REPL 1-10, 12-15;*",
            "shown       REQ-REPL-11   MUST   1 test, judged *: Every kind of value *",
            "shown       REQ-ROUT-6    MAY    1 test, judged *",
            "reference: of * requirements 2 shown, * without a test",
        ]
    )


def test_a_violation_tells_promise_sight_evidence_and_a_command_that_repeats_it(suite: Suite) -> None:
    ran = suite.run("-q", "--subject", "broken:caches_by_worker")
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(
        [
            "*test_reads?world?*",
            "broken:caches_by_worker violated read_your_writes in world, seed 1",
            "promised: *(REQ-ROUT-1, REQ-ROUT-7)",
            "seen:     *",
            "evidence: line * of */history.jsonl: *",
            "again:    anynode run world.yaml --seed 1 --subject broken:caches_by_worker",
            "*- what it is about -*",
            "REQ-ROUT-6    MAY    *",
            "violated    REQ-ROUT-6 *",
            "            world, read_your_writes: *",
            "            again: anynode run world.yaml --seed 1 --subject broken:caches_by_worker",
            "broken:caches_by_worker: of * requirements 1 violated (1 MAY), 1 shown, *",
        ]
    )
    again = shlex.split(str(next(line for line in ran.outlines if line.startswith("again:    "))).partition(":")[2])
    assert again[0] == "anynode"
    repeated = subprocess.run([sys.executable, "-m", *again], cwd=suite.folder, capture_output=True, check=False)
    assert repeated.returncode == 1, repeated.stderr


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ("revocation_lag", "not tested: revocation_lag in world: not promised: "),
        ("idle_band", "not tested: idle_band in world: vacuous: nothing to judge"),
    ],
)
def test_what_was_not_judged_is_skipped_as_not_tested_and_never_passed(suite: Suite, check: str, reason: str) -> None:
    suite.write("world.yaml", WORLD + "config: {session: {store: {type: local, cluster: null}}}\n")
    suite.write("test_suite.py", SUITE.replace('"structure"', f'"{check}"'))
    ran = suite.run("-q", "-rs")
    ran.assert_outcomes(passed=1, skipped=1)
    ran.stdout.fnmatch_lines(["not tested  REQ-REPL-11   MUST   0 of 1 test passed: *", f"SKIPPED*{reason}*"])


def test_a_fault_that_touched_nothing_shows_nothing(suite: Suite) -> None:
    suite.write("world.yaml", WORLD + "faults:\n  - {crash: answering, after: {event: write, count: 100000}}\n")
    ran = suite.run("-q")
    ran.assert_outcomes(skipped=2)
    ran.stdout.fnmatch_lines(["            world, structure: vacuous: the fault 'crash' touched nothing"])


def test_a_figure_that_a_test_is_about_must_have_been_met(suite: Suite) -> None:
    """Views are judged here, and nobody was ever gone."""
    member = SUITE.replace('"structure"', '"membership"').replace("must_hold()", 'must_hold(met="gone")', 1)
    suite.write("test_suite.py", member)
    suite.write("world.yaml", WORLD.replace("40s", "60s"))
    ran = suite.run("-q", "-k", "test_values")
    ran.assert_outcomes(skipped=1, deselected=1)
    ran.stdout.fnmatch_lines(["            world, membership: vacuous: *it met none of what the test is about (gone)"])


def test_a_check_that_fails_itself_is_unknown_and_no_violation(suite: Suite) -> None:
    suite.write(
        "conftest.py",
        "from conformance.checks import CHECKS\n\n\n"
        "def falls(index):\n    raise KeyError('no such thing')\n\n\n"
        "CHECKS['read_your_writes'] = falls\n",
    )
    ran = suite.run("-q")
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["*in falls*", "*KeyError: 'no such thing'*", "unknown     REQ-ROUT-6 *"])


def test_what_a_test_itself_asserts_or_breaks_is_told_apart(suite: Suite) -> None:
    suite.write(
        "test_suite.py",
        "import pytest\n\n\n"
        "@pytest.mark.requirement('REQ-CFG-1')\ndef test_right():\n    pass\n\n\n"
        "@pytest.mark.requirement('REQ-CFG-2', 'COOK-49')\ndef test_wrong():\n    assert 1 == 2\n\n\n"
        "@pytest.mark.requirement('REQ-CFG-3')\ndef test_broken():\n    raise OSError('no disk')\n\n\n"
        "@pytest.mark.requirement('REQ-CFG-4')\ndef test_unset(nobody):\n    pass\n\n\n"
        "@pytest.mark.requirement('REQ-CFG-5')\ndef test_gap():\n    pytest.skip('not tested: no file')\n\n\n"
        "@pytest.mark.requirement('REQ-CFG-6')\n@pytest.mark.xfail(strict=True)\ndef test_unexpected():\n    pass\n",
    )
    ran = suite.run("-q", "--anynode-report", "report")
    ran.assert_outcomes(passed=1, failed=3, errors=1, skipped=1)
    words = {id_: one["verdict"] for id_, one in suite.told().items() if one["tests"]}
    assert words == {
        "REQ-CFG-1": "shown",
        "REQ-CFG-2": "violated",
        "COOK-49": "violated",
        "REQ-CFG-3": "unknown",
        "REQ-CFG-4": "unknown",
        "REQ-CFG-5": "not tested",
        "REQ-CFG-6": "unknown",
    }
    ran.stdout.fnmatch_lines(["*- again -*", "pytest test_suite.py::test_wrong --subject reference"])
    ran.stdout.fnmatch_lines(["not tested  REQ-CFG-5 *", "            test_gap: no file"])
    about = ["*assert 1 == 2*", "*- what it is about -*", "REQ-CFG-2     MUST   *", "COOK-49       SHOULD *"]
    ran.stdout.fnmatch_lines(about)
    ran.stdout.fnmatch_lines(["*requirements 2 violated (1 MUST, 1 SHOULD), *"])
    assert sum("what it is about" in line for line in ran.outlines) == FAILED_OR_IN_ERROR


def test_requirements_of_another_project_are_none_of_ours_and_end_nothing(suite: Suite) -> None:
    suite.write(
        "test_suite.py",
        "import pytest\n\n\n@pytest.mark.requirement('MINE-1')\ndef test_mine():\n    assert 1 == 2\n",
    )
    ran = suite.run("-q")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*assert 1 == 2*"])
    ran.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_check_that_does_not_exist_is_an_error_with_those_that_do(suite: Suite) -> None:
    suite.write("test_suite.py", SUITE.replace('"structure"', '"strukture"'))
    ran = suite.run("-q")
    ran.assert_outcomes(passed=1, errors=1)
    ran.stdout.fnmatch_lines(["*world: no check is called 'strukture'; write one of: structure, *"])


# ---------------------------------------------------------------------------------------------------------- selection


def test_a_requirement_selects_its_tests(suite: Suite) -> None:
    ran = suite.run("-q", "--requirement", "REQ-REPL-11")
    ran.assert_outcomes(passed=1, deselected=1)
    both = suite.run("-q", "--requirement", "REQ-REPL-11", "--requirement", "REQ-ROUT-6")
    both.assert_outcomes(passed=2)


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]])
def test_a_selection_that_matches_nothing_is_an_error(suite: Suite, workers: list[str]) -> None:
    ran = suite.run("-q", *workers, "--requirement", "REQ-REPL-11", "--requirement", "REQ-SEC-1")
    assert ran.ret == USAGE_ERROR, str(ran.stdout)
    said = str(ran.stdout) + str(ran.stderr)
    assert (
        "--requirement REQ-SEC-1: no test that was collected shows it; collect all suites: pytest conformance" in said
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--requirement", "REPL-10"], "found 'REPL-10', which is no requirement's id; the nearest is 'REQ-REPL-10'"),
        (["--subject", "nobody"], "--subject nobody: no such subject; write one of: reference, "),
        (["--subject", "broken:forgets_end"], "no such subject; did you mean 'broken:forgets_ends'? else"),
        (["--seed", "-1"], "--seed: found -1, expected 0 or more; write --seed 1"),
    ],
)
def test_what_cannot_be_judged_is_refused_before_anything_is_collected(
    suite: Suite, arguments: list[str], message: str
) -> None:
    ran = suite.run(*arguments)
    assert ran.ret == USAGE_ERROR
    assert message in str(ran.stderr)
    assert "collected" not in str(ran.stdout)


def test_the_options_stand_in_a_group_of_their_own(suite: Suite) -> None:
    ran = suite.run("--help")
    ran.stdout.fnmatch_lines(
        [
            "anynode: whom the suites judge (pytest conformance):",
            "  --subject=NAME *",
            "  --requirement=ID *",
            "  --seed=N *",
            "  --anynode-short *",
            "  --anynode-report=DIR*",
        ]
    )


# ------------------------------------------------------------------------------------------------------------- report


def test_the_report_holds_json_junit_and_every_run(suite: Suite) -> None:
    ran = suite.run("-q", "--seed", "5", "--subject", "broken:caches_by_worker", "--anynode-report", "report")
    ran.assert_outcomes(passed=1, failed=1)
    whole = json.loads((suite.folder / "report" / "requirements.json").read_text(encoding="utf-8"))
    assert (whole["subject"], whole["seed"]) == ("broken:caches_by_worker", 5)
    (result,) = suite.told()["REQ-ROUT-6"]["results"]  # type: ignore[misc]
    assert (result["scenario"], result["seed"], result["check"]) == ("world", 5, "read_your_writes")
    assert result["verdict"] == "violated"
    run = suite.folder / "report" / "runs" / "world-5-broken-caches_by_worker"
    assert Path(result["folder"]) == run
    assert {"history.jsonl", "run.jsonl", "report.html"} <= {path.name for path in run.iterdir()}
    junit = (suite.folder / "report" / "junit.xml").read_text(encoding="utf-8")
    assert 'tests="2"' in junit
    assert 'failures="1"' in junit
    assert "violated read_your_writes" in junit


def test_an_earlier_report_is_replaced(suite: Suite) -> None:
    suite.run("--anynode-bare", "--anynode-report", "report", "--seed", "5")
    suite.run("--anynode-bare", "--anynode-report", "report", "-k", "test_values").assert_outcomes(
        passed=1, deselected=1
    )
    assert [one for one, told in suite.told().items() if told["tests"]] == ["REQ-REPL-11"]
    assert [path.name for path in (suite.folder / "report" / "runs").iterdir() if path.is_dir()] == ["world-1"]


def test_a_folder_that_is_no_report_is_left_untouched(suite: Suite) -> None:
    (suite.folder / "mine").mkdir()
    suite.write("mine/letter.txt", "dear")
    ran = suite.run("--anynode-report", "mine")
    assert ran.ret == USAGE_ERROR
    assert "--anynode-report mine: is not empty and no earlier report; name another folder" in str(ran.stderr)
    assert [path.name for path in (suite.folder / "mine").iterdir()] == ["letter.txt"]
    assert suite.run("--anynode-report", "world.yaml").ret == USAGE_ERROR


# ------------------------------------------------------------------------------------------------- one run, many tests


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"], ["-p", "xdist", "-n", "2", "--dist", "loadgroup"]])
def test_a_scenario_is_run_once_for_all_its_tests_in_all_processes(suite: Suite, workers: list[str]) -> None:
    suite.write(
        "conftest.py",
        "from pathlib import Path\n\nfrom conformance import shared_runs\n\ncarry_out = shared_runs.carry_out\n\n\n"
        "def counted(decided, out):\n"
        f"    with Path({str(suite.folder / 'runs.txt')!r}).open('a') as file:\n        file.write('run\\n')\n"
        "    return carry_out(decided, out)\n\n\n"
        "shared_runs.carry_out = counted\n",
    )
    ran = suite.run("-q", *workers)
    ran.assert_outcomes(passed=2)
    assert (suite.folder / "runs.txt").read_text(encoding="utf-8") == "run\n"
    ran.stdout.fnmatch_lines(["shown       REQ-REPL-11 *", "shown       REQ-ROUT-6 *", "reference: of *2 shown*"])


def test_all_tests_of_a_scenario_are_in_one_process_where_groups_are(suite: Suite) -> None:
    """Else each of two processes would wait for the run that the other one makes."""
    scenarios = [f"world{number}" for number in range(6)]
    for name in scenarios:
        suite.write(f"{name}.yaml", WORLD.replace("40s", "10s"))
    suite.write("test_suite.py", SUITE.replace('"world.yaml"', ", ".join(f'"{name}.yaml"' for name in scenarios)))
    ran = suite.run("-v", "-p", "xdist", "-n", "2", "--dist", "loadgroup")
    ran.assert_outcomes(passed=2 * len(scenarios))
    told = re.findall(r"^\[(gw\d)\].* PASSED .*\[(\w+)\]", ran.stdout.str(), re.MULTILINE)
    assert {process for process, _ in told} == {"gw0", "gw1"}
    assert len(set(told)) == len(scenarios), "a scenario has tests in two processes"


def test_only_what_is_named_after_a_scenario_belongs_with_others(tmp_path: Path) -> None:
    """Who has anynode installed may ask for groups in tests that are none of ours."""
    (tmp_path / "mine.yaml").touch()
    assert scenario_of("test_suite.py::test_reads[mine]", tmp_path) == "mine"
    assert scenario_of("conformance/test_expiry.py::test_ages[steady-lan]", tmp_path) == "steady-lan"
    for others in ("test_a.py::test_b", "test_a.py::test_b[True]", "test_a.py::test_b[a/b]", f"t.py::t[{'x' * 999}]"):
        assert scenario_of(others, tmp_path) == ""


def test_a_long_scenario_can_be_told_in_short(suite: Suite) -> None:
    suite.write("world.yaml", WORLD.replace("40s", "3h").replace("users: 8", "users: 1"))
    suite.run("-q", "--anynode-short", "--anynode-bare", "--anynode-report", "report").assert_outcomes(passed=2)
    run = suite.folder / "report" / "runs" / "world-1"
    header, *_ = (run / "run.jsonl").read_bytes().splitlines()
    assert json.loads(header)["duration_us"] == 600_000_000
    command = json.loads(header)["command"]
    assert command == "anynode run world.yaml --around-faults --seed 1"
    again = subprocess.run(
        [sys.executable, "-m", *shlex.split(command), "--json"], cwd=suite.folder, capture_output=True, check=True
    )
    footer = json.loads((run / "run.jsonl").read_bytes().splitlines()[-1])["footer"]
    assert json.loads(again.stdout)["digest"] == footer["digest"]


def test_tests_of_others_are_left_alone(suite: Suite) -> None:
    suite.write("test_suite.py", "import pytest\n\n\ndef test_mine():\n    pass\n")
    ran = suite.run()
    ran.assert_outcomes(passed=1)
    assert "shown to keep" not in str(ran.stdout)
