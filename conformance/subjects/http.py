"""Servers as subjects (profile H): what their file says of them, and the processes that start leaves in the foreground.

Knows files, ports and processes; no scenario, no HTTP and no event loop. Who asks them is `conformance.live`.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import msgspec
from msgspec import structs

import conformance
from conformance.namespaces import LOOPBACK, Namespaces, why_not
from conformance.subjects.adapter import BrokenAdapter, WrongLine
from conformance.subjects.file import HOST, PORT, PYTHON, Bounds, Life, Server, SubjectFile, SubjectRefused, ends_of
from conformance.subjects.lines import Promised, Re
from conformance.subjects.subject import Prepared
from conformance.subjects.third_party import build, cannot_start, prepared
from reference.config import Configuration
from reference.protocol import Init
from scenarios.durations import write_duration
from simulator.host import Machine

PART_3 = "subject protocol, part 3"
READY_US = 60_000_000
"""How long servers may take to be ready where their file says nothing."""
CONFIG = "ANYNODE_CONFIG"
NODE = "ANYNODE_NODE"
SCRATCH = "ANYNODE_SCRATCH"
PORTS = range(21_000, 32_000)
"""Free ports are looked for here: below those that systems give to outgoing connections by themselves."""
LOG_LINES = 8
MIRROR = "(mirror)"
"""Under this name runs what no subject file names."""
KILLED_WITHIN_S = 5


class HttpSubject:
    """Servers that run, or are started, and are asked over HTTP in real time."""

    foreign = True

    def __init__(self, source: str, file: SubjectFile) -> None:
        self.source = source
        self.name = file.name
        self.version = file.version
        self.file = file

    def prepare(self, configuration: Configuration, members: int) -> Prepared:
        """Build what they need, and say what their file promises; no server is started. See `Subject.prepare`."""
        del members  # the contract is the file's own
        file = self.file
        build(file)
        bounds = Bounds.default() if file.contract is None else file.contract
        promised = Promised(
            converge_us=bounds.converge,
            clock_skew_us=bounds.clock_skew,
            detect_us=bounds.detect,
            idle_slack_us=bounds.idle_slack,
            survives_crashes=bounds.survives_crashes,
        )
        config = _with_lifetime(configuration.raw, file.lifetime)

        def enter(folder: Path | None) -> Servers:
            return Servers(file, config, folder)

        said = Re(1, 1, self.name, file.features or [], contract=promised)
        ready = prepared(said, configuration, file, enter)
        if file.lifetime is None:
            return ready
        return structs.replace(ready, absolute_us=file.lifetime.absolute, idle_us=file.lifetime.idle)


class Servers:
    """The servers of one run: their ports and addresses, and the processes of those that are started.

    Every process leads a group of its own, which is killed whole when its life ends and when the run does.

    Args:
        file: the subject file.
        config: the scenario's configuration, for servers with the feature `config`.
        folder: where each life's output goes; None for a place that is gone afterwards.

    Attributes:
        addresses: of every server, by name.
        namespaces: the servers' own network, None where they share the loopback.
        links: from and to by name, where to listen, whither to carry, and the protocol.
    """

    def __init__(self, file: SubjectFile, config: dict[str, Any], folder: Path | None) -> None:
        nodes = file.nodes or {}
        self.file = file
        self._ports = _free_ports([*_names_of_ports(file), MIRROR])
        self._scratch = TemporaryDirectory(prefix="anynode-servers-", ignore_cleanup_errors=True)
        self._folder = Path(self._scratch.name) if folder is None else folder
        self._config = config
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.namespaces = Namespaces(list(nodes)) if file.namespaces and not why_not() else None
        self._logs: dict[str, Path] = {}
        self.addresses = {name: self._told(server.address) for name, server in nodes.items()}
        self.links = [
            (*ends_of(key), self._told(link.listen), self._told(link.to), link.protocol)
            for key, link in (file.links or {}).items()
        ]
        self._folder.mkdir(exist_ok=True)

    @property
    def started(self) -> bool:
        """Whether these servers are started here; else they run already and are never stopped."""
        return all(server.start is not None for server in (self.file.nodes or {}).values())

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that live."""
        return [process.pid for process in self._running.values()]

    def processes_of(self, nodes: Iterable[str]) -> list[int]:
        """Give the ids of the living processes of some servers, and of what stands beside them."""
        names = [*nodes, *(self.file.beside or {})]
        return [self._running[name].pid for name in names if name in self._running]

    def refuse_used_ports(self) -> None:
        """Make sure that nobody listens where a server is to.

        Raises:
            SubjectRefused: somebody does.
        """
        for name, server in (self.file.nodes or {}).items():
            if server.start is not None and _answers(self.addresses[name]):
                raise SubjectRefused(
                    f"{self.file.path}: nodes.{name}.address {self.addresses[name]}: somebody listens there already; "
                    "end that process, or write another port (or ${port:NAME} for a free one)"
                )

    def start(self, node: str, boot: int) -> None:
        """Start the process of a server's life.

        Raises:
            SubjectRefused: it cannot be started.
        """
        start = self._server(node).start
        assert start is not None  # noqa: S101 - who is attached to is never started
        self._begin(node, node if boot == 1 else f"{node}-{boot}", f"nodes.{node}.start", start)

    def start_beside(self) -> None:
        """Start what the servers need.

        Raises:
            SubjectRefused: it cannot be started.
        """
        for name, command in (self.file.beside or {}).items():
            self._begin(name, name, f"beside.{name}", command)

    def _begin(self, name: str, log_name: str, key: str, start: list[str]) -> None:
        """Start a process under a name, with a log of its own."""
        command = [self._told(word) for word in start]
        self._logs[name] = self._folder / f"{log_name}.log"
        log = self._logs[name].open("wb")
        try:
            self._running[name] = self._spawn(command, name, log)
        except OSError as error:
            raise cannot_start(self.file, key, command, error) from error
        finally:
            log.close()

    def start_mirror(self) -> str:
        """Start the server by whose answers the machine's own noise is measured; return its address."""
        if MIRROR not in self._running:
            command = [sys.executable, "-m", "conformance.live_mirror", str(self._ports[MIRROR])]
            folder = Path(conformance.__file__).parents[1]
            self._running[MIRROR] = subprocess.Popen(  # noqa: S603 - our own
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
            )
        return f"http://127.0.0.1:{self._ports[MIRROR]}"

    def kill(self, node: str) -> None:
        """End the process of a server's life, and all that it started, without a word."""
        process = self._running.pop(node, None)
        if process is not None:
            self._kill(process)

    def stop(self, node: str) -> None:
        """Tell a server to leave; its process ends by itself, as `ended_by_itself` tells."""
        server = self._server(node)
        process = self._running[node]
        if server.stop is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            return
        command = [self._told(word) for word in server.stop]
        self.kill(f"{node} (stop)")
        try:
            self._running[f"{node} (stop)"] = self._spawn(command, node, subprocess.DEVNULL)
        except OSError as error:
            raise cannot_start(self.file, f"nodes.{node}.stop", command, error) from error

    def pause(self, node: str) -> None:
        """Let a server and all that it started stand still."""
        os.killpg(self._running[node].pid, signal.SIGSTOP)

    def resume(self, node: str) -> None:
        """Let a server go on."""
        os.killpg(self._running[node].pid, signal.SIGCONT)

    def ended_by_itself(self, node: str) -> int | None:
        """Give the exit code of a server whose process has ended, None while it lives."""
        process = self._running.get(node)
        return None if process is None else process.poll()

    def last_words(self, node: str) -> str:
        """Give the last lines of what a server printed."""
        log = self._logs.get(node)
        if log is None or not log.is_file():
            return ""
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])

    def make(self, init: Init) -> Machine:
        """Refuse: a server is no machine that takes turns; it is asked over HTTP."""
        raise TypeError(f"server '{init.node}' takes no turns")

    def ended(self, node: str) -> None:
        """Kill what is left of that node's life."""
        self.kill(node)

    def close(self) -> None:
        """Kill every process that is left."""
        for node in list(self._running):
            self.kill(node)
        if self.namespaces is not None:
            self.namespaces.close()
            self.namespaces = None
        self._scratch.cleanup()

    # ---------------------------------------------------------------------------------------------------------- helpers

    def _server(self, node: str) -> Server:
        assert self.file.nodes is not None  # noqa: S101 - the file's profile needs it
        return self.file.nodes[node]

    def _told(self, text: str) -> str:
        told = PORT.sub(lambda found: str(self._ports[found[1]]), text).replace(PYTHON, sys.executable)
        addresses = {} if self.namespaces is None else self.namespaces.addresses
        return HOST.sub(lambda found: addresses.get(found[1] or "", LOOPBACK), told)

    def _spawn(self, command: list[str], node: str, output: BinaryIO | int) -> subprocess.Popen[bytes]:
        file = self.file
        own = {name: self._told(value) for name, value in file.env.items()}
        own[NODE] = node
        own[SCRATCH] = str(Path(self._scratch.name, f"{node}.scratch"))
        Path(own[SCRATCH]).mkdir(exist_ok=True)
        if "config" in (file.features or []):
            place = (self._folder / "configuration.json").resolve()
            place.write_bytes(msgspec.json.encode(self._config))
            own[CONFIG] = str(place)
        apart = self.namespaces is not None and node in (file.nodes or {})
        return subprocess.Popen(  # noqa: S603 - the command is the user's own file's
            [*(self.namespaces.prefix(node) if apart and self.namespaces is not None else []), *command],
            cwd=file.folder,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the whole group: a start script may have left others behind; a stopped process is killed too."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(KILLED_WITHIN_S)


def gone(servers: Servers, node: str, code: int, when: str) -> BrokenAdapter:
    """Make the error of a server that ended though nobody told it to."""
    found = f"it gone with exit code {code}" if code >= 0 else f"it ended by signal {-code}"
    expected = "a process that lives until it is stopped"
    mend = "let `start` leave the server in the foreground (exec), and see what it printed"
    error = BrokenAdapter(node, when, WrongLine("the process", found, expected, mend, PART_3), servers.last_words(node))
    error.heading = "it printed last"
    return error


def _with_lifetime(config: dict[str, Any], lifetime: Life | None) -> dict[str, Any]:
    """Give the configuration with the file's lifetimes in place of the scenario's."""
    if lifetime is None:
        return config
    session = config.get("session") or {}
    limits = {"maxTimeout": write_duration(lifetime.absolute), "idleTimeout": write_duration(lifetime.idle)}
    return {**config, "session": {**session, "lifetime": {**(session.get("lifetime") or {}), **limits}}}


def _names_of_ports(file: SubjectFile) -> list[str]:
    texts: list[str] = [*file.env.values(), *(word for words in (file.beside or {}).values() for word in words)]
    for server in (file.nodes or {}).values():
        texts += [server.address, *(server.start or []), *(server.stop or [])]
    for link in (file.links or {}).values():
        texts += [link.listen, link.to]
    return list(dict.fromkeys(name for text in texts for name in PORT.findall(text)))


def _free_ports(names: Iterable[str]) -> dict[str, int]:
    """Find a port for each name that nobody uses, beginning elsewhere in every process."""
    found: dict[str, int] = {}
    offset = os.getpid() * 64
    tries = iter(range(len(PORTS)))
    for name in names:
        found[name] = next(port for port in (PORTS[(offset + step) % len(PORTS)] for step in tries) if _is_free(port))
    return found


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def host_and_port(address: str) -> tuple[str, int]:
    """Split `http://host:port`, or `host:port`."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    return host.strip("[]"), int(port)


def _answers(address: str) -> bool:
    try:
        socket.create_connection(host_and_port(address), timeout=1).close()
    except OSError:
        return False
    return True
