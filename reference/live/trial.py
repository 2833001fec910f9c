"""Several nodes on the loopback, each a process of its own: what `anynode cluster` starts, watches and ends.

A trial and nothing else: every node serves the probe application. Nodes end when this process does, however it ends:
each watches the pipe that is its stdin.
"""

import contextlib
import copy
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from reference.live.refusals import CannotServe

READY_S: Final = 60.0
"""So long nodes may take until all of them are ready: a loaded machine starts three interpreters in some seconds."""
LEAVE_S: Final = 15.0
"""So long they may take to leave; a node waits 5 s for acknowledgements of its last changes."""
WATCH_S: Final = 0.1
HOST: Final = "127.0.0.1"
PSK: Final = "ANYNODE_TRIAL_PSK"
OK: Final = 200

OWN: Final[dict[str, Any]] = {
    "version": "1",
    "features": {"experimental.clusters": True},
    "clusters": [{"name": "trial", "encryption": {"psk": f"{{{{ env.{PSK} }}}}"}}],
    "http": {"routing": {"enabled": True, "type": "cluster", "cluster": {"name": "trial"}}},
    "session": {
        "store": {"type": "cluster", "cluster": {"name": "trial"}},
        "lifetime": {"maxTimeout": "24h", "idleTimeout": "15m"},
        "cookie": {"disableSecure": True},
    },
    "x-anynode": {"sameSite": "Lax"},
}
"""The configuration of a trial that was given none: plain HTTP, so that any client sends the cookie back."""


class Trial:
    """Nodes n1, n2, … as processes.

    Args:
        base: the configuration that all have in common; addresses and discovery are this trial's.
        nodes: how many.
        level: the least level that the nodes log, on this process's stderr.

    Attributes:
        urls: by node.
        processes: by node.
    """

    def __init__(self, base: Mapping[str, Any], nodes: int, level: str) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._gone: set[str] = set()
        names = [f"n{number}" for number in range(1, nodes + 1)]
        ports = free_ports(3 * nodes)
        placed = {name: ports[3 * index : 3 * index + 3] for index, name in enumerate(names)}
        self.urls = {name: f"http://{HOST}:{http}" for name, (http, _, _) in placed.items()}
        self._environment = {**os.environ, PSK: os.urandom(32).hex()}
        self._environment.pop("MAVERICS_HTTP_ADDRESS", None)  # one address for all of them
        self._folder = TemporaryDirectory(prefix="anynode-cluster-")
        members = [f"{HOST}:{membership}" for _, membership, _ in placed.values()]
        for name, (http, membership, data) in placed.items():
            file = Path(self._folder.name, f"{name}.yaml")
            file.write_text(json.dumps(_configured(base, http, membership, data, members, level)), encoding="utf-8")

    def start(self) -> None:
        """Start every node."""
        for name in self.urls:
            file = Path(self._folder.name, f"{name}.yaml")
            command = [sys.executable, "-m", "anynode", "serve", "--config", str(file), "--name", name]
            self.processes[name] = subprocess.Popen(  # noqa: S603 - this very program
                [*command, "--probe", "--while-stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,  # Ctrl-C reaches this process alone, which has them leave
            )

    def wait_until_ready(self, stop: Callable[[], bool]) -> bool:
        """Wait until all say that they are ready.

        Args:
            stop: asked often; True gives up.

        Returns:
            Whether they are.

        Raises:
            CannotServe: one of them ended, or they took too long.
        """
        end = time.monotonic() + READY_S
        missing = list(self.urls)
        while missing:
            if stop():
                return False
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise CannotServe(name, f"it {ended(process.returncode)}", "a running node", "see its lines above")
            missing = [name for name in missing if not _is_ready(self.urls[name])]
            if missing and time.monotonic() > end:
                found = f"not ready after {READY_S:g} s"
                raise CannotServe(", ".join(missing), found, "a node that says that it is up", "see the lines above")
            if missing:
                self.wait()
        return True

    def newly_gone(self) -> Iterator[tuple[str, int, int]]:
        """List nodes that have ended since this was asked last: name, process id, exit code or minus the signal."""
        for name, process in self.processes.items():
            if name not in self._gone and process.poll() is not None:
                self._gone.add(name)
                yield name, process.pid, process.returncode

    def wait(self) -> None:
        """Let a moment pass."""
        time.sleep(WATCH_S)

    def left(self) -> list[str]:
        """Name the nodes that run."""
        return [name for name, process in self.processes.items() if process.poll() is None]

    def end(self) -> None:
        """Have all nodes leave; end those that do not."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGCONT)  # one that stands still could not leave
        end = time.monotonic() + LEAVE_S
        for process in self.processes.values():
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self._folder.cleanup()


def ended(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def free_ports(count: int) -> list[int]:
    """Find ports of the loopback on which nobody listens, neither by TCP nor by UDP."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            stream = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            stream.bind((HOST, 0))
            port = stream.getsockname()[1]
            datagrams = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):
                datagrams.bind((HOST, port))
                ports.append(port)
        return ports


def _configured(
    base: Mapping[str, Any], http: int, membership: int, data: int, members: Sequence[str], level: str
) -> dict[str, Any]:
    """Give a node its addresses; everything else is as in the common configuration."""
    values: dict[str, Any] = copy.deepcopy(dict(base))
    routing = (values.get("http") or {}).get("routing")
    values["http"] = {"address": f"{HOST}:{http}", "accessLog": {"disabled": True}}
    if routing is not None:
        values["http"]["routing"] = routing
    values["logger"] = {**(values.get("logger") or {}), "level": level}
    for cluster in values.get("clusters") or []:
        cluster["addresses"] = {"membership": f"/ip4/{HOST}/tcp/{membership}", "data": f"/ip4/{HOST}/tcp/{data}"}
        cluster["discovery"] = {"method": "static", "static": {"nodes": list(members)}}
        cluster.get("encryption", {}).pop("nodeKey", None)  # one file would make all of them one node
    ours = values.get("x-anynode")
    if isinstance(ours, dict):
        values["x-anynode"] = {key: value for key, value in ours.items() if key not in {"advertise", "reach"}}
    return values


def _is_ready(url: str) -> bool:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/status")
        return connection.getresponse().status == OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
