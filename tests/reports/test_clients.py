"""What clients met, and the limits: every mark moves with its value, every table says its figures."""

from typing import Any

import pytest

from conformance.verdict import HOLDS, Finding
from reports.clients import availability, latency
from reports.expiry import expiry
from reports.page import page
from reports.words import begun
from tests.reports.test_plots import moved

SECOND = 1_000_000


def test_one_answer_less_moves_the_share_and_the_bar(run: Any, written: Any) -> None:
    before = availability(written(run))
    run.figures["availability"][2]["buckets"][1] = (60 * SECOND, 40, 30)
    assert "share" in moved(before, availability(written(run)))


def test_an_answer_that_failed_has_a_bar_where_it_failed(run: Any, written: Any) -> None:
    before = availability(written(run))
    run.figures["availability"][2]["buckets"][2] = (70 * SECOND, 40, 39)
    assert moved(before, availability(written(run))) == {"share", "missed-7"}


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_percentile_moves_its_line_and_no_other(line: int, run: Any, written: Any) -> None:
    before = latency(written(run))
    values = [60 * SECOND, 1_200, 80_000, 900_000]
    values[line + 1] //= 2
    run.figures["latency"][2]["buckets"][1] = tuple(values)
    assert moved(before, latency(written(run))) == {f"latency-{line}"}


def band(**changed: Any) -> Finding:
    n1 = {"denials": 3, "earliest_denial_us": -300_000, "latest_admission_us": 200_000, "clock_off": 0}
    n2 = {"denials": 0, "earliest_denial_us": None, "latest_admission_us": -9_000_000, "clock_off": 0}
    figures = {"band_us": SECOND, "by_node": {"n1": n1 | changed, "n2": n2}}
    return Finding("idle_band", HOLDS, 9, ["REQ-EXP-1"], "p", "s", figures=figures)


@pytest.mark.parametrize(
    ("member", "mark"), [("earliest_denial_us", "denial-0"), ("latest_admission_us", "admission-0")]
)
def test_an_offset_from_the_deadline_moves_its_mark(member: str, mark: str, run: Any, written: Any) -> None:
    run.findings = [band()]
    before = expiry(written(run), "idle_band")
    run.findings = [band(**{member: 400_000})]
    assert moved(before, expiry(written(run), "idle_band")) == {mark}


def test_the_limits_say_in_words_what_they_show(run: Any, written: Any) -> None:
    run.findings = [band()]
    plot = expiry(written(run), "idle_band")
    assert plot is not None
    assert (
        "n1: its first denial was 0.3 s before the deadline and its last admission was 0.2 s after" in plot.description
    )
    assert expiry(written(run), "absolute_band") is None


def test_the_page_has_errors_by_node_and_kind_and_costs_by_cause(run: Any, written: Any) -> None:
    text = page(written(run), [])
    assert '<th scope="row">n1</th><td>11</td><td>3</td>' in text
    assert '<th scope="row">all nodes</th><td>11</td><td>8</td>' in text
    assert '<th scope="row">a node that had it was lost or began anew</th><td>7</td><td>6</td>' in text
    assert '<th scope="row">in all</th><td>7 of 640</td><td>19 of 660</td>' in text


def test_a_sentence_begins_with_a_capital_and_a_name_with_its_own_letter() -> None:
    assert begun("nothing to judge") == "Nothing to judge"
    assert begun("n1 denied it") == "n1 denied it"
    assert begun("c4-16 (read on n1)") == "c4-16 (read on n1)"
