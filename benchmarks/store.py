"""The whole store: deliveries and alarms rung a second, as a ratio to bare SimPy timeouts in the same run.

The goal counts for the rate of a recorded day (`day.yaml`), where most events are heartbeats; a scenario full of
writes is shown beside it. Runs have their history and digest but no page; the baseline and the store take turns, and
medians of at least five of each count.
"""

import argparse
import io
import statistics
import time  # noqa: TID251 - a benchmark measures wall time
from collections.abc import Sequence
from pathlib import Path

from _bare import bare_rate

from conformance.planning import plan
from conformance.runner import world_of
from scenarios import load

DAY = str(Path(__file__).parent / "day.yaml")
SCENARIOS = (DAY, "isolated-writer")
SAMPLES = 5
GOAL = 0.15


def store_rate(scenario: str, seed: int) -> tuple[float, int]:
    """Run a scenario and return deliveries and alarms a second, and how many there were."""
    world = world_of(plan(load(scenario), seed=seed))
    began = time.perf_counter()
    outcome = world.run(io.BytesIO(), None)
    return (outcome.deliveries + outcome.alarms) / (time.perf_counter() - began), outcome.deliveries + outcome.alarms


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", help=f"name or path; default {' and '.join(SCENARIOS)}")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    chosen = parser.parse_args(arguments)
    for scenario in chosen.scenario or SCENARIOS:
        ratios = []
        for seed in range(1, chosen.samples + 1):
            bare = bare_rate()
            rate, count = store_rate(scenario, seed)
            ratios.append(rate / bare)
            print(f"  seed {seed}: {count:,} at {rate:,.0f}/s, bare {bare:,.0f}/s, ratio {rate / bare:.3f}")
        goal = f" (goal {GOAL})" if scenario == DAY else ""
        print(f"whole store, {Path(scenario).stem}: median ratio {statistics.median(ratios):.3f} of bare SimPy{goal}")


if __name__ == "__main__":
    main()
