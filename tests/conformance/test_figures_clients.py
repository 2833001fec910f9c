"""What users' clients met, of histories whose counts can be said by heart. Times in seconds."""

from typing import Any

import pytest

from conformance.figures_clients import BUCKETS_MAX, availability, errors, latency
from conformance.history import Header, History, Lifetime, Operation

SECOND = 1_000_000


def history(*operations: tuple[Any, ...]) -> History:
    """Tell operations as (node, asked in s, took in µs or None, outcome, status)."""
    told = History(Header(history=1, nodes=["n1", "n2"], features=[], routing=False, store="cluster"
                          , lifetime=Lifetime()))  # fmt: skip
    for number, (node, asked, took, outcome, status) in enumerate(operations):
        at = int(asked * SECOND)
        answered = None if took is None else at + took
        told.operations.append(Operation("read", str(number), "c", "user", node, at, answered, outcome, status=status))
    return told


DAY = history(
    ("n1", 0.1, 1_000, "ok", None),
    ("n1", 0.2, 3_000_000, "ok", None),
    ("n2", 0.3, 2_000, "denied", 401),
    ("n2", 0.4, None, "unknown", None),
    ("n1", 5, 500, "refused", 503),
    ("n2", 5.5, 700, "unknown", 500),
)


def test_an_answer_counts_when_it_is_definite_and_comes_within_two_seconds() -> None:
    assert availability(DAY) == {"bucket_us": SECOND, "buckets": [(0, 4, 2), (5 * SECOND, 2, 0)]}


def test_latency_is_that_of_what_was_answered() -> None:
    found = latency(DAY)["buckets"]
    assert found == [(0, 2_000, 3_000_000, 3_000_000), (5 * SECOND, 500, 700, 700)]


def test_errors_are_counted_where_they_were_sent_and_by_kind() -> None:
    assert errors(DAY) == {"n1": {"503": 1}, "n2": {"500": 1, "unknown": 1}}


def test_observers_are_no_users() -> None:
    watched = history(("n1", 1, None, "unknown", None))
    watched.operations[0].by = "observer"
    assert availability(watched)["buckets"] == latency(watched)["buckets"] == []
    assert errors(watched) == {"n1": {}, "n2": {}}


@pytest.mark.parametrize("length", [1, 199, 201, 45_000, 1_000_000])
def test_a_series_has_few_spans_however_long_the_run(length: int) -> None:
    long = history(*(("n1", length * part / 1_000, 10, "ok", None) for part in range(1_001)))
    found = availability(long)["buckets"]
    assert len(found) <= BUCKETS_MAX
    assert sum(asked for _, asked, _ in found) == 1_001
