"""What rows come to is counted over seeds, and names each seed that did not hold with the command that repeats it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from conformance.sweep_rows import Head, Row
from conformance.sweep_summary import Summary, spread, summary_of
from conformance.verdict import HOLDS, UNFINISHED, VACUOUS, VIOLATED
from reports import sweep as pages

HEAD = Head(
    sweep=1, scenario="a-world", text="", subject="broken:wrong", subject_version="", anynode="1", source="s", twice=2
)


def row(seed: int, verdict: str = HOLDS, **others: object) -> Row:
    return structs.replace(Row(seed=seed, verdict=verdict, requests=1_000, answered=1_000), **others)


def summed(*rows: Row) -> Summary:
    return summary_of(HEAD, rows, "a-world")


def test_every_seed_that_did_not_hold_is_named_with_its_command() -> None:
    found = summed(
        row(1),
        row(2, VIOLATED, convicted=["isolation", "causal"]),
        row(3, VACUOUS),
        row(4, UNFINISHED, defect="KeyError: 'n9' (node.py:3)"),
        row(5, twice=True, differs="first event that differs: x"),
    )
    assert [(one.seed, one.why) for one in found.failing] == [
        (2, "convicted by isolation, causal"),
        (3, "vacuous"),
        (4, "a defect of anynode: KeyError: 'n9' (node.py:3)"),
        (5, "run twice, it was not one run: first event that differs: x"),
    ]
    assert found.failing[0].again == "anynode run a-world --seed 2 --subject broken:wrong"
    assert found.verdicts == {HOLDS: 2, VIOLATED: 1, VACUOUS: 1, UNFINISHED: 1}
    assert found.convicted == {"isolation": 1, "causal": 1}
    assert found.broken == [4, 5]
    assert found.worth is None


def test_clean_seeds_are_worth_what_the_rule_of_three_says() -> None:
    found = summed(*(row(seed) for seed in range(1, 301)))
    assert found.worth is not None
    assert found.worth.rule_of_three == 0.01
    assert "300 clean seeds" in pages.worth(found)
    assert "up to 0.994 % of its seeds (about 3 in 300)" in pages.worth(found)


def test_a_request_without_an_answer_is_never_none() -> None:
    found = spread("unanswered", [row(1), row(2, requests=3_000_000, answered=2_999_999)])
    assert (found.least, found.most, found.worst) == (0, 1, 2)


def test_seeds_without_a_number_are_left_out_of_a_distribution() -> None:
    found = spread("lag_99", [row(1), row(2, lag={"p99_us": 5}), row(3, lag={"p99_us": None})])
    assert (found.seeds, found.least, found.most) == (1, 5, 5)
    assert spread("lag_99", [row(1)]).most is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=200))
def test_a_percentile_is_a_number_of_a_seed_and_so_many_are_not_above_it(numbers: list[int]) -> None:
    found = spread("lost", [row(seed, lost=number) for seed, number in enumerate(numbers, start=1)])
    for percent, value in ((50, found.p50), (95, found.p95), (99, found.p99), (100, found.most)):
        assert value in numbers
        assert sum(number <= value for number in numbers) * 100 >= percent * len(numbers)
        assert sum(number < value for number in numbers) * 100 < percent * len(numbers)
    assert found.worst == numbers.index(max(numbers)) + 1


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_shares_grow_to_all_of_the_seeds(numbers: list[int]) -> None:
    found = pages.shares(sorted(numbers))
    assert [value for value, _ in found] == sorted(set(numbers))
    assert found[-1][1] == 1.0
    assert all(share == sum(each <= value for each in numbers) / len(numbers) for value, share in found)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_scale_has_few_round_marks_with_all_numbers_between_them(least: int, span: int) -> None:
    marks, decades = pages.marks_of(least, least + span)
    assert marks[0] <= least < least + span <= marks[-1]
    assert 2 <= len(marks) <= (11 if decades else 7)
    steps = {after - before for before, after in pairwise(marks)}
    assert decades or (len(steps) == 1 and str(steps.pop()).rstrip("0") in ("1", "2", "5"))


def test_only_what_differs_is_drawn_and_every_number_is_named_in_words() -> None:
    rows = [row(seed, lost=seed % 3, lag={"p50_us": 10, "p99_us": 10**seed, "max_us": 10**seed}) for seed in (1, 2, 6)]
    pictures = pages.drawn(rows)
    assert [picture.name for picture in pictures] == ["lag", "lost"]
    assert pictures[0].description.startswith(
        "Time to the last copy, 99th percentile: at most 0.1 ms in half of 3 seeds"
    )
    assert "at most 1 s in all" in pictures[0].description
    assert "mark-curve-1" in pictures[0].desk
    assert "1,000" not in pictures[1].desk


def test_the_summary_is_markdown_in_which_nothing_that_a_store_said_is_markup() -> None:
    rows = [row(1), row(2, VIOLATED, convicted=["isolation"], lost=2), row(3, differs="*first* | event", twice=True)]
    text = pages.summary(summed(*rows), pages.drawn(rows))
    assert "| acknowledged operations lost | 0 | 0 | 2 | 2 | 2 | 2 |" in text
    assert "\\*first\\* \\| event" in text
    assert "`anynode run a-world --seed 2 --subject broken:wrong`" in text
    assert "](lost.svg)" in text
    assert "1 seed of 3 ran twice, in two processes; not one run: 1 seed." in text
