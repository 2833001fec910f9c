"""The event loop and a node's clocks."""

from collections.abc import Callable, Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy import Event

from simulator.clock import ALARM, EPOCH_US, MESSAGE, REQUEST, Loop, NodeClock, ms, s


def test_simpys_run_does_what_is_no_event_of_its_own() -> None:
    """What the network relies on: each acts once, at its instant, and is called with what it is about."""
    loop, seen = Loop(), []

    def act(name: str) -> None:
        seen.append((loop.now, name))

    loop.push(20, MESSAGE, act, "second")
    loop.push(10, MESSAGE, act, "first")
    loop.run()
    assert seen == [(10, "first"), (20, "second")]


def test_the_queue_is_the_one_that_simpy_empties() -> None:
    """The network pushes on it directly, and SimPy's own events are numbered with ours."""
    loop = Loop()
    loop.timeout(5)
    assert [(due, priority) for due, priority, *_ in loop.queue] == [(5, 1)]
    number = next(loop.numbers)
    loop.push(6, MESSAGE, str, "next")
    assert loop.queue[-1][2] == number + 1
    loop.run()
    assert loop.queue == []
    assert loop.now == 6
    assert type(loop.now) is int


def test_equal_instants_are_ordered_by_kind_and_then_first_in_first_out() -> None:
    """Faults (SimPy's own events), then messages, alarms, requests (protocol, part 2)."""
    loop, seen = Loop(), []

    def log(name: str) -> None:
        seen.append(name)

    for name, priority in (("r1", REQUEST), ("a1", ALARM), ("m1", MESSAGE), ("m2", MESSAGE), ("a2", ALARM)):
        loop.push(10, priority, log, name)
    loop.after(10, lambda: seen.append("fault"))
    loop.run()
    assert seen == ["fault", "m1", "m2", "a1", "a2", "r1"]


@given(
    st.lists(
        st.tuples(st.integers(0, 9) | st.integers(0, 60), st.sampled_from([MESSAGE, ALARM, REQUEST])), max_size=12
    ),
    st.integers(1, 30),
)
def test_running_to_an_instant_is_what_simpys_run_until_does(events: list[tuple[int, int]], slice_us: int) -> None:
    """With events of SimPy's among ours, some of which push another, and slices of any length; then to the end."""

    def seen(run: Callable[[Loop, int], object]) -> list[object]:
        loop, log = Loop(slice_us), []

        def happens(name: str) -> None:
            log.append((loop.now, name))
            if name.startswith("first"):
                for later in (0, 3, 9, 40):
                    loop.push(loop.now + later, MESSAGE, happens, f"second of {name}")

        for number, (due, priority) in enumerate(events):
            loop.push(due, priority, happens, f"first {number}")
            loop.after(due, lambda: log.append(loop.now))
        for instant in (5, 9, 20, 21):
            run(loop, instant)
            log.append(("now", loop.now))
        loop.push(loop.now + 1, ALARM, happens, "between two instants")
        loop.run()
        return log

    assert seen(lambda loop, instant: loop.run_to(instant)) == seen(lambda loop, instant: loop.run(until=instant))


def test_what_is_due_later_than_the_loop_runs_is_neither_lost_nor_held_when_it_is_let_go() -> None:
    loop, seen = Loop(), []

    def log(name: str) -> None:
        seen.append((loop.now, name))

    loop.run_to(10)
    loop.push(100, REQUEST, log, "far")
    loop.push(30, REQUEST, log, "near")
    loop.run_to(40)
    assert seen == [(30, "near")]
    loop.run()
    assert seen == [(30, "near"), (100, "far")]
    loop.run_to(200)
    loop.push(300, REQUEST, log, "given up")
    loop.let_go()
    loop.run_to(400)
    assert seen == [(30, "near"), (100, "far")]


def test_what_is_due_in_a_later_slice_is_not_among_what_is_compared_now() -> None:
    """A heap is the slower the more it holds."""
    loop, held = Loop(slice_us=10), []
    loop.run_to(1)
    for due in range(2, 1_000):
        loop.push(due, ALARM, lambda _: held.append(len(loop.queue)), None)
    loop.run_to(1_000)
    assert len(held) == 998
    assert max(held) <= 16


def test_what_goes_wrong_in_an_event_ends_running_to_an_instant() -> None:
    loop = Loop()
    loop.after(3, lambda: [].index(1))
    with pytest.raises(ValueError, match="1 is not in list"):
        loop.run_to(10)
    assert loop.now == 3

    def fails() -> Generator[Event, None, None]:
        yield loop.timeout(1)
        raise RuntimeError("in a process")

    loop.process(fails())
    with pytest.raises(RuntimeError, match="in a process"):
        loop.run_to(10)
    assert loop.now == 4
    seen: list[str] = []
    loop.push(12, REQUEST, seen.append, "afterwards")
    loop.run()
    assert seen == ["afterwards"]
    assert loop.now == 12


def test_a_node_sees_its_own_clocks() -> None:
    clock = NodeClock(offset_us=-ms(3))
    clock.begin(s(10))
    assert clock.read(s(12)) == (EPOCH_US + s(12) - ms(3), s(2))
    clock.begin(s(20))
    assert clock.read(s(20))[1] == 0


offsets = st.integers(-s(3600 * 24 * 400), s(3600 * 24 * 400))
drifts = st.integers(-999_999, 999_999)
instants = st.integers(0, s(3600 * 24))


@given(offsets, drifts, instants, instants)
def test_a_clock_shows_true_time_its_offset_and_what_it_gained(offset: int, drift: int, at: int, after: int) -> None:
    clock = NodeClock()
    clock.set(at, offset, drift)
    wall, _ = clock.read(at + after)
    assert type(wall) is int
    assert wall == EPOCH_US + at + after + clock.offset_us(at + after)
    assert clock.offset_us(at) == offset
    assert 0 <= offset * 1_000_000 + after * drift - clock.offset_us(at + after) * 1_000_000 < 1_000_000


@given(drifts, instants, st.integers(0, s(60)))
def test_a_clock_that_drifts_slower_than_time_never_goes_back(drift: int, at: int, after: int) -> None:
    clock = NodeClock()
    clock.set(0, 0, drift)
    assert clock.read(at)[0] <= clock.read(at + after)[0]


@given(offsets, drifts, instants)
def test_a_clock_that_was_set_right_is_right(offset: int, drift: int, at: int) -> None:
    clock = NodeClock()
    clock.set(at, offset, drift)
    assert clock.is_off(at) == (drift != 0 or offset != 0)
    clock.set(at + s(1), 0)
    assert not clock.is_off(at + s(2))
    assert clock.read(at + s(2))[0] == EPOCH_US + at + s(2)


def test_the_wall_clock_may_step_back_but_is_never_negative_and_the_other_does_not_notice() -> None:
    clock = NodeClock()
    clock.begin(0)
    before = clock.read(s(10))
    clock.set(s(10), -ms(900))
    assert clock.read(s(10)) == (before[0] - ms(900), before[1])
    clock.set(s(10), -2 * EPOCH_US)
    assert clock.read(s(11)) == (0, s(11))


def test_the_epoch_is_the_beginning_of_2026() -> None:
    days = sum(366 if year % 4 == 0 else 365 for year in range(1970, 2026))
    assert s(days * 24 * 3600) == EPOCH_US
