"""The trace and the digest of a run."""

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from msgspec import json

from conformance.trace import VERSION, Checkpoint, Closed, Line, Opened, Rang, Started, Struck
from reference.effects import CancelAlarm, Effect, Note, Respond, SetAlarm
from reference.protocol import Ack, Ping, Request
from simulator.chance import Chance
from simulator.clock import Loop
from simulator.delays import Delay, Fixed, Lognormal
from simulator.network import Network
from simulator.rules import Lose
from simulator.trace import AT_ONCE, BATCH, Recorder, kind_of
from tests.simulator.drawing import one_by_one

NAMES = ["n1", "n2", "n3"]
OPENED = Opened(VERSION, "toy", 1, "toys", NAMES)


class Altered:
    """A delay that is the other's, but for one draw that is 1 µs longer."""

    def __init__(self, delay: Delay, altered: int) -> None:
        self.delay, self.altered = delay, altered

    def blocks(self, stream: Any) -> Callable[[], list[int]]:
        draw, count = one_by_one(self.delay.blocks(stream)), iter(range(10**9))
        return lambda: [draw() + (1 if next(count) == self.altered else 0)]


def _gossip(
    recorder: Recorder, *, delay: Delay | None = None, seed: int = 1, altered: int = -1, lose: bool = True
) -> str:
    """Let three nodes pass messages on for 4,000 arrivals, over a network that loses some; return the digest."""
    loop, chance = Loop(), Chance(seed)
    network = Network(loop, NAMES, lambda _, __: delay or Lognormal(300, 0.3), chance.part("network"), recorder)
    if lose:
        network.add(Lose(20_000, chance.part("loss")))
    left = 4_000

    def receiver(name: str, following: str) -> Callable[[str, str, Any], None]:
        def receive(sender: str, channel: str, message: Ping) -> None:
            nonlocal left
            del sender
            if left:
                left -= 1
                number = message.number + (1_000_000 if left == altered else 1)
                network.carry(name, following, channel, Ping(number, ()))

        return receive

    for name, following in zip(NAMES, ["n2", "n3", "n1"], strict=True):
        network.attach(name, receiver(name, following))
    for number in range(200):
        network.carry("n1", "n2", "membership", Ping(number, ()))
    loop.run()
    recorder.close(loop.now)
    return recorder.digest()


def test_two_equal_runs_share_one_digest() -> None:
    assert _gossip(Recorder()) == _gossip(Recorder())


def test_another_seed_has_another_digest() -> None:
    assert _gossip(Recorder()) != _gossip(Recorder(), seed=2)


@pytest.mark.parametrize("draw", [0, 500, 1_300])
def test_one_delay_longer_by_a_microsecond_changes_the_digest(draw: int) -> None:
    delay = Lognormal(300, 0.3)
    assert _gossip(Recorder(), delay=Altered(delay, -1)) == _gossip(Recorder(), delay=delay)
    assert _gossip(Recorder(), delay=Altered(delay, draw)) != _gossip(Recorder(), delay=delay)


def test_one_altered_message_changes_the_digest_though_nothing_else_differs() -> None:
    """The very last message of the run, which nobody answers."""
    assert _gossip(Recorder(), altered=0) != _gossip(Recorder())


def test_one_byte_of_a_message_changes_the_digest() -> None:
    def digest(message: Any, lost: str = "") -> str:
        recorder = Recorder()
        recorder.carried(2, 1, "n1", "n2", "data", message, lost)
        return recorder.digest()

    whole = {"value": "x" * 1_000}
    assert digest(whole) == digest({"value": "x" * 1_000})
    assert digest(whole) != digest({"value": "x" * 999 + "y"})
    assert digest(whole, "loss") != digest({"value": "x" * 999 + "y"}, "loss")
    assert digest(whole, "loss") != digest(whole)
    assert digest(Ping(1, ())) != digest(Ping(2, ()))
    assert digest(Ping(1, ())) != digest(Ack(1, ()))


def _effects() -> list[Effect]:
    return [
        SetAlarm("a", 1),
        SetAlarm("a", 2),
        SetAlarm("b", 1),
        CancelAlarm("a"),
        Respond("q", 200, (), {}),
        Respond("q", 200, (), {"k": 1}),
        Respond("q", 200, (("Set-Cookie", "x"),), {}),
        Respond("q", 503, (), {}),
        Note("n", {}),
        Note("n", {"k": 1}),
    ]


def test_every_effect_is_in_the_digest_whole() -> None:
    digests = []
    for effect in _effects():
        recorder = Recorder()
        recorder.effect(1, "n1", effect)
        digests.append(recorder.digest())
    assert len(set(digests)) == len(_effects())


def test_requests_alarms_and_lives_are_in_the_digest() -> None:
    def digest(*take_down: Callable[[Recorder], None]) -> str:
        recorder = Recorder()
        for each in take_down:
            each(recorder)
        return recorder.digest()

    digests = {
        digest(),
        digest(lambda r: r.asked(1, "n1", Request("q", "GET", "/session", "a"))),
        digest(lambda r: r.asked(1, "n1", Request("q", "GET", "/session", "b"))),
        digest(lambda r: r.asked(2, "n1", Request("q", "GET", "/session", "a"))),
        digest(lambda r: r.line(Rang(1, "n1", "a"))),
        digest(lambda r: r.line(Rang(2, "n1", "a"))),
        digest(lambda r: r.line(Started(1, "n1", 1))),
        digest(lambda r: r.line(Started(1, "n1", 1)), lambda r: r.line(Rang(1, "n1", "a"))),
        digest(lambda r: r.line(Rang(1, "n1", "a")), lambda r: r.line(Started(1, "n1", 1))),
    }
    assert len(digests) == 9


