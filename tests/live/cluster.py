"""Three servers in a folder of their own, and what came of a run on them."""

import os
import shutil
import sys
from pathlib import Path

import yaml

from conformance import runner
from conformance.folder import HISTORY
from conformance.history import History
from conformance.reading import read

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


class Cluster:
    """A folder with a subject file for the server beside this file, and a scenario."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenario = folder / "storm.yaml"
        self.calm = folder / "calm.yaml"
        self.scenario.write_text(STORM, encoding="utf-8")
        self.calm.write_text(CALM, encoding="utf-8")
        shutil.copy(HERE / "server.py", folder)

    def subject(self, *more: str, **keys: object) -> Path:
        """Write a subject file of three servers that are started with more options, and keys that differ."""

        def start(name: str) -> list[str]:
            others = [other for other in names if other != name]
            peers = [word for other in others for word in ("--peer", f"http://127.0.0.1:${{port:{other}}}")]
            return [sys.executable, "server.py", "--port", f"${{port:{name}}}", *peers, *more]

        names = ("n1", "n2", "n3")
        told = {
            "name": "in-memory",
            "profile": "http",
            "nodes": {name: {"address": f"http://127.0.0.1:${{port:{name}}}", "start": start(name)} for name in names},
            "faults": ["kill", "pause"],
            "cookie": {"name": "sid"},
            "features": ["merge"],
            "contract": {"converge": "500ms", "clock-skew": "0", "detect": "1s"},
            "ready": "20s",
            **keys,
        }
        file = self.folder / "subject.yaml"
        file.write_text(yaml.safe_dump(told), encoding="utf-8")
        return file


def children() -> list[int]:
    """List the processes that this one has started and that are left, whatever became of them."""
    text = "".join(
        (task / "children").read_text(encoding="ascii") for task in Path(f"/proc/{os.getpid()}/task").iterdir()
    )
    return [int(pid) for pid in text.split()]


class Ran:
    """A run, and what was left of it: of the storm on honest servers, of the calm on broken ones."""

    def __init__(self, cluster: Cluster, *broken: str) -> None:
        before = children()
        out = cluster.folder / "run"
        options = ("--broken", *broken) if broken else ()
        scenario = cluster.calm if broken else cluster.scenario
        self.run = runner.run(scenario, subject=str(cluster.subject(*options)), out=out)
        self.left = [pid for pid in children() if pid not in before]
        self.history: History = read(out / HISTORY)
        self.found = {finding.check: finding for finding in self.run.checks}
