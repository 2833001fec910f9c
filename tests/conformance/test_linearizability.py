"""Linearizability: zones, search and brute force agree, and the verdicts of others are met."""

import csv
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.checks.linearizability import MODELS, NEVER, Call, judging, linearizable, zones
from conformance.checks.linearizability.logs import UnreadableLog, read_log
from conformance.checks.linearizability.search import Search
from conformance.verdict import HOLDS, UNKNOWN, VACUOUS, VIOLATED

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "linearizability"
REGISTER, KV = MODELS["register"], MODELS["kv"]


def brute_force(calls: list[Call], initial: Any = None) -> bool:
    """Try every order of every choice of the calls that may not have happened."""
    must = [call for call in calls if call.end != NEVER]
    may = [call for call in calls if call.end == NEVER]
    for chosen in range(1 << len(may)):
        happened = must + [call for number, call in enumerate(may) if chosen >> number & 1]
        if any(_explains(order, initial) for order in permutations(happened)):
            return True
    return False


def _explains(order: tuple[Call, ...], initial: Any) -> bool:
    state = initial
    latest = -1
    for call in order:
        if call.end < latest:
            return False
        latest = max(latest, call.start)
        allowed = not call.known or call.what == "write" or call.result == _told(call, state)
        if not allowed:
            return False
        state = _left(call, state)
    return True


def _told(call: Call, state: Any) -> Any:
    return state if call.what == "read" else call.argument[0] == state


def _left(call: Call, state: Any) -> Any:
    if call.what == "write":
        return call.argument
    return call.argument[1] if call.what == "cas" and call.argument[0] == state else state


@st.composite
def histories(draw: st.DrawFn, *, cas: bool = False) -> list[Call]:
    """A few calls on one register, right ones and wrong ones, with unknown outcomes; written values are unique."""
    calls = []
    for number in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, 12))
        end = start + draw(st.integers(0, 6))
        known = draw(st.booleans()) or draw(st.booleans())
        what = draw(st.sampled_from(["read", "write", "cas"] if cas else ["read", "write"]))
        over = end if known else NEVER
        if what == "write":
            calls.append(Call(str(number), "k", what, number, None, start, over, known))
        elif what == "cas":
            argument = (draw(st.sampled_from([None, 0, 1, 2, 3])), number)
            calls.append(Call(str(number), "k", what, argument, draw(st.booleans()), start, over, known))
        else:
            seen = draw(st.sampled_from([None, 0, 1, 2, 3, 4]))
            calls.append(Call(str(number), "k", what, None, seen, start, over, known))
    return calls


@given(histories())
@settings(max_examples=300)
def test_zones_search_and_brute_force_agree_on_registers(calls: list[Call]) -> None:
    truth = brute_force(calls)
    assert (zones.contradiction(calls) == []) is truth
    assert Search(REGISTER, calls).run(10**6) is truth


@given(histories(cas=True))
@settings(max_examples=300)
def test_the_search_agrees_with_brute_force_on_compare_and_set(calls: list[Call]) -> None:
    assert Search(REGISTER, calls).run(10**6) is brute_force(calls)


@given(histories(cas=True), st.integers(1, 3))
@settings(max_examples=100)
def test_a_search_in_slices_finds_what_one_in_a_piece_finds(calls: list[Call], share: int) -> None:
    search = Search(REGISTER, calls)
    while search.run(share) is None:
        pass
    assert search.verdict is Search(REGISTER, calls).run(10**6)


@given(histories())
@settings(max_examples=200)
def test_the_witness_of_zones_is_a_contradiction_by_itself(calls: list[Call]) -> None:
    """With the writes of the values that it saw, the evidence alone has no order either."""
    witness = zones.contradiction(calls)
    seen = {call.result for call in witness if call.what == "read"}
    writes = [call for call in calls if call.what == "write" and call.argument in seen and call not in witness]
    assert not witness or zones.contradiction([*witness, *writes])


def test_calls_that_only_touch_are_concurrent() -> None:
    """Half-open intervals would raise a false alarm here."""
    write = Call("w", "k", "write", 1, None, 0, 5)
    read = Call("r", "k", "read", None, None, 5, 9)
    assert linearizable([write, read], REGISTER).verdict == HOLDS
    late = Call("r", "k", "read", None, None, 6, 9)
    assert linearizable([write, late], REGISTER).verdict == VIOLATED


