"""A history is read whole, or refused with the line, the member and the rule that it breaks."""

import gzip
import json
from pathlib import Path
from typing import Any, cast

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import history as h
from conformance.decoding import DEEPEST
from conformance.history import Contract, Fault, Operation, json_schema, token
from conformance.reading import BrokenHistory, read
from simulator.clients import outcome_of

FILES = sorted((Path(__file__).parents[1] / "histories").glob("*/*/*.jsonl"))
HEADER: dict[str, Any] = {
    "history": 1,
    "nodes": ["n1", "n2"],
    "features": [],
    "routing": False,
    "store": "cluster",
    "lifetime": {"absolute_us": 0, "idle_us": 0},
}
READ: dict[str, Any] = {
    "op": "read",
    "id": "a",
    "client": "c1",
    "by": "user",
    "session": "s1",
    "node": "n1",
    "asked": 5,
    "answered": 7,
    "outcome": "ok",
    "data": {},
}
LOGIN = {**READ, "op": "login", "user": "ann"}
WRITE = {**READ, "op": "write", "key": "k", "value": "v"}
CUT = {"fault": "cut", "nodes": ["n1"], "from": 1, "to": 2, "touched": 3}
SILENT = {"answered": None, "outcome": "unknown"}


def text(*records: dict[str, Any], header: dict[str, Any] | None = None) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in (HEADER | (header or {}), *records)).encode()


def without(record: dict[str, Any], *members: str) -> dict[str, Any]:
    return {member: value for member, value in record.items() if member not in members}


def nested(levels: int) -> Any:
    value: Any = "v"
    for _ in range(levels):
        value = [value]
    return value


def refused(source: bytes) -> BrokenHistory:
    with pytest.raises(BrokenHistory) as caught:
        read(source, "a.jsonl")
    return caught.value


def test_every_kind_of_line_is_read_into_its_place() -> None:
    history = read(
        text(
            {"ready": "n1", "t": 1},
            LOGIN,
            {"unready": "n2", "t": 2},
            {"clock": "n2", "t": 3, "offset_us": -4},
            CUT,
            {"healed": 9},
            {"end": 10, "operations": 1},
        )
    )
    assert [operation.id for operation in history.operations] == ["a"]
    assert history.lines == [3]
    assert (history.readies[0].ready, history.unreadies[0].unready, history.clocks[0].offset_us) == ("n1", "n2", -4)
    assert (history.faults[0].begin, history.faults[0].end, history.healed) == (1, 2, 9)
    assert history.finished
    assert history.end is not None
    assert history.end.end == 10


def test_missing_members_of_the_contract_take_the_protocols_values() -> None:
    contract = read(text(header={"contract": {"converge_us": 7}})).header.contract
    assert contract == Contract(7, 500_000, 30_000_000, 1_000_000, 1)
    assert read(text()).header.contract == Contract()


def test_members_that_nobody_knows_are_ignored() -> None:
    assert read(text({**READ, "colour": "red"}, header={"weather": {"rain": True}})).operations[0].id == "a"


def test_members_may_stand_in_any_order() -> None:
    turned = dict(reversed(list(READ.items())))
    assert read(text(turned, dict(reversed(list(CUT.items()))))).operations == read(text(READ)).operations


def test_a_history_without_its_last_line_is_unfinished() -> None:
    assert not read(text(READ)).finished


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert read(text() + b"\n\n" + json.dumps(READ).encode()).lines == [4]


def test_lines_may_end_as_windows_ends_them() -> None:
    lines = text(READ, {"end": 9, "operations": 1}).replace(b"\n", b"\r\n")
    assert read(lines + b"\r\n  \n").finished


