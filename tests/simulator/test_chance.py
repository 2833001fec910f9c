"""Named streams of one seed."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import MILLION, TABLE_SIZE, Chance
from tests.simulator.drawing import one_by_one


def test_the_same_seed_and_names_draw_the_same_for_ever() -> None:
    """Pinned: a stored run is told again by its seed, on every machine and every version of Python."""
    stream = Chance(7).part("network").stream("n1", "n2")
    table = range(TABLE_SIZE)
    assert [stream.word(), stream.word()] == [15773237148498070136, 1676480540175385088]
    draw = one_by_one(stream.blocks(table))
    assert [draw() for _ in range(4)] == [1004, 1855, 2458, 3554]


@given(st.integers(), st.integers())
def test_other_seeds_draw_otherwise(seed: int, other: int) -> None:
    same = Chance(seed).stream("a").word() == Chance(other).stream("a").word()
    assert same == (seed == other)


@given(st.lists(st.text()), st.lists(st.text()))
def test_other_names_draw_otherwise(names: list[str], others: list[str]) -> None:
    """Also where the names joined are the same text."""
    same = Chance(1).stream(*names).word() == Chance(1).stream(*others).word()
    assert same == (names == others)


def test_a_part_shares_no_stream_with_its_whole() -> None:
    chance = Chance(1)
    words = {chance.stream("a", "b").word(), chance.part("a").stream("b").word(), chance.part("a", "b").stream().word()}
    assert len(words) == 3


def test_drawing_from_one_stream_leaves_the_others_alone() -> None:
    chance = Chance(1)
    first, second = chance.stream("first"), chance.stream("second")
    for _ in range(100):
        first.word()
    assert second.word() == Chance(1).stream("second").word()


def test_words_and_draws_through_a_table_are_apart() -> None:
    stream, untouched = Chance(1).stream("a"), Chance(1).stream("a")
    draw = one_by_one(stream.blocks(range(TABLE_SIZE)))
    for _ in range(100):
        draw()
    assert stream.word() == untouched.word()


@given(st.integers(min_value=1, max_value=10**12), st.integers())
def test_below_stays_below(bound: int, seed: int) -> None:
    stream = Chance(seed).stream()
    assert all(0 <= stream.below(bound) < bound for _ in range(20))


def test_draws_are_even() -> None:
    """Pearson's statistic of 100,000 draws of ten; 27.9 would be passed by chance once in a thousand seeds."""
    stream = Chance(3).stream()
    counts = [0] * 10
    for _ in range(100_000):
        counts[stream.below(10)] += 1
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts) < 27.9


def test_every_entry_of_a_table_is_drawn_equally_often() -> None:
    """Pearson's statistic over 16 parts of the table; 37.7 would be passed by chance once in a thousand seeds."""
    draw = one_by_one(Chance(3).stream().blocks(range(TABLE_SIZE)))
    counts = [0] * 16
    for _ in range(160_000):
        counts[draw() // 256] += 1
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts) < 37.7


def test_a_table_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="has 10 entries; 4096 are needed"):
        Chance(1).stream().blocks(range(10))


@pytest.mark.parametrize("ppm", [1_000, 300_000, 999_999])
def test_passes_have_the_mean_that_the_share_asks_for(ppm: int) -> None:
    """A share p passes (1 - p) / p times on average before it strikes."""
    stream = Chance(5).stream()
    mean = sum(stream.passes(ppm) for _ in range(20_000)) / 20_000
    assert mean == pytest.approx((MILLION - ppm) / ppm, rel=0.03, abs=0.001)


def test_what_always_happens_lets_nothing_pass() -> None:
    stream = Chance(5).stream()
    assert [stream.passes(MILLION) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("ppm", [0, -1, MILLION + 1])
def test_a_share_that_is_none_is_refused(ppm: int) -> None:
    with pytest.raises(ValueError, match="times in a million"):
        Chance(1).stream().passes(ppm)


def test_happens_follows_its_share() -> None:
    stream = Chance(5).stream()
    assert sum(stream.happens(250_000) for _ in range(20_000)) == pytest.approx(5_000, rel=0.03)
    assert not any(stream.happens(0) for _ in range(1_000))
    assert all(stream.happens(MILLION) for _ in range(1_000))


@given(st.lists(st.integers(), max_size=30), st.integers())
def test_shuffling_loses_and_adds_nothing(items: list[int], seed: int) -> None:
    shuffled = list(items)
    Chance(seed).stream().shuffle(shuffled)
    assert sorted(shuffled) == sorted(items)


def test_shuffling_and_choosing_reach_everything() -> None:
    stream = Chance(1).stream()
    orders, choices = set(), set()
    for _ in range(200):
        items = [1, 2, 3]
        stream.shuffle(items)
        orders.add(tuple(items))
        choices.add(stream.choice(items))
    assert len(orders) == 6
    assert choices == {1, 2, 3}


def test_what_draws_from_a_table_keeps_the_block_and_little_else() -> None:
    """490 nodes have 240,000 links, each with one; the numbers are the table's own."""
    table = list(range(TABLE_SIZE))
    streams = [Chance(3).stream(str(number)) for number in range(200)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [(draw := stream.blocks(table), draw()) for stream in streams]
        each = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    finally:
        tracemalloc.stop()
    assert each < 1_200
