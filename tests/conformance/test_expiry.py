"""What is promised of expiry under which configuration, and what a run with a hook that is not there ends with."""

from pathlib import Path

import pytest

from conformance.cli.app import execute
from conformance.subjects.naming import subject_named
from reference.config import read_mapping
from scenarios import configuration, load

HOOKS = """
def never(session, since):
    return False
"""


@pytest.fixture
def hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with a hook."""
    (tmp_path / "hooks_of_an_expiry_test.py").write_text(HOOKS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "hooks_of_an_expiry_test"


@pytest.mark.parametrize("hook", ["evalIdleTimeoutSE", "evalMaxLifetimeSE"])
def test_with_a_hook_the_idle_band_is_not_promised_and_the_greatest_age_is(hook: str, hooks: str) -> None:
    """Either hook may end a session sooner than the idle limit; neither lets one outlive the absolute one."""
    values = configuration(load("steady-lan"))
    reference = subject_named("reference")
    assert {"idle", "absolute"} <= set(reference.prepare(read_mapping(values, environment={}), 5).features)
    values["session"]["lifetime"][hook] = {"funcName": f"{hooks}:never"}
    features = reference.prepare(read_mapping(values, environment={}), 5).features
    assert "idle" not in features
    assert "absolute" in features


def test_a_hook_that_is_not_there_ends_a_run_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "hooked.yaml"
    scenario.write_text(
        "title: A hook that is not there\nshows: [REQ-EXP-7]\nduration: 10s\n"
        "config: {session: {lifetime: {evalIdleTimeoutSE: {funcName: 'no_such_module_here:idle'}}}}\n"
        "expect: {checks: [convergence]}\n",
        encoding="utf-8",
    )
    assert execute(["run", str(scenario), "--out", str(tmp_path / "run")]) == 2
    assert not (tmp_path / "run").exists()
    said = " ".join(capsys.readouterr().err.split())
    assert "no_such_module_here:idle" in said
    assert "package.module:function" in said
