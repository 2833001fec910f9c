"""A live cluster under load, one node stood still for 10 s and one killed: what clients saw, judged by the checks.

50,000 requests, half of them writes, by users who go from node to node with every request. The history that is written
is one like any other (`anynode check FILE` judges it again). Not a matter of speed, and not in `make bench`.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time  # noqa: TID251 - it happens in real time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from _http import Answer, Connection

from conformance import history as h
from conformance.checks import check
from conformance.history import Contract, CookieScope, Fault, Header, Lifetime, Operation
from conformance.verdict import HOLDS, VIOLATED
from reference.live.trial import OWN
from reference.settings import SECOND, Settings
from reference.timing import converge_us, detect_us
from simulator.clients import hash_of_session, outcome_of

HERE = Path(__file__).parent
REQUESTS = 50_000
USERS = 24
WITNESSES = 30
ACTIONS = 300
"""What a user does in one session before logging out."""
PATIENCE_S = 5.0
SHUNNED_S = 1.0
"""A node that broke off or kept silent is asked again after so long."""
PAUSED_S = 10.0
PAUSED, KILLED = "n2", "n1"
COOKIE = "maverics_session="
CHECKS = (
    "structure",
    "isolation",
    "convergence",
    "durability",
    "no_resurrection",
    "id_renewal",
)


class Storm:
    """One run: the nodes, and what was seen of them."""

    def __init__(self, urls: dict[str, str], pids: dict[str, int], requests: int) -> None:
        self.urls, self.pids = urls, pids
        self.left = requests
        self.total = requests
        self.lines: list[Any] = []
        self.operations = 0
        self.late_us = 0
        self._began = time.monotonic_ns()
        self._bad_until: dict[str, float] = {}
        self._dead: set[str] = set()

    def now(self) -> int:
        """µs since the run began."""
        return (time.monotonic_ns() - self._began) // 1_000

    async def run(self) -> None:
        """Let users and witnesses act, strike, wait until everything must be settled, and look."""
        self.lines += [h.Ready(name, self.now()) for name in self.urls]
        measuring = asyncio.create_task(self._measure())
        striking = asyncio.create_task(self._strike())
        witnesses = [Client(self, f"o{number}", h.OBSERVER) for number in range(1, WITNESSES + 1)]
        users = [Client(self, f"u{number}", h.USER) for number in range(1, USERS + 1)]
        await asyncio.gather(*(client.live() for client in users), *(client.witness() for client in witnesses))
        await striking
        self.lines.append(h.Healed(self.now()))
        await asyncio.sleep((self.contract().detect_us + self.contract().converge_us) / SECOND + 1)
        await asyncio.gather(*(client.look() for client in (*witnesses, *users)))
        measuring.cancel()
        self.lines.append(h.End(self.now(), self.operations))

    def contract(self) -> Contract:
        """What the store promises, widened by how much later than due this program was at worst."""
        settings, nodes = Settings("trial"), len(self.urls)
        detect, converge = detect_us(settings, nodes), converge_us(settings, nodes)
        return Contract(converge + self.late_us, settings.clock_bound_us + self.late_us, detect + self.late_us)

    def header(self) -> Header:
        """Write the first line, once the run is over."""
        return Header(
            history=h.VERSION,
            scenario="live-storm",
            subject="our-cluster",
            nodes=list(self.urls),
            features=["members", "revoke", "routing", "merge", "restart", "peek"],
            contract=self.contract(),
            expect={"checks": list(CHECKS)},
            routing=True,
            store=h.CLUSTER,
            lifetime=Lifetime(24 * 3600 * SECOND, 15 * 60 * SECOND),
            cookie=CookieScope("maverics_session"),
        )

    def pick(self, turn: int) -> str:
        """Choose the node of a request: one after another, without those that failed just now."""
        names = [name for name in self.urls if name not in self._dead]
        good = [name for name in names if self._bad_until.get(name, 0) < time.monotonic()]
        return (good or names)[turn % len(good or names)]

    def shun(self, node: str) -> None:
        """Leave a node alone for a moment."""
        self._bad_until[node] = time.monotonic() + SHUNNED_S

    def took(self, operation: Operation) -> None:
        """Keep what a client saw."""
        self.operations += 1
        self.lines.append(operation)
        self.left -= operation.by == h.USER

    async def _measure(self) -> None:
        pause = 0.05
        while True:
            due = time.monotonic() + pause
            await asyncio.sleep(pause)
            self.late_us = max(self.late_us, int((time.monotonic() - due) * SECOND))

    async def _strike(self) -> None:
        await self._until(self.total * 7 // 10)
        begin = self.now()
        os.kill(self.pids[PAUSED], signal.SIGSTOP)
        try:
            await asyncio.sleep(PAUSED_S)
        finally:
            os.kill(self.pids[PAUSED], signal.SIGCONT)
        self.lines.append(Fault("pause", [PAUSED], begin, self.now(), 1))
        await self._until(self.total * 3 // 10)
        begin = self.now()
        os.kill(self.pids[KILLED], signal.SIGKILL)
        self._dead.add(KILLED)
        self.lines += [Fault("crash", [KILLED], begin, None, 1), h.Unready(KILLED, begin)]

    async def _until(self, left: int) -> None:
        while self.left > left:  # noqa: ASYNC110 - it is a count that is waited for
            await asyncio.sleep(0.02)


class Client:
    """A browser: one session at a time, one thing after another."""

    def __init__(self, storm: Storm, name: str, by: str) -> None:
        self._storm = storm
        self._name = name
        self._by = by
        self._asked = 0
        self._cookie = ""
        self._session: str | None = None
        self._connections: dict[str, Connection] = {}

    async def live(self) -> None:
        """Log in, write and read in turn, log out, and again, while there are requests left."""
        while self._storm.left > 0:
            if not await self._login():
                continue
            for action in range(ACTIONS):
                if action % 2 == 0:
                    done = await self._ask(h.WRITE, key=f"k{action % 5}", value=f"{self._name}-{self._asked}")
                else:
                    done = await self._ask(h.READ)
                if self._storm.left <= 0:
                    return  # with the session, which is looked at in the end
                if done.outcome == h.DENIED:
                    break
            await self._ask(h.LOGOUT)

    async def witness(self) -> None:
        """Begin a session at some moment of the run, write into it, and end every third."""
        number = int(self._name[1:])
        while self._storm.left > self._storm.total * (WITNESSES - number) // WITNESSES:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        if await self._login():
            await self._ask(h.WRITE, key="k", value=f"{self._name}-{self._asked}")
            if number % 3 == 0:
                await self._ask(h.LOGOUT)

    async def look(self) -> None:
        """Read the session on every node that is left, its own copy first."""
        if self._session is not None:
            for name in self._storm.urls:
                if name != KILLED:
                    await self._ask(h.PEEK, node=name)
                    await self._ask(h.READ, node=name)

    async def _login(self) -> bool:
        self._cookie, self._session = "", None
        done = await self._ask(h.LOGIN)
        return done.outcome == h.OK

    async def _ask(self, op: str, key: str | None = None, value: Any = None, node: str | None = None) -> Operation:
        storm = self._storm
        at = node or storm.pick(self._asked + len(self._name))
        self._asked += 1
        asked = storm.now()
        answer = await self._answer(at, op, key, value)
        operation = Operation(
            op=op,
            id=f"{self._name}-{self._asked}",
            client=self._name,
            by=self._by,
            node=at,
            asked=asked,
            answered=None if answer is None else storm.now(),
            outcome=h.UNKNOWN if answer is None else outcome_of(answer.status),
            user=self._name,
            session=self._session,
            key=key,
            value=value,
        )
        if answer is not None:
            self._read(operation, answer)
        storm.took(operation)
        return operation

    async def _answer(self, node: str, op: str, key: str | None, value: Any) -> Answer | None:
        method, path = _PLACES[op]
        body = {"user": self._name} if op == h.LOGIN else {"value": value} if op == h.WRITE else None
        try:
            async with asyncio.timeout(PATIENCE_S):
                connection = self._connections.get(node)
                if connection is None:
                    connection = self._connections[node] = await Connection.to(self._storm.urls[node])
                return await connection.ask(method, path + (key or ""), body, self._cookie)
        except (OSError, TimeoutError):
            broken = self._connections.pop(node, None)
            if broken is not None:
                broken.close()
            self._storm.shun(node)
            return None

    def _read(self, operation: Operation, answer: Answer) -> None:
        operation.status = answer.status
        said = answer.json
        if operation.outcome != h.OK:
            operation.why = said.get("error") if isinstance(said, dict) else None
            return
        if operation.op == h.LOGIN:
            self._cookie = answer.cookie
            self._session = operation.session = hash_of_session(answer.cookie.removeprefix(COOKIE))
            operation.answered_user = said["user"]
        elif operation.op in (h.READ, h.PEEK):
            operation.answered_user, operation.data = said["user"], said["data"]
            if operation.op == h.PEEK:
                operation.ended, operation.created, operation.last = said["ended"], said["created"], said["last"]


_PLACES = {
    h.LOGIN: ("POST", "/login"),
    h.READ: ("GET", "/session"),
    h.WRITE: ("PUT", "/session/data/"),
    h.LOGOUT: ("POST", "/logout"),
    h.PEEK: ("GET", "/peek"),
}


@contextmanager
def cluster() -> Iterator[tuple[dict[str, str], dict[str, int]]]:
    """Run three nodes; give their URLs and processes."""
    command = [sys.executable, "-m", "anynode", "cluster", "--nodes", "3", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:  # noqa: S603 - this very program
        assert running.stdout is not None  # noqa: S101 - it was asked for
        told = json.loads(running.stdout.readline())
        try:
            yield told["nodes"], told["pids"]
        finally:
            running.terminate()


def main() -> int:
    """Run it, write the history, judge it, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--history", type=Path, default=HERE.parent / "out" / "live-storm" / "history.jsonl")
    chosen = parser.parse_args()
    assert OWN["session"]["lifetime"] == {"maxTimeout": "24h", "idleTimeout": "15m"}  # noqa: S101 - as the header says
    with cluster() as (urls, pids):
        storm = Storm(urls, pids, chosen.requests)
        asyncio.run(storm.run())
    chosen.history.parent.mkdir(parents=True, exist_ok=True)
    lines = [storm.header(), *storm.lines]
    chosen.history.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n")
    return tell(storm, chosen.history)


def tell(storm: Storm, history: Path) -> int:
    """Judge, print, and give 1 where a promise was broken, 3 where a check found nothing to judge, else 0."""
    seen = [line for line in storm.lines if isinstance(line, Operation) and line.by == h.USER]
    took = sorted(line.answered - line.asked for line in seen if line.answered is not None)
    outcomes = {word: sum(line.outcome == word for line in seen) for word in h.OUTCOMES}
    took_s = storm.now() / SECOND
    print(f"{len(seen):,} requests in {took_s:.0f} s, {outcomes}; {PAUSED} stood still, {KILLED} was killed")
    half, most = took[len(took) // 2] / 1000, took[len(took) * 99 // 100] / 1000
    print(f"half of the answers within {half:.1f} ms, 99 % within {most:.0f} ms")
    print(f"bounds widened by {storm.late_us / 1000:.0f} ms: so much later than due was this program at worst")
    verdicts = set()
    for finding in check(history):
        if finding.expected:
            verdicts.add(finding.verdict)
            print(f"{finding.verdict:10} {finding.check:18} {finding.seen}")
    print(f"history: {history}")
    return 1 if VIOLATED in verdicts else 0 if verdicts == {HOLDS} else 3


if __name__ == "__main__":
    sys.exit(main())
