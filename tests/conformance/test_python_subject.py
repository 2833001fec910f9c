"""A store as a Python object: the turns are calls, mistakes are named as over a pipe, nothing is shared."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.app import execute
from conformance.subjects.adapter import BrokenAdapter
from conformance.subjects.foreign import RINGS, ForeignNode
from conformance.subjects.python import Calls
from reference.effects import Respond, Send, SetAlarm, Stopped
from reference.protocol import Init, Request


class Node:
    """Does what a test wants in `message`, and the least otherwise."""

    def __init__(self, answer: Any = None) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answer = [] if answer is None else answer

    def hello(self) -> dict[str, Any]:
        return {"name": "toy", "features": ["config"], "contract": {"converge_us": 5_000_000}}

    def init(self, m: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"timer": "gossip", "after": 200}, {"send": m["peers"][0], "channel": "data", "body": m["config"]}]

    def message(self, m: dict[str, Any]) -> Any:
        self.heard.append(m)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def request(self, m: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"respond": m["request"], "status": 200, "body": {"status": "up"}}]

    def stop(self, _m: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"stopped": True}]


def in_itself() -> list[Any]:
    tree: list[Any] = []
    tree.append(tree)
    return tree


CONFIG = {"session": {"list": [1]}}


def born(node: Any) -> ForeignNode:
    return ForeignNode(Calls(node, "n1"), Init("n1", 1, "c", ("n2",), "00" * 32, CONFIG), 1)


def test_turns_are_calls_and_lines_are_effects() -> None:
    node = born(Node())
    assert node.start(("n2",), 10, 0) == [
        SetAlarm("gossip", 200), Send("n2", "data", json.dumps(CONFIG, separators=(",", ":")).encode()),
    ]  # fmt: skip
    assert node.request(Request("r1", "GET", "/status", "h"), 11, 1) == [Respond("r1", 200, (), {"status": "up"})]
    assert node.leave(12, 2) == [Stopped()]


def test_what_one_node_sends_is_no_object_of_anothers() -> None:
    toy = Node()
    node = born(toy)
    (_, sent) = node.start(("n2",), 10, 0)
    assert isinstance(sent, Send)
    node.receive("n2", "data", sent.message, 20, 10)
    heard = toy.heard[0]
    assert (heard["op"], heard["from"], heard["channel"], heard["body"]) == ("message", "n2", "data", CONFIG)
    heard["body"]["session"]["list"].append(2)
    assert CONFIG == {"session": {"list": [1]}}


def test_it_says_who_it_is_without_the_words_of_the_line() -> None:
    re = Calls(Node(), "n1").hello()
    assert (re.name, re.features, re.contract.converge_us, re.contract.detect_us) == (
        "toy", ["config"], 5_000_000, 30_000_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ValueError("the shelf is bare"), "the method message: found ValueError: the shelf is bare"),
        (SystemExit(0), "the method message: found SystemExit: 0, expected a list of lines"),
        (pytest.skip.Exception("not today"), "the method message: found Skipped: not today"),
        (None, ""),
        ({"timer": "x"}, "what message returns: found {'timer': 'x'}, expected a list of dicts"),
        ([{"timer": "x", "after": 0}], "line 1 of its answer: after: found 0, expected `int` >= 1"),
        ([{"done": 3}], "done: found a line `done`, expected none: the list ends the turn"),
        ([{"note": {1, 2}}], "note: found"),
        ([{"note": "x", "who": object()}], "expected what JSON can hold"),
        ([{"send": "n2", "channel": "data", "body": {"put": {1}}}], "{'put': {1}}}, expected what JSON can hold"),
        ([{"send": "n2", "channel": "data", "body": b"ab"}], "'body': b'ab'}, expected what JSON can hold"),
        ([{"note": "x", "lag": float("nan")}], "'lag': nan}, expected what JSON can hold"),
        ([{"note": "x", "hash": 2**100}], "line 1 of its answer: hash: found a number out of range"),
        ([{"note": "x", "hash": 10**10_000}], "found an object of dict, expected what JSON can hold"),
        ([{"note": "\ud800"}], "found {'note': '\\ud800'}, expected what JSON can hold"),
        ([{"note": "x", "tree": in_itself()}], "'tree': [[...]]}, expected what JSON can hold"),
        ([{"timer": "x", "after": 2**64}], "after: found 18446744073709551616, expected `int` <= "),
    ],
)
def test_each_mistake_of_a_method_is_named(answer: Any, words: str) -> None:
    node = born(Node(answer))
    node.start(("n2",), 10, 0)
    if answer is None:
        assert node.receive("n2", "data", b"{}", 20, 10) == []
        return
    with pytest.raises(BrokenAdapter) as error:
        node.receive("n2", "data", b"{}", 20, 10)
    assert words in str(error.value)
    assert str(error.value).startswith("node n1, ")


class Busy(Node):
    """Has timers."""

    def timer(self, _m: dict[str, Any]) -> list[dict[str, Any]]:
        return []


def test_milliseconds_taken_for_microseconds_end_as_what_they_are() -> None:
    node = born(Busy())
    node.start(("n2",), 0, 0)
    for now in range(1, RINGS):
        node.ring("tick", now, now)
    with pytest.raises(BrokenAdapter) as error:
        node.ring("tick", RINGS, RINGS)
    assert "timer: found 50,000 timers that rang within 0.05 s of its own time, expected fewer" in str(error.value)
    assert "set 'tick' to ring later: `after` is in microseconds, 200000 for 200 ms" in str(error.value)


def test_many_timers_over_a_longer_time_and_many_messages_at_once_are_nobodys_mistake() -> None:
    node = born(Busy())
    node.start(("n2",), 0, 0)
    for now in range(1, 2 * RINGS):
        node.ring("tick", now * 11, now * 11)
    for _ in range(2 * RINGS):
        node.receive("n2", "data", b"{}", 2_000_000, 2_000_000)


def test_a_method_that_is_missing_is_named() -> None:
    class Mute:
        def hello(self) -> dict[str, Any]:
            return {"name": "mute", "features": []}

    with pytest.raises(BrokenAdapter, match=r"init: found no such method, expected init\(m\) -> list"):
        born(Mute()).start((), 0, 0)
    with pytest.raises(BrokenAdapter, match=r"hello: found no such method"):
        Calls(object(), "").hello()


def test_a_class_beside_its_file_is_found_and_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "toy_beside_its_file.py").write_text(
        "class Node:\n"
        "    def hello(self):\n        return {'name': 'toy', 'features': []}\n"
        "    def init(self, m):\n        return []\n"
        "    def request(self, m):\n        raise RuntimeError('no shelf for ' + m['path'])\n"
    )
    file = tmp_path / "toy.yaml"
    file.write_text("{name: toy, profile: python, factory: 'toy_beside_its_file:Node'}")
    assert execute(["smoke", str(file)]) == 4
    said = capsys.readouterr().out
    assert "RuntimeError: no shelf for /status" in said
    assert "its traceback ended with:" in said
    assert "toy_beside_its_file.py" in said


@pytest.mark.parametrize("place", ["module", "__init__", "hello", "timer"])
def test_a_store_that_ends_the_process_is_never_green(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def body(name: str, otherwise: str) -> str:
        return "sys.exit(0)" if name == place else otherwise

    named = "return {'name': 'toy', 'features': []}"

    (tmp_path / f"toy_exits_in_{place}.py").write_text(
        f"import sys\n{body('module', '')}\n"
        "class Node:\n"
        f"    def __init__(self):\n        {body('__init__', 'pass')}\n"
        f"    def hello(self):\n        {body('hello', named)}\n"
        "    def init(self, m):\n        return [{'timer': 'z', 'after': 1000}]\n"
        f"    def timer(self, m):\n        {body('timer', 'return []')}\n"
        "    def request(self, m):\n        return [{'respond': m['request'], 'status': 503}]\n"
    )
    file = tmp_path / "toy.yaml"
    file.write_text(f"{{name: toy, profile: python, factory: 'toy_exits_in_{place}:Node'}}")
    assert execute(["smoke", str(file)]) == (2 if place == "module" else 4)
    said = "".join(capsys.readouterr())
    assert "SystemExit: 0" in said


def test_an_interrupt_in_a_turn_is_the_users() -> None:
    node = born(Node(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        node.receive("n2", "data", b"{}", 20, 10)
