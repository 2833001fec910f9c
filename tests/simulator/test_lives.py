"""Nodes that leave in good order, and nodes that join later."""

from typing import Any

from conformance.history import Fault as FaultRecord
from reference.effects import SetAlarm, Stopped
from simulator.chance import Chance
from simulator.clock import s
from simulator.faults import Fault
from simulator.lives import Join, Leave
from simulator.timetable import Timetable


def play(stage: Any, *faults: Fault, without: str = "") -> Timetable:
    for name, host in stage.hosts.items():
        if name != without:
            host.start()
    stage.log.clear()
    timetable = Timetable(stage, faults, Chance(1))
    timetable.begin()
    return timetable


def stops_after(us: int) -> Any:
    """Make toys that stop so long after they were told to leave; 0 at once, negative never."""

    def says(_: Any, what: str, *__: Any) -> list[Any]:
        if what == "leave":
            return [Stopped()] if us == 0 else [SetAlarm("leave", us)] if us > 0 else []
        return [Stopped()] if what == "ring" else []

    return says


def turns_of(stage: Any, node: str) -> list[tuple[int, str]]:
    return [(entry[0], entry[2]) for entry in stage.log if entry[1] == node]


def test_a_leaving_node_is_told_has_its_turns_and_returns_as_a_new_life(stage: Any) -> None:
    stage.says = stops_after(500)
    leave = Leave(1_000, 2_000, "n2")
    play(stage, leave)
    stage.run(1_400)
    assert stage.hosts["n2"].up
    stage.run(1_600)
    assert not stage.hosts["n2"].up
    stage.run(10_000)
    assert turns_of(stage, "n2") == [(1_000, "leave"), (1_500, "ring"), (3_000, "start")]
    assert stage.hosts["n2"].boot == 2
    assert leave.history_record() == FaultRecord("leave", ["n2"], 1_000, 3_000, 1)


def test_a_node_that_has_not_left_when_the_next_one_is_due_is_killed(stage: Any) -> None:
    stage.says = stops_after(-1)
    play(stage, Leave(1_000, 2_000, "n2"))
    stage.run(10_000)
    assert turns_of(stage, "n2") == [(1_000, "leave"), (3_000, "start")]
    assert stage.hosts["n2"].up


def test_a_node_that_leaves_for_ever_stays_away_whatever_heals(stage: Any) -> None:
    stage.says = stops_after(0)
    leave = Leave(1_000, None, "n2")
    timetable = play(stage, leave)
    stage.run(5_000)
    timetable.heal()
    stage.run(s(1))
    assert not stage.hosts["n2"].up
    assert leave.history_record() == FaultRecord("leave", ["n2"], 1_000, None, 1)


def test_a_node_that_is_down_cannot_leave(stage: Any) -> None:
    leave = Leave(1_000, 2_000, "n2")
    play(stage, leave, without="n2")
    stage.run(10_000)
    assert leave.history_record() is None
    assert stage.hosts["n2"].boot == 0


def test_a_joining_node_starts_at_its_instant_and_stays_when_all_is_healed(stage: Any) -> None:
    join = Join(1_000, "n3")
    timetable = play(stage, join, without="n3")
    stage.run(1_000)
    assert not stage.hosts["n3"].up
    stage.run(2_000)
    assert turns_of(stage, "n3") == [(1_000, "start")]
    timetable.heal()
    assert stage.hosts["n3"].up
    assert join.history_record() == FaultRecord("join", ["n3"], 1_000, 1_000, 1)