def test_values_that_only_touch_follow_each_other() -> None:
    """What the first must hold until its last read is asked, the second may write at that very instant."""
    first = [Call("w1", "k", "write", 1, None, 0, 1), Call("r1", "k", "read", None, 1, 5, 6)]
    second = [Call("w2", "k", "write", 2, None, 4, 5), Call("r2", "k", "read", None, 2, 8, 9)]
    assert zones.contradiction([*first, *second]) == []
    second[0] = Call("w2", "k", "write", 2, None, 3, 4)
    assert zones.contradiction([*first, *second]) == [first[0], first[1], second[0], second[1]]


def test_zones_judge_registers_of_unique_values_and_nothing_is_searched_there() -> None:
    one, other = Call("w1", "k", "write", 1, None, 0, 1), Call("w2", "k", "write", 2, None, 2, 3)
    seen = Call("r", "k", "read", None, 2, 4, 5)
    assert zones.applies([one, other, seen])
    assert linearizable([one, other, seen], REGISTER).steps == 0
    stale = linearizable([one, other, Call("r", "k", "read", None, 1, 4, 5)], REGISTER)
    assert (stale.verdict, stale.steps) == (VIOLATED, 0)
    assert not zones.applies([one, seen, Call("w3", "k", "write", 1, None, 6, 7)])
    assert not zones.applies([one, Call("w3", "k", "write", None, None, 6, 7)])
    assert not zones.applies([one, Call("c", "k", "cas", (1, 2), result=True, start=6, end=7)])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call("w2", "k", "write", 1, None, 2, 3), "w2 writes 1, which was written before"),
        (Call("c", "k", "cas", (1, 2), result=True, start=2, end=3), "c is a cas; zones judge reads and writes"),
    ],
)
def test_zones_refuse_what_they_cannot_judge(call: Call, said: str) -> None:
    with pytest.raises(zones.NotUnique, match=said):
        zones.contradiction([Call("w1", "k", "write", 1, None, 0, 1), call])


def test_a_budget_that_ends_gives_unknown_and_never_a_pass() -> None:
    calls = [Call(str(n), "k", "cas", (n, n + 1), result=False, start=0, end=100) for n in range(30)]
    calls.append(Call("last", "k", "read", None, 77, 0, 100))
    judged = linearizable(calls, REGISTER, budget=50)
    assert (judged.verdict, judged.undecided) == (UNKNOWN, 1)
    assert judged.steps <= 50
    assert linearizable([], REGISTER).verdict == VACUOUS


def test_a_violation_in_a_small_key_is_found_before_a_large_one_eats_the_budget() -> None:
    large = [Call(f"a{n}", "a", "cas", (n, n + 1), result=False, start=0, end=100) for n in range(40)]
    large.append(Call("a", "a", "read", None, 77, 0, 100))
    small = [Call("w", "b", "cas", (None, 1), result=True, start=0, end=1), Call("r", "b", "read", None, 2, 2, 3)]
    assert linearizable(large + small, REGISTER, budget=5_000).verdict == VIOLATED


def test_a_compare_and_set_that_answers_false_changes_nothing() -> None:
    one, swap = Call("1", "k", "write", 1, None, 0, 1), Call("2", "k", "cas", (2, 3), result=False, start=2, end=3)
    assert linearizable([one, swap, Call("3", "k", "read", None, 1, 4, 5)], REGISTER).verdict == HOLDS
    assert linearizable([one, swap, Call("3", "k", "read", None, 3, 4, 5)], REGISTER).verdict == VIOLATED


def test_a_compare_and_set_that_answers_true_leaves_its_new_value() -> None:
    one, swap = Call("1", "k", "write", 1, None, 0, 1), Call("2", "k", "cas", (1, 3), result=True, start=2, end=3)
    assert linearizable([one, swap, Call("3", "k", "read", None, 3, 4, 5)], REGISTER).verdict == HOLDS
    assert linearizable([one, swap, Call("3", "k", "read", None, 1, 4, 5)], REGISTER).verdict == VIOLATED


def test_a_key_that_needs_several_slices_gets_them_while_the_budget_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "FIRST_SLICE", 1)
    calls = [Call(str(n), "k", "cas", (n, n + 1), result=True, start=n, end=n + 6) for n in range(1, 8)]
    assert linearizable([Call("0", "k", "write", 1, None, 0, 0), *calls], REGISTER).verdict == HOLDS


def test_appends_are_judged_by_the_kv_model() -> None:
    one = Call("1", "k", "append", "a", None, 0, 1)
    other = Call("2", "k", "append", "b", None, 2, 3)
    assert linearizable([one, other, Call("3", "k", "get", None, "ab", 4, 5)], KV).verdict == HOLDS
    assert linearizable([one, other, Call("3", "k", "get", None, "ba", 4, 5)], KV).verdict == VIOLATED


