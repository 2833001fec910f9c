"""Lives of a node: turns, alarms, requests, pauses, crashes, leaving."""

from typing import Any

import pytest

from reference.effects import CancelAlarm, Effect, Note, Respond, Send, SetAlarm, Stopped
from reference.protocol import Request
from simulator.clock import EPOCH_US, REQUEST, Loop
from simulator.host import LookupFailed, UnaskedAnswer

ASK = Request("q1", "GET", "/session", "h")


def _heard(stage: Any, name: str = "n1", request: Request = ASK) -> list[Any]:
    """Ask a node now and return the list in which the answer will stand."""
    heard: list[Any] = []
    stage.hosts[name].request(request, heard.append)
    return heard


def _says(**turns: list[Effect]) -> Any:
    """Return the same effects for every turn of a kind."""
    return lambda toy, what, *about: turns.get(what, [])  # noqa: ARG005 # what a toy is asked with


def _on_alarm(toy: Any, what: str, *about: Any) -> list[Effect]:
    """n1 sets an alarm `a` when asked, and n2 sends a message when asked."""
    del about
    if what != "request":
        return []
    return [SetAlarm("a", 50)] if toy.name == "n1" else [Send("n1", "data", "hello")]


# -------------------------------------------------------------------------------------------------------------- turns


def test_a_node_is_started_with_what_discovery_finds_and_its_own_clocks(stage: Any) -> None:
    stage.peers = lambda: ("n1", "n3")
    stage.run(40)
    stage.hosts["n2"].start()
    assert stage.log == [(40, "n2", "start", ("n1", "n3"))]
    assert stage.toys["n2"].clocks == (EPOCH_US + 40 + 7, 0)
    assert (stage.hosts["n2"].up, stage.hosts["n2"].boot) == (True, 1)


def test_messages_reach_the_other_node_with_its_clocks(stage: Any) -> None:
    stage.start()
    stage.says = _on_alarm
    _heard(stage, "n2")
    stage.run(200)
    assert stage.log[-1] == (100, "n1", "receive", "n2", "data", "hello")
    assert stage.toys["n1"].clocks == (EPOCH_US + 100, 100)


