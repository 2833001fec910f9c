"""Third parties' stores as subjects: what they say of themselves, and the crews that start and end their nodes."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from conformance.history import LOCAL, Contract
from conformance.subjects.adapter import BrokenAdapter, WrongLine, decode_re
from conformance.subjects.file import SubjectFile, SubjectRefused
from conformance.subjects.foreign import ForeignNode
from conformance.subjects.lines import Hello, Re
from conformance.subjects.purity import beside
from conformance.subjects.python import Calls, NoFactory, described, factory_named
from conformance.subjects.stdio import Process
from conformance.subjects.subject import Crew, Prepared
from reference.config import Configuration
from reference.protocol import Init
from simulator.host import Machine

FEATURES = (
    "members",
    "revoke",
    "routing",
    "idle",
    "absolute",
    "merge",
    "restart",
    "peek",
    "stream",
    "cookie-domain",
    "config",
    "orchestrator",
)
"""What a subject may list (protocol, part 2)."""
BUILD_S = 600
HELLO = Hello(1)
BUILT: Final = "ANYNODE_BUILT"
"""The variable that tells what this process has built, or one that started it: a suite plans a run for every test, a
sweep in every process, while nodes of the others run; one builds, once."""


def hello(process: Process) -> Re:
    """Ask a process who it is.

    Raises:
        BrokenAdapter: it does not say, or speaks another version.
    """
    said = process.turn(HELLO, "hello")
    if len(said) != 1:
        found, expected = f"{len(said)} lines before `done`", "exactly one line `re`"
        wrong = WrongLine(
            "the answer to hello", found, expected, 'write {"re": 1, …} alone, and say nothing before the first line'
        )
        raise process.broken("turn 1 (hello)", wrong)
    try:
        return decode_re(said[0][1], 1)
    except WrongLine as wrong:
        raise process.broken("turn 1 (hello)", wrong) from None


def prepared(
    re: Re, configuration: Configuration, file: SubjectFile | None, enter: Callable[[Path | None], Crew]
) -> Prepared:
    """Say what of a subject's promises counts under a configuration.

    A store that does not honour the configuration (feature `config`) has the lifetimes of its subject file; without any
    there, nothing is promised of expiry.
    """
    settings = configuration.settings()
    counted = [feature for feature in FEATURES if feature in re.features]
    notes = [
        f"feature '{feature}' is none of the protocol's ({', '.join(FEATURES)}) and counts for nothing"
        for feature in re.features
        if feature not in FEATURES
    ]
    own: dict[str, Any] = {}
    if "config" not in counted:
        life = None if file is None else file.lifetime
        own = {
            "absolute_us": 0 if life is None else life.absolute,
            "idle_us": 0 if life is None else life.idle,
            "cookie_name": None if file is None or file.cookie is None else file.cookie.name,
        }
        if life is None:
            counted = [feature for feature in counted if feature not in ("idle", "absolute")]
    if not settings.routing:
        counted = [feature for feature in counted if feature != "routing"]
    if settings.idle_hook is not None or settings.max_hook is not None:
        counted = [feature for feature in counted if feature not in ("idle", "config")]
    contract = Contract(**structs.asdict(re.contract))
    if configuration.store == LOCAL:
        contract = structs.replace(contract, survives_crashes=0)
    return Prepared(counted, contract, enter, notes, **own)


def build(file: SubjectFile) -> None:
    """Run the command that makes a file's program, once in this process and all that it starts.

    Raises:
        SubjectRefused: it cannot be started, takes too long, or fails.
    """
    command = file.build
    built = os.environ.get(BUILT, "").split()
    key = blake2b(repr((str(file.folder.absolute()), command)).encode(), digest_size=8).hexdigest()
    if command is None or key in built:
        return
    try:
        made = subprocess.run(  # noqa: S603 - the command is the user's own file's
            command,
            cwd=file.folder,
            env={**os.environ, **file.env},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=BUILD_S,
            check=False,
        )
    except OSError as error:
        raise cannot_start(file, "build", command, error) from error
    except subprocess.TimeoutExpired as error:
        raise SubjectRefused(f"{file.path}: build took longer than {BUILD_S} s; build it before") from error
    if made.returncode != 0:
        said = "\n".join((made.stderr or made.stdout).splitlines()[-20:])
        raise SubjectRefused(f"{file.path}: build {command} ended with exit code {made.returncode}:\n{said}")
    os.environ[BUILT] = " ".join([*built, key])


def cannot_start(file: SubjectFile, key: str, command: list[str], error: OSError) -> SubjectRefused:
    """Make the error of a command of a subject file that cannot be started; `key` names its place."""
    what = {
        FileNotFoundError: "there is no such program",
        PermissionError: "it is not executable",
    }.get(type(error), str(error))
    mend = (
        f"chmod +x {command[0]}"
        if isinstance(error, PermissionError)
        else f"install it, or write another {key} (it runs in {file.folder})"
    )
    return SubjectRefused(f"{file.path}: {key} {command}: '{command[0]}': {what}; {mend}")


class StdioSubject:
    """A program that speaks the protocol over its pipes."""

    foreign = True

    def __init__(self, source: str, file: SubjectFile) -> None:
        self.source = source
        self.name = file.name
        self.version = file.version
        self.file = file
        self._re: Re | None = None

    def prepare(self, configuration: Configuration, members: int) -> Prepared:
        """Build it, and ask a process of its own who it is; see `Subject.prepare`."""
        del members  # the contract is the subject's own
        if self._re is None:
            self._re = self._ask()
            self.version = self.version or self._re.version
        return prepared(self._re, configuration, self.file, self.enter)

    def enter(self, folder: Path | None) -> Crew:
        """Begin a run."""
        return Processes(self.start, folder)

    def start(self, node: str, logs: Path | None) -> Process:
        """Start a process.

        Raises:
            SubjectRefused: it cannot be started.
        """
        file = self.file
        assert file.command is not None  # noqa: S101 - the file's profile needs it
        try:
            return Process(file.command, file.folder, file.env, node, logs, file.budget / 1_000_000)
        except OSError as error:
            raise cannot_start(file, "command", file.command, error) from error

    def _ask(self) -> Re:
        build(self.file)
        process = self.start("", None)
        try:
            return hello(process)
        finally:
            process.end()


class Processes:
    """A crew of processes: one a life, killed with it. While the run lasts, all of them share a core with the harness.

    Two processes that answer each other in turns never run at once; on one core each wakes the other two to three times
    faster (design/performance.md, point 14).
    """

    def __init__(self, start: Callable[[str, Path | None], Process], folder: Path | None) -> None:
        self._start = start
        self._folder = folder
        self._running: dict[str, Process] = {}
        self._cores = _share_a_core()
        if folder is not None:
            folder.mkdir(exist_ok=True)

    def make(self, init: Init) -> Machine:
        """Start a process and greet it; the first life logs to NODE, later ones to NODE-BOOT."""
        name = init.node if init.boot == 1 else f"{init.node}-{init.boot}"
        process = self._start(init.node, None if self._folder is None else self._folder / name)
        self._running[init.node] = process
        hello(process)
        return ForeignNode(process, init, HELLO.id)  # type: ignore[arg-type] # a number

    def ended(self, node: str) -> None:
        """Kill the process of that node's life."""
        process = self._running.pop(node, None)
        if process is not None:
            process.end()

    def close(self) -> None:
        """Kill every process that is left, and give the harness its cores back."""
        for node in list(self._running):
            self.ended(node)
        if self._cores:
            with suppress(OSError):
                os.sched_setaffinity(0, self._cores)


