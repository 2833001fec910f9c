"""Laws of the checks, over drawn histories: whom they can never convict, and what decides nothing."""

import json
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.checks import OPTIONAL, judge
from conformance.checks.index import answered, surely_before
from conformance.checks.whole_session import took_part
from conformance.history import READ, Operation
from conformance.reading import read
from conformance.verdict import HOLDS, VACUOUS, VIOLATED, Finding

NODES = ["n1", "n2", "n3"]
CLIENTS = ["c1", "c2", "c3"]
SECOND = 1_000_000
COUNTED_ELSEWHERE = ("availability",)  # what nobody heard is just what it counts
WEAKER = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")


def header(**members: Any) -> dict[str, Any]:
    return {
        "history": 1,
        "nodes": NODES,
        "features": ["merge", "peek", "members", "routing"],
        "routing": True,
        "store": "cluster",
        "lifetime": {"absolute_us": 86_400 * SECOND, "idle_us": 86_400 * SECOND},
        **members,
    }


def line(number: int, op: str, client: str, asked: int, took: int, **members: Any) -> dict[str, Any]:
    """Make an operation on session s1; ids sort as they were drawn."""
    unknown = members.get("outcome") == "unknown"
    by = "observer" if op in ("peek", "members") else "user"
    return {
        "op": op,
        "id": f"{number:02}",
        "client": client,
        "by": by,
        "user": "ann",
        "session": "s1",
        "asked": asked,
        "answered": None if unknown else asked + took,
        "outcome": "ok",
        **members,
    }


def written(lines: list[dict[str, Any]], **members: Any) -> bytes:
    """Write a history whose nodes were long ready when its session begins."""
    readies = [{"ready": node, "t": 0} for node in NODES]
    login = line(0, "login", "c1", 90 * SECOND, 1_000, node="n1", answered_user="ann")
    end = {"end": 10_000 * SECOND, "operations": 1 + len(lines)}
    return "\n".join(map(json.dumps, [header(**members), *readies, login, *lines, end])).encode()


