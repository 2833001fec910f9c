"""Figures of a trace: messages by kind over time, what was lost to what, and what nodes noted of each other."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.figures.traced import traced
from conformance.trace import Carried, Closed, Died, Line, Noted, Opened, Started, whole_lines

SECOND = 1_000_000


def lines() -> list[Line]:
    """Make a short trace of two nodes."""
    return [
        Opened(1, "s", 1, "reference", ["n1", "n2"]),
        Carried(500, 0, "n1", "n2", "data", "copies", "", 70),
        Carried(600, 0, "n1", "n2", "data", "copies", "cut", 70),
        Carried(700, 0, "n2", "n1", "membership", "ping", ""),
        Noted(800, "n1", "suspect", {"member": "n2", "incarnation": 0}),
        Noted(900, "n2", "refuted", {"said": "suspect", "incarnation": 1}),
        Noted(950, "n2", "repaired", {"member": "n1"}),
        Carried(3 * SECOND, 0, "n1", "n2", "data", "copies", "", 100),
        Carried(9 * SECOND, 9 * SECOND, "n1", "n2", "data", "copies", "cut"),
        Closed(9 * SECOND + 1, 9, 5, "d1"),
    ]


@pytest.fixture
def counted(tmp_path: Path) -> Any:
    """Give a way from lines to their figures, through a file."""

    def count(trace: list[Line]) -> dict[str, Any]:
        path = tmp_path / "trace.jsonl.gz"
        with gzip.open(path, "wb") as file:
            file.write(msgspec.json.Encoder().encode_lines(trace))
        return traced(path, SECOND)

    return count


def test_messages_are_counted_by_kind_and_span_with_what_was_lost_to_what(counted: Any) -> None:
    found = counted(lines())["traffic"]
    assert found["by_kind"] == [
        {
            "kind": "copies",
            "channel": "data",
            "carried": 2,
            "lost": 1,
            "octets": 170,
            "octets_most": 100,
            "buckets": [(0, 1, 1), (3 * SECOND, 1, 0)],
        },
        {
            "kind": "ping",
            "channel": "membership",
            "carried": 1,
            "lost": 0,
            "octets": 0,
            "octets_most": 0,
            "buckets": [(0, 1, 0)],
        },
    ]
    assert found["lost_by_cause"] == {"cut": 1}


def test_what_is_lost_in_the_last_instant_alone_is_left_out(counted: Any) -> None:
    trace = lines()
    trace[-1] = Closed(9 * SECOND + 2, 9, 5, "d1")
    assert counted(trace)["traffic"]["lost_by_cause"] == {"cut": 2}


def test_a_kind_of_which_only_the_last_instant_lost_any_is_none(counted: Any) -> None:
    trace = lines()
    trace.insert(-1, Carried(9 * SECOND, 9 * SECOND, "n1", "n2", "membership", "farewell", "cut"))
    assert [kind["kind"] for kind in counted(trace)["traffic"]["by_kind"]] == ["copies", "ping"]


def test_whom_a_node_suspected_and_what_it_refuted_is_counted_by_itself(counted: Any) -> None:
    assert counted(lines())["rumours"] == {
        "n1": {"suspect": 1, "dead": 0, "refuted": 0},
        "n2": {"suspect": 0, "dead": 0, "refuted": 1},
    }


def test_an_older_trace_that_says_nothing_of_octets_is_counted_too(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "old.gz", "wb") as file:
        file.write(b'["m",500,0,"n1","n2","data","copies",""]\n["m",600,0,"n1","n2","data","copies","cut"]\n')
    (kind,) = traced(tmp_path / "old.gz", SECOND)["traffic"]["by_kind"]
    assert (kind["carried"], kind["lost"], kind["octets"]) == (1, 1, 0)


def test_names_with_commas_and_quotes_are_read_as_they_were(counted: Any) -> None:
    trace = lines()
    trace[1] = Carried(500, 0, 'n,"1', "n2", "data", "message", "")
    assert [kind["kind"] for kind in counted(trace)["traffic"]["by_kind"]] == ["copies", "message", "ping"]


def long_trace() -> bytes:
    """Write a trace long enough that its first lines can be unpacked without its end."""
    lost = [Carried(1_000 + n, n * 7919, "n1", "n2", "data", "copies", "") for n in range(20_000)]
    return msgspec.json.Encoder().encode_lines([*lines()[:6], *lost, *lines()[6:]])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_trace_that_was_cut_off_is_read_up_to_there(tmp_path: Path, share: float) -> None:
    path, whole = tmp_path / "trace.jsonl.gz", gzip.compress(long_trace(), mtime=0)
    path.write_bytes(whole[: int(len(whole) * share)])
    found = traced(path, SECOND)
    kinds, views = {kind["kind"]: kind["carried"] for kind in found["traffic"]["by_kind"]}, found["membership"]
    if share:
        assert 20_001 * share / 2 < kinds["copies"] < 20_001 * (1 + share) / 2
        assert views == {"n1": {"n2": [(800, "suspect")]}, "n2": {"n1": []}}
    else:
        assert (kinds, views) == ({}, {})


def test_of_nodes_that_note_nothing_of_others_no_view_is_told(tmp_path: Path) -> None:
    """Not even that they were down: else the page would say that they held each other for alive."""
    path = tmp_path / "trace.jsonl.gz"
    silent: list[Any] = [Opened(1, "s", 1, "reference", ["n1", "n2"]), Died(5, "n1"), Started(9, "n1", 2)]
    for extra in ([], [Noted(7, "n2", "suspect", {})], [Noted(7, "n2", "dead", {"member": ["n1"]})]):
        path.write_bytes(gzip.compress(msgspec.json.Encoder().encode_lines([*silent, *extra]), mtime=0))
        assert traced(path, SECOND)["membership"] == {"n1": {}, "n2": {}}
    noted = [*silent, Noted(10, "n2", "dead", {"member": "n1"})]
    path.write_bytes(gzip.compress(msgspec.json.Encoder().encode_lines(noted), mtime=0))
    assert traced(path, SECOND)["membership"] == {
        "n1": {"n2": [(5, "down"), (9, "dead")]},
        "n2": {"n1": [(10, "dead")]},
    }


def test_a_line_that_was_cut_in_two_is_not_read(tmp_path: Path) -> None:
    path, written = tmp_path / "trace.jsonl.gz", msgspec.json.Encoder().encode_lines(lines())
    for end in range(0, len(written), 5):
        path.write_bytes(gzip.compress(written[:end], compresslevel=1))
        assert list(whole_lines(path)) == written[:end].split(b"\n")[:-1]
        traced(path, SECOND)
