"""`anynode smoke`, as a user runs it."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from msgspec import structs

from conformance.cli.app import execute
from conformance.smoke import OK, smoke
from conformance.subjects.in_process import InProcess
from reference.effects import Effect, Respond
from reference.node import Node
from reference.protocol import Init, Request
from reference.settings import Settings

ADAPTER = Path(__file__).parents[1] / "adapters" / "mistaken.py"
STEPS = [
    "hello", "an id that is a string", "an id that is an object", "an unknown op", "ready", "an unknown path",
    "a login", "a read on the same node", "a read on another node",
]  # fmt: skip


def subject_file(folder: Path, **members: object) -> Path:
    file = folder / "subject.yaml"
    file.write_text(json.dumps({"name": "mistaken", "profile": "stdio", **members}))
    return file


def smoked(folder: Path, mistake: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    file = subject_file(folder, command=[sys.executable, str(ADAPTER), mistake], budget="2s")
    code = execute(["smoke", str(file), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_reference_speaks_as_the_protocol_asks(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["smoke", "reference"]) == 0
    said = capsys.readouterr().out
    assert "broken" not in said
    assert said.endswith(
        "the adapter of reference speaks the protocol; to judge the store: anynode validate reference\n"
    )


def test_a_node_that_tells_nobody_is_found_by_a_read_on_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, value = smoked(tmp_path, "none", capsys)
    assert code == 4
    steps = value["steps"]
    assert isinstance(steps, list)
    assert [step["step"] for step in steps] == STEPS
    assert [step["ok"] for step in steps] == [True] * 8 + [False]
    assert "see the lines `send` of n1" in steps[-1]["said"]


@pytest.mark.parametrize(
    ("mistake", "step", "words"),
    [
        ("no-re", "hello", "exactly one line `re`"),
        ("negative-timer", "ready", "after: found -200, expected `int` >= 1"),
        ("wrong-member", "ready", "body.status: found 'UP', expected \"up\""),
        ("no-cookie", "a login", "headers: found no Set-Cookie"),
        ("answer-twice", "ready", "answer every request once"),
    ],
)
def test_a_mistake_ends_with_the_step_that_meets_it(
    mistake: str, step: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, value = smoked(tmp_path, mistake, capsys)
    assert code == 4
    assert value["fine"] is False
    steps = value["steps"]
    assert isinstance(steps, list)
    assert (steps[-1]["step"], steps[-1]["ok"]) == (step, False)
    assert words in steps[-1]["said"]


def says(path: str, *set_cookie: str) -> type[Node]:
    """Make the reference with other `Set-Cookie` lines in its answers to one path."""

    class Otherwise(Node):
        def __init__(self, init: Init, settings: Settings) -> None:
            super().__init__(init, settings)
            self._asked: set[str] = set()

        def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
            if request.path == path:
                self._asked.add(request.id)
            return self._other(super().request(request, wall, mono))

        def receive(self, sender: str, _channel: str, message: object, wall: int, mono: int) -> list[Effect]:
            return self._other(super().receive(sender, _channel, message, wall, mono))

        def _other(self, effects: list[Effect]) -> list[Effect]:
            return [self._said(one) if isinstance(one, Respond) else one for one in effects]

        def _said(self, answer: Respond) -> Respond:
            if answer.request not in self._asked or (path == "/session" and answer.status == OK):
                return answer
            named = dict(answer.headers).get("Set-Cookie", "").partition(";")[0]
            lines = tuple(("Set-Cookie", line.replace("SAME", named)) for line in set_cookie)
            return structs.replace(answer, headers=lines)

    return Otherwise


@pytest.mark.parametrize(
    ("node", "step", "words"),
    [
        (says("/login", "SAME; Path=/nowhere"), "a login", "which no browser sends on"),
        (says("/login", "SAME; Path=/; Max-Age=0"), "a login", "which no browser sends on (it has ended"),
        (says("/login", "SAME; Path=/; Domain=other.org"), "a login", "which no browser sends on (COOK-"),
        (says("/login", "SAME; Path=/; SameSite=None"), "a login", "which no browser sends on (COOK-"),
        (says("/logout"), "a logout", "found no Set-Cookie, and the browser still has it"),
        (says("/logout", "maverics_session=; Path=/elsewhere; Max-Age=0"), "a logout", "the browser still has it"),
        (says("/session", "maverics_session=; Max-Age=0"), "a read after it", "expected no Set-Cookie"),
    ],
)
def test_a_cookie_that_browsers_treat_otherwise_than_meant_is_named(node: type[Node], step: str, words: str) -> None:
    steps = smoke(InProcess("reference", node)).steps
    assert (steps[-1].step, steps[-1].ok) == (step, False)
    assert words in steps[-1].said


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"command": ["no-such-program"]}, "command ['no-such-program']: 'no-such-program': there is no such program"),
        ({"command": ["./plain.txt"]}, "it is not executable; chmod +x ./plain.txt"),
        ({"comand": ["node", "store.js"]}, "has the unknown key 'comand'; did you mean 'command'?"),
        ({}, "has profile 'stdio' and no 'command'; write command: [\"node\", \"store.js\"]"),
        ({"command": ["cat"], "nodes": {"n1": {"address": "http://127.0.0.1:1"}}}, "leave 'nodes' out"),
        ({"command": ["cat"], "build": ["false"]}, "build ['false'] ended with exit code 1"),
        ({"profile": "python", "factory": "nowhere:Node"}, "'nowhere' cannot be imported"),
        ({"profile": "python", "factory": "json:Node"}, "'json' has no 'Node' that can be called"),
        ({"profile": "python", "factory": "json"}, "expected package.module:Class"),
        ({"profile": "http", "nodes": {"a": {"address": "http://127.0.0.1:1"}}}, "has nodes a; call them n1, in order"),
    ],
)
def test_a_subject_that_cannot_be_started_is_refused_in_one_sentence(
    members: dict[str, object], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plain.txt").write_text("no program")
    file = subject_file(tmp_path, **members)
    assert execute(["smoke", str(file)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.endswith(f"again: anynode smoke {file}\n")


def test_a_contract_longer_than_a_session_lives_is_not_waited_for_and_breaks_no_adapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    year_us = 365 * 86_400 * 1_000_000
    code, value = smoked(tmp_path, f"converges {year_us}", capsys)
    assert code == 0
    steps = value["steps"]
    assert isinstance(steps, list)
    assert steps[8] == {
        "step": "a read on another node",
        "ok": True,
        "said": "not shown: n2 knows nothing of it after 300 s; by its contract it may take 31,536,000 s",
    }


@pytest.mark.parametrize(("mistake", "command"), [(f"converges {10**12}", "validate"), ("no-re", "smoke")])
def test_the_last_line_can_be_pasted_into_a_shell(
    mistake: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "it's a çé"
    folder.mkdir()
    file = subject_file(folder, name="red\x1b[31m", command=[sys.executable, str(ADAPTER), mistake])
    execute(["smoke", str(file)])
    said = capsys.readouterr().out
    assert shlex.split(said.splitlines()[-1])[-3:] == ["anynode", command, str(file)]
    assert "\x1b" not in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["smoke", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml: there is no such file; name a subject file" in capsys.readouterr().err


def test_another_version_of_the_protocol_is_a_broken_adapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, value = smoked(tmp_path, "other-protocol", capsys)
    assert code == 4
    assert "protocol: found 2, expected 1" in json.dumps(value)
