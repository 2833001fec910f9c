"""A failing run made small: what is proposed, what counts as the same failure, and the file that is left."""

import json
from pathlib import Path
from typing import cast

import pytest
import yaml

from conformance import runner
from conformance.cli import output
from conformance.cli.app import execute
from conformance.history import USER, History, Operation
from conformance.shrinking import reducing, shrinking
from conformance.shrinking.reason import convicting, kind_of, reason_of
from conformance.shrinking.trial import Failing, Trial
from conformance.verdict import HOLDS, VIOLATED, Evidence, Finding
from scenarios import load, parse
from scenarios.durations import parse_duration

SUBJECT = "broken:forgets_ends"
LARGE = """\
title: A stale copy revives what was ended elsewhere
shows: [REQ-REPL-10]
duration: 60s
cluster: {nodes: 4}
workload:
  script:
    - {at: 1s, user: u3, do: login, node: n3}
    - {at: 2s, user: u4, do: login, node: n1}
    - {at: 3s, user: u4, do: write, key: k5, node: n2}
    - {at: 15s, user: u3, do: login, node: n3}
    - {at: 20100ms, user: u3, do: write, key: k2, node: n2, session: 1}
    - {at: 25s, user: u4, do: logout, node: n1}
    - {at: 56s, user: u3, do: write, key: k7, node: n3, session: 1}
observers: {witnesses: 0}
faults:
  - {at: 2s, for: 50s, partition: [[n3], rest]}
  - {at: 7s, for: 4s, pause: n4}
expect: {checks: [no_resurrection]}
"""
"""One that fails, with requests and a fault that have no part in it."""


def found(check: str, asked: int, *, expected: bool, verdict: str = VIOLATED) -> Finding:
    evidence = [Evidence("u1-1", 1, {"asked": 1}), Evidence("u1-2", 2, {"asked": asked})]
    return Finding(check, verdict, 1, [], "", "", evidence, expected=expected)


def test_what_the_scenario_expects_is_kept_and_of_that_what_was_seen_first() -> None:
    side, late, early = (
        found("lost_updates", 10, expected=False),
        found("durability", 90, expected=True),
        found("no_resurrection", 50, expected=True),
    )
    assert convicting([found("structure", 1, expected=True, verdict=HOLDS), side, late, early]) is early
    assert convicting([side, late, early], "durability") is late
    assert convicting([side]) is side
    assert convicting([]) is None
    assert convicting([found("availability", 5, expected=True), side]) is side, "a share takes many requests to convict"


def test_what_others_asked_for_near_to_the_evidence_is_kept_before_all_is_and_a_witness_may_be_a_fault() -> None:
    write = {"by": USER, "client": "u1", "user": "user1", "session": "s", "asked": 30_000_000, "answered": 30_000_100}
    evidence = [Evidence("u1-1", 1, write), Evidence("replay-1", 2, {"fault": "replay", "begin": 1})]
    finding = Finding("sealing", VIOLATED, 1, [], "", "", evidence)
    failing = Failing({}, cast(History, None), finding, reason_of(finding))
    asked = [0, 13_000_000, 15_000_000, 27_000_000, 29_500_000, 30_000_000, 31_000_000]
    others = [Operation("read", f"u2-{n}", "u2", USER, "n1", at, at, "ok", "user2") for n, at in enumerate(asked)]
    kept = [sum(map(chosen, others)) for chosen in shrinking._fewest_first(failing)]
    assert kept == [0, 0, 2, 3, 4, 6, 7]


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    """Give the folder of a run that fails."""
    file = tmp_path / "large.yaml"
    file.write_text(LARGE, encoding="utf-8")
    assert runner.run(file, subject=SUBJECT, out=tmp_path / "run").verdict == "violated"
    return tmp_path / "run"


