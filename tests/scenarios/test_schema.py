"""What a scenario file may say, and how it is turned down."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import scenarios
from scenarios import loading
from scenarios.durations import (
    LONGEST_US,
    parse_drift,
    parse_duration,
    parse_share,
    parse_signed,
    write_drift,
    write_duration,
    write_share,
    write_signed,
)
from scenarios.faults import Clock, Crash, Partition, groups_of
from scenarios.inputs import told_again
from scenarios.network import PATIENCE_US, Lognormal
from scenarios.zones import ZONES_OF_A_REGION, round_trip_us, round_trips_us, zone_names
from simulator.users import TIMEOUT_US

REFUSED = sorted((loading.FOLDER / "refused").glob("*.yaml"))
SMALL = """
title: Two nodes
shows: [REQ-REPL-7]
duration: 5m
expect: {checks: [convergence]}
"""


def read(extra: str = "") -> scenarios.Scenario:
    return loading.parse(SMALL + extra, Path("small.yaml"))


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_refused_file_is_turned_down_with_the_text_of_its_first_comment(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# refused: ")
    with pytest.raises(scenarios.ScenarioRefused) as refusal:
        scenarios.load(path)
    assert expected in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}:")
    assert "\n" not in str(refusal.value)


def test_clients_are_as_near_as_their_patience_lasts() -> None:
    assert PATIENCE_US == TIMEOUT_US
    assert read("network: {clients: 4999999us}").network.clients == 4_999_999
    with pytest.raises(scenarios.ScenarioRefused, match="has clients: 5s, so that no answer comes"):
        read("network: {clients: 5s}")


def test_links_of_their_own_and_one_after_the_other_make_nothing_too_late() -> None:
    first = "{at: 60s, for: 60s, slow: 2s, links: [[n1, n2]]}"
    assert read(f"faults: [{first}, {{at: 60s, for: 60s, slow: 2s, links: [[n2, n1]]}}]").faults
    assert read(f"faults: [{first}, {{at: 120s, for: 60s, slow: 2s}}]").faults


def test_there_are_refused_files() -> None:
    """An empty folder would pass the test above."""
    assert len(REFUSED) >= 12


def test_every_scenario_loads_and_is_listed_by_name_with_title_and_requirements() -> None:
    entries = scenarios.names()
    listed = [entry.name for entry in entries]
    assert listed == sorted(listed)
    assert {"steady-lan", "isolated-writer", "one-way-cut", "crash-under-writes"} <= set(listed)
    for entry in entries:
        assert entry.title
        assert entry.requirements
        assert scenarios.load(entry.name).path == entry.path
        assert scenarios.load(entry.path).name == entry.name


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(
        scenarios.ScenarioRefused, match=r"no scenario 'isolated-riter'; did you mean 'isolated-writer'\?"
    ):
        scenarios.load("isolated-riter")


def test_a_path_that_leads_nowhere_is_refused_by_its_path() -> None:
    with pytest.raises(scenarios.ScenarioRefused, match=r"nowhere/x\.yaml: there is no such file"):
        scenarios.load("nowhere/x.yaml")


def test_the_defaults_need_nothing_but_title_requirements_duration_and_expectation() -> None:
    scenario = read()
    assert scenario.duration == 300_000_000
    assert scenario.cluster.names == ["n1", "n2", "n3", "n4", "n5"]
    assert scenario.network.delay == Lognormal.model_validate({"median": "300us", "sigma": 0.3})
    assert scenario.network.clients == 1_000
    assert scenario.workload.users == 100
    assert scenario.faults == []


def test_the_rest_of_a_partition_is_everybody_else() -> None:
    fault = read("faults: [{at: 60s, for: 2m, partition: [[n2], rest]}]").faults[0]
    assert isinstance(fault, Partition)
    assert (fault.at, fault.for_) == (60_000_000, 120_000_000)
    assert groups_of(fault, ["n1", "n2", "n3"]) == [["n2"], ["n1", "n3"]]


def test_a_crash_without_for_has_no_return() -> None:
    fault = read("faults: [{at: 60s, crash: n3}]").faults[0]
    assert isinstance(fault, Crash)
    assert fault.for_ is None


def test_crashes_on_an_event_may_strike_whoever_answers() -> None:
    fault = read("faults: [{crash: answering, after: {event: write, count: 100}, for: 30s}]").faults[0]
    assert isinstance(fault, Crash)
    assert fault.after is not None
    assert (fault.after.event, fault.after.count, fault.at) == ("write", 100, None)


def test_two_faults_of_one_node_may_touch_but_not_overlap() -> None:
    touching = "faults: [{at: 60s, for: 10s, crash: n2}, {at: 70s, for: 5s, pause: n2}]"
    assert len(read(touching).faults) == 2
    with pytest.raises(scenarios.ScenarioRefused, match=r"faults\[1\] strikes 'n2'"):
        read(touching.replace("70s", "69s"))


def test_a_fault_may_last_until_the_end_but_not_strike_at_it() -> None:
    assert read("faults: [{at: 4m, for: 1m, pause: n1}]").faults
    with pytest.raises(scenarios.ScenarioRefused, match=r"faults\[0\]\.at is 5m"):
        read("faults: [{at: 5m, crash: n1}]")


def test_what_a_scenario_says_of_the_configuration_is_laid_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = tmp_path / "maverics.yaml"
    default.write_text("features: {a: true}\nsession: {lifetime: {maxTimeout: 24h, idleTimeout: 15m}}\nlist: [1, 2]\n")
    monkeypatch.setattr(loading, "DEFAULT_CONFIG", default)
    assert scenarios.configuration(read())["session"] == {"lifetime": {"maxTimeout": "24h", "idleTimeout": "15m"}}
    laid = scenarios.configuration(
        read("config: {session: {lifetime: {idleTimeout: 30m}}, features: {a: null}, list: [3]}")
    )
    assert laid == {
        "features": {},
        "session": {"lifetime": {"maxTimeout": "24h", "idleTimeout": "30m"}},
        "list": [3],
    }


def test_the_json_schema_accepts_every_scenario_and_turns_down_an_unknown_key() -> None:
    schema = scenarios.json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(json.loads(json.dumps(schema)))
    for entry in scenarios.names():
        data = yaml.safe_load(entry.path.read_text(encoding="utf-8"))
        assert [error.message for error in validator.iter_errors(data)] == []
        assert not validator.is_valid({**data, "fautls": []})
        assert not validator.is_valid({**data, "duration": 60})


def test_defaults_stand_in_the_json_schema_as_people_write_them() -> None:
    definitions = scenarios.json_schema()["$defs"]
    assert definitions["Workload"]["properties"]["think"]["default"] == "3s"
    assert definitions["Workload"]["properties"]["writes"]["default"] == "33%"
    assert definitions["Network"]["properties"]["delay"]["default"] == {"median": "300us", "sigma": 0.3}


def test_a_scenario_can_be_written_down_and_read_again() -> None:
    """A drawn run, or one with other files than its own, is told again as a plain file."""
    for entry in scenarios.names():
        scenario = scenarios.load(entry.name)
        written = told_again(scenario, traffic=None, delays=None)
        assert loading.parse(written, entry.path).model_dump() == scenario.model_dump()


@given(st.integers(min_value=0, max_value=1_000_000))
def test_a_written_share_is_read_back(ppm: int) -> None:
    assert parse_share(write_share(ppm)) == ppm


@given(st.integers(min_value=0, max_value=10**15))
def test_a_written_duration_is_read_back(length_us: int) -> None:
    assert parse_duration(write_duration(length_us)) == length_us


@pytest.mark.parametrize("text", ["36500d1us", "1" * 5_000 + "d", f"36499d{2**70}h"])
def test_a_length_of_more_than_a_century_is_refused(text: str) -> None:
    assert parse_duration("36500d") == LONGEST_US
    with pytest.raises(ValueError, match="longer than a hundred years; write at most '36500d'"):
        parse_duration(text)


@given(st.integers(min_value=-LONGEST_US, max_value=LONGEST_US))
def test_what_is_written_for_a_signed_length_is_read_back(length_us: int) -> None:
    assert parse_signed(write_signed(length_us)) == length_us


@given(st.integers(min_value=-999_999, max_value=999_999).filter(bool))
def test_what_is_written_for_a_drift_is_read_back(drift: int) -> None:
    assert parse_drift(write_drift(drift)) == drift
    assert parse_drift(f"{drift}us/s") == drift


@pytest.mark.parametrize("text", ["200", "1ms", "0ppm", "1s/s", "1000000ppm", "2 ppm", 200, None, "ms/s", "-/s"])
def test_a_drift_that_is_none_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_drift(text)


def test_gaps_are_read_and_their_span_is_written_forwards() -> None:
    gaps = read("workload: {gaps: {share: 3%, between: [57s, 63s]}}").workload.gaps
    assert gaps is not None
    assert (gaps.share, gaps.between) == (30_000, [57_000_000, 63_000_000])
    with pytest.raises(scenarios.ScenarioRefused, match=r"between: \[1m, 3s\], shortest above longest"):
        read("workload: {gaps: {share: 3%, between: [60s, 3s]}}")


def test_clock_faults_are_read() -> None:
    faults = read(
        "faults: [{at: 1s, clock: n2, jump: -900ms}, {at: 2s, for: 1m, clock: n1, offset: 365d, drift: 1ms/s}]"
    )
    back, ahead = faults.faults
    assert isinstance(back, Clock)
    assert isinstance(ahead, Clock)
    assert (back.clock, back.jump, back.offset, back.drift, back.for_) == ("n2", -900_000, None, None, None)
    assert (ahead.offset, ahead.drift, ahead.for_) == (365 * 86_400_000_000, 1_000, 60_000_000)


@pytest.mark.parametrize(
    ("text", "length_us"),
    [(0, 0), ("0", 0), ("5us", 5), ("1.5ms", 1_500), ("90s", 90_000_000), ("1h30m", 5_400_000_000), ("0.1s", 100_000)],
)
def test_durations_are_whole_microseconds(text: object, length_us: int) -> None:
    assert parse_duration(text) == length_us


@pytest.mark.parametrize("text", [5, "5", 1.5, "", "5 s", "5s1m", "1s1s", "-5s", -5, "0.5us", True, None, "5S", "m"])
def test_what_is_no_duration_is_refused_with_what_to_write(text: object) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "ppm"), [("0.1%", 1_000), ("100%", 1_000_000), (0, 0), ("33.3333%", 333_333)])
def test_shares_are_whole_parts_per_million(text: object, ppm: int) -> None:
    assert parse_share(text) == ppm


@pytest.mark.parametrize("text", ["101%", 0.1, "5", True, "-1%", None])
def test_what_is_no_share_is_refused_with_what_to_write(text: object) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_share(text)


def test_measured_round_trips_are_the_published_ones() -> None:
    assert round_trip_us("frankfurt-1", "frankfurt-1") == 100
    assert round_trip_us("frankfurt-1", "frankfurt-2") == 890
    assert round_trip_us("frankfurt-3", "frankfurt-2") == 800
    assert round_trip_us("frankfurt-1", "dallas-1") == 123_000
    assert round_trip_us("osaka-1", "frankfurt-1") == 245_000  # ways and ways back differ in the source
    assert len(zone_names()) == 10 * ZONES_OF_A_REGION
    assert all(round_trip > 0 for round_trip in round_trips_us(list(zone_names())).values())


def test_ports_of_one_host_are_one_site() -> None:
    hosts = "workload: {hosts: ['a.example.com:8443', 'a.example.com:9443'], signs-in-at: login.example.com}"
    assert read(hosts).workload.signs_in_at is not None
    with pytest.raises(scenarios.ScenarioRefused, match="another site"):
        read(hosts.replace("login.example.com", "a.example.org"))
