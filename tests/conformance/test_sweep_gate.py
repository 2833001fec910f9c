"""The determinism gate: a run that is not one run in two processes is found, and the event where it parts is named."""

import io
from pathlib import Path

import pytest

from conformance.runner import lived
from conformance.sweep_gate import Seen, chosen, difference, first_event, seen, told
from scenarios import load

SMALL = """\
title: A small world
shows: [REQ-REPL-2]
duration: 15s
cluster: {nodes: 3}
workload: {users: 4, think: 1s}
observers: {witnesses: 2}
expect: {checks: [structure]}
"""
STORE = """\
import sys
sys.path.insert(0, "STORES")
from python import Store

class Hashing(Store):
    def send(self, peer, **body):
        return super().send(peer, **body, noise=list({str(number) for number in range(20)}))

class Hasty(Store):
    def timer(self, m):
        return [{"timer": "pull", "after": 500_000 + hash("pull") % 1_000}]

class Talking(Store):
    def init(self, m):
        print("here I am")
        return super().init(m)

class Vanishing(Store):
    def init(self, m):
        import os
        if os.environ.get("PYTHONHASHSEED"):
            os._exit(0)
        return super().init(m)
"""
"""Stores that are wrong on purpose: one tells its peers the order of a set, one waits as a hash says, one ends its
process. One only talks."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small scenario, with stores beside it that can be named."""
    stores = Path(__file__).parents[2] / "examples" / "stores"
    (tmp_path / "wrong_on_purpose.py").write_text(STORE.replace("STORES", str(stores)), encoding="utf-8")
    (tmp_path / "small-world.yaml").write_text(SMALL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / "small-world.yaml"


def parted(world: Path, subject: str) -> str:
    run = told(load(world), 1, subject)
    history = io.BytesIO()
    outcome, broken = lived(run.planned(), history)
    assert broken is None
    return difference(run, seen(outcome.digest, history.getvalue()))


def test_the_reference_is_one_run_in_two_processes(world: Path) -> None:
    assert parted(world, "reference") == ""


def test_a_store_that_tells_the_order_of_a_set_is_named_with_its_message(world: Path) -> None:
    found = parted(world, "wrong_on_purpose:Hashing")
    assert found.startswith('first event that differs, in its content: ["m",')


def test_a_store_that_waits_as_a_hash_says_is_named_with_the_alarm_that_it_set(world: Path) -> None:
    found = parted(world, "wrong_on_purpose:Hasty")
    assert found.startswith("first event that differs: something that a node asked for, after [")


def test_a_second_run_that_fails_is_told_with_what_it_said(world: Path) -> None:
    run = told(load(world), 1, "nobody:There")
    assert "exit 1" in (found := difference(run, Seen("", "")))
    assert "'nobody' cannot be imported" in found


def test_a_store_that_prints_is_one_run_in_two_processes(world: Path) -> None:
    assert parted(world, "wrong_on_purpose:Talking") == ""


def test_a_store_that_ends_the_second_process_is_told_so(world: Path) -> None:
    found = difference(told(load(world), 1, "wrong_on_purpose:Vanishing"), Seen("", ""))
    assert found.startswith("the second run did not end (exit 0)")


def test_of_a_hundred_runs_two_are_chosen_always_the_same() -> None:
    thousand = [seed for seed in range(1, 10_001) if chosen("isolated-writer", seed)]
    assert 160 < len(thousand) < 240
    assert thousand != [seed for seed in range(1, 10_001) if chosen("steady-lan", seed)]
    assert all(chosen("steady-lan", seed, 100) for seed in range(1, 300))
    assert not any(chosen("steady-lan", seed, 0) for seed in range(1, 300))


MESSAGE, OTHER, MARK, MARK_2 = b'["m",5]\n', b'["m",6]\n', b'["d",5,1,"a"]\n', b'["d",5,1,"b"]\n'


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ([MESSAGE, MARK], [MESSAGE, MARK], ""),
        ([MESSAGE, MARK], [OTHER, MARK], 'first event that differs: ["m",5] here, ["m",6] elsewhere'),
        ([MESSAGE, MARK], [MESSAGE, MARK_2], 'first event that differs, in its content: ["m",5]'),
        ([MESSAGE, MARK, OTHER], [MESSAGE, MARK], 'first event that differs: ["m",6] here, nothing elsewhere'),
        (
            [MESSAGE, MARK, MARK],
            [MESSAGE, MARK, MARK_2],
            'first event that differs: something that a node asked for, after ["m",5]',
        ),
    ],
)
def test_the_first_event_that_differs_is_named(one: list[bytes], other: list[bytes], said: str) -> None:
    assert first_event(one, other) == said
