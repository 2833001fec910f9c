"""The whole store: instructions of the processor a delivery or alarm, which other work on the machine does not change.

Where seconds drown in what else is running, a change of one in a hundred still shows. Each scenario is run twice under
valgrind, up to two instants, and the difference counts, so that starting Python does not; the same with bare SimPy
timeouts. An instruction is no time: what misses a cache, or is guessed wrong, costs no more here, and does on a clock.
Needs valgrind; not part of `make bench`.
"""

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from _bare import bare_rate
from store import DAY, PAGES, loaded

from conformance.planning import plan
from conformance.runner import world_of

SCENARIOS = (DAY, PAGES)
SPANS = {"day": (660, 2_260), "pages": (30, 90)}
"""Simulated seconds between which instructions are counted, by the last part of the scenario's name."""
ELSE = (60, 360)
TIMEOUTS = (20_000, 60_000)
SECOND_US = 1_000_000
SUM = re.compile(r"I\s+refs:\s+([\d,]+)")


class Enough(Exception):
    """Ends a run early."""


def run(name: str, until_us: int, *, routing: bool) -> None:
    """Run a scenario up to an instant, and print how many messages it delivered and alarms it rang."""

    def stop(now: int) -> None:
        if now >= until_us:
            raise Enough

    world = world_of(plan(loaded(name, routing=routing), seed=1))
    try:
        world.run(io.BytesIO(), progress=stop)
    except Enough:
        print(world.network.delivered + world.recorder.alarms)
    else:
        raise SystemExit(f"{name} is over before {until_us // SECOND_US} s; name a longer scenario")


def counted(valgrind: str, *arguments: str) -> tuple[int, int]:
    """Count the instructions of this file, called so, and give them with the number that it prints."""
    quiet = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(  # noqa: S603 # this file, under valgrind
        [valgrind, *quiet, sys.executable, __file__, *arguments],
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = SUM.search(done.stderr)
    if done.returncode or found is None:
        raise SystemExit(f"{' '.join(arguments)}: valgrind counted nothing:\n{done.stderr[-2_000:]}")
    return int(found[1].replace(",", "")), int(done.stdout)


def an_event(valgrind: str, shorter: Sequence[str], longer: Sequence[str]) -> float:
    """Give the instructions of one event, of those that the longer run has more."""
    (few, first), (many, last) = counted(valgrind, *shorter), counted(valgrind, *longer)
    return (many - few) / (last - first)


def main(arguments: Sequence[str] | None = None) -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", help=f"name or path; default {' and '.join(SCENARIOS)}")
    parser.add_argument("--without-routing", action="store_true")
    parser.add_argument("--until", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--timeouts", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.timeouts is not None:
        bare_rate(chosen.timeouts)
        print(chosen.timeouts)
        return
    if chosen.until is not None:
        run(chosen.scenario[0], chosen.until * SECOND_US, routing=not chosen.without_routing)
        return
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("valgrind is not installed, which counts instructions; install the package of that name")
    bare = an_event(valgrind, *(("--timeouts", str(count)) for count in TIMEOUTS))
    print(f"bare SimPy: {bare:,.0f} instructions a timeout")
    beside = ["--without-routing"] if chosen.without_routing else []
    for name in chosen.scenario or SCENARIOS:
        ends = SPANS.get(Path(name).stem, ELSE)
        of_one = an_event(valgrind, *(("--scenario", name, "--until", str(end), *beside) for end in ends))
        print(f"{Path(name).stem}: {of_one:,.0f} instructions a delivery or alarm, {of_one / bare:.2f} times as many")


if __name__ == "__main__":
    main()
