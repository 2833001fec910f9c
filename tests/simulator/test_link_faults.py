"""Cuts that come and go, narrow links, clogs: what arrives when, and what is counted."""

from typing import Any

import pytest

from conformance.history import Fault as FaultRecord
from reference.frames import Frame
from simulator.chance import Chance
from simulator.faults import Fault
from simulator.link_faults import Bandwidth, Clog, CutLinks, Partition
from simulator.timetable import Timetable
from simulator.trace import size_of


def play(stage: Any, *faults: Fault) -> Timetable:
    stage.start()
    timetable = Timetable(stage, faults, Chance(1))
    timetable.begin()
    return timetable


def send(stage: Any, sender: str, to: str, message: Any = "m") -> None:
    stage.network.carry(sender, to, "data", message)


def arrivals(stage: Any) -> list[tuple[int, str, str]]:
    return [(entry[0], entry[1], entry[5]) for entry in stage.log if entry[2] == "receive"]


# ------------------------------------------------------------------------------------------------- what comes and goes


def test_a_flapping_cut_comes_and_goes_and_each_time_is_told(stage: Any) -> None:
    cut = Partition(1_000, 5_000, [["n1"], ["n2", "n3"]], (1_000, 2_000))
    play(stage, cut)
    for instant in range(500, 7_000, 1_000):
        stage.run(instant)
        send(stage, "n1", "n2", instant)
    stage.run(10_000)
    assert [message for _, _, message in arrivals(stage)] == [500, 2_500, 3_500, 5_500, 6_500]
    groups = [["n1"], ["n2", "n3"]]
    assert cut.history_records() == [
        FaultRecord("cut", ["n1", "n2", "n3"], 1_000, 2_000, 1, groups=groups),
        FaultRecord("cut", ["n1", "n2", "n3"], 4_000, 5_000, 1, groups=groups),
    ]
    assert cut.touched == 2
    assert stage.network.rules == ()


@pytest.mark.parametrize("healed", [1_500, 2_500], ids=["while cut", "while open"])
def test_a_flapping_cut_that_is_undone_never_comes_again(stage: Any, healed: int) -> None:
    cut = CutLinks(1_000, None, [("n1", "n2")], (1_000, 2_000))
    timetable = play(stage, cut)
    stage.run(healed)
    timetable.heal()
    stage.run(20_000)
    send(stage, "n1", "n2")
    stage.run(21_000)
    assert len(arrivals(stage)) == 1
    assert [(record.begin, record.end) for record in cut.history_records()] == [(1_000, min(healed, 2_000))]


def test_a_cut_that_stays_is_told_once(stage: Any) -> None:
    cut = Partition(1_000, 5_000, [["n1"], ["n2", "n3"]])
    play(stage, cut)
    assert cut.history_records() == []
    stage.run(10_000)
    assert [(record.begin, record.end) for record in cut.history_records()] == [(1_000, 6_000)]


# --------------------------------------------------------------------------------------------------------- narrow links


def frame(size: int) -> Frame:
    return Frame("n2", "data", bytes(size), "copy")


def test_a_narrow_link_lets_messages_wait_for_those_before_them(stage: Any) -> None:
    narrow = Bandwidth(0, None, rate=1_000_000, queue=10_000)
    play(stage, narrow)
    stage.run(1)
    for _ in range(3):
        send(stage, "n1", "n2", frame(500))
    send(stage, "n1", "n3", frame(500))
    stage.run(10_000)
    assert [(t, to) for t, to, _ in arrivals(stage)] == [(601, "n2"), (601, "n3"), (1_101, "n2"), (1_601, "n2")]
    assert narrow.touched == 2


def test_what_finds_the_queue_full_is_lost(stage: Any) -> None:
    narrow = Bandwidth(0, None, rate=1_000_000, queue=1_000)
    play(stage, narrow)
    stage.run(1)
    for _ in range(5):
        send(stage, "n1", "n2", frame(500))
    stage.run(10_000)
    assert len(arrivals(stage)) == 3
    assert stage.network.lost == {"queue": 2}
    assert narrow.touched == 4


def test_a_link_that_was_idle_is_free_again(stage: Any) -> None:
    narrow = Bandwidth(0, 5_000, rate=1_000_000, queue=1_000, links=[("n1", "n2")])
    play(stage, narrow)
    for instant in (1, 2_001, 6_001):
        stage.run(instant)
        send(stage, "n1", "n2", frame(500))
        send(stage, "n2", "n1", frame(500))
    stage.run(10_000)
    assert [t for t, to, _ in arrivals(stage) if to == "n2"] == [601, 2_601, 6_101]
    assert [t for t, to, _ in arrivals(stage) if to == "n1"] == [101, 2_101, 6_101]
    assert narrow.touched == 0


def test_a_message_is_as_large_as_its_frame_or_as_its_digest() -> None:
    assert size_of(frame(77)) == 77
    assert size_of({"a": "bcd"}) == len(b"\x81\xa1a\xa3bcd")


# ---------------------------------------------------------------------------------------------------------------- clogs


def test_what_is_clogged_arrives_when_the_clog_is_gone_in_its_order(stage: Any) -> None:
    clog = Clog(50, 950, "n2")
    play(stage, clog)
    for number in range(3):
        stage.run(1 + number * 200)
        send(stage, "n1", "n2", number)
    send(stage, "n2", "n3", "out")
    send(stage, "n1", "n3", "past")
    stage.run(5_000)
    assert arrivals(stage) == [
        (501, "n3", "past"), (1_000, "n2", 0), (1_000, "n2", 1), (1_000, "n2", 2), (1_000, "n3", "out"),
    ]  # fmt: skip
    assert clog.history_record() == FaultRecord("clog", ["n2"], 50, 1_000, 4)
    assert stage.network.lost == {}


def test_a_clog_of_links_holds_one_direction(stage: Any) -> None:
    clog = Clog(0, 1_000, "", [("n1", "n2")])
    play(stage, clog)
    stage.run(1)
    send(stage, "n1", "n2", "there")
    send(stage, "n2", "n1", "back")
    stage.run(5_000)
    assert arrivals(stage) == [(101, "n1", "back"), (1_000, "n2", "there")]
    assert clog.history_record() == FaultRecord("clog", ["n1", "n2"], 0, 1_000, 1, links=[["n1", "n2"]])


def test_what_a_clog_held_is_lost_with_the_node_that_it_was_for(stage: Any) -> None:
    play(stage, Clog(0, 1_000, "n2"))
    stage.run(1)
    send(stage, "n1", "n2")
    stage.run(500)
    stage.hosts["n2"].crash()
    stage.hosts["n2"].start()
    stage.run(5_000)
    assert arrivals(stage) == []
