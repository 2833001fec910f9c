"""Faults and their timetable."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.history import Clock as ClockRecord
from conformance.history import Fault as FaultRecord
from reference.effects import Respond, Send, SetAlarm
from reference.protocol import Request
from simulator.chance import MILLION, Chance
from simulator.clock import EPOCH_US, ms, s
from simulator.faults import ClockOff, Fault, Pause
from simulator.link_faults import CutLinks, Duplicate, Loss, Partition, Reorder, Slow
from simulator.lives import ANSWERING, Crash, CrashOnEvent
from simulator.timetable import Timetable

LATE = 16_166


def _play(stage: Any, *faults: Fault) -> Timetable:
    stage.start()
    timetable = Timetable(stage, faults, Chance(1))
    timetable.begin()
    return timetable


def _send(stage: Any, sender: str, to: str) -> None:
    stage.network.carry(sender, to, "data", "m")


def _arrivals(stage: Any) -> list[tuple[int, str]]:
    return [(entry[0], entry[1]) for entry in stage.log if entry[2] == "receive"]


# ------------------------------------------------------------------------------------------------------- the timetable


def test_a_fault_begins_and_ends_at_its_instants_before_what_else_is_due_then(stage: Any) -> None:
    cut = Partition(100, 100, [["n1"], ["n2", "n3"]])
    _play(stage, cut)
    _send(stage, "n2", "n1")  # due at 100, when the cut begins
    stage.run(100 + 1)
    _send(stage, "n2", "n1")  # sent while it lasts
    stage.run(200 + 1)
    _send(stage, "n2", "n1")
    stage.run(1_000)
    assert _arrivals(stage) == [(301, "n1")]
    assert cut.history_record() == FaultRecord("cut", ["n1", "n2", "n3"], 100, 200, 2, groups=[["n1"], ["n2", "n3"]])


def test_healing_undoes_what_is_in_force_and_lets_nothing_strike_any_more(stage: Any) -> None:
    for_ever, later = Partition(10, None, [["n1"], ["n2"]]), Partition(500, 10, [["n1"], ["n2"]])
    timetable = _play(stage, for_ever, later)
    stage.run(300)
    timetable.heal()
    _send(stage, "n1", "n2")
    stage.run(505)
    _send(stage, "n1", "n2")
    stage.run(1_000)
    assert _arrivals(stage) == [(400, "n2"), (605, "n2")]
    assert for_ever.ended == 300
    assert later.history_record() is None


def test_a_fault_that_was_healed_is_not_undone_again(stage: Any) -> None:
    cut = Partition(10, 100, [["n1"], ["n2"]])
    timetable = _play(stage, cut)
    stage.run(50)
    timetable.heal()
    stage.run(1_000)
    assert cut.ended == 50


def test_faults_are_marked_in_the_trace(stage: Any) -> None:
    _play(stage, Slow(10, 20, 5))
    before = stage.recorder.events
    stage.run(15)
    assert stage.recorder.events == before + 1
    stage.run(100)
    assert stage.recorder.events == before + 2


def test_two_faults_of_the_same_kind_strike_apart(stage: Any) -> None:
    first, second = Duplicate(0, None, MILLION // 2), Duplicate(0, None, MILLION // 2)
    _play(stage, first, second)
    stage.run(1)
    for _ in range(200):
        _send(stage, "n1", "n2")
    assert first.touched != second.touched


# --------------------------------------------------------------------------------------------------------- the network


def test_a_one_way_cut_stops_one_direction_and_says_which(stage: Any) -> None:
    cut = CutLinks(0, None, [("n2", "n1"), ("n2", "n3")])
    _play(stage, cut)
    stage.run(1)
    _send(stage, "n2", "n1")
    _send(stage, "n1", "n2")
    stage.run(1_000)
    assert _arrivals(stage) == [(101, "n2")]
    assert cut.history_record() == FaultRecord(
        "cut", ["n2", "n1", "n3"], 0, None, 1, links=[["n2", "n1"], ["n2", "n3"]]
    )


@pytest.mark.parametrize(
    ("fault", "arrivals"),
    [
        (Loss(0, None, MILLION), 0),
        (Duplicate(0, None, MILLION), 40),
        (Reorder(0, None, MILLION), 20),
        (Slow(0, None, 7), 20),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_fault_of_messages_touches_all_that_it_should(stage: Any, fault: Fault, arrivals: int) -> None:
    _play(stage, fault)
    stage.run(1)
    for _ in range(20):
        _send(stage, "n1", "n2")
    stage.run(1_000_000)
    assert len(_arrivals(stage)) == arrivals
    assert fault.touched == 20
    assert fault.history_record() == FaultRecord(fault.kind, [], 0, None, 20)


def test_a_fault_on_links_leaves_the_others_alone(stage: Any) -> None:
    loss = Loss(0, None, MILLION, [("n1", "n2")])
    _play(stage, loss)
    stage.run(1)
    _send(stage, "n1", "n2")
    _send(stage, "n2", "n1")
    stage.run(1_000)
    assert _arrivals(stage) == [(101, "n1")]
    assert loss.nodes == ["n1", "n2"]


def test_a_fault_that_touched_nothing_says_so(stage: Any) -> None:
    cut = Partition(10, 10, [["n1"], ["n2"]])
    assert cut.touched == 0
    _play(stage, cut)
    stage.run(1_000)
    assert cut.touched == 0


# ----------------------------------------------------------------------------------------------------------- the nodes


def test_a_crashed_node_comes_back_with_nothing(stage: Any) -> None:
    crash = Crash(10, 100, "n2")
    _play(stage, crash)
    stage.run(50)
    assert not stage.hosts["n2"].up
    stage.run(200)
    assert stage.hosts["n2"].boot == 2
    assert stage.log == [(110, "n2", "start", ())]
    assert crash.history_record() == FaultRecord("crash", ["n2"], 10, 110, 1)


def test_a_crash_without_return_outlasts_the_healing(stage: Any) -> None:
    crash = Crash(10, None, "n2")
    timetable = _play(stage, crash)
    stage.run(50)
    timetable.heal()
    stage.run(100)
    assert not stage.hosts["n2"].up
    assert crash.history_record() == FaultRecord("crash", ["n2"], 10, None, 1)


def test_healing_brings_a_node_back_early(stage: Any) -> None:
    crash = Crash(10, 1_000, "n2")
    timetable = _play(stage, crash)
    stage.run(50)
    timetable.heal()
    stage.run(2_000)
    assert (stage.hosts["n2"].boot, crash.ended) == (2, 50)


def test_a_crash_of_a_node_that_is_down_strikes_nobody_and_starts_nobody(stage: Any) -> None:
    first, second = Crash(10, 1_000, "n2"), Crash(20, 10, "n2")
    _play(stage, first, second)
    stage.run(500)
    assert not stage.hosts["n2"].up
    assert second.history_record() is None
    assert second.touched == 0


def test_a_paused_node_gets_what_came_due_when_it_goes_on(stage: Any) -> None:
    pause = Pause(10, 300, "n2")
    _play(stage, pause)
    _send(stage, "n1", "n2")
    stage.run(1_000)
    assert _arrivals(stage) == [(310, "n2")]
    assert pause.history_record() == FaultRecord("pause", ["n2"], 10, 310, 1)


def test_a_node_that_dies_in_its_pause_is_not_woken(stage: Any) -> None:
    """Nor is its next life, which may stand still for a reason of its own."""
    pause, crash = Pause(10, 300, "n2"), Crash(20, 100, "n2")
    _play(stage, pause, crash)
    stage.run(200)
    stage.hosts["n2"].pause()
    stage.run(400)
    assert stage.hosts["n2"].paused
    assert pause.touched == 0


def test_pausing_a_node_that_is_down_touches_nothing(stage: Any) -> None:
    pause = Pause(20, 100, "n2")
    _play(stage, Crash(10, None, "n2"), pause)
    stage.run(1_000)
    assert pause.history_record() is None


# ------------------------------------------------------------------------------------------------- crashes on an event


def _ask(stage: Any, node: str, method: str, path: str) -> list[Any]:
    heard: list[Any] = []
    stage.hosts[node].request(Request(f"{method} {path}", method, path, "h"), heard.append)
    return heard


WRITE = ("PUT", "/session/data/k")


def test_the_node_that_answers_the_nth_write_dies_and_its_client_has_the_answer(stage: Any) -> None:
    crash = CrashOnEvent(ANSWERING, "write", 3, back_after=100)
    _play(stage, crash)
    stage.run(1)
    for node in ("n1", "n2"):
        _ask(stage, node, *WRITE)
    assert crash.history_record() is None
    assert crash.nodes == []
    stage.run(50)
    heard = _ask(stage, "n3", *WRITE)
    assert isinstance(heard[0], Respond)
    assert [host.up for host in stage.hosts.values()] == [True, True, False]
    stage.run(1_000)
    assert crash.history_record() == FaultRecord("crash", ["n3"], 50, 150, 1)
    assert stage.hosts["n3"].boot == 2


def test_what_the_node_would_have_done_after_the_answer_it_never_does(stage: Any) -> None:
    """Whoever sends its copies after answering is found out by this."""
    _play(stage, CrashOnEvent(ANSWERING, "write", 1, back_after=None))
    stage.says = lambda toy, what, *about: (  # noqa: ARG005
        [Respond(about[0].id, 200, (), {}), Send("n2", "data", "copy"), SetAlarm("again", 10)]
        if what == "request"
        else []
    )
    stage.run(1)
    _ask(stage, "n1", *WRITE)
    stage.run(1_000)
    assert _arrivals(stage) == []


def test_a_named_node_dies_whoever_answers(stage: Any) -> None:
    crash = CrashOnEvent("n2", "login", 1, back_after=None)
    _play(stage, crash)
    stage.run(1)
    _ask(stage, "n1", "POST", "/login")
    assert not stage.hosts["n2"].up
    assert crash.history_record() == FaultRecord("crash", ["n2"], 1, None, 1)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/session", 200), ("DELETE", "/session/data/k", 200), ("PUT", "/session/data/k", 503)],
)
def test_other_answers_are_not_counted(stage: Any, method: str, path: str, status: int) -> None:
    _play(stage, CrashOnEvent(ANSWERING, "write", 1, back_after=None))
    stage.says = lambda toy, what, *about: [Respond(about[0].id, status, (), {})] if what == "request" else []  # noqa: ARG005
    stage.run(1)
    _ask(stage, "n1", method, path)
    assert stage.hosts["n1"].up


def test_an_event_strikes_once(stage: Any) -> None:
    _play(stage, CrashOnEvent(ANSWERING, "logout", 1, back_after=10))
    stage.run(1)
    _ask(stage, "n1", "POST", "/logout")
    stage.run(100)
    _ask(stage, "n1", "POST", "/logout")
    assert stage.hosts["n1"].up


def test_after_the_healing_no_event_strikes_and_the_node_is_back(stage: Any) -> None:
    struck, waiting = CrashOnEvent(ANSWERING, "write", 1, 10_000), CrashOnEvent(ANSWERING, "write", 2, 10_000)
    timetable = _play(stage, struck, waiting)
    stage.run(1)
    _ask(stage, "n1", *WRITE)
    stage.run(50)
    timetable.heal()
    assert (stage.hosts["n1"].boot, struck.ended) == (2, 50)
    _ask(stage, "n1", *WRITE)
    stage.run(20_000)
    assert stage.hosts["n1"].boot == 2
    assert stage.hosts["n1"].up
    assert waiting.touched == 0


def test_an_unknown_event_is_an_error() -> None:
    with pytest.raises(KeyError, match="coffee"):
        CrashOnEvent(ANSWERING, "coffee", 1, None)


def test_a_fault_strikes_before_the_messages_of_its_instant(stage: Any) -> None:
    crash = Crash(100, None, "n2")
    _play(stage, crash)
    _send(stage, "n1", "n2")
    stage.run(1_000)
    assert _arrivals(stage) == []


# --------------------------------------------------------------------------------------------------------------- clocks


def _told(stage: Any) -> list[tuple[str, int, int]]:
    assert all(type(record) is ClockRecord for record in stage.written)
    return [(record.clock, record.t, record.offset_us) for record in stage.written]


def test_a_clock_is_off_for_its_time_and_right_again_after_it(stage: Any) -> None:
    off = ClockOff(s(1), s(2), "n3", offset_us=ms(400))
    _play(stage, off)
    clock = stage.hosts["n3"].clock
    assert clock.read(stage.loop.now)[0] == EPOCH_US
    stage.run(s(2))
    assert clock.read(s(2))[0] == EPOCH_US + s(2) + ms(400)
    stage.run(s(4))
    assert clock.read(s(4))[0] == EPOCH_US + s(4)
    assert _told(stage) == [("n3", s(1), ms(400)), ("n3", s(3), 0)]
    assert off.history_record() == FaultRecord("clock", ["n3"], s(1), s(3), 1)


def test_a_clock_of_a_node_that_is_down_is_set_too(stage: Any) -> None:
    """The machine's clock goes on without the node, which finds it wrong when it starts."""
    _play(stage, Crash(s(1), s(4), "n3"), ClockOff(s(2), None, "n3", offset_us=None, jump_us=-ms(900)))
    stage.run(s(6))
    assert stage.toys["n3"].clocks == (EPOCH_US + s(5) - ms(900), 0)


