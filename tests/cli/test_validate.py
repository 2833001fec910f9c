"""`anynode validate`, as a user runs it."""

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.checks import CHECKS
from conformance.checks import check as judge_file
from conformance.cli.app import execute
from conformance.expecting import ExpectationRefused, Expected, read_expected
from conformance.listing import Whom, listed, needed_by
from conformance.validating import Judged, weighed
from conformance.verdict import HOLDS, NOT_PROMISED, NOT_TESTED, VACUOUS, VIOLATED
from reports.badge import badge_json, badge_svg

ADAPTERS = Path(__file__).parents[1] / "adapters"
ADAPTER = ADAPTERS / "mistaken.py"
FEATURES = ["members", "revoke", "restart", "idle", "absolute", "peek", "cookie-domain"]


def test_a_store_is_judged_by_requirement_with_report_junit_and_badge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    arguments = ["validate", "reference", "--short", "--requirement", "REQ-SEC-9", "--out", str(out), "--json"]
    assert execute(arguments) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["subject"], value["verdict"], value["replayable"]) == ("reference", "holds", True)
    told = {one["id"]: (one["level"], one["verdict"]) for one in value["requirements"]}
    assert told["REQ-SEC-9"] == ("MUST", "holds")
    assert len(value["digest"]) == 64
    assert value["checks"]["isolation"]["holds"] == 1
    assert json.loads((out / "validation.json").read_text()) == value
    assert ET.parse(out / "junit.xml").getroot().tag == "testsuites"  # noqa: S314 - our own
    assert "holds" in (out / "badge.svg").read_text()
    assert json.loads((out / "badge.json").read_text())["message"] == "holds"
    runs = [path for path in (out / "runs").iterdir() if path.is_dir()]
    assert runs
    assert all((run / "report.html").is_file() for run in runs)
    page = (out / "report.html").read_text()
    assert value["report"] == str(out / "report.html")
    assert all(f'href="runs/{run.name}/report.html"' in page for run in runs)
    row = page[page.index(">REQ-SEC-9</th>") :].partition("</tr>")[0]
    assert "holds" in row
    assert "<script" not in page


def test_a_broken_adapter_is_no_verdict_on_its_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "store.yaml"
    command = [sys.executable, str(ADAPTER), "negative-timer"]
    file.write_text(json.dumps({"name": "mistaken", "profile": "stdio", "command": command}))
    arguments = ["validate", str(file), "--requirement", "REQ-REVOC-7", "--out", str(tmp_path / "report"), "--json"]
    assert execute(arguments) == 4
    value = json.loads(capsys.readouterr().out)
    assert value["verdict"] == "broken adapter"
    judged = next(one for one in value["requirements"] if one["id"] == "REQ-REVOC-7")
    assert judged["verdict"] == "broken adapter"
    assert "after: found -200" in judged["reason"]
    assert "n1.in.jsonl" in judged["reason"]


@pytest.mark.parametrize(
    ("subject", "name", "word"),
    [("reference", "reference", HOLDS), (str(ADAPTERS / "logs-out-all.yaml"), "logs-out-all", VIOLATED)],
)
def test_a_verdict_is_given_where_no_test_that_is_asked_for_runs_a_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], subject: str, name: str, word: str
) -> None:
    out = tmp_path / "report"
    arguments = ["validate", subject, "--short", "--requirement", "REQ-REVOC-8", "--out", str(out), "--json"]
    assert execute(arguments) == (word == VIOLATED)
    value = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["verdict"]) for one in value["requirements"]] == [("REQ-REVOC-8", word)]
    assert (value["subject"], value["verdict"], value["checks"]) == (name, word, {})
    assert not (out / "runs").exists()
    assert "REQ-REVOC-8" in (out / "report.html").read_text()


def test_a_requirement_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report"
    assert execute(["validate", "reference", "--requirement", "REQ-REVOC-77", "--out", str(out)]) == 2
    assert "which is no requirement's id; the nearest is 'REQ-REVOC-7'" in capsys.readouterr().err


