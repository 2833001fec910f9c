"""How the command line begins and ends: groups, exit codes, the form of errors."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated

import pytest
import typer

from anynode import __main__ as entry
from conformance import verdict
from conformance.cli import app as command_line
from conformance.cli import output
from conformance.cli.app import execute


def say(thing: str, *, as_json: Annotated[bool, typer.Option("--json")] = False) -> int | None:
    """Fail in the way that is named, or end with a number."""
    del as_json  # the failures are printed as JSON by whoever catches them
    match thing:
        case "defect":
            raise ValueError("7 is not a session")
        case "refusal":
            raise output.failure("a.yaml: faults[1].jump", "'5'", "a duration with its unit", "write '5s'")
        case "foreign":
            with output.refusing(LookupError):
                raise LookupError("a.yaml is not there")
        case "interrupt":
            raise KeyboardInterrupt
        case "exit":
            sys.exit(0)
        case "silent":
            return None
    return int(thing)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the commands by one that fails on request, beside an empty one, as Typer wants two."""
    commands = typer.Typer()
    commands.command("say")(say)
    commands.command("other")(lambda: None)
    monkeypatch.setattr(command_line, "app", commands)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Call what the installed command calls, and give its exit code."""

    def start(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["anynode", *arguments])
        with pytest.raises(SystemExit) as ended:
            entry.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return start


def test_help_lists_every_command_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["--help"]) == output.HELD
    printed = capsys.readouterr().out
    places = [printed.index(f"─ {group} ─") for group in ("Try", "Judge", "Read")]
    assert places == sorted(places)
    for group, name, _ in command_line.COMMANDS:
        assert printed.index(f"─ {group} ─") < printed.index(f"│ {name} "), name


def test_no_arguments_ask_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([]) == output.HELD
    assert "Usage: anynode" in capsys.readouterr().out


def test_the_version_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["--version"]) == output.HELD
    assert capsys.readouterr().out.startswith("anynode 0.")


@pytest.mark.parametrize("group_name_command", command_line.COMMANDS, ids=lambda command: command[1])
def test_every_command_explains_itself(
    group_name_command: tuple[str, str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    _, name, _ = group_name_command
    assert execute([name, "--help"]) == output.HELD
    assert f"Usage: anynode {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (verdict.HOLDS, 0),
        (verdict.VIOLATED, 1),
        (verdict.UNKNOWN, 3),
        (verdict.VACUOUS, 3),
        (verdict.NOT_TESTED, 3),
        (verdict.NOT_PROMISED, 3),
        (verdict.UNFINISHED, 3),
        (verdict.BROKEN_ADAPTER, 4),
    ],
)
def test_each_verdict_has_its_exit_code(word: str, code: int) -> None:
    """Only what held exits 0: a run that showed nothing is no pass."""
    assert output.exit_code(word) == code


def test_a_word_that_is_no_verdict_has_no_exit_code() -> None:
    with pytest.raises(KeyError):
        output.exit_code("fine")


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(("thing", "code"), [("0", 0), ("1", 1), ("3", 3), ("silent", 0)])
def test_a_command_ends_with_the_code_that_it_returns(thing: str, code: int, started: Callable[..., int]) -> None:
    assert started("say", thing) == code


@pytest.mark.usefixtures("planted")
def test_a_refusal_names_thing_found_expected_and_mend_and_ends_with_the_command(
    started: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert started("say", "refusal") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "error: a.yaml: faults[1].jump: found '5', expected a duration with its unit; write '5s'\n"
        "again: anynode say refusal\n"
    )


@pytest.mark.usefixtures("planted")
def test_the_error_of_another_package_keeps_its_words(
    started: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert started("say", "foreign") == 2
    assert capsys.readouterr().err == "error: a.yaml is not there\nagain: anynode say foreign\n"


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("say", "refusal"), 2),
        (("say", "defect"), 5),
        (("say", "interrupt"), 130),
        (("say",), 2),
        (("sya", "0"), 2),
        (("say", "0", "--jsn"), 2),
    ],
)
def test_with_json_a_failure_is_one_json_value(
    arguments: tuple[str, ...], code: int, started: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the arguments are too wrong to be parsed."""
    assert started(*arguments, "--json") == code
    value = json.loads(capsys.readouterr().out)
    assert sorted(value) == ["error", "exit"]
    assert value["exit"] == code
    assert value["error"]["message"]
    assert value["error"]["command"] == " ".join(["anynode", *arguments, "--json"])


@pytest.mark.usefixtures("planted")
def test_the_parts_of_a_refusal_are_there_by_name(
    started: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    started("say", "refusal", "--json")
    assert json.loads(capsys.readouterr().out)["error"] | {"message": "", "command": ""} == {
        "message": "",
        "command": "",
        "thing": "a.yaml: faults[1].jump",
        "found": "'5'",
        "expected": "a duration with its unit",
        "mend": "write '5s'",
    }


@pytest.mark.usefixtures("planted")
def test_a_defect_of_ours_exits_5_with_traceback_command_and_where_to_report(
    started: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Never 1, which would say that the store broke its promise."""
    assert started("say", "defect") == 5
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "ValueError: 7 is not a session" in printed
    assert "CONTRIBUTING.md" in printed
    assert printed.endswith("again: anynode say defect\n")


@pytest.mark.usefixtures("planted")
def test_a_stray_exit_of_a_command_is_a_defect_and_never_green(
    started: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert started("say", "exit") == 5
    assert "RuntimeError: a command ended with sys.exit(0) in place of a verdict" in capsys.readouterr().err


def test_a_shell_gets_its_words_for_completion() -> None:
    words = {"_ANYNODE_COMPLETE": "complete_bash", "COMP_WORDS": "anynode smo", "COMP_CWORD": "1"}
    told = subprocess.run(
        [sys.executable, "-m", "anynode"], env={**os.environ, **words}, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout.split()) == (0, ["smoke"])


def test_a_broken_install_exits_5_too(
    started: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "conformance.cli.app", None)
    assert started("scenarios") == 5
    assert capsys.readouterr().err.endswith("again: anynode scenarios\n")


@pytest.mark.usefixtures("planted")
def test_ctrl_c_exits_130(started: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert started("say", "interrupt") == 130
    assert capsys.readouterr().err == "error: interrupted\nagain: anynode say interrupt\n"


def test_the_command_is_quoted_for_the_shell() -> None:
    assert output.repeating(["run", "my scenario.yaml", "--seed", "7"]) == "anynode run 'my scenario.yaml' --seed 7"


def test_json_after_two_dashes_is_an_argument_and_no_wish() -> None:
    assert output.wants_json(["check", "--json"])
    assert not output.wants_json(["check", "--", "--json"])


@pytest.mark.parametrize("arguments", [["schema", "history"], ["power", "--help"], ["--help"]])
def test_a_reader_that_goes_away_changes_no_exit_code(arguments: list[str]) -> None:
    """`anynode schema history | head -1`: Typer alone would exit 1 here, which says "violated"."""
    process = subprocess.Popen(
        [sys.executable, "-m", "anynode", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_progress_stays_silent_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress("simulating", 100) as done:
        done(50)
    assert capsys.readouterr() == ("", "")


def test_long_work_says_in_a_log_how_far_it_has_come(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with output.progress("27 runs", 27, clock=lambda: now[0]) as done:
        for ran, second in enumerate([10, 29, 31, 32, 60, 62], start=1):
            now[0] = second
            done(ran)
    assert capsys.readouterr() == ("", "27 runs: 11 %\n27 runs: 22 %\n")
