"""A scenario fitted to real servers keeps its idea: the same kinds of faults, in their order, on nodes that exist."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.live_fitting import NotTested, fitted
from conformance.subjects.file import SubjectFile, read_file
from scenarios import Scenario, load, names, parse

SECOND = 1_000_000


@pytest.fixture
def three(tmp_path: Path) -> SubjectFile:
    """Three servers to which everything can be done that can be done to any."""
    return servers(tmp_path, 3)


def servers(folder: Path, count: int, **keys: Any) -> SubjectFile:
    file = folder / "subject.yaml"
    nodes = {f"n{n}": {"address": f"http://127.0.0.1:{9000 + n}", "start": ["true"]} for n in range(1, count + 1)}
    links = {"n1->n2": {"listen": "127.0.0.1:1", "to": "127.0.0.1:2"}}
    told = {"name": "s", "profile": "http", "nodes": nodes, "faults": ["kill", "pause", "cut", "delay"], "links": links}
    file.write_text(yaml.safe_dump({**told, **keys}), encoding="utf-8")
    return read_file(file)


def kinds(scenario: Scenario) -> list[str]:
    return [type(fault).__name__ for fault in scenario.faults]


@pytest.mark.parametrize("run", ["2m", "30s", "20s"])
def test_every_scenario_is_fitted_or_says_what_it_needs(run: str, tmp_path: Path) -> None:
    three = servers(tmp_path, 3, run=run)
    refused = {}
    for entry in names():
        try:
            fit = fitted(load(entry.name), three, ["routing", "config"])
        except NotTested as needs:
            refused[entry.name] = str(needs)
            continue
        assert fit.scenario.cluster.nodes == 3
        assert fit.scenario.duration <= 120 * SECOND
        assert set(kinds(fit.scenario)) == set(kinds(load(entry.name))), entry.name
    assert refused["nasa-day"].startswith("not tested (needs a day of traffic")
    assert refused["clock-steps-back"].startswith("not tested (needs clocks)")
    assert refused["partition-for-an-hour"].startswith("not tested (needs 1h of real time)")
    assert refused["replacement-of-every-node"].startswith("not tested (needs 6 nodes)")
    assert refused["three-regions"].startswith("not tested (needs delays between regions)")
    assert "crash-and-return-empty" not in refused
    assert "halves" not in refused


SCRIPT = """\
title: Asked at instants that are meant
shows: [REQ-REPL-2]
duration: {duration}
cluster: {{nodes: 3}}
workload: {{script: [{{at: 55s, user: u1, do: login, node: n1}}]}}
faults: [{{at: 50s, for: 2s, pause: n1}}]
expect: {{checks: [convergence]}}
"""


@pytest.mark.parametrize("duration", ["1m", "2m", "121s"])
def test_a_script_is_run_whole_or_not_at_all(duration: str, tmp_path: Path) -> None:
    scripted = parse(SCRIPT.format(duration=duration), tmp_path / "scripted.yaml")
    three = servers(tmp_path, 3, run="30s")
    if duration == "121s":
        with pytest.raises(NotTested, match="needs 2m1s of real time"):
            fitted(scripted, three, [])
        return
    fit = fitted(scripted, three, [])
    assert (fit.scenario.duration, fit.scenario.faults[0].at) == (scripted.duration, 50 * SECOND)
    assert fit.scenario.workload.script == scripted.workload.script


def test_a_cut_that_is_to_outlast_sessions_does_or_is_not_tested(tmp_path: Path) -> None:
    scenario = load("longer-than-a-lifetime")
    long, short = {"idle": "10m", "absolute": "0"}, {"idle": "5s", "absolute": "0"}
    with pytest.raises(NotTested, match="needs sessions that live for less than 1m"):
        fitted(scenario, servers(tmp_path, 3, lifetime=long), [])
    assert kinds(fitted(scenario, servers(tmp_path, 3, lifetime=short), []).scenario) == ["Partition"]


def test_a_node_that_is_not_there_is_called_by_the_name_of_one_that_is(three: SubjectFile) -> None:
    pause, crash = fitted(load("loss-behind-a-pause"), three, []).scenario.faults
    assert (pause.pause, crash.crash) == ("n1", "n2")
    assert pause.at < crash.at < pause.at + pause.for_, "the loss is behind the pause"


def test_the_sides_of_a_cut_are_never_empty(three: SubjectFile) -> None:
    (cut,) = fitted(load("halves"), three, []).scenario.faults
    assert cut.partition == [["n1", "n2"], ["rest"]]


def test_faults_take_at_most_half_of_the_time(tmp_path: Path) -> None:
    fit = fitted(load("pause-longer-than-suspicion"), servers(tmp_path, 5, run="40s"), [])
    first, second = fit.scenario.faults
    assert fit.scenario.duration == 40 * SECOND
    assert first.for_ + second.for_ == 20 * SECOND
    assert first.at > 2 * SECOND
    assert second.at > first.at + first.for_ + 2 * SECOND
    assert "real time: 40s around the faults, of the scenario's 6m" in fit.notes


def test_of_crashes_that_wait_for_an_event_as_many_are_kept_as_there_is_time_for(tmp_path: Path) -> None:
    fit = fitted(load("crash-under-writes"), servers(tmp_path, 3, run="40s"), [])
    counts = [fault.after.count for fault in fit.scenario.faults]
    assert len(counts) == 2
    assert counts == sorted(counts)
    assert counts[0] > 50, "not before the users have begun"


def test_people_are_as_many_as_the_machine_can_play(three: SubjectFile) -> None:
    fit = fitted(load("routed-regions"), three, ["routing"])
    assert fit.scenario.workload.users == 12
    assert "the delays between the servers are the network's own, not those of the zones" in fit.notes


def test_a_store_that_cannot_do_what_a_scenario_is_about_is_not_tested(tmp_path: Path) -> None:
    only_kill = servers(tmp_path, 3, faults=["kill"], links=None)
    for name, needs in (("pause-longer-than-suspicion", "pause"), ("halves", "relays"), ("routed-lan", "'routing'")):
        with pytest.raises(NotTested, match=needs):
            fitted(load(name), only_kill, [])