@st.composite
def one_copy(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw operations of browsers and observers on one copy: each takes effect at one instant while it is under way."""
    drawn = []
    for number in range(1, draw(st.integers(2, 12))):
        asked = 100 * SECOND + draw(st.integers(0, 40)) * SECOND // 4
        took = draw(st.integers(0, 2 * SECOND))
        what = draw(st.sampled_from(["read", "read", "write", "write", "delete", "peek", "members"]))
        drawn.append((asked + draw(st.integers(0, took)), number, what, asked, took))
    data: dict[str, str] = {}
    lines = []
    for _, number, what, asked, took in sorted(drawn):
        key, node = draw(st.sampled_from(["a", "b"])), draw(st.sampled_from(NODES))
        client = draw(st.sampled_from(CLIENTS if what not in ("peek", "members") else ["o1"]))
        more: dict[str, Any] = {"node": node}
        heard = draw(st.sampled_from([True, True, True, False]))
        if not heard:
            more |= {"outcome": "unknown"}
        if what == "members":
            more |= {"members": NODES} if heard else {}
        elif what in ("read", "peek"):
            more |= {"data": dict(data), "answered_user": "ann"} if heard else {}
        else:
            more |= {"key": key} | ({"value": f"v{number}"} if what == "write" else {})
            if heard or draw(st.booleans()):  # an answer that nobody heard: it happened, or it did not
                data = {name: value for name, value in data.items() if name != key}
                data |= {key: f"v{number}"} if what == "write" else {}
        lines.append(line(number, what, client, asked, took, **more))
    return lines


@st.composite
def any_copies(draw: st.DrawFn, *, deletes: bool = True) -> list[dict[str, Any]]:
    """Draw operations whose reads show whatever had been asked to be written."""
    lines: list[dict[str, Any]] = []
    asked = 100 * SECOND
    for number in range(1, draw(st.integers(2, 12))):
        asked += draw(st.sampled_from([0, 200_000, 500_000]))
        took = draw(st.sampled_from([1_000, 1_000, 300_000, SECOND]))
        what = draw(st.sampled_from(["read", "read", "write", "write"] + ["delete"] * deletes))
        more: dict[str, Any] = {"node": draw(st.sampled_from(NODES))}
        if what == "read":
            before = [one for one in lines if one["op"] == "write" and one["asked"] <= asked + took]
            choice = {key: [one["value"] for one in before if one["key"] == key][-3:] for key in ("a", "b")}
            shown = {key: draw(st.sampled_from([*values, None])) for key, values in choice.items()}
            more |= {"data": {key: value for key, value in shown.items() if value}, "answered_user": "ann"}
        else:
            more |= {"key": draw(st.sampled_from(["a", "a", "b"]))} | (
                {"value": f"v{number}"} if what == "write" else {}
            )
            more |= {} if draw(st.sampled_from([True, True, False])) else {"outcome": "unknown"}
        lines.append(line(number, what, draw(st.sampled_from(["c1", "c2", "c1", "c2", "c3"])), asked, took, **more))
    return lines


def findings(lines: list[dict[str, Any]], **members: Any) -> dict[str, Finding]:
    return {finding.check: finding for finding in judge(read(written(lines, **members)), OPTIONAL)}


def convicted(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.verdict == VIOLATED} - set(COUNTED_ELSEWHERE)


ROUTED = st.sampled_from([{"routing": True}, {"routing": False}, {"routing": False, "features": ["peek"]}])


@given(lines=one_copy(), members=ROUTED)
@settings(max_examples=200)
def test_one_copy_is_never_convicted(lines: list[dict[str, Any]], members: dict[str, Any]) -> None:
    found = findings(lines, **members)
    assert not convicted(found), [found[name].seen for name in convicted(found)]
    assert not any(finding.traceback for finding in found.values())


@given(lines=any_copies(), members=ROUTED, data=st.data())
@settings(max_examples=200)
def test_an_answer_that_is_not_heard_convicts_of_nothing_new(
    lines: list[dict[str, Any]], members: dict[str, Any], data: st.DataObject
) -> None:
    assume(any(one["op"] != READ for one in lines))
    before = convicted(findings(lines, **members))
    forgotten = data.draw(st.sampled_from([one for one in lines if one["op"] != READ]))
    again = [one | {"outcome": "unknown", "answered": None} if one is forgotten else one for one in lines]
    judged_elsewhere = {"durability", "lost_updates"}  # what has a rival changes sides, and no more than that
    after = convicted(findings(again, **members))
    if before & judged_elsewhere:
        before |= judged_elsewhere
    assert after <= before


@given(lines=any_copies(), members=ROUTED, data=st.data())
@settings(max_examples=100)
def test_the_order_in_which_a_history_is_told_decides_nothing(
    lines: list[dict[str, Any]], members: dict[str, Any], data: st.DataObject
) -> None:
    told = [(one.check, one.verdict, one.judged, one.violations) for one in findings(lines, **members).values()]
    again = findings(data.draw(st.permutations(lines)), **members).values()
    assert told == [(one.check, one.verdict, one.judged, one.violations) for one in again]


@given(lines=any_copies())
@settings(max_examples=300)
def test_what_behaves_as_one_copy_is_causal_and_keeps_every_weaker_guarantee(lines: list[dict[str, Any]]) -> None:
    """Linearizability is local: if each key has an order, all keys together have one."""
    found = findings(lines)
    assume(found["linearizability"].verdict == HOLDS)
    for name in ("causal", *WEAKER):
        assert found[name].verdict in (HOLDS, VACUOUS), found[name].seen


@given(lines=any_copies(deletes=False))
@settings(max_examples=500)
def test_causal_convicts_just_what_the_definition_convicts(lines: list[dict[str, Any]]) -> None:
    stale = contradictions([o for o in read(written(lines)).operations if took_part(o)])
    assert findings(lines)["causal"].violations == len(stale)


def contradictions(operations: list[Operation]) -> set[str]:
    """Find reads with a bad pattern by the transitive closure of session order and reads-from."""
    wrote = {o.value: o for o in operations if o.op == "write"}
    shown = {o.id: {key: wrote[value] for key, value in (o.data or {}).items()} for o in operations}
    before = {(one.id, other.id) for one, other in product(operations, operations) if _directly(one, other, shown)}
    for middle, one, other in product(operations, operations, operations):  # Warshall: the middle comes first
        if (one.id, middle.id) in before and (middle.id, other.id) in before:
            before.add((one.id, other.id))
    found = set()
    for reading, newer in product(operations, operations):
        if reading.op != READ or newer.op == READ or (newer.id, reading.id) not in before:
            continue
        older = shown[reading.id].get(str(newer.key))
        if older is None or (older.id, newer.id) in before:
            found.add(reading.id)
    return found


def _directly(one: Operation, other: Operation, shown: dict[str, dict[str, Operation]]) -> bool:
    if one.client == other.client and surely_before(one, other):
        return True
    return one in shown[other.id].values() and one.asked <= answered(other)
