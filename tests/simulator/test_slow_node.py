"""A node that takes long for everything: one thing at a time, in order, and as fast as before once that is over."""

from typing import Any

from conformance.history import Fault as FaultRecord
from reference.effects import Respond, SetAlarm
from reference.protocol import Request
from simulator.chance import Chance
from simulator.faults import Fault, Pause, SlowNode
from simulator.timetable import Timetable


def play(stage: Any, *faults: Fault) -> None:
    stage.start()
    Timetable(stage, faults, Chance(1)).begin()


def send(stage: Any, *messages: str) -> None:
    for message in messages:
        stage.network.carry("n1", "n2", "data", message)


def turns(stage: Any) -> list[tuple[int, str, Any]]:
    return [(entry[0], entry[2], entry[-1]) for entry in stage.log if entry[1] == "n2"]


def test_a_slow_node_does_one_thing_after_the_other(stage: Any) -> None:
    slow = SlowNode(0, None, "n2", 1_000)
    play(stage, slow)
    stage.run(1)
    send(stage, "a", "b", "c")
    stage.run(5_000)
    send(stage, "d")
    stage.run(9_000)
    assert turns(stage) == [
        (1_101, "receive", "a"), (2_101, "receive", "b"), (3_101, "receive", "c"), (6_100, "receive", "d"),
    ]  # fmt: skip
    assert slow.touched == 4


def test_what_waits_when_that_is_over_is_done_at_once_and_counted_no_longer(stage: Any) -> None:
    slow = SlowNode(0, 2_500, "n2", 1_000)
    play(stage, slow)
    stage.run(1)
    send(stage, "a", "b", "c")
    stage.run(3_000)
    send(stage, "d")
    stage.run(9_000)
    assert turns(stage) == [
        (1_101, "receive", "a"), (2_101, "receive", "b"), (2_500, "receive", "c"), (3_100, "receive", "d"),
    ]  # fmt: skip
    assert slow.history_record() == FaultRecord("slow-node", ["n2"], 0, 2_500, 2)


def test_an_alarm_that_is_cancelled_while_it_waits_does_not_ring(stage: Any) -> None:
    stage.says = lambda _, what, *about: [SetAlarm("x", 50)] if what == "receive" and about[2] == "set" else []
    play(stage, SlowNode(0, None, "n2", 1_000))
    stage.run(1)
    send(stage, "set", "set")
    stage.run(9_000)
    assert [turn[:2] for turn in turns(stage)] == [(1_101, "receive"), (2_101, "receive"), (4_101, "ring")]


def test_requests_wait_too_while_the_health_check_finds_nothing(stage: Any) -> None:
    play(stage, SlowNode(0, None, "n2", 1_000))
    stage.run(1)
    heard: list[tuple[int, Respond | None]] = []
    host = stage.hosts["n2"]

    def ask(number: int) -> None:
        host.request(
            Request(f"r{number}", "GET", "/session", "n2"), lambda answer: heard.append((stage.loop.now, answer))
        )

    for number in (1, 2):
        ask(number)
    assert host.probe_ready()
    stage.run(9_000)
    assert [t for t, _ in heard] == [1_001, 2_001]


def test_a_slow_node_that_stands_still_meanwhile_does_all_of_it_when_it_goes_on(stage: Any) -> None:
    play(stage, SlowNode(0, None, "n2", 1_000), Pause(500, 4_500, "n2"))
    stage.run(1)
    send(stage, "a", "b")
    stage.run(6_000)
    send(stage, "c")
    stage.run(9_000)
    assert turns(stage) == [(5_000, "receive", "a"), (5_000, "receive", "b"), (7_100, "receive", "c")]


def test_a_life_that_begins_meanwhile_is_slow_too_and_forgets_what_waited(stage: Any) -> None:
    play(stage, SlowNode(0, None, "n2", 1_000))
    stage.run(1)
    send(stage, "a")
    stage.run(500)
    stage.hosts["n2"].crash()
    stage.hosts["n2"].start()
    send(stage, "b")
    stage.run(9_000)
    assert turns(stage) == [(500, "start", ()), (1_600, "receive", "b")]
