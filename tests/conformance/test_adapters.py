"""Mistakes of adapters over pipes: each is named with its mend, none hangs, and nothing is left running."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.subjects.adapter import BrokenAdapter, WrongLine
from conformance.subjects.foreign import ForeignNode
from conformance.subjects.stdio import Process
from conformance.subjects.third_party import hello
from reference.effects import Effect, Note, Respond, Stopped
from reference.protocol import Init, Request

ADAPTER = Path(__file__).parents[1] / "adapters" / "mistaken.py"
BUDGET_S = 2.0

MISTAKES = {
    "echoes-text": ("done: found '2'", "of the same type", "part 2"),
    "after-done": ("done", "part 2"),  # found at once, or, where it comes late, as the end of the next turn
    "no-done": ("0 lines and no `done` within 2 s", "flush stdout", "part 2"),
    "answer-twice": ("respond: found 'probe-1', which was answered before", "answer every request once"),
    "answer-to-nobody": ("respond: found 'c99-1', which nobody asked of this life",),
    "wrong-status": ("status: found '200'", "expected `int`"),
    "no-status": ("status: found nothing", 'write {"respond"'),
    "wrong-body": ("body: found ['up'], expected an object", "part 1"),
    "wrong-member": ("body.status: found 'UP'", 'expected "up"', "part 1"),
    "wrong-headers": ("headers: found {'Set-Cookie': 'a=b'}", "expected `array`"),
    "unknown-denial": ("body.error: found 'who are you', expected one of no-session, expired, ended", "part 1"),
    "two-things": ("the line: found the members send, respond, expected exactly one of",),
    "negative-timer": ("after: found -200", "expected `int` >= 1", 'write {"timer"'),
    "timer-both": ("timer: found both after and cancel",),
    "wrong-channel": ("channel: found 'gossip', expected membership or data", 'write {"send"'),
    "no-body": ("body: found nothing", 'write {"send"'),
    'says {"timer": "gossip", "cancel": false}': ("cancel: found False, expected true",),
    'says {"respond": "c1-1", "status": 200, "headers": [["a", "b"], ["c"]]}': ("headers[1]: found ['c'], expected",),
    'says {"stopped": true}': ("stopped: found a line `stopped`, and nobody asked it to stop, expected none before",),
    'says {"note": "\\ud83c"}': ("the line: found half a character, as", 'the line was: {"note": "\\ud83c"}'),
    'says {"note": "x", "y": "\\udf6a\\ud83c"}': ("the line: found half a character, as",),
    "says \x1b[31mred": ("no JSON", "the line was: \\x1b[31mred"),
    "garbage": ("the line: found no JSON", "write logs to stderr", "listening on port 8080"),
    "says-nothing-known": ("the line: found only 'log'", "exactly one of re, send, timer"),
    "an-array": ("the line: found an array, expected one JSON object",),
    "endless-line": ("more than 16,777,216 bytes without an end", "send large state in pieces"),
    "too-many-lines": ("more than 10,000 lines", "send large state in pieces"),
    "dies": ("it gone with exit code 3", "could not allocate\n  the last words"),
    "killed": ("it killed by SIGKILL",),
    "hangs": ("no `done` within 2 s",),
    "leaves-a-child": ("it gone with exit code 1",),
    "stderr-flood": ("expected at most 67,108,864 in a life", "log less"),
    "other-protocol": ("protocol: found 2, expected 1", "speak version 1"),
    f"converges {10**30}": (f"contract.converge_us: found {10**30}, expected `int` <= {2**53}", '"contract": {'),
    "no-name": ("name: found nothing", 'write {"re"'),
    "no-re": ("the answer to hello: found 0 lines before `done`, expected exactly one line `re`",),
    "output-before-input": ("say nothing before",),
}
"""By mistake: what the error says."""
TOO_LARGE = "found a number out of range, expected at most 64 bits"
TOO_DEEP = "found more than 100 arrays and objects in one another, expected at most 100"
UNKEPT = {
    f'says {{"timer": "z", "after": {10**40}}}': (f"after: found {10**40}, expected `int` <= {2**63 - 1}",),
    f'says {{"note": "x", "hash": {2**64}}}': ("line 1 of its answer: hash: " + TOO_LARGE, str(2**64)),
    f'says {{"note": "x", "hash": {"9" * 10_000}}}': ("line 1 of its answer: hash: " + TOO_LARGE,),
    f'says {{"done": {"9" * 10_000}}}': ("line 1 of its answer: done: " + TOO_LARGE,),
    f'says {{"note": "x", "tree": {"[" * 101}{"]" * 101}}}': ("line 1 of its answer: the line: " + TOO_DEEP,),
    f'says {{"note": "x", "tree": {"[" * 20_000}{"]" * 20_000}}}': ("line 1 of its answer: the line: " + TOO_DEEP,),
    f'answers {{"status": "up", "hash": {-(2**64)}}}': ("line 1 of its answer: body.hash: " + TOO_LARGE,),
    f"answers {'[' * 101}{']' * 101}": ("line 1 of its answer: body: " + TOO_DEEP,),
}
"""By mistake: what the error says of what is JSON, but cannot be kept."""


def init(config: object = None) -> Init:
    return Init("n1", 1, "my-cluster", ("n2",), "9f" * 32, config or {})


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    """Processes that are started in the test; all end with it."""
    started: list[Process] = []
    yield started
    for process in started:
        process.end()


def live(mistake: str, processes: list[Process], logs: Path) -> list[Effect]:
    """Let an adapter live through a greeting, its start, a request and a farewell."""
    process = Process([sys.executable, str(ADAPTER), mistake], logs.parent, {}, "n1", logs, BUDGET_S)
    processes.append(process)
    hello(process)
    node = ForeignNode(process, init(), 1)
    effects = node.start(("n2",), 1_767_225_600_000_000, 0)
    effects += node.request(Request("probe-1", "GET", "/status", "app.example.com"), 1_767_225_600_000_000, 5)
    effects += node.leave(1_767_225_600_000_010, 10)
    return effects


def running_in_group(group: int) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    found = [line.split(None, 2) for line in listed.splitlines()]
    return [args for pgid, state, args in found if int(pgid) == group and not state.startswith("Z")]


def test_an_adapter_without_mistakes_answers_and_leaves(processes: list[Process], tmp_path: Path) -> None:
    effects = live("none", processes, tmp_path / "n1")
    assert effects == [Respond("probe-1", 200, (), {"status": "up"}), Stopped()]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named_with_its_mend(mistake: str, processes: list[Process], tmp_path: Path) -> None:
    with pytest.raises(BrokenAdapter) as error:
        live(mistake, processes, tmp_path / "n1")
    said = str(error.value)
    for words in MISTAKES[mistake]:
        assert words in said
    assert said.startswith("node n1, turn ")


def test_what_an_error_shows_does_nothing_to_a_terminal() -> None:
    wrong = WrongLine("the process", "KeyError: '\a'", "it to live", "see its stderr")
    said = str(BrokenAdapter("n1", "turn 2", wrong, stderr="\x1b[31mred\u202e\n\tünï \U0001f36a"))
    assert "found KeyError: '\\x07', expected" in said
    assert said.endswith("its stderr ended with:\n  \\x1b[31mred\\u202e\n  \tünï \U0001f36a")


@pytest.mark.parametrize("mistake", UNKEPT, ids=lambda mistake: mistake[:30])
def test_what_no_trace_can_hold_is_the_adapters_mistake(mistake: str, processes: list[Process], tmp_path: Path) -> None:
    with pytest.raises(BrokenAdapter) as error:
        live(mistake, processes, tmp_path / "n1")
    for words in UNKEPT[mistake]:
        assert words in str(error.value)


def test_the_greatest_and_the_deepest_that_a_trace_can_hold_is_taken(processes: list[Process], tmp_path: Path) -> None:
    tree = json.loads("[" * 99 + "]" * 99)
    fields = {"hash": 2**64 - 1, "tree": tree, "flat": [[]] * 200}
    effects = live(f"says {json.dumps({'note': 'x', **fields})}", processes, tmp_path / "n1")
    assert effects[0] == Note("x", fields)


@pytest.mark.parametrize("mistake", ["hangs", "leaves-a-child", "garbage", "no-done"])
def test_nothing_is_left_running(mistake: str, processes: list[Process], tmp_path: Path) -> None:
    with pytest.raises(BrokenAdapter):
        live(mistake, processes, tmp_path / "n1")
    assert running_in_group(processes[0].pid) == []


def test_what_was_said_to_a_node_repeats_its_fault_alone(processes: list[Process], tmp_path: Path) -> None:
    with pytest.raises(BrokenAdapter) as error:
        live("negative-timer", processes, tmp_path / "n1")
    command = error.value.repeat
    assert command in str(error.value)
    assert command.startswith(f"cd {shlex.quote(str(tmp_path))} && ")
    again = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=30)
    assert '{"timer": "gossip", "after": -200}' in again.stdout
    assert (tmp_path / "n1.out.jsonl").read_text() in again.stdout


def test_every_line_that_was_given_is_kept(processes: list[Process], tmp_path: Path) -> None:
    live("none", processes, tmp_path / "n1")
    processes[0].end()
    given = [json.loads(line) for line in (tmp_path / "n1.in.jsonl").read_text().splitlines()]
    assert [line["op"] for line in given] == ["hello", "init", "request", "stop"]
    assert [line["id"] for line in given] == [1, 2, 3, 4]


def test_a_long_line_is_given_while_the_node_talks(processes: list[Process], tmp_path: Path) -> None:
    """Pipes hold 64 KiB: whoever writes first and reads later stands still for ever."""
    process = Process([sys.executable, str(ADAPTER), "none"], tmp_path, {}, "n1", None, BUDGET_S)
    processes.append(process)
    node = ForeignNode(process, init({"padding": "x" * 4_000_000}), 1)
    assert node.start(("n2",), 0, 0) == []


def test_a_foreign_node_is_a_process_group_of_its_own(processes: list[Process], tmp_path: Path) -> None:
    """Ctrl-C in a terminal goes to the harness alone, which then ends its nodes."""
    live("none", processes, tmp_path / "n1")
    assert os.getpgid(processes[0].pid) == processes[0].pid != os.getpgid(0)
