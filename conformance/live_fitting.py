"""A scenario of the simulated world as it can be done to real servers: their number, their lifetimes, their time.

What cannot be done makes the whole scenario *not tested (needs …)*: a part of it would show something else. What is
changed is said in notes. Nothing is run here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from conformance.history import LOCAL
from conformance.namespaces import why_not
from conformance.subjects.file import RUN_MOST_US, SubjectFile
from reference.config import read_mapping
from scenarios import ScenarioRefused, parse, told_again
from scenarios import configuration as configuration_of
from scenarios import faults as written
from scenarios.durations import write_duration
from scenarios.network import MEASURED, is_matrix
from scenarios.schema import Scenario
from scenarios.shortened import LARGE, as_a_file, in_half_of
from simulator.clock import SECOND_US

BETWEEN_CRASHES_US = 20_000_000
"""Of the crashes that wait for an event, one in so long: a server needs seconds to be back."""
SHORT_RUN_US = 20_000_000
"""How long people act in a run where short ones are asked for."""
RATE = 120
"""Requests a second that people make at most: the harness shares the machine with the servers."""
WITNESSES = 60
"""At the end all of them are read at one instant, as far as a machine can."""
TOO_LONG_US = 5 * RUN_MOST_US
"""A fault that is longer is about its length: told in a minute it would be another."""
FOR_EVER_US = 1 << 62
ABOUT_DISTANCE = "REQ-REPL-5"
"""A scenario that shows this is about how far regions are from each other; on one machine it would show nothing."""
_SINGLE = ("crash", "but", "leave", "join", "pause", "clock", "isolate", "bridge")
"""Under these a fault, or the form of a partition, names one node."""
_WORDS = (written.ANSWERING, written.ALL)
"""What may stand there instead."""
_START, _RELAYS = "servers that are started here", "relays"
_NEEDS: dict[type, str] = {
    written.Crash: "kill",
    written.Leave: _START,
    written.Join: _START,
    written.Pause: "pause",
    written.Partition: "cut",
    written.OneWay: "cut",
    written.Slow: "delay",
    written.Clock: "clocks",
}
"""What a subject file must offer under `faults` for a fault to be done; any other needs what it is called, in vain."""


class NotTested(ValueError):
    """A scenario that these servers cannot be put through; the text says what it needs."""


class Fitted(Struct, frozen=True):
    """A scenario for real servers, and what of it is not as it was written."""

    scenario: Scenario
    notes: list[str]


def fitted(scenario: Scenario, file: SubjectFile, features: list[str], most_us: int = RUN_MOST_US) -> Fitted:
    """Fit a scenario to the servers of a subject file.

    Args:
        scenario: of the simulated world.
        file: says how many servers there are and what can be done to them.
        features: those of the subject that count.
        most_us: how long people act at most, where the file does not say less, µs.

    Raises:
        NotTested: it cannot be done to these servers; the text begins with "not tested (needs".
    """
    _refuse_what_cannot_be_done(scenario, file, features)
    nodes = list(file.nodes or {})
    told: dict[str, Any] = yaml.safe_load(told_again(scenario, None, None))
    notes = [*_fit_network(told, scenario), *_fit_nodes(told, scenario, nodes)]
    notes += _fit_people(told, scenario, file)
    told["network"]["clients"] = "0"
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)
    try:
        reached = parse(text, Path(f"{scenario.name}.yaml"))
    except ScenarioRefused as refused:  # with fewer nodes it would be another
        more = f"not tested (needs {scenario.cluster.nodes} nodes): {scenario.name} on {file.name}"
        raise NotTested(more) from refused
    short = _shortened(reached, min(file.run or RUN_MOST_US, most_us))
    if short.duration < scenario.duration:
        was, now = write_duration(scenario.duration), write_duration(short.duration)
        notes.append(f"real time: {now} around the faults, of the scenario's {was}")
    _refuse_what_is_too_short(scenario, short, file)
    return Fitted(short, notes)


def _refuse_what_is_too_short(scenario: Scenario, short: Scenario, file: SubjectFile) -> None:
    """Refuse what would not be what its name says: a fault of hours in seconds, or one that outlasts no session."""
    needs = ""
    was, now = _longest(scenario), _longest(short)
    if short.duration > RUN_MOST_US:  # a script, of which nothing can be left out
        needs = f"{write_duration(short.duration)} of real time"
    elif was > TOO_LONG_US:
        needs = f"{write_duration(was)} of real time"
    settings = read_mapping(configuration_of(scenario), environment={}, name=scenario.name).settings()
    limit = _limit(settings.absolute_us, settings.idle_us)
    here = limit if file.lifetime is None else _limit(file.lifetime.absolute, file.lifetime.idle)
    if was > limit and not needs and now <= here:
        needs = f"sessions that live for less than {write_duration(now)}"
    if needs:
        raise NotTested(f"not tested (needs {needs}): {scenario.name} on {file.name}")


def _longest(scenario: Scenario) -> int:
    return max((fault.for_ or 0 for fault in scenario.faults), default=0)


def _limit(absolute_us: int, idle_us: int) -> int:
    """Say how long a session can live that nobody uses; for ever where no limit ends it."""
    return min((limit for limit in (absolute_us, idle_us) if limit), default=FOR_EVER_US)


def _refuse_what_cannot_be_done(scenario: Scenario, file: SubjectFile, features: list[str]) -> None:
    config = configuration_of(scenario)
    needs: list[str] = []
    offered = list(file.faults or [])
    missing = why_not() if file.namespaces else ""
    if missing and not file.links:
        offered = [fault for fault in offered if fault != "cut"]
    started = all(server.start is not None for server in (file.nodes or {}).values())
    for fault in scenario.faults:
        need = _NEEDS.get(type(fault)) or next(kind for kind, model in written.KINDS.items() if model is type(fault))
        if not (need in offered or (need == _START and started)):
            needs.append(need if need not in ("cut", "delay") else missing or _RELAYS)
    network = scenario.network
    needs += [name for name in ("loss", "duplicate", "reorder") if getattr(network, name)]
    if ABOUT_DISTANCE in scenario.shows and _has_regions(scenario):
        needs.append("delays between regions")
    if scenario.workload.traffic is not None:
        needs.append("a day of traffic, which is no matter of minutes")
    if (config.get("http") or {}).get("routing", {}).get("enabled") and "routing" not in features:
        needs.append("the feature 'routing'")
    store = ((config.get("session") or {}).get("store") or {}).get("type")
    if store == LOCAL and "config" not in features:
        needs.append("the feature 'config', for a store on one node alone")
    needs += _nodes_needed(scenario, file.nodes or {})
    needs += ["servers of several clusters"] if scenario.cluster.clusters is not None else []
    if needs:
        raise NotTested(f"not tested (needs {', '.join(dict.fromkeys(needs))}): {scenario.name} on {file.name}")


def _nodes_needed(scenario: Scenario, nodes: Mapping[str, object]) -> list[str]:
    """Say how many servers a scenario needs, where there are too few."""
    needs = []
    if len(nodes) == 1 and scenario.faults:
        needs.append("two nodes")
    if any(node not in nodes for node in (scenario.workload.served_by or {}).values()):
        needs.append("a server for each port")
    if scenario.cluster.nodes > LARGE > len(nodes):
        needs.append(f"{scenario.cluster.nodes} nodes")
    return needs


def _fit_network(told: dict[str, Any], scenario: Scenario) -> list[str]:
    """Take away delays that only a simulated network has."""
    network = told.setdefault("network", {})
    told.get("cluster", {}).pop("zones", None)
    if network.pop("delay", None) is None:
        return []
    zones = _has_regions(scenario)
    return ["the delays between the servers are the network's own" + (", not those of the zones" if zones else "")]


def _has_regions(scenario: Scenario) -> bool:
    return scenario.network.delay == MEASURED or is_matrix(scenario.network.delay)


def _fit_nodes(told: dict[str, Any], scenario: Scenario, nodes: list[str]) -> list[str]:
    """Make the cluster as large as it is, and give to nodes that are not there the names of those that are."""
    told["cluster"] = {"nodes": len(nodes)}
    if scenario.cluster.nodes == len(nodes):
        return []
    notes = [f"{len(nodes)} nodes, of the scenario's {scenario.cluster.nodes}"]
    faults: list[dict[str, Any]] = told.get("faults", [])
    named = list(dict.fromkeys(name for fault in faults for name in _named(fault)))
    if any(name not in nodes for name in named):
        spare = [name for name in nodes if name not in named]
        there = [name for name in named if name in nodes]
        others = [name for name in named if name not in nodes]
        called = {**{name: name for name in there}, **dict(zip(others, spare, strict=False))}
        told["faults"] = [kept for fault in faults if (kept := _renamed(fault, called, nodes)) is not None]
        left_out = len(faults) - len(told["faults"])
        if left_out:
            notes.append(f"{left_out} faults strike nodes that are not there, and are left out")
    else:
        told["faults"] = [_renamed(fault, {name: name for name in nodes}, nodes) for fault in faults]
    return notes


def _named(fault: dict[str, Any]) -> list[str]:
    """Name the nodes of a fault as it is written, in their order."""
    names = [fault[key] for key in _SINGLE if key in fault and fault[key] not in _WORDS]
    form = fault.get("partition", [])
    if isinstance(form, dict):
        names += _named(form)
    elif isinstance(form, list):
        names += [name for group in form if group not in (written.REST, [written.REST]) for name in group]
    names += [name for end in fault.get("one-way", {}).values() for name in end]
    return [*names, *(name for link in fault.get("links") or [] for name in link)]


def _renamed(fault: dict[str, Any], called: dict[str, str], nodes: list[str]) -> dict[str, Any] | None:
    """Write a fault with the nodes that are there; None when it strikes none of them."""

    def there(names: list[str]) -> list[str]:
        return [called[name] for name in names if name in called]

    fault = dict(fault)
    for key in _SINGLE:
        if key in fault and fault[key] not in _WORDS:
            if fault[key] not in called:
                return None
            fault[key] = called[fault[key]]
    if isinstance(fault.get("partition"), dict):
        form = _renamed(fault["partition"], called, nodes)
        return None if form is None else {**fault, "partition": form}
    if isinstance(fault.get("partition"), list):
        groups = [there(group) for group in fault["partition"] if group not in (written.REST, [written.REST])]
        groups = [group for group in groups if group]
        while groups and sum(map(len, groups)) >= len(nodes):  # somebody must be left for the other side
            max(groups, key=len).pop()
        fault["partition"] = [*(group for group in groups if group), written.REST]
    if "one-way" in fault:
        fault["one-way"] = {key: there(names) for key, names in fault["one-way"].items()}
    if fault.get("links"):
        fault["links"] = [link for link in map(there, fault["links"]) if len(link) == len(("from", "to"))]
        return fault if fault["links"] else None
    return fault


def _fit_people(told: dict[str, Any], scenario: Scenario, file: SubjectFile) -> list[str]:
    """Have no more people than the machine can play, and let them be away as long as the limits here are."""
    notes: list[str] = []
    workload = scenario.workload
    most = max(1, RATE * workload.think // SECOND_US)
    people = told.setdefault("workload", {})
    if workload.users > most:
        people["users"] = most
        notes.append(f"{most} users, of the scenario's {workload.users}: at most {RATE} requests a second")
    if scenario.observers.witnesses > WITNESSES:
        told["observers"] = {"witnesses": WITNESSES}
    if workload.gaps is not None and file.lifetime is not None and file.lifetime.idle:
        limit = read_mapping(configuration_of(scenario), environment={}, name=scenario.name).settings().idle_us
        spans = [length * file.lifetime.idle // max(1, limit) for length in workload.gaps.between]
        people["gaps"]["between"] = [write_duration(max(1, span)) for span in spans]
    return notes


def _shortened(scenario: Scenario, run_us: int) -> Scenario:
    """Tell it around its faults; of those that wait for an event, as many as there is time for, and as much earlier."""
    short = in_half_of(scenario, run_us)
    waiting: list[Any] = [fault for fault in short.faults if fault.at is None]
    if short is scenario or not waiting:
        return short
    fit = max(1, min(len(waiting), run_us // BETWEEN_CRASHES_US))
    kept = waiting[:fit]
    faults: list[Any] = [fault for fault in short.faults if fault.at is not None]
    for fault in kept:
        count = fault.after.count * len(waiting) * run_us // (fit * scenario.duration)
        after = fault.after.model_copy(update={"count": max(1, count)})
        away = None if fault.for_ is None else min(fault.for_, run_us // 4)
        faults.append(fault.model_copy(update={"after": after, "for_": away}))
    return as_a_file(short, short.model_copy(update={"faults": faults}))
