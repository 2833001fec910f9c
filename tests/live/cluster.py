"""Three servers in a folder of their own, and what came of a run on them."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from conformance import runner
from conformance.folder import HISTORY
from conformance.history import History
from conformance.reading import read

NAMES = ("n1", "n2", "n3")
HERE = Path(__file__).parent
STORM = """
title: Three servers, one of which is killed and one of which stands still
shows: [REQ-FAIL-1]
duration: 7s
cluster: {nodes: 3}
workload: {users: 30, think: 300ms, pages: [4, 10], rest: 1s, writes: 50%, health-lag: {up: 0, down: 200ms}}
observers: {witnesses: 12}
faults:
  - {at: 2s, for: 1500ms, crash: n1}
  - {at: 4s, for: 1500ms, pause: n2}
expect: {checks: [structure, isolation, convergence, durability, no_resurrection]}
"""

CALM = """
title: Three servers to which nothing is done
shows: [REQ-REPL-2]
duration: 3s
cluster: {nodes: 3}
workload: {users: 30, think: 150ms, pages: [3, 6], rest: 500ms, writes: 50%, logouts: 100%, stale: [2, 3]}
observers: {witnesses: 12}
expect: {checks: [structure]}
"""

LATE = {"converge": "2500ms", "clock-skew": "0", "detect": "1s"}
"""After a cut a server tries again what it has waited a second for."""
CUT = STORM.replace("crash: n1", "partition: [[n1], rest]").replace("  - {at: 4s, for: 1500ms, pause: n2}\n", "")
QUIET_US = 500_000
"""As much as the servers promise to need (`converge`): on a machine with more noise seconds leave little to judge."""


class Cluster:
    """A folder with a subject file for the server beside this file, and a scenario."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenario = folder / "storm.yaml"
        self.cut = folder / "cut.yaml"
        self.cut.write_text(CUT, encoding="utf-8")
        self.calm = folder / "calm.yaml"
        self.scenario.write_text(STORM, encoding="utf-8")
        self.calm.write_text(CALM, encoding="utf-8")
        shutil.copy(HERE / "server.py", folder)

    def subject(self, *more: str, **keys: object) -> Path:
        """Write a subject file of three servers that are started with more options, and keys that differ."""
        return self._write(self._told(more, lambda _from, to: to), keys)

    def relayed(self) -> Path:
        """Write one whose servers find each other through relays."""
        told = self._told((), lambda sender, to: f"{sender}-{to}")
        links = {
            f"{sender}->{to}": {"listen": f"127.0.0.1:${{port:{sender}-{to}}}", "to": f"127.0.0.1:${{port:{to}}}"}
            for sender in NAMES
            for to in NAMES
            if sender != to
        }
        return self._write(told, {"links": links, "faults": ["cut", "delay"], "contract": LATE})

    def apart(self) -> Path:
        """Write one whose servers live in network namespaces of their own."""
        nodes = {}
        for name in NAMES:
            peers = [word for other in NAMES if other != name for word in ("--peer", f"http://{place(other)}")]
            start = [sys.executable, "server.py", "--host", f"${{host:{name}}}", "--port", f"${{port:{name}}}", *peers]
            nodes[name] = {"address": f"http://{place(name)}", "start": start}
        more = {"nodes": nodes, "namespaces": True, "faults": ["cut"], "contract": LATE}
        return self._write(self._told((), lambda _from, to: to), more)

    def attached(self, ports: dict[str, int]) -> Path:
        """Write one of servers that run already."""
        nodes = {name: {"address": f"http://127.0.0.1:{port}"} for name, port in ports.items()}
        return self._write(self._told((), lambda _from, to: to), {"nodes": nodes, "faults": []})

    def _told(self, more: Sequence[str], way: Callable[[str, str], str]) -> dict[str, object]:
        """Say what stands in a file; `way` names the port at which one server finds another."""

        def start(name: str) -> list[str]:
            ways = [way(name, other) for other in NAMES if other != name]
            peers = [word for port in ways for word in ("--peer", f"http://127.0.0.1:${{port:{port}}}")]
            return [sys.executable, "server.py", "--port", f"${{port:{name}}}", *peers, *more]

        return {
            "name": "in-memory",
            "profile": "http",
            "nodes": {name: {"address": f"http://127.0.0.1:${{port:{name}}}", "start": start(name)} for name in NAMES},
            "faults": ["kill", "pause"],
            "cookie": {"name": "sid"},
            "features": ["merge"],
            "contract": {"converge": "500ms", "clock-skew": "0", "detect": "1s"},
            "ready": "20s",
        }

    def _write(self, told: dict[str, object], keys: dict[str, object]) -> Path:
        file = self.folder / "subject.yaml"
        file.write_text(yaml.safe_dump({**told, **keys}), encoding="utf-8")
        return file


def place(name: str) -> str:
    return f"${{host:{name}}}:${{port:{name}}}"


def children() -> list[int]:
    """List the processes that this one has started and that are left, whatever became of them."""
    text = "".join(
        (task / "children").read_text(encoding="ascii") for task in Path(f"/proc/{os.getpid()}/task").iterdir()
    )
    return [int(pid) for pid in text.split()]


class Ran:
    """A run, and what was left of it."""

    def __init__(self, cluster: Cluster, scenario: Path, subject: Path) -> None:
        before = children()
        out = cluster.folder / "run"
        self.run = runner.run(scenario, subject=str(subject), out=out)
        self.left = [pid for pid in children() if pid not in before]
        self.history: History = read(out / HISTORY)
        self.found = {finding.check: finding for finding in self.run.checks}
        if self.history.header.noise_us > QUIET_US:
            pytest.skip(f"needs a quieter machine: it was late by {self.history.header.noise_us} µs")