def test_jumps_add_up_and_the_last_one_is_undone_to_the_right_time(stage: Any) -> None:
    first, second = (ClockOff(s(at), None, "n3", offset_us=None, jump_us=-ms(300)) for at in (1, 2))
    timetable = _play(stage, first, second)
    stage.run(s(3))
    timetable.heal()
    assert _told(stage) == [("n3", s(1), -ms(300)), ("n3", s(2), -ms(600)), ("n3", s(3), 0)]
    assert first.ended == second.ended == s(3)


def test_a_fault_that_begins_as_another_ends_takes_the_clock_over_as_it_is(stage: Any) -> None:
    _play(
        stage,
        ClockOff(s(1), s(1), "n3", offset_us=ms(450)),
        ClockOff(s(2), s(1), "n3", offset_us=None, jump_us=-ms(900)),
    )
    stage.run(s(4))
    assert _told(stage) == [("n3", s(1), ms(450)), ("n3", s(2), -ms(450)), ("n3", s(3), 0)]


@pytest.mark.parametrize("drift", [200, -200, 1_000, -1_000, 500_000])
def test_the_history_is_never_told_less_than_a_drifting_clock_is_off(stage: Any, drift: int) -> None:
    _play(stage, ClockOff(s(1), s(30), "n3", offset_us=-ms(2), drift_ppm=drift))
    clock, offsets = stage.hosts["n3"].clock, {}
    for now in range(s(1), s(31), ms(50)):
        stage.run(now + 1)
        offsets[now] = clock.offset_us(now)
    told = _told(stage)
    assert 2 <= len(told) <= 2 + 30 * max(1, min(abs(drift) // 1_000, 10))
    for now, offset in offsets.items():
        said = next(said for _, t, said in reversed(told) if t <= now)
        assert abs(offset) <= abs(said) <= abs(offset) + max(ms(1), abs(drift) // 10)
    stage.run(s(40))
    assert _told(stage)[-1] == ("n3", s(31), 0)


def test_a_fault_that_strikes_later_than_it_was_to_end_is_undone_at_once() -> None:
    """Where time is real; that of one that lasts no time, such as a node that joins, is over whenever it strikes."""
    asked: list[int] = []
    undone: list[int] = []

    def after(us: int, act: Callable[[], None]) -> None:
        asked.append(us)
        act()

    class Nothing(Pause):
        def do(self, *_: Any) -> None: ...

        def undo(self, *_: Any) -> None:
            undone.append(LATE)

    stage: Any = SimpleNamespace(loop=SimpleNamespace(now=LATE, after=after))
    Timetable(stage, [Nothing(0, 0, "n1")], Chance(1)).begin()
    assert asked == [0, 0]
    assert undone == [LATE]
