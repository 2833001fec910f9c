"""What `validate --list` says of every test of the suites is what becomes of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import conformance
from conformance.listing import Listed, Whom, listed, needed_by
from conformance.live_choice import as_servers_can
from conformance.pair import NODES, usual
from conformance.subjects.naming import subject_named
from conformance.validating import is_live

ADAPTERS = Path(__file__).parents[1] / "adapters"
SPY = """\
import pytest

from conformance import shared_runs


def stopped(decided, out):
    pytest.fail("reached", pytrace=False)


shared_runs.carry_out = stopped
"""
"""Takes the place of every run: a test that gets so far runs its scenario, and what comes of that is its check's."""
TOLD = re.compile(r"^\S*?(test_\w+)\.py::(test_\w+)(?:\[(.+)\])? (PASSED|FAILED|ERROR|SKIPPED)", re.MULTILINE)


def servers(tmp_path: Path) -> str:
    """Write the file of two servers that offer little, and nothing of what they list."""
    nodes = {f"n{n}": {"address": f"http://127.0.0.1:{9000 + n}", "start": ["true"]} for n in (1, 2)}
    told = {"name": "s", "profile": "http", "nodes": nodes, "faults": ["kill"], "features": ["revoke"]}
    file = tmp_path / "servers.yaml"
    file.write_text(yaml.safe_dump(told), "utf-8")
    return str(file)


def reached(subject: str, tmp_path: Path, *more: str) -> tuple[set[str], set[str]]:
    """Run the suites without their runs; give which tests judged something or came to a run, and which did not."""
    (tmp_path / "spy.py").write_text(SPY, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "conformance.plugin", "-p", "spy", "-p", "no:cacheprovider", "-v"]
    command += ["-c", os.devnull, "--import-mode=importlib", str(Path(conformance.__file__).parent)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    path = os.pathsep.join([str(tmp_path), *sys.path])
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path, "COLUMNS": "200"}
    ran = subprocess.run(
        [*command, "--subject", subject, *more], capture_output=True, text=True, check=False, env=environment
    )
    of_word: dict[bool, set[str]] = {True: set(), False: set()}
    for suite, test, parameter, word in TOLD.findall(ran.stdout):
        of_word[word != "SKIPPED"].add(f"{suite}::{test} {parameter}")
    assert of_word[True], ran.stdout + ran.stderr
    return of_word[True], of_word[False]


def whom(subject: str) -> Whom:
    judged = subject_named(subject)
    features = judged.prepare(usual("features"), len(NODES)).features
    return Whom(features, product=not judged.foreign, simulated=not is_live(subject))


def said_to_run(test: Listed, subject: Whom) -> bool:
    """Say whether it comes so far; in simulated time it is the check that says, after the run, what it needs."""
    by_check = subject.simulated and needed_by(test.check) not in ("", *subject.features)
    return not test.why_not or by_check


@pytest.mark.parametrize(
    ("subject", "short"),
    [("reference", False), (str(ADAPTERS / "keeps-text.yaml"), False), ("servers", False), ("servers", True)],
    ids=["reference", "simulated", "servers", "servers-short"],
)
def test_the_list_says_of_every_test_what_becomes_of_it(subject: str, tmp_path: Path, *, short: bool) -> None:
    subject = servers(tmp_path) if subject == "servers" else subject
    judged = whom(subject)
    tests = as_servers_can(listed(judged), subject, short=short)
    ran, skipped = reached(subject, tmp_path, *(["--anynode-short"] if short else []))
    for test in tests:
        named = [one for one in (*ran, *skipped) if one.partition(" ")[0] == test.name]
        if test.check:
            runs = {f"{test.name} {name}" for name in test.scenarios if name not in test.left_out}
            assert ran & set(named) == (runs if said_to_run(test, judged) else set()), test
        else:
            assert named, test
            assert set(named) <= (ran if said_to_run(test, judged) else skipped), test
    assert {one.partition(" ")[0] for one in ran | skipped} <= {test.name for test in tests}
