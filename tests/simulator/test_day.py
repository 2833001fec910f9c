"""Who comes when: a drawn day has the figures of the measured one, a recorded day is as it was recorded."""

from collections import Counter
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.loading import FOLDER
from scenarios.traffic import Recording, figures, read_recording
from simulator.chance import TABLE_SIZE, Chance
from simulator.day import HOUR_US, cut_out, drawn_day, quantile_table, recorded_day

SECOND = 1_000_000
FIGURES = figures()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_drawn_day_has_the_figures_of_the_measured_one(seed: int) -> None:
    day = drawn_day(FIGURES, Chance(seed).part("day"))
    assert sum(len(pages) for pages in day) == FIGURES.pages
    assert 0.9 * 2254 < len(day) < 1.1 * 2254
    by_hour = Counter(at // HOUR_US for pages in day for at in pages)
    for hour, count in enumerate(FIGURES.pages_by_hour):
        assert by_hour[hour] == pytest.approx(count, rel=0.2)
    gaps = sorted(later - at for pages in day for at, later in pairwise(pages))
    assert gaps[len(gaps) // 2] == pytest.approx(43 * SECOND, rel=0.15)
    assert gaps[len(gaps) * 9 // 10] == pytest.approx(1_140 * SECOND, rel=0.25)


def test_pages_lie_within_the_day_and_in_order() -> None:
    day = drawn_day(FIGURES, Chance(1).part("day"))
    assert day == sorted(day)
    for pages in day:
        assert list(pages) == sorted(pages)
        assert 0 <= pages[0] <= pages[-1] < FIGURES.span_s * SECOND


def test_another_seed_draws_another_day() -> None:
    assert drawn_day(FIGURES, Chance(1)) == drawn_day(FIGURES, Chance(1))
    assert drawn_day(FIGURES, Chance(1)) != drawn_day(FIGURES, Chance(2))


def test_the_day_that_stands_in_for_a_recording_is_the_one_that_seed_1_draws() -> None:
    """What lies beside the scenarios is no recording and no choice of ours: it can be made again."""
    day = drawn_day(FIGURES, Chance(1).part("day"))
    drawn = sorted((at // SECOND, number) for number, pages in enumerate(day, start=1) for at in pages)
    stood_in = read_recording(FOLDER / "data" / "nasa-day-drawn.csv.gz")
    assert [second for second, _ in stood_in.pages] == [second - drawn[0][0] for second, _ in drawn]
    assert sorted(Counter(who for _, who in stood_in.pages).values()) == sorted(len(pages) for pages in day)


def test_a_recorded_day_keeps_its_seconds_and_its_visitors() -> None:
    recording = Recording(((0, 1), (3, 2), (3, 1), (3, 1), (9, 2)))
    day = recorded_day(recording, Chance(1))
    assert [[at // SECOND for at in pages] for pages in day] == [[0, 3, 3], [3, 9]]
    assert all(at <= later for pages in day for at, later in pairwise(pages))
    assert recorded_day(recording, Chance(2)) != day


def test_a_stretch_of_a_day_counts_from_its_own_beginning() -> None:
    day = [(1, 50, 120), (60,), (130,)]
    assert cut_out(day, 50, 130) == [(0, 70), (10,)]
    assert cut_out(day, 0, 1_000) == day
    assert cut_out(day, 200, 300) == []


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=2, max_size=8))
def test_a_table_of_quantiles_never_falls_and_stays_between_its_ends(steps: list[int]) -> None:
    values = list(accumulate(steps))
    levels = [100 * place // (len(values) - 1) for place in range(len(values))]
    table = quantile_table(levels, values)
    assert len(table) == TABLE_SIZE
    assert list(table) == sorted(table)
    assert values[0] <= table[0]
    assert table[-1] <= values[-1]


def test_a_quantile_stands_at_its_level() -> None:
    table = quantile_table((0, 50, 100), (0, 100, 10_000))
    assert table[TABLE_SIZE // 2] == pytest.approx(100, rel=0.01)
    assert table[TABLE_SIZE // 4] == pytest.approx(50, rel=0.03)
    assert table[TABLE_SIZE * 3 // 4] == pytest.approx(1_000, rel=0.01)
