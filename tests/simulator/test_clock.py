"""The event loop and a node's clocks."""

from typing import Any

from simulator.clock import ALARM, EPOCH_US, MESSAGE, REQUEST, Loop, NodeClock, ms, s


class _Light:
    """An event of our own, as light as the loop allows."""

    __slots__ = ("_ok", "callbacks", "name")

    def __init__(self, callbacks: list[Any], name: str) -> None:
        self.callbacks: list[Any] | None = callbacks
        self.name = name
        self._ok = True


def test_simpy_runs_events_that_are_not_its_own() -> None:
    """What the network relies on: callbacks are called with the event and are put back to None, not emptied."""
    loop, seen = Loop(), []
    shared = [lambda event: seen.append((loop.now, event.name))]
    first, second = _Light(shared, "first"), _Light(shared, "second")
    loop.push(20, MESSAGE, second)
    loop.push(10, MESSAGE, first)
    loop.run()
    assert seen == [(10, "first"), (20, "second")]
    assert first.callbacks is None
    assert len(shared) == 1


def test_the_queue_is_the_one_that_simpy_empties() -> None:
    """The network pushes on it directly, and SimPy's own events are numbered with ours."""
    loop = Loop()
    loop.timeout(5)
    assert [(due, priority) for due, priority, _, _ in loop.queue] == [(5, 1)]
    number = next(loop.numbers)
    loop.push(6, MESSAGE, _Light([], "next"))
    assert loop.queue[-1][2] == number + 1
    loop.run()
    assert loop.queue == []
    assert loop.now == 6
    assert type(loop.now) is int


def test_equal_instants_are_ordered_by_kind_and_then_first_in_first_out() -> None:
    """Faults (SimPy's own events), then messages, alarms, requests (protocol, part 2)."""
    loop, seen = Loop(), []
    log = [lambda event: seen.append(event.name)]
    for name, priority in (("r1", REQUEST), ("a1", ALARM), ("m1", MESSAGE), ("m2", MESSAGE), ("a2", ALARM)):
        loop.push(10, priority, _Light(log, name))
    loop.after(10, lambda: seen.append("fault"))
    loop.run()
    assert seen == ["fault", "m1", "m2", "a1", "a2", "r1"]


def test_a_node_sees_its_own_clocks() -> None:
    clock = NodeClock(offset_us=-ms(3))
    clock.begin(s(10))
    assert clock.read(s(12)) == (EPOCH_US + s(12) - ms(3), s(2))
    clock.begin(s(20))
    assert clock.read(s(20))[1] == 0


def test_the_epoch_is_the_beginning_of_2026() -> None:
    days = sum(366 if year % 4 == 0 else 365 for year in range(1970, 2026))
    assert s(days * 24 * 3600) == EPOCH_US
