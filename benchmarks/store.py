"""The whole store: deliveries and alarms rung a second, as a ratio to bare SimPy timeouts in the same run.

The goals count for a day of real users with routing on (`nasa-day`, and `day.yaml`, its rate for two hours), where
most events are heartbeats, and for ten pages a second (`pages.yaml`); a scenario full of writes is shown beside them.
Runs have their history and digest but no page. Every sample stands between two of the baseline, and processor time is
counted, not the clock on the wall: medians of at least five of each count.
"""

import argparse
import io
import statistics
import time  # noqa: TID251 - a benchmark measures time
from collections.abc import Sequence
from pathlib import Path

from _bare import bare_rate
from msgspec import Struct

from conformance.planning import plan
from conformance.runner import world_of
from scenarios import Scenario, load

HERE = Path(__file__).parent
DAY, PAGES = str(HERE / "day.yaml"), str(HERE / "pages.yaml")
SCENARIOS = (DAY, PAGES, "isolated-writer")
ROUTING = {"routing": {"enabled": True, "type": "cluster", "cluster": {"name": "my-cluster"}}}
SAMPLES = 5
GOALS = {
    "day": "goals 0.20 and 6",
    "nasa-day": "goals 0.20 and 6",
    "pages": "goal 150 ev a page",
}


class Sample(Struct, frozen=True):
    """One run: its ratio, simulated seconds a 1,000 ev, and ev a page of users; 1 ev is one timeout of the baseline."""

    ratio: float
    seconds: float
    page: float


def loaded(name: str, *, routing: bool = True) -> Scenario:
    """Load a scenario, with routing on or off whatever it says."""
    scenario = load(name)
    others = {key: value for key, value in (scenario.config or {}).items() if key != "http"}
    return scenario.model_copy(update={"config": {**others, "http": ROUTING} if routing else others})


def sample(scenario: Scenario, seed: int) -> Sample:
    """Run a scenario between two samples of the baseline."""
    before = bare_rate(clock=time.process_time)
    world = world_of(plan(scenario, seed=seed))
    began = time.process_time()
    history = io.BytesIO()
    outcome = world.run(history, None)
    took = time.process_time() - began
    ev = took * (before + bare_rate(clock=time.process_time)) / 2
    events, seconds = outcome.deliveries + outcome.alarms, outcome.simulated_us / 1_000_000
    pages = history.getvalue().count(b'"by":"user"')
    return Sample(events / ev, seconds * 1_000 / ev, ev / pages)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", help=f"name or path; default {' and '.join(SCENARIOS)}")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--without-routing", action="store_true", help="goal 0.15 at a day's rate")
    chosen = parser.parse_args(arguments)
    for name in chosen.scenario or SCENARIOS:
        scenario = loaded(name, routing=not chosen.without_routing)
        samples = [sample(scenario, seed) for seed in range(1, chosen.samples + 1)]
        ratios = sorted(one.ratio for one in samples)
        seconds = statistics.median(one.seconds for one in samples)
        page = statistics.median(one.page for one in samples)
        stem = Path(name).stem
        goal = f" ({GOALS[stem]})" if stem in GOALS and not chosen.without_routing else ""
        print(f"whole store, {stem}: median ratio {statistics.median(ratios):.3f} of bare SimPy{goal}")
        print(f"  {seconds:.1f} simulated s a 1,000 ev, {page:.0f} ev a page of users")
        print(f"  samples {' '.join(f'{ratio:.3f}' for ratio in ratios)}")


if __name__ == "__main__":
    main()
