"""The files that a scenario names beside itself: a recorded day, a matrix of delays. Found, read, and told again.

Formats are in `traffic.py` and `matrix.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scenarios.files import ScenarioRefused
from scenarios.matrix import Matrix, read_matrix
from scenarios.network import is_matrix
from scenarios.schema import DECIDED, Scenario, Workload
from scenarios.traffic import NASA_DAY, Recording, read_recording


@dataclass(frozen=True)
class Inputs:
    """What was read from the files that a scenario names.

    Attributes:
        recording: the recorded day, None where none is named.
        matrix: the measured round trips, None where none are named.
        notes: what a reader of the run must know about the files.
    """

    recording: Recording | None = None
    matrix: Matrix | None = None
    notes: tuple[str, ...] = ()


def with_files(scenario: Scenario, traffic: str | None = None, delays: str | None = None) -> Scenario:
    """Put other traffic or delays in place of the scenario's.

    Args:
        scenario: what happens otherwise.
        traffic: `nasa-day`, or the path of a recorded day; None keeps the scenario's.
        delays: the path of a matrix; None keeps the scenario's.

    Returns:
        The same scenario under its name, which names them; without the text of its file if anything changed.

    Raises:
        ScenarioRefused: the name of the matrix is none of a CSV.
    """
    update: dict[str, Any] = {}
    if traffic is not None:
        kept = scenario.workload.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(DECIDED))
        named = traffic if traffic == NASA_DAY else str(Path(traffic).absolute())
        update["workload"] = Workload.model_validate({**kept, "traffic": named})
    if delays is not None:
        if not is_matrix(delays):
            raise ScenarioRefused(
                f"{delays}: found a name without .csv, expected a square CSV of round trips in ms; "
                "write x.csv or x.csv.gz"
            )
        update["network"] = scenario.network.model_copy(update={"delay": str(Path(delays).absolute())})
    if not update:
        return scenario
    changed = scenario.model_copy(update=update)
    changed._text = ""  # noqa: SLF001 - the file's text says something else
    return changed


def named_files(scenario: Scenario) -> dict[str, Path]:
    """Find the files that a scenario names, by the key that names them; a path counts from the folder of its file."""
    traffic, delay = scenario.workload.traffic, scenario.network.delay
    found = {}
    if traffic is not None and traffic != NASA_DAY:
        found["traffic"] = _beside(scenario, traffic)
    if is_matrix(delay):
        found["delay"] = _beside(scenario, str(delay))
    return found


def read_inputs(scenario: Scenario) -> Inputs:
    """Read every file that a scenario names (`named_files`).

    Raises:
        ScenarioRefused: a file cannot be used.
    """
    files, nodes = named_files(scenario), scenario.cluster.nodes
    recording = matrix = None
    notes: list[str] = []
    if "traffic" in files:
        path = files["traffic"]
        if not path.exists():
            raise ScenarioRefused(
                f"{path}: there is no such file; name a recorded day (an access log, or a CSV), or write {NASA_DAY}"
            )
        recording = read_recording(path)
        notes += recording.notes(path.name)
        notes += _cut_short(scenario, recording, path.name)
    if "delay" in files:
        path = files["delay"]
        matrix = read_matrix(path, nodes)
        notes += matrix.notes(path.name, nodes)
    return Inputs(recording, matrix, tuple(notes))


def told_again(scenario: Scenario, traffic: str | None, delays: str | None) -> str:
    """Write a scenario as a file of its own that names its files anew, in the words of the schema.

    Args:
        scenario: what happens.
        traffic: where the recorded day lies, counted from the new file; None leaves what the scenario says.
        delays: where the matrix lies; None leaves what the scenario says.

    Returns:
        YAML that `load` reads.
    """
    data = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if traffic is not None:
        data["workload"]["traffic"] = traffic
    if delays is not None:
        data["network"]["delay"] = delays
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)


def _beside(scenario: Scenario, named: str) -> Path:
    return Path(named) if scenario.path is None else scenario.path.parent / named


def _cut_short(scenario: Scenario, recording: Recording, name: str) -> list[str]:
    """Say how much of a recorded day lies outside of the run."""
    begin_s, end_s = scenario.workload.from_ / 1_000_000, (scenario.workload.from_ + scenario.duration) / 1_000_000
    outside = sum(not begin_s <= second < end_s for second, _ in recording.pages)
    if not outside:
        return []
    return [
        f"traffic of {name}: {outside:,} pages lie outside of the run and are left out (`workload.from`, `duration`)"
    ]
