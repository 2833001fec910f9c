"""A small run that is violated, with its history and trace: a write is lost to a cut, a repair undoes another."""

import gzip
from pathlib import Path
from typing import Any

import msgspec

from conformance.history import Operation
from conformance.trace import Answered, Asked, Carried, Line, Noted, Opened
from conformance.verdict import VIOLATED, Evidence, Finding

SESSION = "5f2a77aa"


def operation(id_: str, op: str, asked: int, answered: int | None, node: str = "n1", **more: Any) -> Operation:
    """Make an operation of the session, by client c4; its outcome is ok unless said otherwise."""
    more = {"outcome": "ok" if answered is not None else "unknown", "session": SESSION, "user": "ann", **more}
    return Operation(op=op, id=id_, client="c4", by="user", node=node, asked=asked, answered=answered, **more)


def life() -> list[Operation]:
    """Make the session's operations: two writes of one key, a read that shows the older, and some before."""
    return [
        operation("c4-1", "login", 1_000_000, 1_002_000),
        operation("c4-2", "read", 2_000_000, 2_001_000, data={}),
        operation("c4-3", "write", 70_000_000, 70_002_000, key="k1", value="c4-3"),
        operation("c4-4", "write", 71_000_000, 71_003_000, key="k1", value="c4-4"),
        operation("c4-5", "read", 76_000_000, 76_002_000, data={"k1": "c4-3"}),
    ]


def trace() -> list[Line]:
    """Make the trace: copies of both writes, one of them lost, then a comparison by which n1 takes the older."""
    return [
        Opened(1, "isolated-writer", 7, "reference", ["n1", "n2", "n3", "n4", "n5"]),
        Asked(70_000_500, "n1", "c4-3"),
        Carried(70_000_900, 70_000_500, "n1", "n2", "data", "copies", ""),
        Carried(70_000_901, 70_000_901, "n1", "n2", "membership", "ping", ""),
        Carried(70_001_200, 70_000_900, "n2", "n1", "data", "copied", ""),
        Answered(70_001_200, "n1", "c4-3", 200),
        Carried(70_400_000, 70_399_000, "n4", "n5", "data", "copies", ""),
        Asked(71_000_500, "n1", "c4-4"),
        Carried(71_000_500, 71_000_500, "n1", "n2", "data", "copies", "cut"),
        Carried(71_000_900, 71_000_500, "n1", "n3", "data", "copies", ""),
        Carried(71_001_900, 71_000_900, "n3", "n1", "data", "copied", ""),
        Answered(71_001_900, "n1", "c4-4", 200),
        Noted(73_000_000, "n4", "solo", {"request": "elsewhere"}),
        Carried(74_000_300, 74_000_000, "n1", "n2", "data", "want", ""),
        Carried(74_000_700, 74_000_300, "n2", "n1", "data", "wanted", ""),
        Noted(74_000_700, "n1", "repaired", {"member": "n2"}),
        Asked(76_000_500, "n1", "c4-5"),
        Answered(76_000_500, "n1", "c4-5", 200),
        Carried(90_000_000, 89_999_000, "n1", "n2", "data", "copies", ""),
    ]


def hostile_trace(name: str, *ids: str) -> list[Line]:
    """Make a trace in which nodes, kinds, channels, losses and notes have this name; these operations are asked."""
    lines: list[Line] = [Opened(1, name, 7, name, [name, "n2"])]
    for t, id_ in enumerate(ids):
        at = 70_000_500 + t * 6_000_000
        lines += [
            Asked(at, name, id_),
            Carried(at, at, name, "n2", name, name, name),
            Carried(at + 400, at, name, "n2", name, name, ""),
            Carried(at + 900, at + 400, "n2", name, name, name, ""),
            Answered(at + 900, name, id_, 200),
            Noted(at + 900, name, name, {"member": name}),
            Noted(at + 901, name, "repaired", {"member": name}),
        ]
    return lines


def finding(operations: list[Operation], *ids: str, check: str = "durability") -> Finding:
    """Make the finding that convicts by these operations, whose lines count from 2."""
    places = {one.id: (number, one) for number, one in enumerate(operations, start=2)}
    evidence = [Evidence(id_, places[id_][0], msgspec.to_builtins(places[id_][1])) for id_ in ids]
    return Finding(
        check, VIOLATED, 9, ["REQ-FAIL-1"], "What was acknowledged is there.", "c4-5 showed 'c4-3'", evidence, 2
    )


def write(
    run: Any,
    folder: Path,
    operations: list[Operation] | None = None,
    *,
    traced: bool = True,
    recorded: list[Line] | None = None,
) -> Path:
    """Write the run's folder with run.jsonl, history.jsonl and trace.jsonl.gz; the finding is added to the run.

    Args:
        run: the run, which is altered.
        folder: where to.
        operations: those of the history; `life()` unless said otherwise.
        traced: whether there is a trace.
        recorded: its lines; `trace()` unless said otherwise.
    """
    operations = life() if operations is None else operations
    if not any(one.verdict == VIOLATED for one in run.findings):
        run.findings.append(finding(operations, "c4-4", "c4-5"))
    run.write(folder)
    lines = [b'{"history":1}', *(msgspec.json.encode(one) for one in operations)]
    (folder / "history.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    if traced:
        with gzip.open(folder / "trace.jsonl.gz", "wb") as file:
            file.write(msgspec.json.Encoder().encode_lines(trace() if recorded is None else recorded))
    return folder
