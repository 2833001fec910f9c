"""What a node costs that has nothing to do: events of bare SimPy a node and simulated second, at 5, 50 and 490 nodes.

Nobody asks anything but who looks from outside (readiness, members). Warm-up, in which the nodes find each other and
speak to each for the first time, is left out. The baseline and the clusters take turns, and medians are given. It is
processor time that is measured, so that other work on the machine weighs less.
"""

import argparse
import io
import resource
import statistics
import time  # noqa: TID251 - a benchmark measures time
from collections.abc import Sequence
from pathlib import Path

from _bare import bare_rate

from conformance.planning import plan
from conformance.runner import world_of
from scenarios.loading import parse

SIZES = (5, 50, 490)
SAMPLES = 3
WARM_UP_S = 60
NODE_SECONDS = 30_000
"""How much is measured a sample: enough of the smallest cluster, and a minute of the largest."""
GOAL_GROWTH = 2.0
GOAL_SECONDS = 50


def scenario_of(nodes: int, seconds: int) -> str:
    """Write a scenario in which nothing happens."""
    return (
        f"title: Nothing happens\nshows: [REQ-MEMB-4]\nduration: {seconds}s\ncluster: {{nodes: {nodes}}}\n"
        "workload: {users: 0}\nobservers: {witnesses: 0}\nexpect: {checks: [membership]}\n"
    )


def idle(nodes: int, seed: int, warm_up_s: int) -> tuple[float, float]:
    """Run an idle cluster and return wall seconds a simulated one after warm-up, and the wall seconds of warm-up."""
    measured_s = max(60, NODE_SECONDS // nodes)
    scenario = parse(scenario_of(nodes, warm_up_s + measured_s), Path("idle.yaml"))
    world = world_of(plan(scenario, seed=seed))
    marks: list[tuple[int, float]] = []
    began = time.process_time()
    world.run(io.BytesIO(), None, lambda now: marks.append((now, time.process_time())))
    first = next(mark for mark in marks if mark[0] >= warm_up_s * 1_000_000)
    last = next(mark for mark in marks if mark[0] >= (warm_up_s + measured_s) * 1_000_000)
    return (last[1] - first[1]) / ((last[0] - first[0]) / 1_000_000), first[1] - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, action="append", help=f"default {', '.join(map(str, SIZES))}")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--warm-up", type=int, default=WARM_UP_S, help="simulated seconds")
    chosen = parser.parse_args(arguments)
    sizes = chosen.nodes or SIZES
    costs: dict[int, list[float]] = {nodes: [] for nodes in sizes}
    walls: dict[int, list[float]] = {nodes: [] for nodes in sizes}
    for seed in range(1, chosen.samples + 1):
        for nodes in sizes:
            bare = bare_rate(clock=time.process_time)
            wall_s, warm_s = idle(nodes, seed, chosen.warm_up)
            costs[nodes].append(wall_s * bare / nodes)
            walls[nodes].append(1 / wall_s)
            print(
                f"  seed {seed}, {nodes} nodes: {costs[nodes][-1]:.1f} ev, {1 / wall_s:,.0f} simulated s a second, "
                f"warm-up {warm_s:.1f} s"
            )
    smallest = statistics.median(costs[sizes[0]])
    for nodes in sizes:
        cost = statistics.median(costs[nodes])
        print(
            f"idle, {nodes} nodes: median {cost:.1f} ev a node and second, {cost / smallest:.2f} times that of "
            f"{sizes[0]} (goal {GOAL_GROWTH}), {statistics.median(walls[nodes]):,.0f} simulated s a second "
            f"(goal {GOAL_SECONDS} at 490)"
        )
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
