"""What the checks with a measure say beside their verdict, and where the bound of availability lies."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.checks import check
from conformance.checks.findings import quantiles
from conformance.verdict import HOLDS, VACUOUS, VIOLATED, Finding

HISTORIES = Path(__file__).parents[1] / "histories"
SECOND = 1_000_000


def found(name: str, source: Path | bytes) -> Finding:
    return next(finding for finding in check(source) if finding.check == name)


def requests(failures: int, of: int) -> bytes:
    """Make a quiet run of so many logins, a second apart, the last of which have no answer."""
    header: dict[str, Any] = {
        "history": 1,
        "nodes": ["n1", "n2"],
        "features": [],
        "routing": False,
        "store": "cluster",
        "lifetime": {"absolute_us": 0, "idle_us": 0},
    }
    lines: list[dict[str, Any]] = [header, {"ready": "n1", "t": 0}, {"ready": "n2", "t": 0}]
    for number in range(of):
        asked = 60 * SECOND + number * SECOND
        line: dict[str, Any] = {
            "op": "login",
            "id": f"c{number}",
            "client": f"c{number}",
            "by": "user",
            "user": "ann",
            "node": "n1",
        }
        line |= {"session": f"s{number}", "asked": asked, "answered": asked + 2_000, "outcome": "ok"}
        if number >= of - failures:
            line |= {"answered": None, "outcome": "unknown"}
        lines.append(line)
    lines.append({"end": (100 + of) * SECOND, "operations": of})
    return "\n".join(map(json.dumps, lines)).encode()


@pytest.mark.parametrize(
    ("failures", "of", "verdict"),
    [
        (0, 1, HOLDS),
        (1, 1, HOLDS),  # of one request nothing can be told
        (1, 1_000, HOLDS),
        (2, 1_000, VIOLATED),
        (2, 1_999, VIOLATED),
        (2, 2_000, HOLDS),
        (3, 2_000, VIOLATED),
    ],
)
def test_one_request_in_a_thousand_may_fail(failures: int, of: int, verdict: str) -> None:
    finding = found("availability", requests(failures, of))
    assert finding.verdict == verdict
    assert finding.judged == of
    assert finding.figures["failed"] == failures
    assert finding.figures["answered_ppm"] == (of - failures) * 1_000_000 // of
    assert finding.figures["failed_by_node"] == {"n1": failures, "n2": 0}
    assert finding.figures.get("latency_us_max") == (2_000 if failures < of else None), "of those that were answered"


def test_errors_near_a_change_of_faults_are_figures() -> None:
    finding = found("availability", HISTORIES / "availability" / "ok" / "near-the-change-of-a-fault.jsonl")
    assert finding.figures["errors_near_faults"] == 6
    assert finding.figures["failed"] == 0


def test_what_is_lost_was_judged() -> None:
    for name in ("login-is-lost", "older-value-is-back"):
        assert found("durability", HISTORIES / "durability" / "bad" / f"{name}.jsonl").judged > 0


def test_each_node_is_measured_against_the_deadline_of_true_time() -> None:
    absolute = found("absolute_band", HISTORIES / "absolute_band" / "bad" / "answered-although-active.jsonl")
    assert absolute.figures["band_us"] == SECOND
    assert absolute.figures["by_node"]["n2"]["latest_admission_us"] == 18_998_000
    assert absolute.figures["by_node"]["n3"]["latest_admission_us"] == -1_002_000
    assert absolute.figures["by_node"]["n1"]["latest_admission_us"] is None
    idle = found("idle_band", HISTORIES / "idle_band" / "bad" / "denied-before-the-band.jsonl")
    assert idle.figures["by_node"]["n3"]["denials"] == 1
    assert idle.figures["by_node"]["n3"]["earliest_denial_us"] == -2_002_001


def test_answers_of_a_clock_that_is_off_are_counted_apart() -> None:
    idle = found("idle_band", HISTORIES / "idle_band" / "ok" / "late-answer-by-a-clock-that-is-off.jsonl")
    assert idle.figures["by_node"]["n2"]["clock_off"] == 1
    assert idle.judged == 1, "the earlier one, by a clock that is right"


def test_an_early_denial_that_part_4_excuses_is_a_figure() -> None:
    idle = found("idle_band", HISTORIES / "idle_band" / "ok" / "activity-on-the-other-side-of-a-cut.jsonl")
    assert idle.figures["early_denials_unjudged"] == 1


def test_a_lost_session_is_no_matter_of_idleness() -> None:
    """Who says `no-session` before its own copy could be idle has lost it: durability convicts, not the band."""
    lines = (HISTORIES / "durability" / "bad" / "login-is-lost.jsonl").read_text().splitlines()
    header = json.loads(lines[0])
    header["features"] += ["idle", "absolute"]
    lost = "\n".join([json.dumps(header), *lines[1:]]).encode()
    assert found("durability", lost).verdict == VIOLATED
    assert found("idle_band", lost).verdict == VACUOUS


def test_lags_of_a_revocation_are_measured_on_every_node_that_was_asked() -> None:
    finding = found("revocation_lag", HISTORIES / "revocation_lag" / "ok" / "denied-once-it-is-known.jsonl")
    assert finding.figures["lags"] == 1
    assert finding.figures["lag_us_p50"] == finding.figures["lag_us_max"] == 24 * SECOND - 20_002_000
    assert finding.figures["alive_us_max"] == 3 * SECOND
    assert "Optional" in finding.promise


def test_quantiles_are_numbers_that_were_measured() -> None:
    assert quantiles("x", []) == {}
    assert quantiles("x", list(range(101, 0, -1))) == {"x_p50": 51, "x_p90": 91, "x_p99": 100, "x_max": 101}


@pytest.mark.parametrize(
    ("file", "within", "outside"),
    [("a-parent-domain-goes-along", 3, 0), ("without-a-domain-each-host-has-its-own", 0, 2)],
)
def test_requests_on_other_hosts_are_counted_by_whether_the_session_belongs_there(
    file: str, within: int, outside: int
) -> None:
    figures = found("cookie_scope", HISTORIES / "cookie_scope" / "ok" / f"{file}.jsonl").figures
    assert (figures["requests_on_hosts_within"], figures["requests_on_hosts_outside"]) == (within, outside)