def test_what_has_no_part_in_it_goes_and_the_file_fails_for_the_same_reason(
    failed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.yaml"
    assert execute(["shrink", str(failed), "--out", str(file), "--json"]) == output.HELD
    said = json.loads(capsys.readouterr().out)
    assert (said["faults"], said["operations"], said["users"]) == (1, 4, 1)
    assert said["nodes"] < said["before"]["nodes"]
    assert said["command"] == f"anynode run {file} --subject {SUBJECT}"
    small = load(file)
    assert [(entry.user, entry.do, entry.key) for entry in small.workload.script or []] == [
        ("u1", "login", None),
        ("u1", "login", None),
        ("u1", "write", "k1"),
        ("u1", "write", "k2"),
    ]
    assert small.text.startswith("# U1-4 (write of 'k2' on n")
    again = runner.run(file, subject=SUBJECT, out=tmp_path / "again")
    convicted = next(finding for finding in again.checks if finding.check == "no_resurrection")
    assert convicted.seen == said["seen"]


def test_a_proposal_that_cannot_be_run_does_not_fail(tmp_path: Path) -> None:
    """Without its configuration nobody knows the clusters that it names."""
    trial = Trial("broken:joins_any_cluster", 1, tmp_path / "small.yaml")
    data = {**yaml.safe_load(load("clusters-side-by-side").text), "config": {}}
    assert trial.failing(data, None) is None
    assert trial.runs == 0


def test_whoever_interrupts_finds_the_smallest_so_far(
    failed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: shrinking.Shrinking) -> Failing:
        raise KeyboardInterrupt

    monkeypatch.setattr(shrinking.Shrinking, "_once", interrupted)
    file = tmp_path / "small.yaml"
    assert execute(["shrink", str(failed), "--out", str(file)]) == output.INTERRUPTED
    assert len(load(file).workload.script or []) == 7
    assert "interrupted" in capsys.readouterr().err


def test_a_run_that_does_not_fail_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(LARGE, encoding="utf-8")
    runner.run(file, out=tmp_path / "run")
    assert execute(["shrink", str(tmp_path / "run")]) == output.WRONG_INPUT
    assert "found a run in which no check convicts, expected one that fails" in capsys.readouterr().err
    assert not (tmp_path / "run-small.yaml").exists()


def test_a_place_that_cannot_be_written_is_named(
    failed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert execute(["shrink", str(failed), "--out", str(tmp_path / "file" / "x.yaml")]) == output.WRONG_INPUT
    assert "x.yaml: cannot be written" in capsys.readouterr().err
    assert execute(["shrink", str(failed), "--out", "x.txt"]) == output.WRONG_INPUT


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "u8-36 (write of 'k1' on n1, asked 138.1 s, answered 138.2 s) of session 8b98daf5 was answered, 2 s after",
            "o1-2 (write of 'k9' on n3, asked 3 s, never answered) of session 11111111 was answered, 61 s after",
            True,
        ),
        (
            "u1-1 (read on n1, asked 1 s, answered 2 s) was denied",
            "u1-1 (write of 'k' on n1, asked 1 s, answered 2 s) was denied",
            False,
        ),
        ("n1 took n2, n3 for dead at 3 s", "n4 took n1 for dead at 12.5 s", True),
        ("showed no session a346601c", "showed session a346601c alive", False),
    ],
)
def test_two_findings_are_of_one_kind_where_only_names_and_numbers_differ(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert (kind_of(one) == kind_of(other)) is same


def test_a_login_that_is_left_out_takes_what_was_asked_with_its_cookie_and_later_ones_count_anew() -> None:
    script = [
        {"user": "u1", "do": "login"},
        {"user": "u1", "do": "login"},
        {"user": "u1", "do": "read", "session": 1},
        {"user": "u1", "do": "read", "session": 2},
    ]
    assert reducing.without_requests(script, 0, 1) == [script[1], {"user": "u1", "do": "read", "session": 1}]


def test_a_node_that_nobody_asks_goes_and_those_behind_it_move_up() -> None:
    data = {
        "cluster": {"nodes": 4, "zones": ["a", "b", "c", "d"]},
        "workload": {"script": [{"node": "n4"}, {"node": "n1"}]},
        "faults": [{"pause": "n2"}, {"partition": [["n2", "n4"], "rest"]}, {"links": [["n1", "n4"]]}],
    }
    smaller = list(reducing.fewer_nodes(data))
    assert [entry["cluster"] for entry in smaller] == [
        {"nodes": 3, "zones": ["a", "b", "d"]},
        {"nodes": 3, "zones": ["a", "c", "d"]},
    ]
    assert smaller[1]["workload"]["script"] == [{"node": "n3"}, {"node": "n1"}]
    assert smaller[1]["faults"] == [{"partition": [["n3"], "rest"]}, {"links": [["n1", "n3"]]}]


def test_what_a_scenario_does_not_say_counts_as_what_it_then_is() -> None:
    default = parse(
        "title: Nothing said\nshows: [REQ-REPL-2]\nduration: 10s\nexpect: {checks: [structure]}\n", Path("x.yaml")
    )
    assert [fewer["observers"]["witnesses"] for fewer in reducing.fewer_witnesses({})][
        -1
    ] == default.observers.witnesses - 1
    assert [fewer["workload"]["users"] for fewer in reducing.fewer_users({})][-1] == default.workload.users - 1
    assert next(reducing.fewer_nodes({}))["cluster"]["nodes"] == default.cluster.nodes - 1


def test_times_are_rounded_all_at_once_and_one_by_one() -> None:
    data = {"faults": [{"at": "12300ms", "for": "1s"}], "workload": {"script": [{"at": "3999ms"}]}}
    coarse, *_, fine = reducing.rounder(data)
    assert coarse["faults"] == [{"at": "10s", "for": "10s"}]
    assert fine["faults"] == data["faults"]


LONG = {
    "duration": "100s",
    "workload": {
        "script": [
            {"at": "3s", "user": "u1", "do": "login"},
            {"at": "20s", "user": "u1", "do": "read"},
            {"at": "60s", "user": "u2", "do": "login"},
        ]
    },
    "faults": [
        {"at": "10s", "for": "80s", "cut": ["n1", "n2"]},
        {"at": "15s", "for": "2s", "pause": "n3"},
        {"at": "50s", "pause": "n1", "for": "5s"},
        {"flapping": {"n1": "n2"}},
    ],
}


def test_what_comes_after_the_evidence_goes_at_once_and_a_fault_that_lasts_longer_ends_before_the_run_does() -> None:
    ended = reducing.ended(LONG, 20_000_000)
    assert ended is not None
    assert ended["duration"] == "22s"
    assert ended["workload"]["script"] == LONG["workload"]["script"][:2]  # type: ignore[index]
    assert ended["faults"] == [
        {"at": "10s", "for": "11s", "cut": ["n1", "n2"]}, {"at": "15s", "for": "2s", "pause": "n3"},
        {"flapping": {"n1": "n2"}},
    ]  # fmt: skip


@pytest.mark.parametrize("last_us", [0, 88_500_000])
def test_an_end_is_not_proposed_where_it_saves_less_than_a_tenth_or_the_evidence_has_no_time(last_us: int) -> None:
    assert reducing.ended(LONG, last_us) is None


def test_people_who_have_no_part_in_it_go_with_all_that_they_ask(tmp_path: Path) -> None:
    data = yaml.safe_load(LARGE) | {"duration": "3m"}
    script = data["workload"]["script"]
    for n in range(5, 13):
        script += [{"at": f"{n}s", "user": f"u{n}", "do": "login", "node": "n1"}]
        script += [{"at": f"{n + 20}s", "user": f"u{n}", "do": "read", "node": "n2"}]
    script.sort(key=lambda entry: parse_duration(entry["at"]))
    trial = Trial(SUBJECT, 1, tmp_path / "many.yaml")
    failing = trial.failing(data, None)
    assert failing is not None
    shrinking_one = shrinking.Shrinking(trial, failing, lambda _: None)
    before = trial.runs
    shrinking_one._without_users()
    left = {entry["user"] for entry in shrinking_one.smallest.data["workload"]["script"]}
    assert "u3" in left
    assert len(left) <= 3, left
    assert trial.runs - before <= 20
    assert parse_duration(shrinking_one.smallest.data["duration"]) < 65_000_000, (
        "what comes after the evidence went too"
    )