@pytest.mark.parametrize(
    ("source", "looks_like", "mend"),
    [
        (b"\xef\xbb\xbf" + text(READ), "a byte order mark", "write UTF-8 without one"),
        (b"\xff\xfe" + text(READ).decode().encode("utf-16-le"), "UTF-16", "write it as UTF-8"),
        (b"\xfe\xff" + text(READ).decode().encode("utf-16-be"), "UTF-16", "write it as UTF-8"),
        (gzip.compress(text(READ)), "a file compressed by gzip", "gunzip"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_looks_like(source: bytes, looks_like: str, mend: str) -> None:
    error = refused(source)
    assert (error.line, error.member) == (1, "")
    assert f"begins like {looks_like}; expected JSON lines in UTF-8, so " in error.rule
    assert error.rule.endswith(mend)


def test_null_is_written_like_any_other_value() -> None:
    history = read(text({**WRITE, "value": None}, {**READ, "id": "b", "data": {"k": None}}))
    assert history.written[token(None)] is history.operations[0]
    assert refused(text({**WRITE, "value": None}, {**WRITE, "id": "b", "value": None})).member == "value"


def test_a_file_is_read_by_its_path_and_named_by_it(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_bytes(text(READ))
    assert read(file).file == str(file)
    file.write_bytes(text(READ)[:-5])
    with pytest.raises(BrokenHistory, match=r"history\.jsonl:2: no JSON.*the line is cut off"):
        read(file)


def test_a_body_kept_whole_is_taken_apart() -> None:
    body = {"user": "bob", "data": {"k": 1}, "created": 2, "last": 3, "ended": True}
    peek = read(text({**READ, "op": "peek", "data": body})).operations[0]
    assert (peek.answered_user, peek.data, peek.created, peek.last, peek.ended) == ("bob", {"k": 1}, 2, 3, True)


@pytest.mark.parametrize("more", [{"theme": "dark"}, {"user": "bob"}, {"ended": True}, {"user": "bob", "last": 3}])
def test_keys_of_a_session_may_be_named_as_the_members_of_a_body_are(more: dict[str, Any]) -> None:
    shown = {"data": {"k": 1}, **more}
    writes = [{**WRITE, "id": key, "key": key, "value": value} for key, value in shown.items()]
    for order in ([*writes, READ | {"data": shown}], [READ | {"data": shown}, *writes]):
        operation = next(one for one in read(text(*order)).operations if one.op == "read")
        assert (operation.data, operation.answered_user, operation.ended) == (shown, None, None)


@pytest.mark.parametrize("taken", [{"answered_user": "ann"}, {"ended": False}])
def test_a_body_of_which_something_was_taken_is_no_whole_one(taken: dict[str, Any]) -> None:
    shown = {"data": {"k": 1}, "user": "bob"}
    assert read(text({**READ, "data": shown, **taken})).operations[0].data == shown


def test_a_value_that_another_key_was_given_leaves_a_body_whole() -> None:
    body = {"user": "ann", "data": {}}
    assert read(text({**WRITE, "id": "b", "value": {}}, {**READ, "data": body})).operations[1].data == {}


def test_words_that_many_operations_share_are_held_once() -> None:
    write = {**WRITE, "user": "ann-of-c1", "answered_user": "ann-of-c1"}
    one, other = read(text({**write, "id": "b", "value": "w"}, write)).operations
    for member in ("op", "by", "node", "outcome", "key"):
        assert getattr(one, member) is getattr(other, member), member
    assert one.user is one.answered_user


def test_an_answer_without_a_question_is_kept_for_the_check_of_structure() -> None:
    history = read(text(LOGIN, {**READ, "id": "b", "asked": None}))
    assert history.unasked == [1]
    assert history.operations[1].asked == 7


BROKEN_LINES = [
    ({**READ, "op": "reed"}, "op", "found 'reed'; expected one of login"),
    ({**READ, "by": "robot"}, "by", "found 'robot'"),
    ({**READ, "outcome": "fine"}, "outcome", "found 'fine'"),
    ({**READ, "node": "n9"}, "node", "found 'n9'; the header names n1, n2"),
    ({**READ, "answered": 4}, "answered", "4 is before 'asked' (5)"),
    ({**READ, "answered": None}, "answered", "null, but the outcome is 'ok'"),
    ({**READ, "status": 401}, "outcome", "found 'ok' with status 401, which says 'denied'"),
    ({**READ, "outcome": "denied", "status": 200}, "outcome", "which says 'ok'"),
    ({**READ, "outcome": "denied", "status": 404}, "outcome", "which says 'refused'"),
    ({**READ, "status": 500}, "outcome", "found 'ok' with status 500, which says 'unknown'"),
    ({**READ, "outcome": "denied", "status": 504}, "outcome", "which says 'unknown'"),
    (
        {**WRITE, "outcome": "refused", "status": 503},
        "outcome",
        "found 'refused' with status 503, which says 'unknown'",
    ),
    ({**WRITE, "status": 501}, "outcome", "which says 'refused'"),
    ({**READ, "asked": "5"}, "asked", "expected `int`, got `str`"),
    ({**READ, "asked": 5.5}, "asked", "expected `int`, got `float`"),
    ({**READ, "asked": None, "answered": None}, "asked", "expected `int`, got `null`"),
    ({**READ, "data": [1]}, "data", "expected `object | null`, got `array`"),
    (without(READ, "node"), "node", "missing"),
    (without(READ, "client"), "client", "missing"),
    (without(READ, "session"), "session", "missing; an operation 'read'"),
    (without(LOGIN, "user"), "user", "missing"),
    (without(LOGIN, "session"), "session", "missing"),
    (without(WRITE, "key"), "key", "missing"),
    (without(WRITE, "value"), "value", "missing"),
    ({**CUT, "touched": -3}, "touched", "found -3; expected 0 or more"),
    (without({**READ, "op": "delete"}), "key", "missing"),
    (without({**READ, "op": "revoke"}), "user", "missing"),
    ({**CUT, "to": 0}, "to", "0 is before 'from' (1)"),
    ({**CUT, "nodes": ["n1", "n9"]}, "nodes", "found 'n9'"),
    (without(CUT, "to"), "to", "missing"),
    ({**CUT, "groups": [["n1"], ["n9"]]}, "groups", "found 'n9'; the header names n1, n2"),
    ({**CUT, "groups": [["n1"], ["n2", "n1"]]}, "groups", "found 'n1' in two of them"),
    ({**CUT, "links": [["n1"]]}, "links", "found ['n1']; expected pairs [from, to]"),
    ({**CUT, "links": [["n1", "n2", "n1"]]}, "links", "expected pairs [from, to]"),
    ({**CUT, "nodes": [], "links": [["n1", "n9"]]}, "links", "found 'n9'"),
    ({"ready": "n9", "t": 1}, "ready", "found 'n9'"),
    ({"unready": "n9", "t": 1}, "unready", "found 'n9'"),
    ({"clock": "n9", "t": 1, "offset_us": 0}, "clock", "found 'n9'"),
    ({"ready": "n1"}, "t", "missing"),
    ({"nothing": 1}, "", "no record of a history; each has one member of op, fault"),
    ({"end": 6, "operations": 1}, "end", "6 is before 7, an instant of line 2"),
    ({"end": -1, "operations": 1}, "end", "-1 is before 7"),
    ({"end": 9, "operations": 7}, "operations", "7, but 1 operations stand before it; lines are missing"),
]


@pytest.mark.parametrize(("record", "member", "rule"), BROKEN_LINES)
def test_a_line_that_contradicts_itself_is_refused(record: dict[str, Any], member: str, rule: str) -> None:
    before = {**READ, "id": "z"}
    assert read(text(before)).operations, "the line before is no matter"
    error = refused(text(before, record))
    assert (error.file, error.line, error.member) == ("a.jsonl", 3, member)
    assert rule in error.rule
    assert str(error) == f"a.jsonl:3: {member}: {error.rule}" if member else f"a.jsonl:3: {error.rule}"


@pytest.mark.parametrize(
    "record",
    [
        {**READ, **SILENT},
        {**READ, **SILENT, "answered": 9, "status": 503},
        {**READ, **SILENT, "answered": 99, "status": 200},  # too late for its client
        {**READ, "outcome": "refused", "status": 404},
        {**READ, "outcome": "denied", "status": 401, "why": "of the weather"},
        {**READ, "status": 204},
        {**READ, "status": 302},  # whether a redirect is an answer the protocol does not say
        {**READ, "outcome": "denied", "status": 403},
        without({**LOGIN, **SILENT}, "session"),
        without({**READ, "outcome": "denied"}, "session"),
        without(READ, "data"),
        {**READ, "op": "members", "members": ["n1"]},
        {**CUT, "to": None, "nodes": []},
        {**CUT, "groups": [["n1", "n1"], []]},
        {**CUT, "links": [["n1", "n2"], ["n2", "n1"]]},
        {**WRITE, "value": nested(DEEPEST - 1)},  # the line itself is a level
    ],
)
def test_what_the_protocol_leaves_open_is_accepted(record: dict[str, Any]) -> None:
    assert read(text(record))


@pytest.mark.parametrize("levels", [DEEPEST, 2_000])
def test_what_nests_deeper_than_anybody_compares_is_refused(levels: int) -> None:
    brackets = "[{" * DEEPEST  # in a text they are no levels
    assert read(text({**WRITE, "value": brackets, "client": '\\"['})).operations[0].value == brackets
    error = refused(text({**WRITE, "client": brackets}).replace(b'"v"', b"[" * levels + b"]" * levels))
    assert (error.line, error.member) == (2, "value")
    assert "nests deeper than 200 levels" in error.rule


def test_a_line_that_is_no_utf8_is_refused_with_its_member() -> None:
    """A decoder that knows Latin-1 alone would read another user."""
    for line, record in enumerate((HEADER | {"subject": "h\xe4nd"}, {**LOGIN, "user": "J\xf6rg"}), 1):
        source = text(header=record) if line == 1 else text(record)
        error = refused(source.replace(b"\\u00e4", b"\xe4").replace(b"\\u00f6", b"\xf6"))
        assert (error.line, error.member) == (line, "subject" if line == 1 else "user")
        assert "no UTF-8; write the file as UTF-8" in error.rule
    assert "is 0xf6" in error.rule
    assert read(text({**LOGIN, "user": "J\xf6rg"})).operations[0].user == "J\xf6rg"


def test_whatever_our_own_clients_write_for_a_status_is_read() -> None:
    for status in (*range(100, 600), 999):
        outcome = outcome_of(status)
        assert read(text({**READ, "outcome": outcome, "status": status})).operations[0].outcome == outcome


def test_an_id_is_given_once() -> None:
    error = refused(text(READ, {**READ, "op": "delete", "key": "k"}))
    assert (error.line, error.member) == (3, "id")
    assert "'a' is the id of line 2 already" in error.rule


def test_a_value_is_written_once_whatever_came_of_it() -> None:
    error = refused(text({**WRITE, "outcome": "denied"}, {**WRITE, "id": "b", "key": "other"}))
    assert (error.line, error.member) == (3, "value")


def test_nothing_follows_the_last_line() -> None:
    error = refused(text({"end": 9, "operations": 0}, READ))
    assert (error.line, error.member) == (3, "end")


@pytest.mark.parametrize(
    ("header", "member"),
    [
        ({"history": 2}, "history"),
        ({"nodes": []}, "nodes"),
        ({"nodes": ["n1", "n1"]}, "nodes"),
        ({"store": "disk"}, "store"),
        ({"expect": [[] for _ in range(DEEPEST)] + [nested(DEEPEST)]}, "expect"),
        ({"clusters": {"blue": ["n1"]}}, "clusters"),
        ({"clusters": {"blue": ["n1"], "green": ["n2", "n9"]}}, "clusters.green"),
        ({"clusters": {"blue": ["n1", "n2"], "green": ["n2"]}}, "clusters.green"),
        ({"clusters": {"blue": ["n1", "n2", "n1"]}}, "clusters.blue"),
        ({"clusters": {"blue": ["n1", "n2"], "green": []}}, "clusters.green"),
        ({"contract": {"converge_us": -1}}, "contract.converge_us"),
        ({"contract": {"converge_us": "3s"}}, "contract.converge_us"),
        ({"lifetime": {"idle_us": -1}}, "lifetime.idle_us"),
        ({"routing": "yes"}, "routing"),
    ],
)
def test_a_header_that_promises_nothing_sensible_is_refused(header: dict[str, Any], member: str) -> None:
    error = refused(text(header=header))
    assert (error.line, error.member) == (1, member)


@pytest.mark.parametrize("member", ["history", "nodes", "features", "routing", "store", "lifetime"])
def test_what_decides_verdicts_must_be_in_the_header(member: str) -> None:
    error = refused(json.dumps(without(HEADER, member)).encode())
    assert (error.line, error.member, error.rule) == (1, member, "missing")


@pytest.mark.parametrize("source", [b"", b"\n", b"[]", b"{", b"\xff\xfe", b"null\n"])
def test_a_file_that_is_no_history_is_refused(source: bytes) -> None:
    assert refused(source).line == 1


@given(st.binary(max_size=60), st.integers(0, 5))
def test_no_line_makes_the_reader_fall(line: bytes, position: int) -> None:
    """Whatever stands in a file is read or refused by one kind of error."""
    lines = text(LOGIN, {**READ, "id": "b"}, CUT, {"healed": 3}).splitlines()
    lines.insert(position, line)
    try:
        read(b"\n".join(lines))
    except BrokenHistory as error:
        refusal = error
    else:
        return
    assert 1 <= refusal.line <= len(lines) + line.count(b"\n")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


def with_floats(value: Any) -> Any:
    """Spell every integer of a value as a float."""
    if isinstance(value, list):
        return [with_floats(inner) for inner in value]
    if isinstance(value, dict):
        return {name: with_floats(inner) for name, inner in value.items()}
    return float(value) if type(value) is int else value


@given(json_values)
def test_how_a_whole_number_is_spelled_is_no_matter_however_deep_it_stands(value: Any) -> None:
    assert token(with_floats(value)) == token(value)


@given(json_values)
def test_a_value_is_known_again_after_a_round_trip(value: Any) -> None:
    assert token(value) == token(msgspec.json.decode(msgspec.json.encode(value)))
    assert hash(token(value)) is not None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (0, -0.0, True),
        (1.5, 1, False),
        ({"a": [1.0]}, {"a": [1]}, True),
        ([[{"a": 1e2, "b": [0.5]}]], [[{"b": [0.5], "a": 100}]], True),
        ([1], [True], False),
        ({"1": 1}, {"1": "1"}, False),
    ],
)
def test_values_are_compared_as_json(one: Any, other: Any, same: bool) -> None:  # noqa: FBT001
    assert (token(one) == token(other)) is same


def test_what_is_written_is_read_back() -> None:
    """The writer encodes the same structs."""
    operation = Operation("write", "w", "c1", "user", "n1", 1, None, "unknown", session="s1", key="k", value=[1])
    fault = Fault("cut", ["n1", "n2"], 1, None, 5, groups=[["n1"], ["n2"]])
    lines = b"\n".join([json.dumps(HEADER).encode(), msgspec.json.encode(operation), msgspec.json.encode(fault)])
    history = read(lines)
    assert history.operations == [operation]
    assert history.faults == [fault]


@pytest.mark.parametrize("file", FILES[::6], ids=lambda file: cast("Path", file).stem)
def test_every_line_of_a_history_is_as_its_schema_says(file: Path) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for line in file.read_text().splitlines():
        record = json.loads(line)
        if record.get("asked", 0) is not None:  # what structure convicts, no schema describes
            validator.validate(record)


def test_the_schema_turns_down_what_the_reader_turns_down() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for record in (without(READ, "node"), {**READ, "asked": "5"}, {"nothing": 1}, {"ready": "n1"}):
        assert not validator.is_valid(record)


def test_the_words_of_the_history_are_those_of_the_protocol() -> None:
    assert h.OPERATIONS == ("login", "read", "write", "delete", "logout", "revoke", "peek", "members", "status")
    assert h.OUTCOMES == ("ok", "denied", "refused", "unknown")
