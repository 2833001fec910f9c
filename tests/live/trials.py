"""Starts what a user starts, `anynode cluster` and `anynode serve`, and waits for conditions with a bound."""

import json
import os
import signal
import subprocess
import sys
import time  # noqa: TID251 - real nodes live in real time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, TypeVar

WITHIN_S = 30.0
T = TypeVar("T")


def wait_for(condition: Callable[[], T], what: str, within_s: float = WITHIN_S) -> T:
    """Wait until a condition gives something true, and return that."""
    end = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}"
        time.sleep(0.02)
    return found


class Answer:
    """What a node said."""

    def __init__(self, status: int, body: bytes, set_cookie: str) -> None:
        self.status = status
        self.text = body.decode()
        self.set_cookie = set_cookie

    @property
    def cookie(self) -> str:
        return self.set_cookie.partition(";")[0]

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def ask(url: str, method: str, path: str, body: Any = None, cookie: str | None = None, raw: bytes = b"") -> Answer:
    """Ask a node once; raises OSError where nobody answers."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=15)
    try:
        sent = raw or (json.dumps(body).encode() if body is not None else None)
        connection.request(method, path, sent, {"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), answer.getheader("Set-Cookie") or "")
    finally:
        connection.close()


def status_of(url: str, path: str = "/status") -> int:
    """Ask for a status alone; 0 where nobody answers."""
    try:
        return ask(url, "GET", path).status
    except (OSError, HTTPException):
        return 0


def login(url: str, user: str = "ann") -> str:
    """Begin a session, and give its cookie."""
    answer = ask(url, "POST", "/login", {"user": user})
    assert (answer.status, answer.body) == (200, {"user": user}), answer.text
    assert answer.cookie
    return answer.cookie


class Running:
    """A command of ours that runs, and what it logs."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def events(self, event: str) -> list[dict[str, Any]]:
        """List the lines of that event, of all nodes."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and give its exit code."""
        self.process.send_signal(number)
        return self.process.wait(WITHIN_S)


@contextmanager
def running(arguments: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a command of ours in its own group, and end it at the latest with the block."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "anynode", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            yield Running(process, log)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(WITHIN_S)
            assert process.stdout is not None
            process.stdout.close()


class Trial:
    """A cluster that `anynode cluster` runs."""

    def __init__(self, command: Running) -> None:
        self.command = command
        assert command.process.stdout is not None
        line = command.process.stdout.readline()
        assert line, command.log
        told = json.loads(line)
        self.urls: dict[str, str] = told["nodes"]
        self.pids: dict[str, int] = told["pids"]

    def members(self, node: str) -> list[str]:
        """Whom a node holds for alive."""
        members: list[str] = ask(self.urls[node], "GET", "/members").body["members"]
        return members

    def configuration(self, node: str) -> Any:
        """The file that a node was started with, while it runs."""
        arguments = Path(f"/proc/{self.pids[node]}/cmdline").read_bytes().split(b"\0")
        file = arguments[arguments.index(b"--config") + 1].decode()
        return json.loads(Path(file).read_text(encoding="utf-8"))

    def environment(self, node: str) -> dict[str, str]:
        """What a node was started with."""
        pairs = Path(f"/proc/{self.pids[node]}/environ").read_text(encoding="utf-8").split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@contextmanager
def trial(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Trial]:
    """Run a cluster."""
    with running(["cluster", "--json", *arguments], folder / "cluster.log", environment) as command:
        yield Trial(command)


def exists(pid: int) -> bool:
    """Say whether a process exists (a zombie does not count)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
