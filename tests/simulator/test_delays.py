"""Delays of a link."""

from hashlib import blake2b

import pytest

from simulator.chance import TABLE_SIZE, Chance
from simulator.delays import MEASURED_SIGMA, Around, Fixed, Lognormal, half_of, measured
from tests.simulator.drawing import one_by_one


def _draws(delay: Around | Fixed | Lognormal, count: int, seed: int = 1) -> list[int]:
    draw = one_by_one(delay.blocks(Chance(seed).stream("n1", "n2")))
    return [draw() for _ in range(count)]


def test_a_fixed_delay_is_always_the_same() -> None:
    assert set(_draws(Fixed(300), 100)) == {300}


def test_a_lognormal_delay_has_the_quantiles_that_its_name_promises() -> None:
    """Normal quantiles: 84.13 % of draws lie below median times e^sigma, 2.28 % below median times e^(-2 sigma)."""
    drawn = sorted(_draws(Lognormal(10_000, 0.3), 100_000))
    assert drawn[50_000] == pytest.approx(10_000, rel=0.01)
    assert drawn[84_134] == pytest.approx(13_499, rel=0.01)
    assert drawn[2_275] == pytest.approx(5_488, rel=0.01)


def test_a_lognormal_delay_is_whole_and_never_nothing() -> None:
    drawn = _draws(Lognormal(1, 3.0), 10_000)
    assert min(drawn) == 1
    assert all(type(delay) is int for delay in drawn)


def test_the_table_is_the_same_on_every_machine() -> None:
    """Pinned: a last bit of `exp` that differs must not reach a delay; the ends are median times e^(±3.67 sigma)."""
    delay = Lognormal(300, 0.3)
    table = one_by_one(delay.blocks(Chance(1).stream()))
    drawn = sorted({table() for _ in range(20 * TABLE_SIZE)})
    assert (drawn[0], drawn[-1]) == (100, 902)
    text = ",".join(map(str, _draws(delay, 1_000))).encode()
    assert blake2b(text, digest_size=8).hexdigest() == "caf26f984c444107"


def test_links_draw_apart() -> None:
    """Leaving out what one link draws changes nothing on another."""
    assert _draws(Lognormal(300, 0.3), 50, seed=1) != _draws(Lognormal(300, 0.3), 50, seed=2)


def test_a_measured_delay_is_half_of_the_round_trip_of_its_direction() -> None:
    rtt_us = {("frankfurt-1", "osaka-1"): 242_000, ("osaka-1", "frankfurt-1"): 245_000, ("dallas-1", "dallas-1"): 100}
    assert measured(rtt_us, "frankfurt-1", "osaka-1").median_us == 121_000
    assert measured(rtt_us, "osaka-1", "frankfurt-1").median_us == 122_500
    assert measured(rtt_us, "dallas-1", "dallas-1").median_us == 50
    assert measured(rtt_us, "dallas-1", "dallas-1").sigma == MEASURED_SIGMA


def test_a_pair_measured_in_one_direction_serves_both() -> None:
    assert measured({("a", "b"): 10_000}, "b", "a").median_us == 5_000


def test_a_pair_that_was_not_measured_is_refused_with_the_zones_that_were() -> None:
    with pytest.raises(ValueError, match="from 'a' to 'c'; measured zones: a, b"):
        measured({("a", "b"): 10_000}, "a", "c")


@pytest.mark.parametrize(("median_us", "sigma"), [(0, 0.3), (300, -0.1)])
def test_a_lognormal_delay_that_makes_no_sense_is_refused(median_us: int, sigma: float) -> None:
    with pytest.raises(ValueError, match="write at least 1 µs and a sigma from 0"):
        Lognormal(median_us, sigma)


def test_a_delay_back_in_time_is_refused() -> None:
    with pytest.raises(ValueError, match="write one from 0"):
        Fixed(-1)


def test_half_of_a_round_trip_is_drawn_alike_from_one_table_for_all_links() -> None:
    assert _draws(half_of(20_000), 1_000) == _draws(Lognormal(10_000, MEASURED_SIGMA), 1_000)
    assert min(_draws(half_of(1), 1_000)) == 1
    assert min(_draws(half_of(0), 1_000)) == 1
