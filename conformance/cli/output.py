"""How every command speaks: exit codes, the form of an error, one JSON value on stdout. No command and no judgement.

What a command has to say goes to stdout through `say` or `print_json`; what went wrong is raised as a `Failure` (or one
of the errors named to `refusing`), and `conformance.cli.app` prints it in one form, to stderr or as JSON.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic  # noqa: TID251 - a log is told now and then how far work has come, which decides nothing
from typing import Any, Protocol, TextIO

import msgspec

from conformance import verdict

HELD = 0
VIOLATED = 1
WRONG_INPUT = 2
"""Wrong arguments, or a file that cannot be used: nothing was run, nothing was judged."""
UNDECIDED = 3
"""Unknown, vacuous, not tested or unfinished: nothing was shown, which is never a pass."""
BROKEN_ADAPTER = 4
OUR_DEFECT = 5
"""anynode itself is wrong: any exception that nobody foresaw, or a replay with another digest."""
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells count."""

BETWEEN_LINES_S = 30
"""Where nobody watches, long work says so often how far it has come: a log shows that it lives, and stays short."""

_EXIT_OF_VERDICT = {
    verdict.HOLDS: HELD,
    verdict.VIOLATED: VIOLATED,
    verdict.UNKNOWN: UNDECIDED,
    verdict.VACUOUS: UNDECIDED,
    verdict.NOT_PROMISED: UNDECIDED,
    verdict.NOT_TESTED: UNDECIDED,
    verdict.UNFINISHED: UNDECIDED,
    verdict.BROKEN_ADAPTER: BROKEN_ADAPTER,
}


def exit_code(word: str) -> int:
    """Tell the exit code of a verdict; a word that is none is our own defect and raises KeyError."""
    return _EXIT_OF_VERDICT[word]


class Failure(Exception):
    """A command ends here: what is to be said about it, and the exit code.

    Attributes:
        code: one of the exit codes above.
        parts: what the message was made of, by name, for `--json`.
    """

    def __init__(self, message: str, code: int = WRONG_INPUT, parts: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.parts = parts or {}


def failure(thing: str, found: str, expected: str, mend: str, code: int = WRONG_INPUT) -> Failure:
    """Make the error that every command raises: one message that names four things.

    Args:
        thing: what is wrong: a file and the place in it, an option, an argument.
        found: what was found there, as it was written.
        expected: what would have been right.
        mend: what to write or do instead, as an order ("write '5s'").
        code: the exit code.
    """
    parts = {"thing": thing, "found": found, "expected": expected, "mend": mend}
    return Failure(f"{thing}: found {found}, expected {expected}; {mend}", code, parts)


@contextmanager
def refusing(*errors: type[Exception], code: int = WRONG_INPUT) -> Iterator[None]:
    """Turn the foreseen errors of other packages into a failure of the command; their message stands as it is."""
    try:
        yield
    except errors as error:
        raise Failure(str(error), code) from error


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether JSON was asked for, also when the arguments are too wrong to be parsed."""
    ours = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in ours


def repeating(arguments: Sequence[str]) -> str:
    """Write the command that does the same again, ready to paste into a shell."""
    return shlex.join(["anynode", *arguments])


def report_failure(error: Failure, arguments: Sequence[str]) -> int:
    """Say what went wrong and how to repeat it, in the form that was asked for.

    Returns:
        The exit code of the failure.
    """
    command = repeating(arguments)
    if wants_json(arguments):
        print_json({"error": {"message": str(error), **error.parts, "command": command}, "exit": error.code})
    else:
        _write(sys.stderr, f"error: {error}\nagain: {command}")
    return error.code


def say(text: str = "") -> None:
    """Print lines for people on stdout, as they are: no markup, no wrapping, so that they can be copied and piped."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Print lines beside the result (progress, where a file went) on stderr, where they disturb no pipe."""
    _write(sys.stderr, text)


def print_json(value: Any) -> None:
    """Print the one JSON value of a command on stdout."""
    _write(sys.stdout, msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_line(value: Any) -> None:
    """Print one line of JSON on stdout, for programs that read on while the command runs."""
    _write(sys.stdout, msgspec.json.encode(value).decode())


class Advance(Protocol):
    """Tells how far long work has come."""

    def __call__(self, done: int, said: str = "") -> None:
        """Take how much is done so far, and what there is to say of it besides."""


@contextmanager
def progress(
    title: str, total: int, *, shown: bool = True, clock: Callable[[], float] = monotonic
) -> Iterator[Advance]:
    """Show on stderr how far long work has come: a bar for a person who watches, else a line now and then for a log.

    Args:
        title: what is being done.
        total: how much there is to do, in any unit.
        shown: False keeps silent (`--json`).
        clock: tells the seconds between two lines.

    Yields:
        What takes how much is done so far, in the same unit.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if shown and not console.is_terminal:
        yield _lines_of(title, total, clock)
        return
    with Progress(console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(title, total=total)

        def advance(done: int, said: str = "") -> None:
            bar.update(task, completed=done, description=f"{title} {said}".rstrip())

        yield advance


def _lines_of(title: str, total: int, clock: Callable[[], float]) -> Advance:
    """Make what says in a line how far work has come, at most every `BETWEEN_LINES_S`."""
    due = clock() + BETWEEN_LINES_S

    def advance(done: int, said: str = "") -> None:
        nonlocal due
        if clock() >= due:
            due = clock() + BETWEEN_LINES_S
            note(f"{title}: {done * 100 // max(total, 1)} %{', ' if said else ''}{said}")

    return advance


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # The reader has gone (`| head`). The exit code is still to be told, so the rest goes nowhere; without this,
        # Python would try the flush again when it ends, and Typer would exit 1, which says "violated" here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
