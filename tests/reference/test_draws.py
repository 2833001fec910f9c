"""All chance of a node comes from its seed: the same again, even, and ids that tell nothing of each other."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.draws import Draws

SEED, OTHER = "01" * 32, "02" * 32
NAMES = [f"n{number}" for number in range(10)]


def drawn(draws: Draws) -> list[object]:
    return [draws.word(), draws.below(7), draws.shuffled(NAMES), draws.some(NAMES, 3), draws.session_id()]


def test_the_same_seed_draws_the_same_and_another_seed_something_else() -> None:
    assert drawn(Draws(SEED)) == drawn(Draws(SEED))
    assert all(one != other for one, other in zip(drawn(Draws(SEED))[2:], drawn(Draws(OTHER))[2:], strict=True))


@given(st.integers(1, 1 << 60))
def test_a_draw_lies_below_its_bound(bound: int) -> None:
    assert 0 <= Draws(SEED).below(bound) < bound


def test_draws_are_even() -> None:
    draws = Draws(SEED)
    counts = Counter(draws.below(10) for _ in range(10_000))
    assert all(900 < counts[digit] < 1_100 for digit in range(10)), counts
    firsts = Counter(draws.shuffled(NAMES)[0] for _ in range(5_000))
    assert all(400 < firsts[name] < 600 for name in NAMES), firsts


@given(st.integers(0, 12))
def test_some_are_different_names_and_all_when_there_are_no_more(count: int) -> None:
    some = Draws(SEED).some(NAMES, count)
    assert len(some) == len(set(some)) == min(count, len(NAMES))
    assert set(some) <= set(NAMES)


def test_nothing_that_is_drawn_from_is_changed() -> None:
    names = list(NAMES)
    draws = Draws(SEED)
    draws.shuffled(names)
    draws.some(names, 3)
    assert names == NAMES


@pytest.mark.requirement("REQ-COOK-4")
def test_session_ids_have_256_bits_and_never_repeat() -> None:
    """REQ-COOK-4."""
    draws, other = Draws(SEED), Draws(OTHER)
    ids = [draws.session_id() for _ in range(500)] + [other.session_id() for _ in range(500)]
    assert len(set(ids)) == len(ids)
    assert all(len(bytes.fromhex(one)) == 32 for one in ids)


def test_choices_tell_nothing_of_ids() -> None:
    """Whoever sees a node's choices must not be able to guess ids: they come from another construction."""
    quiet, busy = Draws(SEED), Draws(SEED)
    busy.word()
    assert quiet.session_id() == busy.session_id()
