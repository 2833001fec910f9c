"""What a sweep gains by a second process (goal: 1.7 times one) and by two Dask workers (1.4), and what a row costs.

The rates are of whole sweeps, with the start of their processes, in turns. What a row costs is the share of a run's
processor time that its digest and its history take together (goal: at most 15 %).
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from time import perf_counter, process_time  # noqa: TID251 - a benchmark measures time
from typing import Any

from conformance.planning import plan
from conformance.runner import world_of
from conformance.sweep import asked, carried_out
from conformance.sweep_pool import Place, Processes
from conformance.sweep_rows import Rows
from scenarios import load
from simulator import world
from simulator.trace import Recorder


class _Silent(Recorder):
    """Takes nothing down, and counts what the run counts."""

    def carried(self, *_: Any) -> None:
        self.messages += 1

    def rang(self, *_: Any) -> None:
        self.alarms += 1

    def effect(self, *_: Any) -> None:
        pass

    def asked(self, *_: Any) -> None:
        pass

    def line(self, *_: Any) -> None:
        pass


def rate(scenario: str, seeds: int, place: Place) -> float:
    """Sweep, and give how many seeds a second were done."""
    begun = perf_counter()
    wanted = asked(load(scenario), 1, "reference", twice=0)
    with tempfile.TemporaryDirectory() as folder:
        rows = Rows(Path(folder) / "seeds.jsonl", wanted.head)
        carried_out(wanted.jobs(range(1, seeds + 1)), place, rows, lambda _: None)
        rows.close()
    return seeds / (perf_counter() - begun)


@contextmanager
def two_dask_workers() -> Iterator[Place]:
    """Start two workers on this machine, and connect to them."""
    from distributed import LocalCluster  # noqa: PLC0415 - an extra

    from conformance.sweep_dask import workers_of  # noqa: PLC0415 - needs the extra

    settings: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    cluster: Any = LocalCluster(**settings)  # type: ignore[no-untyped-call]
    try:
        with workers_of(cluster.scheduler_address, 60) as place:
            yield place
    finally:
        cluster.close()


def taking_down(scenario: str, samples: int) -> list[float]:
    """Give the shares of a run's processor time that digest and history take, in turns with a run without them."""

    def took(history: BytesIO | None) -> float:
        decided = plan(load(scenario), seed=1)
        begun = process_time()
        world_of(decided).run(history)
        return process_time() - begun

    took(BytesIO())
    shares = []
    for _ in range(samples):
        whole = took(BytesIO())
        world.Recorder = _Silent  # type: ignore[misc] # what is measured is the run without it
        try:
            without = took(None)
        finally:
            world.Recorder = Recorder  # type: ignore[misc]
        shares.append(1 - without / whole)
    return sorted(shares)


def main() -> None:
    """Print the medians and the samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="sticky-lan")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--samples", type=int, default=5)
    told = parser.parse_args()
    shares = taking_down(told.scenario, told.samples)
    print(f"digest and history: {100 * median(shares):.1f} % of a run of {told.scenario} (goal 15 %)")
    print(f"  samples {' '.join(f'{100 * share:.1f}' for share in shares)}")
    alone, two, dask = [], [], []
    with two_dask_workers() as workers:
        for _ in range(told.samples):
            alone.append(rate(told.scenario, told.seeds, Processes(1)))
            two.append(rate(told.scenario, told.seeds, Processes(2)))
            dask.append(rate(told.scenario, told.seeds, workers))
    for what, rates, goal in (("two processes", two, 1.7), ("two Dask workers", dask, 1.4)):
        ratios = sorted(one / other for one, other in zip(rates, alone, strict=True))
        print(f"a sweep by {what}: {median(ratios):.2f} times one process (goal {goal})")
        print(f"  samples {' '.join(f'{ratio:.2f}' for ratio in ratios)}")
    print(f"  {60 * median(two):.0f} seeds a minute by two processes, {60 * median(alone):.0f} by one")


if __name__ == "__main__":
    main()
