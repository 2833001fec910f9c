"""How times, verdicts and operations read."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.verdict import BROKEN_ADAPTER, HOLDS, NOT_TESTED, UNKNOWN, VACUOUS, Evidence, Finding
from reports import words


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (0, "0 s"),
        (1, "0.000001 s"),
        (500_000, "0.5 s"),
        (3_000_000, "3 s"),
        (41_200_000, "41.2 s"),
        (-1_500_000, "-1.5 s"),
    ],
)
def test_times_are_said_in_seconds(us: int, said: str) -> None:
    assert words.seconds(us) == said


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_time_in_seconds_is_exact_to_the_microsecond(us: int) -> None:
    whole, _, part = words.seconds(us).removesuffix(" s").replace(",", "").lstrip("-").partition(".")
    assert int(whole) * 1_000_000 + int(part.ljust(6, "0") or "0") == abs(us)


def test_a_rounded_time_keeps_what_a_person_needs() -> None:
    assert words.rounded(1_800_499) == "1.8 s"
    assert words.rounded(1_800_500) == "1.801 s"
    assert words.rounded(999_499) == "999 ms"
    assert words.rounded(999_500) == "1 s"
    assert words.rounded(10_499) == "10 ms"
    assert words.rounded(9_999) == "9.999 ms"
    assert words.rounded(412) == "0.412 ms"
    assert words.rounded(-300_000) == "-300 ms"
    assert words.rounded(0) == "0 s"


@pytest.mark.parametrize(
    ("us", "said"),
    [(7_199_999_999, "7,200 s"), (7_200_000_000, "2 h"), (37_260_000_000, "10 h 21 min"), (7_201_900_000, "2 h 1 s")],
)
def test_an_instant_of_a_long_day_is_said_in_hours(us: int, said: str) -> None:
    assert words.instant(us) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(1, 1, "100 %"), (99_999, 100_000, "99.99 %"), (0, 7, "0 %"), (1, 2, "50 %"), (1, 3, "33.33 %"), (0, 0, "none"),
     (101, 1_000, "10.1 %"), (10, 100, "10 %")],
)  # fmt: skip
def test_only_all_of_it_is_a_hundred_percent(part: int, whole: int, said: str) -> None:
    assert words.share(part, whole) == said


@pytest.mark.parametrize(
    ("us", "said"), [(450_000, "+0.45 s"), (-500_000, "-0.5 s"), (0, "0 s"), (365 * 86_400_000_000, "+365 days")]
)
def test_an_offset_has_a_sign(us: int, said: str) -> None:
    assert words.signed(us) == said


def test_figures_inside_of_figures_are_said_with_their_names() -> None:
    by_node = {"n1": {"denials": 3, "earliest_denial_us": -300_000, "latest_admission_us": None}, "n2": {"denials": 0}}
    finding = Finding("idle_band", HOLDS, 1, [], "", "", figures={"by_node": by_node, "nothing": {}, "none": None})
    assert words.figures(finding) == [
        ("by node", "n1 (denials 3, earliest denial -300 ms), n2 (denials 0)"),
        ("nothing", "none"),
        ("none", "none"),
    ]


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [("a\u202eb", "a\\u202eb"), ("a\x00b", "a\\u0000b"), ("a\u200bb", "a\\u200bb"), ("Zoë 日本", "Zoë 日本")],
)
def test_what_cannot_be_seen_is_made_visible(hostile: str, shown: str) -> None:
    """A name that turns the direction of text could make a page read as something else."""
    assert words.visible(hostile) == shown


def test_what_needs_eyes_comes_first() -> None:
    made = [
        Finding(name, verdict, 1, [], "", "", expected=expected)
        for name, verdict, expected in (
            ("a", HOLDS, False), ("b", HOLDS, True), ("c", "not promised", False), ("d", VACUOUS, True),
            ("e", UNKNOWN, False), ("f", "violated", False), ("g", VACUOUS, False),
        )
    ]  # fmt: skip
    assert "".join(finding.check for finding in words.ordered(made)) == "fedbacg"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (HOLDS, "Held in 1 run of seed 7: convergence and no resurrection, over 13,504 operations."),
        (UNKNOWN, "Unknown in 1 run of seed 7"),
        (VACUOUS, "no pass"),
        (NOT_TESTED, "no pass"),
        (BROKEN_ADAPTER, "its store was not judged"),
    ],
)
def test_each_verdict_has_its_sentence(word: str, said: str, run: Any, written: Any) -> None:
    run.footer.verdict = word
    assert said in words.sentence(written(run))


@pytest.mark.parametrize("finished", [True, False])
def test_a_broken_adapter_is_told_with_what_it_did_wrong(finished: bool, run: Any, written: Any) -> None:  # noqa: FBT001
    run.footer = msgspec.structs.replace(
        run.footer, verdict=BROKEN_ADAPTER, finished=finished, adapter="line 3: found no JSON."
    )
    assert words.sentence(written(run)) == (
        "Broken adapter in 1 run of seed 7: its store was not judged. line 3: found no JSON."
    )


def test_a_violated_run_names_what_was_violated(violated_run: Any, written: Any) -> None:
    assert (
        words.sentence(written(violated_run)) == "Violated in 1 run of seed 7: no resurrection, over 13,504 operations."
    )


def test_an_unfinished_run_has_no_verdict_in_its_sentence(run: Any, written: Any) -> None:
    run.footer = None
    said = words.sentence(written(run))
    assert "did not finish" in said
    assert "there is no verdict" in said
    assert "Held" not in said


def test_an_operation_is_told_by_who_asked_what_of_whom_and_when() -> None:
    read = {
        "op": "read", "client": "c4", "user": "ann", "node": "n1", "session": "5f2a", "asked": 190_000_000,
        "answered": 190_004_001, "outcome": "ok", "data": {"k": "v"},
    }  # fmt: skip
    said = words.told(Evidence("c4-17", 1_904, read))
    assert said == (
        'read by c4 for user ann on n1, session 5f2a, asked at 190 s, answered at 190.004 s: ok, data {"k":"v"}'
    )


def test_an_operation_without_answer_is_told_so() -> None:
    assert "never answered" in words.told(Evidence("c1-1", 2, {"op": "write", "asked": 1, "outcome": "unknown"}))


def test_a_record_that_lacks_everything_is_told_all_the_same() -> None:
    """Evidence may come from a foreign history; the page must stand."""
    assert words.told(Evidence("c1-1", 2, {})) == "operation, never answered: no outcome"


def test_a_fault_that_touched_nothing_is_said_to_show_nothing(run: Any) -> None:
    cut, crash = run.faults
    assert words.touched(cut) == "412 messages stopped"
    assert words.touched(crash) == "1 crash"
    cut.touched = 0
    assert words.touched(cut) == "touched nothing: it shows nothing"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("longest_staleness_us", 850_123, ("longest staleness", "850 ms")),
        ("late_answers_us_max", 2_000_000, ("late answers max", "2 s")),
        ("stale_reads", 1_200, ("stale reads", "1,200")),
        ("rate", 0.25, ("rate", "0.25")),
    ],
)
def test_a_figure_in_microseconds_is_said_in_seconds(name: str, value: float, said: tuple[str, str]) -> None:
    assert words.figures(Finding("c", HOLDS, 1, [], "", "", figures={name: value})) == [said]


@pytest.mark.parametrize(
    ("fault", "said"), [("pause", "1 event put off"), ("loss", "1 message lost"), ("?", "1 touched")]
)
def test_each_fault_says_what_it_counts(fault: str, said: str, run: Any) -> None:
    run.faults[0].fault, run.faults[0].touched = fault, 1
    assert words.touched(run.faults[0]) == said