@pytest.mark.parametrize("drift", [0, 500_000, -500_000])
def test_messages_and_alarms_come_with_the_wall_clock_as_it_drifts(stage: Any, drift: int) -> None:
    stage.start()
    stage.hosts["n1"].clock.set(0, 3, drift)
    stage.says = _on_alarm
    _heard(stage, "n2")
    stage.run(101)
    assert stage.log[-1][:3] == (100, "n1", "receive")
    assert stage.toys["n1"].clocks == (EPOCH_US + 100 + 3 + drift // 10_000, 100)
    _heard(stage)
    stage.run(200)
    assert stage.log[-1] == (151, "n1", "ring", "a")
    assert stage.toys["n1"].clocks == (EPOCH_US + 151 + 3 + 151 * drift // 1_000_000, 151)


def test_discovery_is_asked_for_ever_and_a_failed_lookup_is_said_so(stage: Any) -> None:
    def fail() -> tuple[str, ...]:
        raise LookupFailed("no route")

    stage.start()
    stage.peers = lambda: ("n9",)
    stage.run(5_000_001)
    assert [entry for entry in stage.log if entry[1] == "n1"] == [(5_000_000, "n1", "discovered", ("n9",))]
    stage.peers = fail
    stage.run(10_000_001)
    assert stage.log[-1] == (10_000_000, "n3", "lookup_failed", "no route")


def test_a_node_whose_first_lookup_fails_starts_alone(stage: Any) -> None:
    def fail() -> tuple[str, ...]:
        raise LookupFailed("no route")

    stage.peers = fail
    stage.hosts["n1"].start()
    assert stage.log == [(0, "n1", "start", ())]


def test_a_node_that_is_up_does_not_start_twice(stage: Any) -> None:
    stage.start()
    with pytest.raises(RuntimeError, match="'n1' is up"):
        stage.hosts["n1"].start()


def test_what_a_node_raises_escapes_as_it_is(stage: Any) -> None:
    """A store that breaks is our own defect, or a subject's: never an answer, never a lost message."""

    class Broken(Exception):
        def __init__(self, *, why: str) -> None:
            super().__init__(why)

    def says(toy: Any, what: str, *about: Any) -> list[Effect]:
        del toy, about
        if what == "receive":
            raise Broken(why="bug")
        return []

    stage.start()
    stage.says = says
    stage.network.carry("n1", "n2", "data", "m")
    with pytest.raises(Broken, match="bug"):
        stage.run(1_000)


# ------------------------------------------------------------------------------------------------------------- alarms


def test_an_alarm_rings_once_after_its_time(stage: Any) -> None:
    stage.start()
    stage.says = _on_alarm
    _heard(stage)
    stage.run(1_000)
    assert [entry for entry in stage.log if entry[2] == "ring"] == [(50, "n1", "ring", "a")]


def test_an_alarm_of_the_same_name_replaces_the_first(stage: Any) -> None:
    stage.start()
    stage.says = _says(request=[SetAlarm("a", 50), SetAlarm("b", 60), SetAlarm("a", 70)])
    _heard(stage)
    stage.run(1_000)
    assert [entry for entry in stage.log if entry[2] == "ring"] == [(60, "n1", "ring", "b"), (70, "n1", "ring", "a")]


def test_a_cancelled_alarm_does_not_ring_and_cancelling_nothing_is_harmless(stage: Any) -> None:
    stage.start()
    stage.says = _says(request=[SetAlarm("a", 50), CancelAlarm("a"), CancelAlarm("never set")])
    _heard(stage)
    stage.run(1_000)
    assert [entry for entry in stage.log if entry[2] == "ring"] == []


def test_an_alarm_may_set_itself_again(stage: Any) -> None:
    stage.start()
    stage.says = _says(request=[SetAlarm("a", 50)], ring=[SetAlarm("a", 50)])
    _heard(stage)
    stage.run(201)
    assert [entry[0] for entry in stage.log if entry[2] == "ring"] == [50, 100, 150, 200]


def test_alarms_of_an_earlier_life_do_not_ring(stage: Any) -> None:
    stage.start()
    stage.says = _says(request=[SetAlarm("a", 50)])
    _heard(stage)
    stage.run(10)
    stage.hosts["n1"].crash()
    stage.hosts["n1"].start()
    stage.run(1_000)
    assert [entry for entry in stage.log if entry[2] == "ring"] == []


# ----------------------------------------------------------------------------------------------------------- requests


def test_a_request_is_answered_in_its_turn_or_in_a_later_one(stage: Any) -> None:
    stage.start()
    at_once = _heard(stage)
    stage.says = _says(request=[SetAlarm("a", 50)], ring=[Respond("q2", 200, (), "late")])
    later = _heard(stage, request=Request("q2", "GET", "/session", "h"))
    assert at_once == [Respond("q1", 200, (), {})]
    assert later == []
    stage.run(100)
    assert later == [Respond("q2", 200, (), "late")]


def test_a_node_that_is_down_refuses_the_connection(stage: Any) -> None:
    assert _heard(stage) == [None]


@pytest.mark.parametrize("id_", ["never", "q1"])
def test_an_answer_that_nobody_waits_for_is_a_defect_and_said_so(stage: Any, id_: str) -> None:
    answer = Respond("q1", 200, (), {})
    stage.start()
    stage.says = _says(request=[answer, Respond(id_, 200, (), {})])
    with pytest.raises(UnaskedAnswer, match=f"node 'n1' answered request '{id_}', which is not open"):
        _heard(stage)


def test_the_error_survives_being_made_anew_from_its_arguments() -> None:
    """As SimPy does when an error escapes one of its processes."""
    error = UnaskedAnswer("n1", "q1")
    assert str(type(error)(*error.args)) == str(error)


def test_who_listens_hears_before_the_client(stage: Any) -> None:
    order: list[str] = []
    stage.start()
    stage.hosts["n1"].on_respond.append(lambda host, *_: order.append(host.name))
    stage.hosts["n1"].request(ASK, lambda _: order.append("client"))
    assert order == ["n1", "client"]


# ------------------------------------------------------------------------------------------------------------- crashes


def test_a_crash_breaks_open_requests_and_loses_what_was_under_way(stage: Any) -> None:
    stage.start()
    stage.says = _says(request=[Send("n2", "data", "m")])
    heard = _heard(stage)
    stage.hosts["n1"].crash()
    stage.run(1_000)
    assert heard == [None]
    assert stage.network.lost == {"dead": 1}
    assert not stage.hosts["n1"].up


def test_a_crash_in_the_turn_of_an_answer_undoes_the_rest_of_the_turn_but_not_the_answer(stage: Any) -> None:
    stage.start()
    answer = Respond("q1", 200, (), {})
    stage.says = _says(request=[SetAlarm("before", 5), answer, Send("n2", "data", "after"), SetAlarm("after", 5)])
    stage.hosts["n1"].on_respond.append(lambda host, *_: host.crash())
    heard = _heard(stage)
    stage.run(1_000)
    assert heard == [answer]
    assert stage.network.sent == 0
    assert [entry for entry in stage.log if entry[2] in ("ring", "receive")] == []


def test_the_next_life_has_a_new_node_a_new_number_and_a_new_monotonic_clock(stage: Any) -> None:
    stage.start()
    first = stage.toys["n1"]
    stage.run(1_000)
    stage.hosts["n1"].crash()
    stage.run(3_000)
    stage.hosts["n1"].start()
    assert stage.toys["n1"] is not first
    assert (stage.toys["n1"].boot, stage.toys["n1"].clocks) == (2, (EPOCH_US + 3_000, 0))
    stage.run(5_003_001)
    polls = [entry[0] for entry in stage.log if entry[1:3] == ("n1", "discovered")]
    assert polls == [5_003_000]  # the poll of the first life, due at 5 s, means nothing any more


def test_crashing_a_node_that_is_down_does_nothing(stage: Any) -> None:
    stage.hosts["n1"].crash()
    assert stage.recorder.events == 0


# -------------------------------------------------------------------------------------------------------------- pauses


def _push(loop: Loop, due: int, act: Any) -> None:
    """Let something happen at an instant with a client's priority."""
    loop.push(due, REQUEST, lambda _: act(), None)


def test_what_comes_due_in_a_pause_is_handed_over_in_order_of_due_time(stage: Any) -> None:
    """At equal times messages, then alarms, then requests, each first in, first out (protocol, part 2)."""
    stage.start()
    host = stage.hosts["n1"]
    stage.says = _says(request=[SetAlarm("late", 300), SetAlarm("a", 150), SetAlarm("b", 150)])
    _heard(stage)
    stage.says = _says()
    stage.log.clear()
    for at in (150, 140):
        _push(stage.loop, at, lambda at=at: _heard(stage, request=Request(f"at {at}", "GET", "/session", "h")))
    stage.run(50)
    stage.network.carry("n2", "n1", "data", "first at 150")
    stage.network.carry("n3", "n1", "data", "second at 150")
    host.pause()
    stage.run(200)
    assert stage.log == []
    assert host.resume() == 6
    assert [(entry[0], *entry[2:4]) for entry in stage.log] == [
        (200, "request", Request("at 140", "GET", "/session", "h")),
        (200, "receive", "n2"),
        (200, "receive", "n3"),
        (200, "ring", "a"),
        (200, "ring", "b"),
        (200, "request", Request("at 150", "GET", "/session", "h")),
    ]
    assert stage.toys["n1"].clocks == (EPOCH_US + 200, 200)


def test_an_alarm_that_a_message_of_the_pause_cancels_does_not_ring(stage: Any) -> None:
    stage.start()
    host = stage.hosts["n1"]
    stage.says = _says(request=[SetAlarm("a", 150)], receive=[CancelAlarm("a")])
    _heard(stage)
    stage.network.carry("n2", "n1", "data", "m")
    host.pause()
    stage.run(500)
    host.resume()
    assert [entry[2] for entry in stage.log] == ["request", "receive"]


def test_a_paused_node_goes_on_as_before(stage: Any) -> None:
    stage.start()
    stage.hosts["n1"].pause()
    stage.hosts["n1"].resume()
    stage.network.carry("n2", "n1", "data", "m")
    stage.run(500)
    assert stage.log == [(100, "n1", "receive", "n2", "data", "m")]


def test_a_node_that_missed_many_lookups_looks_up_once(stage: Any) -> None:
    stage.start()
    stage.hosts["n1"].pause()
    stage.run(60_000_000)
    stage.hosts["n1"].resume()
    stage.run(65_000_001)
    polls = [entry[0] for entry in stage.log if entry[1:3] == ("n1", "discovered")]
    assert polls == [60_000_000, 65_000_000]


def test_a_crash_in_a_pause_breaks_what_waits_and_hands_nothing_over(stage: Any) -> None:
    stage.start()
    host = stage.hosts["n1"]
    host.pause()
    heard = _heard(stage)
    host.crash()
    assert heard == [None]
    assert host.resume() == 0
    host.start()
    assert [entry[2] for entry in stage.log] == ["start"]


def test_a_pause_in_the_middle_of_the_handing_over_keeps_the_rest(stage: Any) -> None:
    stage.start()
    host = stage.hosts["n1"]
    host.pause()
    for number in range(3):
        _heard(stage, request=Request(f"q{number}", "GET", "/session", "h"))
    host.on_respond.append(lambda host, request, _: host.pause() if request.id == "q0" else None)
    assert host.resume() == 3
    assert [entry[3].id for entry in stage.log] == ["q0"]
    host.resume()
    assert [entry[3].id for entry in stage.log] == ["q0", "q1", "q2"]


# ------------------------------------------------------------------------------------------------------------- leaving


def test_a_node_that_leaves_may_say_farewell(stage: Any) -> None:
    stage.start()
    stage.says = _says(leave=[Send("n2", "membership", "farewell"), SetAlarm("done", 50)], ring=[Stopped()])
    stage.hosts["n1"].leave()
    stage.run(1_000)
    assert not stage.hosts["n1"].up
    assert stage.log[-1] == (100, "n2", "receive", "n1", "membership", "farewell")


def test_a_node_that_does_not_leave_is_killed_after_two_minutes(stage: Any) -> None:
    stage.start()
    stage.says = _says()
    stage.hosts["n1"].leave()
    stage.run(120_000_000)
    assert stage.hosts["n1"].up
    stage.run(120_000_001)
    assert not stage.hosts["n1"].up


def test_a_node_that_left_and_came_back_is_not_killed(stage: Any) -> None:
    stage.start()
    stage.says = _says(leave=[Stopped()])
    stage.hosts["n1"].leave()
    stage.hosts["n1"].start()
    stage.run(130_000_000)
    assert stage.hosts["n1"].up


# ----------------------------------------------------------------------------------------------------------- readiness


def test_readiness_is_what_get_status_says(stage: Any) -> None:
    host = stage.hosts["n1"]
    assert not host.probe_ready()
    stage.start()
    assert host.probe_ready()
    stage.says = lambda toy, what, *about: [Respond(about[0].id, 503, (), {})] if what == "request" else []  # noqa: ARG005
    assert not host.probe_ready()
    stage.says = _says()  # an answer that comes later: still what was said last
    assert not host.probe_ready()
    assert not host.probe_ready()
    host.crash()
    assert not host.ready


def test_a_paused_node_is_as_ready_as_it_was(stage: Any) -> None:
    stage.start()
    host = stage.hosts["n1"]
    host.probe_ready()
    host.pause()
    stage.log.clear()
    assert host.probe_ready()
    assert stage.log == []


def test_probing_costs_the_trace_nothing_unless_readiness_changes(stage: Any) -> None:
    stage.start()
    heard: list[Any] = []
    stage.hosts["n1"].on_respond.append(lambda *about: heard.append(about))
    before = stage.recorder.events
    for _ in range(10):
        stage.hosts["n1"].probe_ready()
    assert stage.recorder.events == before + 1
    assert heard == []


def test_notes_are_taken_down_and_nothing_more(stage: Any) -> None:
    stage.start()
    before = stage.recorder.events
    stage.says = _says(ring=[Note("suspect", {"member": "n2"})], request=[SetAlarm("a", 1)])
    _heard(stage)
    stage.run(10)
    assert stage.recorder.events == before + 4  # the request, the alarm set, the alarm rung, the note
