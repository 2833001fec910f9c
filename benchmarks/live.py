"""One live node beside express-session with its memory store: the same requests from the same client, as a ratio.

Half the requests write a key, half read the session. The two take turns. A rate depends on what else the machine does;
processor time a request, by the kernel's own account of the server's process, much less. Needs Node.js and npm.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import time  # noqa: TID251 - a benchmark measures wall time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from _http import Connection
from msgspec import Struct

from reference.live.trial import free_ports

HERE = Path(__file__).parent
FETCHED = HERE.parent / "out" / "benchmarks" / "express"
USERS = 16
ROUNDS = 5
SECONDS = 3.0
START_S = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


class Sample(Struct, frozen=True):
    """What one round of one server came to: requests a second, and its processor time a request, µs."""

    rate: float
    cost_us: float


async def load(url: str, pid: int, seconds: float) -> Sample:
    """Have users ask one server, each one thing after another, for so long."""
    before, began = processor_s(pid), time.monotonic()
    end = began + seconds
    done = await asyncio.gather(*(user(url, number, end) for number in range(USERS)))
    took, requests = time.monotonic() - began, sum(done)
    return Sample(requests / took, 1e6 * (processor_s(pid) - before) / requests)


async def user(url: str, number: int, end: float) -> int:
    """Log in, then write and read in turn; return how many requests were answered."""
    connection = await Connection.to(url)
    cookie = (await connection.ask("POST", "/login", {"user": f"user{number}"})).cookie
    done = 1
    while time.monotonic() < end:
        if done % 2:
            answer = await connection.ask("PUT", f"/session/data/k{done % 5}", {"value": done}, cookie)
        else:
            answer = await connection.ask("GET", "/session", cookie=cookie)
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise SystemExit(f"{url} answered {answer.status}: {answer.body!r}")
        done += 1
    connection.close()
    return done


def processor_s(pid: int) -> float:
    """Give the processor time that a process has used, s."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def one_node() -> Iterator[tuple[str, int]]:
    """Run one live node; give its URL and process."""
    command = [sys.executable, "-m", "anynode", "cluster", "--nodes", "1", "--log", "error", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as cluster:  # noqa: S603 - this very program
        assert cluster.stdout is not None  # noqa: S101 - it was asked for
        told = json.loads(cluster.stdout.readline())
        try:
            yield told["nodes"]["n1"], told["pids"]["n1"]
        finally:
            cluster.terminate()


@contextmanager
def express() -> Iterator[tuple[str, int]]:
    """Fetch express-session, once, and run it; give its URL and process."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SystemExit("node or npm is missing: install Node.js 20 or newer, with npm")
    if not (FETCHED / "node_modules").is_dir():
        FETCHED.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "express" / "package.json", FETCHED)
        subprocess.run([npm, "install", "--no-audit", "--no-fund", "--silent"], cwd=FETCHED, check=True)  # noqa: S603
    (port,) = free_ports(1)
    environment = {**os.environ, "NODE_PATH": str(FETCHED / "node_modules"), "NODE_ENV": "production"}
    command = [node, str(HERE / "express" / "server.js"), str(port)]
    quiet = subprocess.DEVNULL  # its warning that memory is for trials alone
    with subprocess.Popen(command, env=environment, stderr=quiet) as server:  # noqa: S603 - the program beside this one
        try:
            url = f"http://127.0.0.1:{port}"
            asyncio.run(answers(url))
            yield url, server.pid
        finally:
            server.terminate()


async def answers(url: str) -> None:
    """Wait until a server takes connections."""
    end = time.monotonic() + START_S
    while True:
        try:
            (await Connection.to(url)).close()
        except OSError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
        else:
            return


def main() -> None:
    """Take turns, and print medians, samples and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    chosen = parser.parse_args()
    samples: dict[str, list[Sample]] = {"anynode": [], "express-session": []}
    with one_node() as ours, express() as theirs:
        for _ in range(chosen.rounds):
            for name, (url, pid) in zip(samples, (ours, theirs), strict=True):
                samples[name].append(asyncio.run(load(url, pid, chosen.seconds)))
    rates = {name: median(sample.rate for sample in taken) for name, taken in samples.items()}
    costs = {name: median(sample.cost_us for sample in taken) for name, taken in samples.items()}
    for name, taken in samples.items():
        low, high = min(sample.rate for sample in taken), max(sample.rate for sample in taken)
        print(
            f"{name:16} {rates[name]:7,.0f} requests a second ({low:,.0f} to {high:,.0f}, of {len(taken)}), "
            f"{costs[name]:,.0f} µs of processor time each"
        )
    print(f"ratio of rates   {rates['anynode'] / rates['express-session']:.2f}")
    print(f"ratio of costs   {costs['anynode'] / costs['express-session']:.1f}")


if __name__ == "__main__":
    main()
