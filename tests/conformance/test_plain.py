"""Sessions that are only counted get the findings that a closer look would give."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import CHECKS, judge
from conformance.checks import index as index_module
from conformance.checks.index import Index, Session, answered, surely_before
from conformance.checks.plain import plain
from conformance.history import Operation
from conformance.reading import read

HISTORIES = Path(__file__).parents[1] / "histories"
FILES = sorted(HISTORIES.glob("*/*/*.jsonl"))
NODES = ["n1", "n2", "n3"]


def never_plain(_login: Operation, _operations: list[Operation]) -> None:
    """Look at every session closely."""


def findings(source: Path | bytes) -> bytes:
    return msgspec.json.encode(judge(read(source)))


def closely(source: Path | bytes) -> bytes:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(index_module, "plain", never_plain)
        return findings(source)


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join([*file.parts[-3:-1], file.stem]))
def test_a_closer_look_finds_the_same(file: Path) -> None:
    assert findings(file) == closely(file)


def header(draw: st.DrawFn, nodes: list[str]) -> list[dict[str, Any]]:
    """Draw what stands before the operations: mostly calm, mostly with routing or one node."""
    lines: list[dict[str, Any]] = [
        {
            "history": 1,
            "nodes": NODES,
            "features": ["merge", "idle", "absolute", *draw(st.sampled_from([[], ["routing"]]))],
            "routing": draw(st.booleans()),
            "store": draw(st.sampled_from(["cluster", "cluster", "local"])),
            "lifetime": {"absolute_us": 86_400_000_000, "idle_us": 900_000_000},
        },
        *({"ready": node, "t": 0} for node in nodes),
    ]
    if draw(st.booleans()):
        begin = draw(st.integers(0, 60_000_000))
        lines.append(
            {"fault": "cut", "nodes": NODES, "from": begin, "to": begin + 5_000_000, "groups": [["n1"], ["n2", "n3"]]}
        )
    return lines


def visit(draw: st.DrawFn, client: str, nodes: list[str], at: int) -> list[dict[str, Any]]:
    """Draw a session of two tabs at most: mostly one thing after another, mostly right, on one node or more."""
    lines: list[dict[str, Any]] = []
    data: dict[str, str] = {}
    by = draw(st.sampled_from(["user", "user", "user", "observer"]))
    for number in range(draw(st.integers(1, 12))):
        op = draw(st.sampled_from(["read", "read", "read", "write", "write", "delete", "logout", "peek"]))
        op = op if number else "login"
        took = draw(st.sampled_from([2_000, 2_000, 2_000, 3_000_000]))
        line: dict[str, Any] = {"op": op, "id": f"{client}-{number}", "client": client, "by": by, "user": "ann"}
        line["session"] = f"s{client}"
        if number and draw(st.integers(0, 9)) == 0:
            line["client"] = "d"
        line |= {"node": draw(st.sampled_from(nodes)), "asked": at, "answered": at + took, "outcome": "ok"}
        if number and draw(st.integers(0, 9)) == 0:
            line["outcome"] = draw(st.sampled_from(["unknown", "denied", "refused"]))
            line["why"] = "no-session"
        if op in ("write", "delete"):
            line["key"] = draw(st.sampled_from("ab"))
        if op == "write":
            line["value"] = f"v{client}{number}"
        if op in ("read", "peek") and line["outcome"] == "ok":
            line["data"] = dict(data) if draw(st.integers(0, 4)) else {}
        if line["outcome"] == "ok" and op == "write":
            data[line["key"]] = line["value"]
        elif line["outcome"] == "ok" and op == "delete":
            data.pop(line["key"], None)
        lines.append(line)
        at += draw(st.sampled_from([2_000, 2_001, 1_000_000, 4_000_000, 20_000_000]))
    return lines


@st.composite
def histories(draw: st.DrawFn) -> bytes:
    """Draw some visits at once, in the file by the time of their answers."""
    nodes = draw(st.sampled_from([NODES, NODES[:1]]))
    operations: list[dict[str, Any]] = []
    for client in draw(st.sampled_from(["c", "ce", "cef"])):
        operations += visit(draw, client, nodes, draw(st.sampled_from([1_000_000, 5_000_000])))
    operations.sort(key=lambda line: int(line["answered"]))
    end = {"end": operations[-1]["answered"] + 30_000_000, "operations": len(operations)}
    return b"\n".join(map(msgspec.json.encode, [*header(draw, nodes), *operations, end]))


@given(history=histories())
def test_a_closer_look_finds_the_same_in_any_visits(history: bytes) -> None:
    assert findings(history) == closely(history)


def counted_by_definition(index: Index) -> dict[str, tuple[int, int]]:
    """Count the reads that each guarantee is about, and those to which it is promised, as the definitions say it.

    Each goes over all pairs of a session's operations, in no order, and knows neither plain sessions nor state.
    """
    counts = {
        name: [0, 0] for name in ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")
    }
    for session in index.sessions.values():
        asked = [o for o in session.operations if o.by == "user" and o.op != "peek" and o.outcome != "unknown"]
        updates = [o for o in asked if o.outcome == "ok" and o.op in ("write", "delete")]
        reads = [o for o in asked if o.outcome == "ok" and o.op == "read"]

        def shown(read: Operation, session: Session = session) -> list[Operation]:
            writes = [(name, index.writer(value)) for name, value in (read.data or {}).items()]
            return [w for name, w in writes if w is not None and (w.session, w.key) == (session.id, name)]

        def behind(read: Operation, known: list[Operation]) -> bool:
            seen = [w for w in shown(read) if w.asked <= answered(read)]
            seen = [w for w in seen if index.header.routing or w.client == read.client]
            return any(k.client == w.client and surely_before(k, w) for w in seen for k in known)

        told = [o for o in [*updates, *session.logins] if o.outcome == "ok"]
        valued = [o for o in reads if shown(o)]
        denied = [o for o in asked if o.outcome == "denied" and o.why != "expired"]
        about = {
            "read_your_writes": [r for r in reads if any(t.client == r.client and surely_before(t, r) for t in told)]
            + [d for d in denied if any(t.client == d.client and surely_before(t, d) for t in session.logins)],
            "monotonic_reads": [r for r in reads if any(e.client == r.client and surely_before(e, r) for e in valued)],
            "monotonic_writes": [r for r in reads if behind(r, updates)],
            "writes_follow_reads": [r for r in reads if behind(r, valued)],
        }
        for name, found in about.items():
            for judged in found:
                nodes = {o.node for o in index.history.operations if o.client == judged.client}
                one = index.header.routing or len(nodes) == 1
                counts[name][0] += 1
                counts[name][1] += one and index.timeline.together(judged.asked, answered(judged))
    return {name: (judged, promised) for name, (judged, promised) in counts.items()}


@given(history=histories())
def test_each_guarantee_is_about_the_reads_that_its_definition_names(history: bytes) -> None:
    index = Index(read(history))
    found = {name: CHECKS[name](index).figures for name in counted_by_definition(index)}
    counted = {name: (figures["reads"], figures["reads_promised"]) for name, figures in found.items()}
    assert counted == counted_by_definition(index)
    assert all(figures["stale_reads"] or figures["staleness_us_max"] == 0 for figures in found.values())


def asked(op: str, at: int, **members: Any) -> Operation:
    known = {"id": f"c-{at}", "client": "c", "by": "user", "node": "n1", "answered": at + 2, "outcome": "ok"}
    return Operation(op=op, asked=at, session="s", **{**known, **members})


def test_one_thing_after_another_is_plain_and_its_reads_are_counted() -> None:
    login = asked("login", 0)
    first, second = asked("write", 10, key="k", value="v"), asked("write", 30, key="m", value="w")
    operations = [
        asked("read", 5, data={}),
        first,
        asked("read", 20, data={"k": "v"}),
        second,
        asked("read", 40, data={"k": "v", "m": "w"}),
        asked("delete", 50, key="m"),
        asked("read", 60, data={"k": "v"}),
        asked("peek", 65, by="observer", client="o"),
        asked("read", 70, data={"k": "v"}),
        asked("logout", 80),
        asked("read", 90, outcome="denied"),
    ]
    found = plain(login, operations)
    assert found is not None
    assert (found.reads, found.after_a_value, found.after_two_updates, found.after_a_read) == (5, 3, 1, 1)
    assert (found.told, found.heard, found.client, found.peeked) == ([2, 12, 32, 52], 82, "c", True)
    assert found.last_read is operations[8]
    assert found.denied == [operations[10]]
    late = plain(login, operations, lambda began, ended: (began, ended) >= (60, 62))
    assert late is not None
    assert (late.reads, late.after_a_value, late.after_two_updates, late.after_a_read) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    "broken",
    [
        [asked("read", 2, data={})],
        [asked("write", 2, key="k", value="v")],
        [asked("read", 5, data={"k": "v"})],
        [asked("read", 5, data={}, client="d")],
        [asked("read", 5, answered=None, outcome="unknown")],
        [asked("read", 9, data={}), asked("read", 8, data={})],
        [asked("read", 5, data={}), asked("write", 7, key="k", value="v")],
        [asked("write", 5, key="k", value="v"), asked("read", 7, data={"k": "v"})],
        [asked("login", 9)],
    ],
    ids=lambda operations: " ".join(f"{operation.op}-{operation.asked}" for operation in operations),
)
def test_what_overlaps_or_differs_needs_a_closer_look(broken: list[Operation]) -> None:
    assert plain(asked("login", 0), broken) is None
    after = [asked("read", 100, data={})]
    assert plain(asked("login", 0), after) is not None


def test_when_the_newest_value_is_deleted_the_one_before_it_is_the_newest() -> None:
    writes = [asked("write", 10 * number, key=f"k{number}", value=f"v{number}") for number in (1, 2, 3)]
    gone = asked("delete", 40, key="k3")
    found = plain(asked("login", 0), [*writes, gone, asked("read", 50, data={"k1": "v1", "k2": "v2"})])
    assert found is not None
    assert (found.reads, found.after_two_updates, found.peeked) == (1, 1, False)
