"""The checks' speed: a big made-up history judged, operations a second beside bare SimPy timeouts of the same run.

The six checks on guarantees, convergence and durability share one index; each rate counts all of them, or all of
CHECKS, with the index. Sizes are those between which the cost of an operation may grow at most twice.
"""

import argparse
import gc
import statistics
import time  # noqa: TID251 - a benchmark measures wall time
from collections.abc import Sequence
from random import Random  # noqa: TID251 - whose chance makes the history decides nothing

from _bare import bare_rate
from msgspec import json

from conformance.checks import CHECKS
from conformance.checks.index import Index
from conformance.collecting import uncollected
from conformance.history import Contract, End, Header, Lifetime, Operation, Ready
from conformance.reading import read
from conformance.verdict import HOLDS, NOT_PROMISED

NODES = ["n1", "n2", "n3", "n4", "n5"]
SIX = (
    "read_your_writes",
    "monotonic_reads",
    "monotonic_writes",
    "writes_follow_reads",
    "convergence",
    "durability",
)
PAGES = 10
"""Requests of a visit after its login."""
OBSERVED_ONE_IN = 20
"""Of so many sessions one is an observer's, read on every node at the end."""
SAMPLES = 3
GOAL_RATE, GOAL_GROWTH = 200_000, 2.0


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


def measured(history: bytes, names: Sequence[str]) -> tuple[float, float, dict[str, float]]:
    """Judge a history once.

    Returns:
        Seconds to read it, seconds for the index and these checks together, and seconds for each part.
    """
    gc.collect()
    with uncollected():
        began = time.perf_counter()
        recorded = read(history)
        loaded = time.perf_counter() - began
        parts: dict[str, float] = {}
        began = mark = time.perf_counter()
        index = Index(recorded)
        parts["index"] = time.perf_counter() - mark
        for name in names:
            mark = time.perf_counter()
            finding = CHECKS[name](index)
            parts[name] = time.perf_counter() - mark
            assert finding.verdict in (HOLDS, NOT_PROMISED), (name, finding.verdict, finding.seen)  # noqa: S101
        return loaded, time.perf_counter() - began, parts


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 2_000_000])
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--all", action="store_true", help="every check, not the six alone")
    chosen = parser.parse_args(arguments)
    names = list(CHECKS) if chosen.all else [name for name in CHECKS if name in SIX]
    costs = []
    for size in chosen.sizes:
        history = made_up(size)
        rates = []
        for _ in range(chosen.samples):
            bare = bare_rate()
            loaded, judged, parts = measured(history, names)
            rates.append(size / judged)
            told = ", ".join(f"{part} {seconds * 1e9 / size:,.0f}" for part, seconds in parts.items())
            print(
                f"{size:,} operations: read {size / loaded:,.0f}/s, judged {size / judged:,.0f}/s, "
                f"bare {bare:,.0f}/s, ratio {size / judged / bare:.3f}; ns an operation: {told}",
                flush=True,
            )
        costs.append(1 / statistics.median(rates))
        print(f"{size:,} operations: median {1 / costs[-1]:,.0f}/s (goal {GOAL_RATE:,})")
    print(f"cost of an operation, largest to smallest: {costs[-1] / costs[0]:.2f} (goal at most {GOAL_GROWTH})")


if __name__ == "__main__":
    main()
