"""A test that asks nodes one by one fails with evidence: promise, what was seen, and what repeats it."""

import ast
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance.asserting import differing, listed, must, must_answer, must_be, must_be_ready
from conformance.pair import NODES, Pair, usual
from conformance.subjects.naming import subject_named

ADAPTERS = Path(__file__).parents[1] / "adapters"
SUITES = sorted(Path(conformance.__file__).parent.glob("test_*.py"))
WRONG = {
    "logs-out-all": (
        "REQ-REVOC-8",
        "n1: GET /session with the cookie of ann's second session, never logged out (asked ",
        ' s) was answered 401 {"error":"ended"}, expected 200',
    ),
    "keeps-text": (
        "REQ-REPL-11",
        "n1: GET /session shows 8 values otherwise than n1 took them: zero: found null, expected 0; most: found null, ",
        "expected 9007199254740992; least: found null, expected -9007199254740992; and 5 more",
    ),
}
"""By store, of tests/adapters: the requirement that it breaks, and how the message of its test begins and ends."""


def ran(arguments: list[str]) -> str:
    """Run pytest as a command says; it must find a violation."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    plugin = ["-p", "conformance.plugin", "-p", "no:cacheprovider", "-c", os.devnull, "--import-mode=importlib"]
    command = [sys.executable, "-m", "pytest", *plugin, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("store", WRONG)
def test_a_violation_without_a_run_has_its_evidence_and_a_command_that_shows_it_again(
    store: str, tmp_path: Path
) -> None:
    requirement, begins, ends = WRONG[store]
    subject, report = str(ADAPTERS / f"{store}.yaml"), tmp_path / "report"
    asked = ["--pyargs", "conformance", "--requirement", requirement, "-k", "on_every_node or leaves_the_others"]
    printed = ran([*asked, "--subject", subject, "--anynode-report", str(report)])
    told = json.loads((report / "requirements.json").read_text("utf-8"))["requirements"]
    (result,) = next(one["results"] for one in told if one["id"] == requirement)
    assert result["verdict"] == "violated"
    assert result["seen"].startswith(begins)
    assert result["seen"].endswith(ends)
    assert result["promise"] == next(one["sentence"] for one in told if one["id"] == requirement)
    assert f"again: {result['again']}" in printed
    program, *arguments = shlex.split(result["again"])
    assert program == "pytest"
    assert f": {result['seen']}\n" in ran(arguments), "the same words, to the letter"
    assert "0x" not in printed


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.stem)
def test_no_suite_leaves_it_to_pytest_to_say_what_was_seen(suite: Path) -> None:
    asserts = [node.lineno for node in ast.walk(ast.parse(suite.read_text("utf-8"))) if isinstance(node, ast.Assert)]
    assert asserts == [], "write must(…) of conformance.asserting, with what was expected and what was seen"


def said_by(fails: object) -> str:
    with pytest.raises(pytest.fail.Exception) as failure:
        fails()  # type: ignore[operator]
    return str(failure.value)


def test_a_message_says_what_was_found_and_what_was_expected() -> None:
    must(kept=True, seen="nothing")
    must_be((1, "a"), (1, "a"), "the pair")
    assert said_by(lambda: must_be((1, None), (1, "a"), "the pair")) == 'the pair: found [1,null], expected [1,"a"]'


def test_values_that_python_holds_for_equal_are_told_apart_and_many_are_counted() -> None:
    assert differing({"a": 0, "b": 1.0}, {"a": False, "b": 1}) == [
        "a: found 0, expected false",
        "b: found 1.0, expected 1",
    ]
    assert differing({"c": 1}, {"a": 1}) == ["a: found nothing, expected 1", "c: found 1, expected nothing"]
    assert listed(["one", "two", "three", "four", "five"]) == "one; two; three; and 2 more"


def test_a_node_that_is_not_ready_or_answers_otherwise_is_named_with_its_answer() -> None:
    configuration = usual("pair")
    prepared = subject_named("reference").prepare(configuration, len(NODES))
    pair = Pair(prepared.enter(None), prepared, configuration)
    must_be_ready(pair)
    said = said_by(lambda: must_answer(pair, "n2", "GET", "/session", whose="nobody"))
    assert said.startswith("n2: GET /session with the cookie of nobody (asked ")
    assert said.endswith(' s) was answered 401 {"error":"no-session"}, expected 200')
    pair.ready = lambda *_names: False  # type: ignore[method-assign]
    pair.hosts["n2"].crash()
    said = said_by(lambda: must_be_ready(pair))
    assert said == "n2: GET /status was not answered 200 within 60 s of simulated time of the start"
