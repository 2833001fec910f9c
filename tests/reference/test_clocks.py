"""Stamps grow, stay near the wall clock, and are not led astray by a clock far ahead."""

from hypothesis import given
from hypothesis import strategies as st

from reference.clocks import HybridClock

BOUND = 1_000
YEAR = 365 * 24 * 3600 * 1_000_000
walls = st.integers(0, 10_000)


@given(st.lists(walls, min_size=1))
def test_stamps_grow_whatever_the_wall_clock_does(readings: list[int]) -> None:
    clock = HybridClock(BOUND)
    stamps = [clock.stamp(wall) for wall in readings]
    assert stamps == sorted(set(stamps))
    assert all(stamp >= wall for stamp, wall in zip(stamps, readings, strict=True))


@given(walls, st.integers(0, 10_000))
def test_a_write_exceeds_every_stamp_in_the_copy_that_it_is_applied_to(wall: int, above: int) -> None:
    assert HybridClock(BOUND).stamp(wall, above) > above


@given(walls, st.integers(0, 20_000))
def test_what_was_witnessed_within_the_bound_lies_before_the_next_stamp(wall: int, seen: int) -> None:
    clock = HybridClock(BOUND)
    clock.witness(seen, wall)
    stamp = clock.stamp(wall)
    if seen <= wall + BOUND:
        assert stamp > seen or stamp >= wall > seen
    else:
        assert stamp == max(wall, 1), "a stamp further ahead moves nothing"


def test_a_clock_a_year_ahead_takes_nobody_along_but_its_writes_can_be_overwritten() -> None:
    clock = HybridClock(BOUND)
    clock.witness(YEAR, 5)
    assert clock.stamp(5, above=YEAR) == YEAR + 1
    assert clock.stamp(6) == 6