def test_a_folder_that_is_no_report_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert execute(["validate", "reference", "--requirement", "REQ-CFG-1", "--out", str(tmp_path)]) == 2
    assert "is not empty and no earlier report" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_list_says_what_would_run_and_why_something_would_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "store.yaml"
    command = [sys.executable, str(ADAPTER), "none"]
    file.write_text(json.dumps({"name": "mistaken", "profile": "stdio", "command": command}))
    assert execute(["validate", str(file), "--list"]) == 0
    said = capsys.readouterr().out
    assert "steady-lan" in said
    assert "not tested: needs the feature `members`, which the subject does not list" in said
    assert "not tested: needs the feature `orchestrator`" in said


def test_the_list_is_of_the_requirement_that_is_asked_for_and_refuses_one_that_there_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["validate", "reference", "--list", "--requirement", "REQ-REVOC-6"]) == 0
    said = capsys.readouterr().out
    assert "revoke-during-partition" in said
    tests = [line for line in said.splitlines() if line.startswith("test_")]
    assert 0 < len(tests) < 5
    assert f"{len(tests)} tests, 0 of which would not be tested; " in said
    assert execute(["validate", "reference", "--list", "--requirement", "REQ-REVOC-66"]) == 2
    assert "the nearest is 'REQ-REVOC-6'" in capsys.readouterr().err


def test_the_reference_lacks_nothing_that_a_test_needs() -> None:
    assert [test.name for test in listed(Whom(FEATURES, product=True, simulated=True)) if test.why_not] == []


@pytest.mark.parametrize("check", [check for check in CHECKS if needed_by(check)])
def test_a_check_says_the_same_of_a_feature_as_the_list(check: str) -> None:
    def verdict_with(features: list[str]) -> str:
        head = {"history": 1, "scenario": "empty", "seed": 1, "subject": "by hand", "nodes": ["n1"],
                "features": features, "contract": {}, "expect": [check], "routing": False, "store": "cluster",
                "lifetime": {"absolute_us": 9, "idle_us": 9}, "cookie": {"name": "s", "domain": ""}}  # fmt: skip
        lines = [head, {"healed": 1}, {"end": 2, "operations": 0}]
        found = judge_file("\n".join(json.dumps(line) for line in lines).encode())
        return next(finding.verdict for finding in found if finding.check == check)

    assert verdict_with(FEATURES) == VACUOUS
    assert verdict_with([feature for feature in FEATURES if feature != needed_by(check)]) in (NOT_TESTED, NOT_PROMISED)


def judged(id_: str, verdict: str) -> Judged:
    return Judged(id_, "MUST", verdict, "", [])


def test_a_known_failure_is_marked_and_an_unexpected_pass_is_shown() -> None:
    known = Expected.model_validate(
        {
            "expected": [
                {"requirement": "REQ-FAIL-1", "because": "no acknowledgement", "link": "https://example.com/1"},
                {"requirement": "REQ-FAIL-2", "because": "no acknowledgement", "link": "https://example.com/2"},
            ]
        }
    )
    one, two, three = judged("REQ-FAIL-1", VIOLATED), judged("REQ-FAIL-2", HOLDS), judged("REQ-FAIL-3", VIOLATED)
    marked, unexpected = weighed([one, two, three], known)
    assert [each.expected for each in marked] == ["https://example.com/1", "", ""]
    assert unexpected == ["REQ-FAIL-2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("expected: [{requirement: REQ-FAIL-99, because: x, link: 'https://a'}]", "'REQ-FAIL-99' is no requirement"),
        ("expected: [{requirement: REQ-FAIL-1, because: x}]", "expected[0].link is missing; write it"),
        ("expected: [{requirement: REQ-FAIL-1, because: x, link: nowhere}]", "expected[0].link"),
        ("excepted: []", "has the unknown key 'excepted'; did you mean 'expected'?"),
    ],
)
def test_a_file_of_known_failures_that_cannot_be_used_is_refused(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(text)
    with pytest.raises(ExpectationRefused) as error:
        read_expected(file)
    assert words in str(error.value)


def test_a_badge_is_an_svg_with_a_text_for_those_who_cannot_see_it() -> None:
    root = ET.fromstring(badge_svg('a "store" & co', VIOLATED))  # noqa: S314 - our own
    assert root.get("aria-label") == 'anynode: a "store" & co: violated'
    assert badge_json("s", HOLDS)["schemaVersion"] == 1
