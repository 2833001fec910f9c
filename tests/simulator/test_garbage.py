"""Garbage is looked for seldom while a world runs, and as before afterwards; of a world that is over nothing stays."""

import gc
from weakref import ref

import pytest

from conformance.planning import plan
from conformance.runner import world_of
from scenarios import load
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


class Enough(Exception):
    """Ends a run early."""


def stopped(_now: int) -> None:
    raise Enough


@pytest.mark.parametrize("early", [False, True])
def test_whoever_makes_many_worlds_keeps_none_of_them(*, early: bool) -> None:
    world = world_of(plan(load("two-ports-of-one-host"), seed=1))
    if early:
        with pytest.raises(Enough):
            world.run(progress=stopped)
    else:
        world.run()
    left = ref(world.loop)
    assert left() is not None
    del world
    gc.collect()
    assert left() is None, "messages on their way and alarms hold it, and the collector does not see them"
