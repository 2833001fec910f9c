"""The checks' speed: a big made-up history judged, operations a second beside bare SimPy timeouts of the same run.

The six checks on guarantees, convergence and durability share one index; each rate counts all of them, or all of
CHECKS, with the index. Sizes are those between which the cost of an operation may grow at most twice. Seconds are the
processor's, so that other work on the machine counts less. Memory is the most that a process of its own came to hold.
"""

import argparse
import gc
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random  # noqa: TID251 - whose chance makes the history decides nothing
from tempfile import TemporaryDirectory
from time import process_time  # noqa: TID251 - a benchmark measures time

from _bare import bare_rate
from msgspec import json

from conformance.checks import CHECKS
from conformance.checks.index import Index
from conformance.checks.linearizability import MODELS, Call, linearizable
from conformance.collecting import uncollected
from conformance.history import Contract, End, Header, Lifetime, Operation, Ready
from conformance.reading import read
from conformance.verdict import HOLDS, NOT_PROMISED

NODES = ["n1", "n2", "n3", "n4", "n5"]
GUARANTEES = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")
SIX = (*GUARANTEES, "convergence", "durability")
PAGES = 10
"""Requests of a visit after its login."""
OBSERVED_ONE_IN = 20
"""Of so many sessions one is an observer's, read on every node at the end."""
SAMPLES = 3
GOAL_RATE, GOAL_GROWTH, GOAL_BYTES, GOAL_ZONES = 300_000, 2.0, 1_024, 500_000


def made_up(operations: int, *, routing: bool = True) -> bytes:
    """Make a history in which everything holds, as the bytes of its file.

    Visits of a login and ten pages: one in three writes one of four keys, the others read; the last logs out one time
    in five. Many clients at once, so that neighbours in the file are never of one session.
    """
    chance = Random(1)  # noqa: S311 - no secret
    header = Header(
        history=1,
        scenario="made-up",
        nodes=NODES,
        features=["revoke", "peek", "merge", "members", "idle", "absolute", "restart"],
        contract=Contract(),
        expect=list(SIX),
        routing=routing,
        store="cluster",
        lifetime=Lifetime(absolute_us=86_400_000_000, idle_us=900_000_000),
    )
    sessions = operations // (PAGES + 1)
    records = [*(Ready(node, 0) for node in NODES)]
    found: list[Operation] = []
    end = 1_000_000 + sessions * 1_000 + 2_000_000 * PAGES
    for number in range(sessions):
        observed = number % OBSERVED_ONE_IN == 0
        found += _visit(number, chance, by="observer" if observed else "user", end=end)
    found.sort(key=lambda operation: operation.answered or 0)
    records += found
    records.append(End(end + 60_000_000, len(found)))
    return json.Encoder().encode_lines([header, *records])


def _visit(number: int, chance: Random, *, by: str, end: int) -> list[Operation]:
    client, session, user = f"c{number}", f"s{number:031d}", f"user{number}"
    at = 1_000_000 + number * 1_000
    found: list[Operation] = []
    data: dict[str, str] = {}

    def ask(op: str, node: str, **more: object) -> None:
        name = f"{client}-{len(found) + 1}"
        found.append(
            Operation(op, name, client, by, node, at, at + 2_000, "ok", user, session=session, status=200, **more)  # type: ignore[arg-type]
        )

    ask("login", chance.choice(NODES), answered_user=user)
    for page in range(PAGES):
        at += 1_000_000 + chance.randrange(1_000_000)
        node = chance.choice(NODES)
        if by == "observer" and page >= PAGES - len(NODES):
            at = end + 30_000_000
            ask("read", NODES[PAGES - page - 1], answered_user=user, data=dict(data))
        elif page % 3 == 0:
            key = f"k{chance.randrange(4)}"
            data[key] = f"{client}-{len(found) + 1}"
            ask("write", node, key=key, value=data[key])
        elif page == PAGES - 1 and number % 5 == 0:
            ask("logout", node)
        else:
            ask("read", node, answered_user=user, data=dict(data))
    return found


