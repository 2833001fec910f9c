"""A long scenario, told around its faults."""

from pathlib import Path

import pytest

import scenarios
from scenarios import around_faults, loading
from scenarios.durations import parse_duration
from scenarios.schema import Scenario

MINUTE = 60_000_000


def scenario(duration: str, *lines: str) -> Scenario:
    text = f"title: x\nshows: [REQ-REPL-7]\nduration: {duration}\nexpect: {{checks: [convergence]}}\n"
    return loading.parse(text + "\n".join(lines), Path("folder/long.yaml"))


def test_a_short_scenario_stays_as_it_is() -> None:
    short = scenario("10m", "faults: [{at: 60s, for: 2m, pause: n1}]")
    assert around_faults(short) is short
    assert around_faults(short, minutes=5).duration == 5 * MINUTE


def test_a_script_stays_as_long_as_it_is() -> None:
    long = scenario("12h", "workload: {script: [{at: 11h, user: u1, do: login}]}", "faults: [{at: 10h, crash: n1}]")
    assert around_faults(long) is long


def test_quiet_time_goes_and_faults_stay() -> None:
    long = scenario("12h", "faults: [{at: 10h, for: 3m, partition: [[n1], rest]}, {at: 11h, for: 90s, crash: n2}]")
    short = around_faults(long)
    assert short.duration == 10 * MINUTE
    assert [(fault.at, fault.for_) for fault in short.faults] == [
        (MINUTE, 3 * MINUTE),
        (5 * MINUTE, parse_duration("90s")),
    ]


def test_overlaps_and_order_stay() -> None:
    long = scenario(
        "1h", "faults: [{at: 30m, for: 2m, pause: n2}, {at: 29m, for: 2m, pause: n1}, {at: 32m, crash: n2}]"
    )
    short = around_faults(long)
    assert [fault.at for fault in short.faults] == [2 * MINUTE, MINUTE, 4 * MINUTE]
    assert short.faults[2].for_ is None


def test_faults_that_take_too_long_are_all_shortened_evenly() -> None:
    short = around_faults(scenario("10h", "faults: [{at: 1h, for: 8h, partition: [[n1], rest]}]"))
    fault = short.faults[0]
    assert fault.at + fault.for_ < short.duration == 10 * MINUTE
    assert fault.for_ > 9 * MINUTE


def test_faults_that_wait_for_an_event_and_runs_without_faults_are_cut_off_at_the_end() -> None:
    waiting = around_faults(scenario("1h", "faults: [{crash: answering, after: {event: write, count: 9}, for: 30s}]"))
    assert (waiting.duration, waiting.faults[0].after.count, waiting.faults[0].for_) == (10 * MINUTE, 9, 30_000_000)
    assert around_faults(scenario("1h")).duration == 10 * MINUTE


def test_the_traffic_of_a_day_meets_the_same_fault() -> None:
    long = scenario("12h", "workload: {traffic: nasa-day}", "faults: [{at: 10h, for: 3m, pause: n1}]")
    short = around_faults(long)
    assert short.workload.from_ + short.faults[0].at == 10 * 60 * MINUTE
    assert around_faults(scenario("12h", "workload: {traffic: nasa-day}")).workload.from_ == 0


def test_a_large_cluster_runs_for_ten_seconds() -> None:
    short = around_faults(scenario("1m", "cluster: {nodes: 21}", "faults: [{at: 30s, for: 5s, pause: n1}]"))
    assert short.duration == 10_000_000
    assert short.faults[0].at == 1_000_000
    assert around_faults(scenario("1m", "cluster: {nodes: 20}")).duration == MINUTE


def test_what_comes_of_it_is_a_scenario_of_the_same_name_with_a_text_of_its_own() -> None:
    long = scenario("12h", "workload: {traffic: day.csv}", "network: {delay: rtt.csv}")
    short = around_faults(long)
    assert short.name == "long"
    again = loading.parse(short.text, Path("elsewhere/long.yaml"))
    assert again.model_dump() == short.model_dump()
    assert again.workload.traffic == str(Path("folder/day.csv").absolute())
    assert again.network.delay == str(Path("folder/rtt.csv").absolute())


@pytest.mark.parametrize("entry", scenarios.names(), ids=lambda entry: entry.name)
def test_every_scenario_can_be_told_around_its_faults(entry: scenarios.Entry) -> None:
    whole = scenarios.load(entry.name)
    short = around_faults(whole)
    assert short.duration <= 10 * MINUTE
    assert [type(fault) for fault in short.faults] == [type(fault) for fault in whole.faults]
    assert short.expect == whole.expect


def test_nodes_that_join_and_leave_and_clocks_that_are_wrong_are_moved_too() -> None:
    faults = "faults: [{at: 1h, join: n3}, {at: 2h, leave: n2, for: 1m}, {at: 3h, for: 1m, clock: n1, offset: 5m}]"
    short = around_faults(scenario("12h", faults))
    assert [(fault.at, fault.for_) for fault in short.faults] == [
        (MINUTE, None),
        (2 * MINUTE, MINUTE),
        (4 * MINUTE, MINUTE),
    ]