def test_a_trace_that_nobody_wants_costs_no_line_and_changes_no_digest() -> None:
    assert _gossip(Recorder()) == _gossip(Recorder(BytesIO()))


def test_asking_for_the_digest_changes_nothing() -> None:
    asked, not_asked = Recorder(), Recorder()
    for number in range(2 * BATCH + 1):
        for recorder in (asked, not_asked):
            recorder.line(Rang(number, "n1", "a"))
        assert number % 100 or asked.digest() == asked.digest()
    assert asked.digest() == not_asked.digest()
    before = asked.digest()
    asked.close(1)
    assert asked.digest() == before


def test_the_digest_is_the_same_with_every_hash_seed() -> None:
    """Two processes, as two users would start them."""
    script = "import runpy, sys; test = runpy.run_path(sys.argv[1]); print(test['_gossip'](test['Recorder']()))"
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, __file__],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for hash_seed in ("1", "977")
    }
    assert digests == {_gossip(Recorder())}


def _lines(sink: BytesIO) -> list[Line]:
    return [json.decode(line, type=Line) for line in sink.getvalue().splitlines()]


def test_the_trace_holds_what_pictures_need() -> None:
    sink = BytesIO()
    recorder = Recorder(sink)
    recorder.open(OPENED)
    recorder.carried(200, 100, "n1", "n2", "membership", Ping(1, ()))
    recorder.carried(210, 100, "n1", "n3", "data", {"foreign": True}, "cut")
    recorder.effect(220, "n2", SetAlarm("a", 5))
    recorder.line(Rang(225, "n2", "a"))
    recorder.asked(230, "n1", Request("q1", "GET", "/session", "h"))
    recorder.effect(230, "n1", Respond("q1", 401, (), {}))
    recorder.effect(240, "n1", Note("suspect", {"member": "n3"}))
    recorder.line(Struck(250, "cut", ["n1"], begins=True))
    recorder.close(300)
    digest = recorder.digest()
    assert sink.getvalue().decode().splitlines() == [
        '["trace",1,"toy",1,"toys",["n1","n2","n3"]]',
        '["m",200,100,"n1","n2","membership","ping","",28]',
        '["m",210,100,"n1","n3","data","message","cut",10]',
        '["a",225,"n2","a"]',
        '["q",230,"n1","q1"]',
        '["r",230,"n1","q1",401]',
        '["n",240,"n1","suspect",{"member":"n3"}]',
        '["f",250,"cut",["n1"],true]',
        f'["d",250,8,"{digest}"]',
        f'["end",300,8,2,"{digest}"]',
    ]
    assert len(_lines(sink)) == 10


def test_every_batch_ends_with_a_checkpoint_that_tells_two_traces_apart() -> None:
    first, second = BytesIO(), BytesIO()
    digest = _gossip(Recorder(first), altered=1_500)
    _gossip(Recorder(second))
    ends = [[line for line in _lines(sink) if type(line).__name__ == "Checkpoint"] for sink in (first, second)]
    assert ends[0][0] == ends[1][0]
    assert ends[0][-1] != ends[1][-1]
    closed = _lines(first)[-1]
    assert isinstance(closed, Closed)
    assert closed.digest == digest
    assert closed.messages == closed.events > 4 * BATCH


@pytest.mark.parametrize("events", [1, AT_ONCE, AT_ONCE + 1, BATCH, BATCH + AT_ONCE, BATCH + AT_ONCE + 1])
def test_the_last_event_of_a_finished_trace_is_followed_by_a_checkpoint(events: int) -> None:
    """However many are encoded at once: else what parts two runs after the last one would have no place."""
    sink = BytesIO()
    recorder = Recorder(sink)
    for number in range(events):
        recorder.line(Rang(number, "n1", "a"))
    recorder.close(events)
    checkpoints = [line for line in _lines(sink) if isinstance(line, Checkpoint)]
    assert [(line.t, line.events) for line in checkpoints][-1] == (events - 1, events)
    assert len(checkpoints) == -(-events // BATCH)


def test_with_a_batch_of_one_a_checkpoint_follows_every_arrival() -> None:
    """What names the first event in which two runs part."""
    sink = BytesIO()
    _gossip(Recorder(sink, batch=1), lose=False)
    kinds = [type(line).__name__ for line in _lines(sink)]
    assert kinds == ["Carried", "Checkpoint"] * 4_200 + ["Closed"]


def test_an_unfinished_trace_has_no_last_line() -> None:
    sink = BytesIO()
    recorder = Recorder(sink)
    recorder.open(OPENED)
    for number in range(BATCH):
        recorder.line(Rang(number, "n1", "a"))
    assert not isinstance(_lines(sink)[-1], Closed)
    assert len(_lines(sink)) == 1 + BATCH + 1


def test_the_order_in_which_a_dict_was_filled_is_not_in_the_digest() -> None:
    """Equal contents are equal; what a set of names would do to them is not ours to record."""
    one, other = Recorder(), Recorder()
    one.carried(1, 0, "n1", "n2", "data", {"a": 1, "b": 2})
    other.carried(1, 0, "n1", "n2", "data", {"b": 2, "a": 1})
    assert one.digest() == other.digest()


def test_messages_are_named_by_their_tag() -> None:
    assert kind_of(Ping(1, ())) == "ping"
    assert kind_of(Fixed(1)) == "message"
    assert kind_of(SetAlarm("a", 1)) == "SetAlarm"
