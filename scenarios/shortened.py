"""A long scenario in minutes: the stretch around its faults, for tests that must not take as long as the whole.

The faults stay, in their order and their overlaps; the quiet time between them goes.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from scenarios.inputs import told_again
from scenarios.loading import parse
from scenarios.network import is_matrix
from scenarios.schema import Scenario
from scenarios.traffic import NASA_DAY

LARGE = 20
"""A cluster above this many nodes is run for seconds: each of them costs as much as a small cluster's."""
LARGE_US = 10_000_000
_MINUTE_US = 60_000_000
_SHARES = 10
"""A quiet stretch takes at most one part in so many."""


def around_faults(scenario: Scenario, minutes: int = 10) -> Scenario:
    """Shorten a scenario to the time around its faults.

    What lies between two faults, before the first and after the last is cut down to a tenth of the time that there is;
    what remains over comes after the last. If the faults alone take too long, all of it is made shorter evenly. The
    traffic of a day begins as much later as the first fault comes earlier, so that it meets the same visitors. Without
    faults it is the scenario's beginning. Faults that wait for an event wait for the same. A script stays as long as it
    is: its requests and its faults are meant for each other's instants.

    Args:
        scenario: one that may be long.
        minutes: how long it may be; above 20 nodes it is 10 simulated seconds whatever is written here.

    Returns:
        The scenario itself if it is short enough, else another of the same name whose text is a file of its own.
    """
    length_us = LARGE_US if scenario.cluster.nodes > LARGE else minutes * _MINUTE_US
    if scenario.duration <= length_us or scenario.workload.script is not None:
        return scenario
    moved = _shrinking(_instants(scenario), scenario.duration, length_us)
    faults = [_moved(fault, moved) for fault in scenario.faults]
    changed: dict[str, Any] = {"duration": length_us}
    if faults:
        changed["faults"] = faults
    workload = scenario.workload
    struck = [fault.at for fault in scenario.faults if fault.at is not None]
    if workload.traffic is not None and struck:
        later = min(struck) - moved(min(struck))
        changed["workload"] = workload.model_copy(update={"from_": workload.from_ + later})
    return as_a_file(scenario, scenario.model_copy(update=changed))


def in_half_of(scenario: Scenario, length_us: int) -> Scenario:
    """Shorten a scenario to any length, with as much of it quiet as not: for real time, where seconds are dear.

    What lies between faults shrinks evenly, and so do the faults where they alone take more than half of the time. A
    script stays as long as it is.

    Args:
        scenario: one that may be long.
        length_us: how long it may be, µs.

    Returns:
        As `around_faults`.
    """
    if scenario.duration <= length_us or scenario.workload.script is not None:
        return scenario
    moved = _halving(_instants(scenario), scenario.duration, length_us)
    faults = [_moved(fault, moved) for fault in scenario.faults]
    return as_a_file(scenario, scenario.model_copy(update={"duration": length_us, "faults": faults}))


def _halving(spans: list[tuple[int, int]], duration_us: int, length_us: int) -> Callable[[int], int]:
    """Return the function from instants of the long run to those of the short one."""
    cuts, busy = _stretches(spans, duration_us)
    lengths = [end - begin for begin, end in pairwise(cuts)]
    faults_us = sum(length for length, struck in zip(lengths, busy, strict=True) if struck)
    kept_us = min(faults_us, length_us // 2)
    places, place = {0: 0}, 0
    for (_, end), length, struck in zip(pairwise(cuts), lengths, busy, strict=True):
        place += (
            length * kept_us // faults_us if struck else length * (length_us - kept_us) // (duration_us - faults_us)
        )
        places[end] = place
    places[duration_us] = length_us
    return places.__getitem__


def _stretches(spans: list[tuple[int, int]], duration_us: int) -> tuple[list[int], list[bool]]:
    """Cut a run at every beginning and end of a fault, and say of each stretch whether one is in force."""
    cuts = sorted({0, duration_us, *(instant for span in spans for instant in span)})
    busy = [any(start <= begin and end <= stop for start, stop in spans) for begin, end in pairwise(cuts)]
    return cuts, busy


def _instants(scenario: Scenario) -> list[tuple[int, int]]:
    """List when each fault begins and ends, sorted; one without an end or a known beginning is an instant, or none."""
    spans = [(fault.at, fault.at + (fault.for_ or 0)) for fault in scenario.faults if fault.at is not None]
    return sorted(spans)


def _shrinking(spans: list[tuple[int, int]], duration_us: int, length_us: int) -> Callable[[int], int]:
    """Return the function from instants of the long run to those of the short one: it never goes backwards."""
    cuts, busy = _stretches(spans, duration_us)
    quiet_us = length_us // _SHARES
    new = [0]
    for (begin, end), struck in zip(pairwise(cuts), busy, strict=True):
        new.append(new[-1] + (end - begin if struck else min(end - begin, quiet_us)))
    scale = max(new[-1], length_us)
    places = {cut: place * length_us // scale for cut, place in zip(cuts, new, strict=True)}
    return places.__getitem__


def _moved(fault: Any, moved: Callable[[int], int]) -> Any:
    if fault.at is None:
        return fault
    at = moved(fault.at)
    if fault.for_ is None:
        return fault.model_copy(update={"at": at})
    return fault.model_copy(update={"at": at, "for_": max(1, moved(fault.at + fault.for_) - at)})


def as_a_file(scenario: Scenario, shortened: Scenario) -> Scenario:
    """Read it again from its own text, as everybody else would: what it names lies where it lay.

    Args:
        scenario: whose name it has, and from whose folder its files are named.
        shortened: what it says.
    """
    folder = Path() if scenario.path is None else scenario.path.parent
    traffic, delay = shortened.workload.traffic, shortened.network.delay
    text = told_again(
        shortened,
        None if traffic is None or traffic == NASA_DAY else str((folder / traffic).absolute()),
        str((folder / str(delay)).absolute()) if is_matrix(delay) else None,
    )
    return parse(text, Path(f"{scenario.name}.yaml"))