def _share_a_core() -> set[int]:
    """Keep this process, and those that it starts, on one core; return those that it had, none where that cannot be."""
    if not hasattr(os, "sched_setaffinity"):
        return set()
    had = os.sched_getaffinity(0)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    chosen = sorted(had)[(int(worker) if worker.isdecimal() else os.getpid()) % len(had)]
    with suppress(OSError):
        os.sched_setaffinity(0, {chosen})
    return had


class PythonSubject:
    """A Python class whose objects speak the protocol by calls."""

    foreign = True

    def __init__(self, source: str, factory: str, *, folder: Path, file: SubjectFile | None = None) -> None:
        self.source = source
        self.name = factory if file is None else file.name
        self.version = "" if file is None else file.version
        self.file = file
        self._factory = factory
        self._folder = folder

    def prepare(self, configuration: Configuration, members: int) -> Prepared:
        """Import it, and ask an object of its own who it is; see `Subject.prepare`."""
        del members  # the contract is the subject's own
        make = self._find()
        re = Calls(self._made(make), "").hello()
        self.version = self.version or re.version

        def enter(_folder: Path | None) -> Crew:
            return Objects(lambda: self._made(make))

        return structs.replace(prepared(re, configuration, self.file, enter), own=beside(self._factory, self._folder))

    def _find(self) -> Callable[[], Any]:
        """Import the factory; modules beside the subject file, or in the current folder, are found too."""
        if str(self._folder) not in sys.path:
            sys.path.insert(0, str(self._folder))
        try:
            return factory_named(self._factory)
        except NoFactory as error:
            raise SubjectRefused(f"--subject {self.source}: {error}") from error

    def _made(self, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            wrong = WrongLine("the factory", described(error), "an object", "see the message")
            raise BrokenAdapter("", f"making {self._factory}", wrong) from error


class Objects:
    """A crew of objects: one a life."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def make(self, init: Init) -> Machine:
        """Make an object and greet it."""
        calls = Calls(self._make(), init.node)
        calls.hello()
        return ForeignNode(calls, init, HELLO.id)  # type: ignore[arg-type] # a number

    def ended(self, node: str) -> None:
        """Nothing is left of a node."""

    def close(self) -> None:
        """Nothing is left of any."""
