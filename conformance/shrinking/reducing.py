"""Proposals: the same scenario with something left out, shortened or rounded. Values only; nothing is run here."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from scenarios.durations import parse_duration, write_duration
from scenarios.schema import Cluster, Observers, Workload

Written = dict[str, Any]
SECOND_US = 1_000_000
TAIL_US = 2 * SECOND_US
"""So long at least a run goes on after the last request."""
_NODES, _USERS, _WITNESSES = Cluster().nodes, Workload().users, Observers().witnesses
"""How many there are where a scenario does not say."""
_GRAINS_US = (10 * SECOND_US, SECOND_US, 100_000, 1_000)


def without_requests(script: list[Written], begin: int, end: int) -> list[Written]:
    """Leave out the requests from one place up to another, and those that ask with the cookie of a login among them."""
    kept: list[Written] = []
    logins: dict[str, int] = {}
    numbers: dict[tuple[str, int], int] = {}
    later: dict[str, int] = {}
    for place, entry in enumerate(script):
        user, stays = entry["user"], not begin <= place < end
        if entry["do"] == "login":
            logins[user] = logins.get(user, 0) + 1
            if stays:
                later[user] = later.get(user, 0) + 1
                numbers[user, logins[user]] = later[user]
        if "session" in entry:
            number = numbers.get((user, entry["session"]))
            if number is None:
                continue
            entry = {**entry, "session": number}  # noqa: PLW2901 - the same request, its login counted anew
        if stays:
            kept.append(entry)
    return kept


def plainer(data: Written) -> Iterator[Written]:
    """Propose the scenario without one of its settings, the whole first and then its parts."""
    for key in ("network", "config", "wire", "cluster", "observers", "workload"):
        if key not in data:
            continue
        if key not in ("cluster", "workload", "observers"):
            yield {name: value for name, value in data.items() if name != key}
        if isinstance(data[key], dict):
            for smaller in _without_one(data[key], keep=("nodes", "script", "witnesses", "users")):
                yield {**data, key: smaller}


def _without_one(mapping: Written, keep: tuple[str, ...]) -> Iterator[Written]:
    for key, value in mapping.items():
        if key in keep:
            continue
        yield {name: held for name, held in mapping.items() if name != key}
        if isinstance(value, dict):
            for smaller in _without_one(value, keep):
                yield {**mapping, key: smaller}


def fewer_witnesses(data: Written) -> Iterator[Written]:
    """Propose fewer sessions of observers, none first."""
    count = data.get("observers", {}).get("witnesses", _WITNESSES)
    for fewer in (0, 1, 2, 4, count // 4, count // 2, count - 1):
        if 0 <= fewer < count:
            yield {**data, "observers": {"witnesses": fewer}}


def fewer_users(data: Written) -> Iterator[Written]:
    """Propose fewer people, where they follow their habits."""
    workload = data.get("workload", {})
    count = workload.get("users", _USERS)
    if "script" not in workload and "traffic" not in workload:
        for fewer in (0, 1, count // 8, count // 2, count - 1):
            if 0 <= fewer < count:
                yield {**data, "workload": {**workload, "users": fewer}}


def fewer_nodes(data: Written) -> Iterator[Written]:
    """Propose the cluster without one of its nodes; those behind it move up, and what names it goes."""
    count = data.get("cluster", {}).get("nodes", _NODES)
    for gone in range(count, 1, -1):
        smaller = _without_node(data, gone, count)
        if smaller is not None:
            yield smaller


def _without_node(data: Written, gone: int, count: int) -> Written | None:
    names = {f"n{n}": f"n{n - (n > gone)}" for n in range(1, count + 1) if n != gone}
    smaller = deepcopy(data)
    smaller["cluster"] = {**smaller.get("cluster", {}), "nodes": count - 1}
    zones = smaller["cluster"].get("zones")
    if isinstance(zones, list):
        zones.pop(gone - 1)
    script = smaller.get("workload", {}).get("script") or []
    named = [entry.get("node") for entry in script]
    if f"n{gone}" in named:
        return None
    for entry in script:
        if "node" in entry:
            entry["node"] = names[entry["node"]]
    faults = [_renamed(fault, names) for fault in smaller.get("faults") or []]
    smaller["faults"] = [fault for fault in faults if fault is not None]
    return smaller


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Rename nodes within a fault; None where it is about the one that goes, or nothing is left of a list."""
    if isinstance(value, str):
        return names.get(value) if re.fullmatch(r"n\d+", value) else value
    if isinstance(value, list):
        kept = [new for new in (_renamed(item, names) for item in value) if new is not None]
        return kept or None
    if isinstance(value, dict):
        renamed = {key: _renamed(held, names) for key, held in value.items()}
        return None if any(held is None for held in renamed.values()) else renamed
    return value


