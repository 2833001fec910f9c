"""What clients met, and the limits: every mark moves with its value, every table says its figures."""

import re
from typing import Any

import msgspec
import pytest

from conformance.verdict import HOLDS, Finding
from reports.clients import availability, latency, load
from reports.expiry import expiry
from reports.lags import lags
from reports.page import page
from reports.routes import routes
from reports.words import begun
from tests.reports.test_plots import marks, moved

SECOND = 1_000_000


def test_one_answer_less_moves_the_share_and_the_bar(run: Any, written: Any) -> None:
    before = availability(written(run))
    run.figures["availability"][2]["buckets"][1] = (60 * SECOND, 40, 30)
    assert "share" in moved(before, availability(written(run)))


def test_an_answer_that_failed_has_a_bar_where_it_failed(run: Any, written: Any) -> None:
    before = availability(written(run))
    run.figures["availability"][2]["buckets"][2] = (70 * SECOND, 40, 39)
    assert moved(before, availability(written(run))) == {"share", "missed-7"}


def test_without_a_failure_there_is_no_row_of_failures(run: Any, written: Any) -> None:
    run.figures["availability"][2]["buckets"] = [(0, 40, 40), (60 * SECOND, 40, 40)]
    plot = availability(written(run))
    assert plot is not None
    assert "downwards" not in plot.desk
    assert not [mark for mark in marks(plot) if mark.startswith("missed")]
    assert "None went without." in plot.description


@pytest.mark.parametrize(("member", "mark"), [(1, "asked"), (2, "live")])
def test_requests_and_live_sessions_have_a_line_each(member: int, mark: str, run: Any, written: Any) -> None:
    before = load(written(run))
    changed = [20 * SECOND, 70, 4]
    changed[member] -= 1
    run.figures["load"][2]["buckets"][2] = (0, 0, 0)
    run.figures["load"][2]["buckets"] = [(0, 70, 12), (10 * SECOND, 0, 12), tuple(changed)]
    middle = load(written(run))
    assert mark in moved(before, middle)
    changed[member] -= 1
    run.figures["load"][2]["buckets"][2] = tuple(changed)
    assert moved(middle, load(written(run))) == {mark}


def test_the_load_is_told_with_its_peaks(run: Any, written: Any) -> None:
    plot = load(written(run))
    assert plot is not None
    assert "At most 70 requests in 10 s, from 20 s on, and 12 sessions live at once, at 20 s." in plot.description


def test_what_was_sent_to_a_node_moves_its_line_and_what_failed_its_own_mark(run: Any, written: Any) -> None:
    before = routes(written(run))
    run.figures["routes"][2]["by_node"]["n1"]["buckets"] = [(0, 29, 0), (60 * SECOND, 40, 9)]
    middle = routes(written(run))
    assert moved(before, middle) == {"sent-0"}
    run.figures["routes"][2]["by_node"]["n1"]["buckets"] = [(0, 29, 0), (60 * SECOND, 40, 8)]
    assert moved(middle, routes(written(run))) == {"failed-0"}


def test_a_node_to_which_nothing_was_sent_is_said_so(run: Any, written: Any) -> None:
    plot = routes(written(run))
    assert plot is not None
    assert ">nothing was sent to it</text>" in plot.desk
    assert "n1 was sent 70 requests, 12 while it did not say that it was ready; 9 failed." in plot.description
    assert "n2 was sent 40 requests; none failed." in plot.description


def test_of_many_nodes_those_with_errors_are_drawn(run: Any, written: Any) -> None:
    by_node = run.figures["routes"][2]["by_node"]
    busy = by_node["n2"] | {"asked": 90}
    run.figures["routes"][2]["by_node"] = {f"m{number}": busy for number in range(20)} | {"n1": by_node["n1"]}
    plot = routes(written(run))
    assert plot is not None
    assert ">n1</text>" in plot.desk
    assert "9 other nodes with no more errors" in plot.description


def test_the_lag_of_a_write_moves_its_dots_and_one_that_never_came_has_a_mark_of_its_own(
    run: Any, written: Any
) -> None:
    before = lags(written(run))
    run.figures["lags"][2][0] = (5 * SECOND, 2_200)
    middle = lags(written(run))
    assert moved(before, middle) == {"came"}
    run.figures["lags"][2][1] = (71 * SECOND, None)
    assert moved(middle, lags(written(run))) == {"never"}
    run.header.contract = type(run.header.contract)(converge_us=SECOND)
    assert "promise" in moved(middle, lags(written(run)))


def test_the_lag_is_said_in_words(run: Any, written: Any) -> None:
    run.header.contract = type(run.header.contract)(converge_us=SECOND)
    plot = lags(written(run))
    assert plot is not None
    assert "Of 3 writes shown, 1 were never seen on every node. 1 took longer than 1 s" in plot.description
    assert "The slowest was answered at 90 s and took 2 s." in plot.description


def test_a_scale_holds_whatever_delays_there_are(run: Any, written: Any) -> None:
    run.header.contract = type(run.header.contract)(converge_us=0)
    run.figures["lags"][2][:] = [(SECOND, 0), (2 * SECOND, 10**12), (3 * SECOND, None)]
    plot = lags(written(run))
    assert plot is not None
    ys = [float(y) for y in re.findall(r'y="([\d.-]+)"', plot.desk)]
    assert min(ys) >= 0


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


def test_activity_that_may_be_forgotten_is_drawn_at_the_limit_of_idleness_alone(run: Any, written: Any) -> None:
    run.findings = [band()]
    before = expiry(written(run), "idle_band")
    run.header.contract = type(run.header.contract)(idle_slack_us=500_000)
    assert moved(before, expiry(written(run), "idle_band")) == {"slack"}
    run.findings = [msgspec.structs.replace(band(), check="absolute_band")]
    plot = expiry(written(run), "absolute_band")
    assert plot is not None
    assert "slack" not in marks(plot)


def test_how_far_a_clock_was_off_stands_below_its_nodes_name(run: Any, written: Any) -> None:
    run.findings = [band()]
    seen = {"farthest_us": -450_000, "beyond_us": 0, "answered": {}, "refused": {}}
    run.figures["clocks"] = ("us", "the world", {"n2": seen})
    plot = expiry(written(run), "idle_band")
    assert plot is not None
    assert ">-0.45 s</text>" in plot.desk


@pytest.mark.parametrize("widest", [2, 40, 400, 40_000])
def test_the_outermost_labels_stay_inside_of_the_limits(widest: int, run: Any, written: Any) -> None:
    """A label in the middle of its mark would reach into the margin."""
    run.findings = [band(latest_admission_us=widest * SECOND)]
    plot = expiry(written(run), "idle_band")
    assert plot is not None
    labels = re.findall(r'<text [^>]*style="([^"]*)"[^>]* x="([\d.]+)"[^>]*>([+-][\d,]+ s)<', plot.desk)
    assert labels
    for style, x, text in labels:
        half = 0.5 * 11 * 0.64 * len(text)
        reach = {"end": 0, "middle": half, "start": 2 * half}[style.split("text-anchor: ")[1].split(";")[0]]
        assert float(x) + reach <= 760 - 12


def test_the_limits_say_in_words_what_they_show(run: Any, written: Any) -> None:
    run.findings = [band()]
    plot = expiry(written(run), "idle_band")
    assert plot is not None
    assert (
        "n1: its first denial was 300 ms before the deadline and its last admission was 200 ms after"
        in plot.description
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