def test_every_recorded_register_gets_the_verdict_that_others_gave() -> None:
    if not RECORDED.parent.parent.is_dir():
        pytest.skip("needs ../shared, the recordings that are used in place")
    with (RECORDED / "verdicts.csv").open() as rows:
        right = {row["history"]: row["linearizable"] == "yes" for row in csv.DictReader(rows)}
    found = {name: linearizable(read_log(RECORDED / name, "register"), REGISTER).verdict for name in right}
    assert found == {name: HOLDS if yes else VIOLATED for name, yes in right.items()}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("kv-c01-ok", HOLDS), ("kv-c01-bad", VIOLATED), ("kv-c10-ok", HOLDS), ("kv-c10-bad", VIOLATED)],
)
def test_every_recorded_store_of_texts_gets_its_verdict(name: str, verdict: str) -> None:
    if not RECORDED.parent.parent.is_dir():
        pytest.skip("needs ../shared, the recordings that are used in place")
    judged = linearizable(read_log(RECORDED / f"{name}.txt", "kv"), KV)
    assert judged.verdict == verdict
    assert bool(judged.evidence) is (verdict == VIOLATED)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INFO  jepsen.util - 1\t:invoke\t:red\tnil", ":1: found"),
        ("INFO  jepsen.util - 1\t:ok\t:read\t3", "no call is open"),
        (
            "INFO  jepsen.util - 1\t:invoke\t:read\tnil\nINFO  jepsen.util - 1\t:invoke\t:read\tnil",
            ":2: process 1 asks",
        ),
    ],
)
def test_a_log_that_contradicts_itself_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    log = tmp_path / "etcd.log"
    log.write_text(text + "\n")
    with pytest.raises(UnreadableLog, match=said):
        read_log(log, "register")


def test_a_write_that_failed_never_happened(tmp_path: Path) -> None:
    log = tmp_path / "etcd.log"
    lines = [
        (0, "invoke", "write", "5"),
        (0, "fail", "write", "5"),
        (1, "invoke", "read", "nil"),
        (1, "ok", "read", "5"),
    ]
    log.write_text("".join(f"INFO  jepsen.util - {p}\t:{t}\t:{w}\t{v}\n" for p, t, w, v in lines))
    assert linearizable(read_log(log, "register"), REGISTER).verdict == VIOLATED


def test_lines_of_a_register_become_calls_with_what_was_asked_and_answered(tmp_path: Path) -> None:
    log = tmp_path / "etcd.log"
    lines = [
        (0, "invoke", "write", "5"),
        (1, "invoke", "cas", "[5 -7]"),
        (0, "ok", "write", "5"),
        (1, "fail", "cas", "[5 -7]"),
        (0, "invoke", "read", "nil"),
        (1, "invoke", "cas", "[5 6]"),
        (1, "info", "cas", ":timed-out"),
        (0, "fail", "read", ":timed-out"),
        (2, "invoke", "read", "nil"),
        (2, "ok", "read", "-3"),
    ]
    log.write_text("\n".join(f"INFO  jepsen.util - {p}\t:{t}\t:{w}\t{v}" for p, t, w, v in lines))
    assert read_log(log, "register") == [
        Call("1", "", "write", 5, 5, 1, 3),
        Call("2", "", "cas", (5, -7), False, 2, 4),  # noqa: FBT003 - what it answered
        Call("5", "", "read", None, None, 5, 8, known=False),
        Call("6", "", "cas", (5, 6), None, 6, NEVER, known=False),
        Call("9", "", "read", None, -3, 9, 10),
    ]


def test_lines_of_a_store_of_texts_become_calls_of_their_keys(tmp_path: Path) -> None:
    log = tmp_path / "kv.txt"
    lines = [
        (0, "invoke", "get", "a", "nil"),
        (1, "invoke", "append", "b", '"x 1 y"'),
        (0, "ok", "get", "a", '""'),
        (1, "ok", "append", "b", '"x 1 y"'),
        (0, "invoke", "put", "b", '"z"'),
    ]
    told = '{{:process {}, :type :{}, :f :{}, :key "{}", :value {}}}'
    log.write_text("\n".join(told.format(*line) for line in lines))
    assert read_log(log, "kv") == [
        Call("1", "a", "get", None, "", 1, 3),
        Call("2", "b", "append", "x 1 y", "x 1 y", 2, 4),
        Call("5", "b", "put", "z", None, 5, NEVER, known=False),
    ]


def test_what_is_never_answered_ends_after_every_instant() -> None:
    year_us = 366 * 86_400 * 1_000_000
    assert year_us * 1_000 < NEVER
