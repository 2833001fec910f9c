"""How old a copy is: found in one step, it is what a look at every delete beside every write finds."""

import json
from importlib import import_module
from typing import Any
from unittest.mock import Mock, patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.checks.index import Index, Key, answered, surely_before
from conformance.history import WRITE, Operation
from conformance.reading import read
from conformance.verdict import HOLDS

module = import_module("conformance.checks.bounded_staleness")  # the package has the check by this name
NODES = ["n1", "n2"]
HEADER = {
    "history": 1,
    "nodes": NODES,
    "features": ["merge", "peek"],
    "contract": {"converge_us": 5, "clock_skew_us": 1, "detect_us": 3},
    "routing": False,
    "store": "cluster",
    "lifetime": {"absolute_us": 0, "idle_us": 0},
}
LOGIN = {"op": "login", "id": "login", "client": "c", "by": "user", "user": "ann", "session": "s", "node": "n1"}
LOGIN |= {"asked": 0, "answered": 1, "outcome": "ok"}


def missed_by_absence(key: Key, copy: Operation) -> Operation | None:
    """The definition: the first write before whose asking every delete that may have happened was answered."""
    for write, told in zip(key.writes, key.answers, strict=True):
        if told >= copy.asked:
            return None
        if write.op == WRITE and all(surely_before(d, write) for d in key.deletes if d.asked <= answered(copy)):
            return write
    return None


def told(lines: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, [HEADER, LOGIN, *lines, {"end": 10**9, "operations": 1 + len(lines)}])).encode()


def line(number: int, op: str, asked: int, took: int, **members: Any) -> dict[str, Any]:
    own = {"op": op, "id": f"{number}", "client": f"c{number % 3}", "by": "user", "session": "s", "node": "n1"}
    return {**own, "asked": asked, "answered": asked + took, "outcome": "ok", **members}


@st.composite
def histories(draw: st.DrawFn) -> bytes:
    """Draw updates of two keys, and copies that show any value of each key or none."""
    lines = []
    for number in range(draw(st.integers(2, 14))):
        op = draw(st.sampled_from(["write", "delete", "read", "peek", "peek"]))
        one = line(number, op, draw(st.integers(2, 40)), draw(st.integers(0, 8)), node=draw(st.sampled_from(NODES)))
        if op in ("write", "delete"):
            one |= {"key": draw(st.sampled_from("kl"))} | ({"value": f"v{number}"} if op == "write" else {})
            one |= draw(st.sampled_from([{}, {}, {}, {"outcome": "unknown"}, {"outcome": "unknown", "answered": None}]))
        else:
            one["data"] = {}
        lines.append(one)
    for one in lines:
        for key in "kl" if "data" in one else "":
            values = [other["value"] for other in lines if other["op"] == "write" and other["key"] == key]
            if value := draw(st.sampled_from([None, *values])):
                one["data"][key] = value
    return told(lines)


def found(history: bytes) -> bytes:
    return msgspec.json.encode(module.bounded_staleness(Index(read(history))))


@given(histories())
@settings(max_examples=500)
def test_the_age_of_a_copy_without_the_key_is_what_its_definition_says(history: bytes) -> None:
    with patch.object(module, "_missed_by_absence", missed_by_absence):
        defined = found(history)
    assert found(history) == defined


@pytest.mark.parametrize("value", ["v", None])
def test_a_write_that_no_copy_shows_is_lost_and_not_late_whatever_was_written(value: str | None) -> None:
    late = [line(number, "peek", 100 * number, 1, data={}) for number in (1, 2)]
    finding = module.bounded_staleness(Index(read(told([line(0, "write", 2, 1, key="k", value=value), *late]))))
    assert (finding.verdict, finding.figures["stale_copies"]) == (HOLDS, 2)


def test_a_copy_costs_the_same_however_many_deletes_there_are() -> None:
    """A look at every delete beside every write grows with the cube, and 20,000 operations took minutes."""
    lines = []
    for number in range(0, 800, 4):
        at = 100 * number
        lines += [
            line(number, "write", at + 2, 1, key="k", value=number),
            line(number + 1, "delete", at + 102, 1, key="k"),
            line(number + 2, "read", at + 202, 1, data={}),
            line(number + 3, "peek", at + 302, 1, data={}),
        ]
    index = Index(read(told(lines)))
    looks = Mock(wraps=answered), Mock(wraps=surely_before)
    with patch.object(module, "answered", looks[0]), patch.object(module, "surely_before", looks[1]):
        assert module.bounded_staleness(index).figures["copies"] == 400
    assert sum(look.call_count for look in looks) < 10 * len(lines)
