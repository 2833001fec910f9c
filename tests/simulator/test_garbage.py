"""Garbage is looked for seldom while a world runs, and as before afterwards."""

import gc

import pytest

from simulator.garbage import NEW_OBJECTS, seldom_collected


def test_young_objects_are_looked_through_seldom_for_as_long_as_it_lasts() -> None:
    before = gc.get_threshold()
    with seldom_collected():
        assert gc.get_threshold() == (NEW_OBJECTS, *before[1:])
        assert gc.isenabled(), "a subject in this process may leave cycles behind"
    assert gc.get_threshold() == before


def test_a_run_that_raises_leaves_it_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyboardInterrupt), seldom_collected():
        raise KeyboardInterrupt
    assert gc.get_threshold() == before