def measured(history: bytes, names: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Judge a history once.

    Returns:
        Seconds to read it, and seconds for the index and for each of these checks.
    """
    gc.collect()
    with uncollected():
        began = process_time()
        recorded = read(history)
        loaded = process_time() - began
        parts: dict[str, float] = {}
        mark = process_time()
        index = Index(recorded)
        parts["index"] = process_time() - mark
        for name in names:
            mark = process_time()
            finding = CHECKS[name](index)
            parts[name] = process_time() - mark
            assert finding.verdict in (HOLDS, NOT_PROMISED), (name, finding.verdict, finding.seen)  # noqa: S101
        return loaded, parts


def held(path: Path) -> float:
    """Read and judge a file, and tell the most bytes an operation that this process took for it."""
    before = _most_held()
    with uncollected():
        recorded = read(path)
        index = Index(recorded)
        for name in SIX:
            CHECKS[name](index)
    return (_most_held() - before) / len(recorded.operations)


def _most_held() -> int:
    """Tell the most memory this process ever held, in bytes; Linux. `ru_maxrss` would begin with that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def memory(history: bytes) -> float:
    """Tell the same of a process of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.jsonl"
        path.write_bytes(history)
        own = [sys.executable, __file__, "--held", str(path)]
        return float(subprocess.run(own, check=True, capture_output=True, text=True).stdout)  # noqa: S603 (ours)


def zones_rate(calls: int) -> float:
    """Tell how many calls a second zones judge, of one register that three in parallel read and write."""
    found, value = [], None
    for number in range(calls):
        start = 10 * number
        if number % 3 == 0:
            value = f"v{number}"
            found.append(Call(str(number), "k", "write", value, None, start, start + 15))
        else:
            found.append(Call(str(number), "k", "read", None, value, start + 6, start + 21))
    gc.collect()
    with uncollected():
        began = process_time()
        judgement = linearizable(found, MODELS["register"])
        took = process_time() - began
    assert (judgement.verdict, judgement.steps) == (HOLDS, 0), judgement  # noqa: S101
    return calls / took


def told(size: int, loaded: float, parts: dict[str, float], bare: float) -> float:
    """Print one sample and tell the rate of all parts together."""
    judged = sum(parts.values())
    guarantees = sum(parts[name] for name in GUARANTEES)
    with_index = guarantees + parts["index"]
    each = ", ".join(f"{part} {seconds * 1e9 / size:,.0f}" for part, seconds in parts.items())
    print(
        f"{size:,} operations: read {size / loaded:,.0f}/s, judged {size / judged:,.0f}/s;"
        f" the four guarantees {size / guarantees:,.0f}/s, with the index {size / with_index:,.0f}/s;"
        f" bare {bare:,.0f}/s, ratio of judged {size / judged / bare:.3f}; ns an operation: {each}",
        flush=True,
    )
    return size / judged


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 2_000_000])
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--all", action="store_true", help="every check, not the six alone")
    parser.add_argument("--no-routing", action="store_true", help="a subject that promises users no routing")
    parser.add_argument("--held", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.held is not None:
        print(held(chosen.held))
        return
    names = list(CHECKS) if chosen.all else [name for name in CHECKS if name in SIX]
    costs = []
    for size in chosen.sizes:
        history = made_up(size, routing=not chosen.no_routing)
        rates = []
        for _ in range(chosen.samples):
            bare = bare_rate(clock=process_time)
            rates.append(told(size, *measured(history, names), bare))
        costs.append(1 / statistics.median(rates))
        print(f"{size:,} operations: median {1 / costs[-1]:,.0f}/s (goal {GOAL_RATE:,})")
        print(f"{size:,} operations: {memory(history):,.0f} bytes each at most (goal {GOAL_BYTES:,})")
        zones = statistics.median(zones_rate(size) for _ in range(chosen.samples))
        print(f"{size:,} calls of a register: zones {zones:,.0f}/s (goal {GOAL_ZONES:,})")
    print(f"cost of an operation, largest to smallest: {costs[-1] / costs[0]:.2f} (goal at most {GOAL_GROWTH})")


if __name__ == "__main__":
    main()
