"""A fault that forgets its undo, or a part of it, ends the run before anything is judged: one test for every kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.planning import plan
from conformance.runner import world_of
from scenarios import faults as written
from scenarios import loading
from simulator import faults, link_faults, lives, lookup_faults, wire_faults
from simulator.discovery import Discovery
from simulator.host import Host
from simulator.network import Network
from simulator.wiring import Wiring

SMALL = """
title: One fault and nothing else
shows: [REQ-REPL-2]
duration: 12s
cluster: {nodes: 3}
wire: sealed
workload: {users: 3}
observers: {witnesses: 3}
expect: {checks: [structure]}
faults:
  - {AT, FAULT}
"""
FAULTS = {
    "partition": "partition: {isolate: n2}",
    "one-way": "one-way: {from: [n1], to: [n2]}",
    "crash": "crash: n2",
    "leave": "leave: n2",
    "join": "join: n2",
    "pause": "pause: n2",
    "slow-node": "slow-node: n2, by: 5ms",
    "clock": "clock: n2, offset: 1h",
    "loss": "loss: 5%",
    "duplicate": "duplicate: 5%",
    "reorder": "reorder: 5%",
    "slow": "slow: 5ms",
    "bandwidth": "bandwidth: 100kB/s",
    "clog": "clog: n2",
    "corrupt": "corrupt: 5%",
    "replay": "replay: 5%",
    "discovery": "discovery: fails",
    "wrong-key": "wrong-key: n2",
    "upgrade": "upgrade: n2",
    "cookie-domain": "cookie-domain: n2, becomes: .example.com",
}
NEVER_UNDONE = ("join",)
"""Who has come stays: nothing of it is to be undone."""


def run(kind: str) -> None:
    at = "at: 2s" if kind in NEVER_UNDONE else "at: 2s, for: 5s"
    text = SMALL.replace("AT", at).replace("FAULT", FAULTS[kind])
    world_of(plan(loading.parse(text, Path("small.yaml")), seed=1)).run()


def nothing(*arguments: Any) -> int:
    """Stand in for what a fault forgets."""
    del arguments
    return 0


def test_every_kind_is_tried() -> None:
    assert set(FAULTS) == set(written.KINDS)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_undone(kind: str) -> None:
    run(kind)


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind not in NEVER_UNDONE])
def test_a_fault_that_is_not_undone_at_all_ends_the_run(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (faults, link_faults, lives, lookup_faults, wire_faults):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, faults.Fault):
                monkeypatch.setattr(value, "undo", nothing)
    monkeypatch.setattr(Host, "resume", nothing)
    with pytest.raises(AssertionError, match="after every fault was undone, "):
        run(kind)


FORGOTTEN: dict[str, tuple[list[str], type, str, Any]] = {
    "a rule of a fault governs the network": (
        ["partition", "one-way", "loss", "duplicate", "reorder", "slow", "bandwidth", "clog", "corrupt", "replay"],
        Network,
        "remove",
        nothing,
    ),
    "node 'n2' stands still": (["pause"], Host, "resume", nothing),
    "node 'n2' is down": (["crash", "leave", "upgrade", "cookie-domain"], lives.Crash, "_come_back", nothing),
    "node 'n2' has another key": (["wrong-key"], Wiring, "give_the_right_key", nothing),
    "discovery is wrong": (["discovery"], Discovery, "wrong", property(lambda _: "fails", nothing)),
    "the clock of node 'n2' is off": (["clock"], faults.ClockOff, "undo", faults.Fault._ends),
    "node 'n2' is slow": (["slow-node"], faults.SlowNode, "undo", faults.Fault._ends),
}
"""By what is said: of which kinds, and what is left out though the fault says that it has ended."""
MISTAKES = [(kind, said, *where) for said, (kinds, *where) in FORGOTTEN.items() for kind in kinds]


def test_every_kind_that_can_be_undone_is_tried() -> None:
    assert {mistake[0] for mistake in MISTAKES} == set(FAULTS) - set(NEVER_UNDONE)


@pytest.mark.parametrize(
    ("kind", "said", "owner", "name", "mistake"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES]
)
def test_a_fault_that_says_it_ended_and_left_something_behind_ends_the_run(
    kind: str, said: str, owner: type, name: str, mistake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, mistake, raising=False)
    with pytest.raises(AssertionError, match=f"after every fault was undone, {said}"):
        run(kind)
