"""Profile S: one process a node, spoken to over its pipes in lock-step (subject protocol, part 2).

A process and its whole group end with the life of its node. What it writes to stderr is read by a thread and kept for
people. This is the one place that starts programs of others; what their lines mean is the business of `foreign.py`.
"""

import os
import select
import shlex
import signal
import subprocess
import threading
import time  # noqa: TID251 - a foreign process that hangs is told by real time, in no other way
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import UNSET

from conformance.subjects.adapter import PART_2_TURNS, BrokenAdapter, WrongLine, decode, same, shown
from conformance.subjects.lines import LINE_LIMIT, TURN_LIMIT, Input, Output

BUDGET_S = 5.0
"""How long a turn may take; a test of a store waits for nothing longer."""
START_S = 15.0
"""How long the first turn may take: a virtual machine has to be loaded."""
READ_BYTES = 1 << 16
STDERR_KEPT = 4_096
STDERR_LIMIT = 64 * 1024 * 1024
STDERR_LINES = 20
"""How much of stderr is kept, how much a life may write, and how many lines an error shows."""
GONE_WITHIN_S = 5.0
LOOK_MS = 200
"""How often a silent process is looked after."""

_encode = msgspec.json.Encoder().encode


class _Stderr:
    """What a process writes for people: its end is kept, all of it is counted."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._kept = b""
        self.count = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            while some := os.read(self._pipe.fileno(), READ_BYTES):
                self.count += len(some)
                self._kept = (self._kept + some)[-STDERR_KEPT:]
        self._pipe.close()

    def end(self) -> str:
        """Return the last lines, once no more can come or a moment is over."""
        self._thread.join(0.5)
        text = self._kept.decode("utf-8", "backslashreplace")
        return "\n".join(text.splitlines()[-STDERR_LINES:])


class Process:
    """The process of one life of a node; a `conformance.subjects.foreign.Peer`.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        env: added to the environment.
        node: whose life it is, for errors.
        logs: where what is said and answered is kept (`logs.in.jsonl`, `logs.out.jsonl`); None for nowhere.
        budget_s: how long a turn may take.

    Raises:
        OSError: the program cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        node: str,
        logs: Path | None = None,
        budget_s: float = BUDGET_S,
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._node = node
        self._budget_s = budget_s
        self._next_budget_s = max(budget_s, START_S)
        self._buffer, self._begin = b"", 0
        self._log_path = logs
        self._in: BinaryIO | None = None
        self._out: BinaryIO | None = None
        self._process = subprocess.Popen(  # noqa: S603 - the command is the user's own file's
            self._command,
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        assert self._process.stdout is not None  # noqa: S101 - as above
        assert self._process.stderr is not None  # noqa: S101 - as above
        self._stdin, self._stdout = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        self._answers = select.poll()
        self._answers.register(self._stdout, select.POLLIN)
        self._both = select.poll()
        self._both.register(self._stdout, select.POLLIN)
        self._both.register(self._stdin, select.POLLOUT)
        self._stderr = _Stderr(self._process.stderr)  # type: ignore[arg-type] # unbuffered bytes
        if logs is not None:
            self._in, self._out = _log(logs, "in"), _log(logs, "out")

    @property
    def pid(self) -> int:
        """The id of the process, and of its group."""
        return self._process.pid

    # ------------------------------------------------------------------------------------------------------ turns

    def turn(self, line: Input, what: str) -> list[tuple[Output, bytes]]:
        """Say a line and return the answer; see `Peer.turn`."""
        raw = _encode(line) + b"\n"
        answered = self.exchange(raw, f"turn {line.id} ({what})")
        last, done = answered.pop()
        if not same(last.done, line.id):
            wrong = WrongLine(
                "done",
                repr(last.done),
                f"the id of the line, {line.id!r}, of the same type",
                'write "done": ID',
                PART_2_TURNS,
                shown(done),
            )
            raise self.broken(f"turn {line.id} ({what})", wrong)
        return answered

    def exchange(self, raw: bytes, what: str) -> list[tuple[Output, bytes]]:
        """Say some bytes, and return all lines up to `done`, itself included.

        Raises:
            BrokenAdapter: it says anything wrong, too much, or nothing in time; or it is gone.
        """
        if self._in is not None:
            self._in.write(raw)
        budget_s, self._next_budget_s = self._next_budget_s, self._budget_s
        deadline = time.monotonic() + budget_s
        if self._answers.poll(0):
            self._take()
        self._must_be_silent(what, "before the turn")
        self._write(raw, what, deadline, budget_s)
        answered: list[tuple[Output, bytes]] = []
        while not answered or answered[-1][0].done is UNSET:
            said = self._line(what, deadline, budget_s, answered)
            try:
                answered.append((decode(said), said))
            except WrongLine as wrong:
                raise self.broken(f"{what}, line {len(answered) + 1} of its answer", wrong) from None
            if len(answered) > TURN_LIMIT:
                raise self.broken(what, _too_many())
        self._buffer, self._begin = self._buffer[self._begin :], 0
        self._must_be_silent(what, "after `done`")
        if self._stderr.count > STDERR_LIMIT:
            found = f"{self._stderr.count:,} bytes"
            raise self.broken(
                what, WrongLine("stderr", found, f"at most {STDERR_LIMIT:,} in a life", "log less", PART_2_TURNS)
            )
        return answered

    def _line(self, what: str, deadline: float, budget_s: float, answered: Sequence[object]) -> bytes:
        """Return the next line of the answer, once it is whole."""
        while (end := self._buffer.find(b"\n", self._begin)) < 0:
            self._buffer, self._begin = self._buffer[self._begin :], 0
            if len(self._buffer) > LINE_LIMIT:
                raise self.broken(what, _too_long())
            self._await_more(what, deadline, budget_s, f"{len(answered)} lines and no `done`")
        said = self._buffer[self._begin : end + 1]
        self._begin = end + 1
        if self._out is not None:
            self._out.write(said)
        return said

    def _await_more(self, what: str, deadline: float, budget_s: float, seen: str) -> None:
        """Take in what comes next; a process that is gone is noticed although a child of its own holds the pipe."""
        while not self._answers.poll(min(LOOK_MS, _left_ms(deadline))):
            if self._process.poll() is not None and not self._answers.poll(0):
                raise self._gone(what)
            if time.monotonic() >= deadline:
                raise self._hangs(what, budget_s, seen)
        if not self._take():
            raise self._gone(what)

    def _must_be_silent(self, what: str, when: str) -> None:
        """Make sure that nothing was said between two turns."""
        if self._buffer:
            mend = "write `done` last in every turn, and say nothing before the next line is given"
            found, said = f"a line {when}", shown(self._buffer)
            raise self.broken(
                what, WrongLine("the output", found, "nothing between two turns", mend, PART_2_TURNS, said)
            )

    def _write(self, raw: bytes, what: str, deadline: float, budget_s: float) -> None:
        """Give it the line; while its pipe is full, take in what it says meanwhile."""
        try:
            sent = os.write(self._stdin, raw)
        except BlockingIOError:
            sent = 0
        except BrokenPipeError:
            raise self._gone(what) from None
        while sent < len(raw):
            for descriptor, _ in self._both.poll(_left_ms(deadline)):
                if descriptor == self._stdin:
                    try:
                        sent += os.write(self._stdin, raw[sent:])
                    except BlockingIOError:
                        continue
                    except BrokenPipeError:
                        raise self._gone(what) from None
                elif not self._take():
                    raise self._gone(what)
            if sent < len(raw) and time.monotonic() >= deadline:
                raise self._hangs(what, budget_s, "it does not read its line")

    def _take(self) -> bool:
        """Take in what there is; False when there will never be more."""
        try:
            some = os.read(self._stdout, READ_BYTES)
        except BlockingIOError:
            return True
        self._buffer += some
        return bool(some)

    # ----------------------------------------------------------------------------------------------------- errors

    def broken(self, what: str, wrong: WrongLine) -> BrokenAdapter:
        """End the process, and make the error, with the last lines of its stderr and the command that repeats it."""
        self.end()
        return BrokenAdapter(self._node, what, wrong, self._stderr.end(), self._repeat())

    def _repeat(self) -> str:
        if self._log_path is None:
            return ""
        there = f"cd {shlex.quote(str(self._folder))} && {shlex.join(self._command)}"
        return f"{there} < {shlex.quote(str(_name(self._log_path, 'in').resolve()))}"

    def _gone(self, what: str) -> BrokenAdapter:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GONE_WITHIN_S)
        status = self._process.returncode
        if status is None:
            found = "its stdout closed"
        elif status < 0:
            found = f"it killed by {signal.Signals(-status).name}"
        else:
            found = f"it gone with exit code {status}"
        wrong = WrongLine("the process", found, "it to live until it is stopped", "see its stderr", PART_2_TURNS)
        return self.broken(what, wrong)

    def _hangs(self, what: str, budget_s: float, seen: str) -> BrokenAdapter:
        wrong = WrongLine(
            "the turn",
            f"{seen} within {budget_s:g} s",
            "a line `done` that ends it",
            "flush stdout after `done`; never wait in a turn",
            PART_2_TURNS,
        )
        return self.broken(what, wrong)

    # --------------------------------------------------------------------------------------------------- the end

    def end(self) -> None:
        """Kill the process and its whole group; harmless when it is gone."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GONE_WITHIN_S)
        for pipe in (self._process.stdin, self._process.stdout, self._in, self._out):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _name(logs: Path, way: str) -> Path:
    return logs.with_name(f"{logs.name}.{way}.jsonl")


def _log(logs: Path, way: str) -> BinaryIO:
    return _name(logs, way).open("wb", buffering=1 << 20)


def _left_ms(deadline: float) -> int:
    return max(0, int((deadline - time.monotonic()) * 1_000) + 1)


def _too_long() -> WrongLine:
    return WrongLine(
        "the line",
        f"more than {LINE_LIMIT:,} bytes without an end",
        f"at most {LINE_LIMIT:,}",
        "end every line with \\n, and send large state in pieces",
        PART_2_TURNS,
    )


def _too_many() -> WrongLine:
    return WrongLine(
        "the turn",
        f"more than {TURN_LIMIT:,} lines",
        f"at most {TURN_LIMIT:,}",
        "send large state in pieces",
        PART_2_TURNS,
    )