def shorter(data: Written) -> Iterator[Written]:
    """Propose an earlier end: right behind the last request or fault, or between there and now."""
    now = parse_duration(data["duration"])
    script = data.get("workload", {}).get("script") or []
    faults = data.get("faults") or []
    instants = [parse_duration(entry["at"]) for entry in script]
    instants += [parse_duration(f["at"]) + parse_duration(f.get("for", "0")) for f in faults if "at" in f]
    last = max(instants, default=0)
    for end in (last + TAIL_US, last + 10 * SECOND_US, (last + now) // 2, now * 3 // 4):
        rounded = -(-end // SECOND_US) * SECOND_US
        if last < rounded < now:
            yield {**data, "duration": write_duration(rounded)}


def ended(data: Written, last_us: int) -> Written | None:
    """Propose the end of everything soon after an instant, where that leaves out a tenth of the time or more.

    What comes later hardly ever has a part in what was seen until then, and every run from here on is a shorter one.
    """
    script = data.get("workload", {}).get("script")
    end = -(-(last_us + TAIL_US) // SECOND_US) * SECOND_US
    if script is None or not last_us or end > parse_duration(data["duration"]) * 9 // 10:
        return None
    kept = [entry for entry in script if parse_duration(entry["at"]) <= last_us]
    faults = [_until(fault, end) for fault in data.get("faults") or [] if _begin(fault) <= last_us]
    return {
        **data,
        "duration": write_duration(end),
        "workload": {**data["workload"], "script": kept},
        "faults": faults,
    }


def _begin(fault: Written) -> int:
    return parse_duration(fault["at"]) if "at" in fault else 0


def _until(fault: Written, end: int) -> Written:
    """Have a fault end a second before everything does: what lasts longer than the run is refused."""
    if "at" not in fault or "for" not in fault:
        return fault
    left = end - SECOND_US - _begin(fault)
    return fault if parse_duration(fault["for"]) <= left else {**fault, "for": write_duration(left)}


def earlier(data: Written) -> Iterator[Written]:
    """Propose everything from some request or fault on so much earlier that the quiet before it shrinks."""
    script = data.get("workload", {}).get("script") or []
    entries = [*script, *(fault for fault in data.get("faults") or [] if "at" in fault)]
    instants = sorted({parse_duration(entry["at"]) for entry in entries})
    before = 0
    for instant in instants:
        for quiet in (SECOND_US, 5 * SECOND_US, (instant - before) // 2):
            by = instant - before - quiet
            if by >= SECOND_US:
                yield _moved(data, instant, by // SECOND_US * SECOND_US)
        before = instant


def _moved(data: Written, begin: int, by: int) -> Written:
    moved = deepcopy(data)
    script = moved.get("workload", {}).get("script") or []
    for entry in [*script, *(moved.get("faults") or [])]:
        if "at" in entry and parse_duration(entry["at"]) >= begin:
            entry["at"] = write_duration(parse_duration(entry["at"]) - by)
    moved["duration"] = write_duration(max(parse_duration(data["duration"]) - by, SECOND_US))
    return moved


def rounder(data: Written) -> Iterator[Written]:
    """Propose rounder instants and lengths: all at once in coarse steps, then one by one."""
    for grain in _GRAINS_US[:-1]:
        everything = deepcopy(data)
        for entry, key in _times(everything):
            entry[key] = _rounded(entry[key], grain)
        yield everything
    for place in range(len(_times(data))):
        for grain in _GRAINS_US:
            one = deepcopy(data)
            entry, key = _times(one)[place]
            entry[key] = _rounded(entry[key], grain)
            yield one


def _times(data: Written) -> list[tuple[Written, str]]:
    entries = [*(data.get("workload", {}).get("script") or []), *(data.get("faults") or [])]
    return [(entry, key) for entry in entries for key in ("at", "for") if isinstance(entry.get(key), str)]


def _rounded(text: str, grain: int) -> str:
    length = parse_duration(text)
    return write_duration(max(grain, (length + grain // 2) // grain * grain))


def named_anew(data: Written) -> Iterator[Written]:
    """Propose users and keys that are counted from 1, in the order in which they come."""
    named = deepcopy(data)
    users: dict[str, str] = {}
    keys: dict[str, str] = {}
    for entry in named.get("workload", {}).get("script") or []:
        entry["user"] = users.setdefault(entry["user"], f"u{len(users) + 1}")
        if "key" in entry:
            entry["key"] = keys.setdefault(entry["key"], f"k{len(keys) + 1}")
    if named != data:
        yield named


def plainer_entries(data: Written) -> Iterator[Written]:
    """Propose requests and faults without what they need not say: a host, a node, an end of a fault."""
    for place in range(len(_optional(data))):
        smaller = deepcopy(data)
        entry, name = _optional(smaller)[place]
        del entry[name]
        yield smaller


def _optional(data: Written) -> list[tuple[Written, str]]:
    script = data.get("workload", {}).get("script") or []
    said = [(entry, key) for entry in script for key in ("session", "host", "claims") if key in entry]
    return said + [(fault, "for") for fault in data.get("faults") or [] if "for" in fault]
