"""How the judge's sentences write times and ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.findings import Convictions, seconds
from conformance.history import Operation


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (None, "no time"),
        (0, "0 s"),
        (61_250_000, "61.25 s"),
        (224_688_470, "224.688 s"),
        (-1_500_499, "-1.500499 s"),
        (1_234_567, "1.235 s"),
        (1_206, "0.001206 s"),
        (3_000_000, "3 s"),
        (3_000_001, "3.000001 s"),
        (2_999_999, "2.999999 s"),
    ],
)
def test_times_are_said_to_the_millisecond_and_never_rounder_than_they_are(us: int | None, said: str) -> None:
    assert seconds(us) == said


@given(st.integers(0, 10**12))
def test_a_time_that_reads_as_a_bound_is_that_bound(us: int) -> None:
    """A whole tenth of a second is said of nothing else."""
    number = seconds(us).removesuffix(" s")
    tenths, _, finer = number.partition(".")
    if len(finer) <= 1:
        assert int(tenths) * 1_000_000 + int(finer or 0) * 100_000 == us


def test_of_a_long_id_the_beginning_is_said_and_the_record_keeps_the_whole() -> None:
    whole = "0640c0ad66887cdb53bdf913f36bd74f"
    read = Operation("read", "c1-1", "c1", "user", "n1", 1, 2, "ok", session=whole)
    convictions = Convictions()
    convictions.add((read,), "session {} of {} held {}", whole, "ann", "0640c0ad")
    assert convictions.seen == "session 0640c0ad of ann held 0640c0ad"
    assert convictions.witness[0].session == whole


def test_a_name_that_is_no_hash_is_said_whole() -> None:
    convictions = Convictions()
    convictions.add((Operation("read", "c1-1", "c1", "user", "n1", 1, 2, "ok"),), "{}", "a-session-named-by-a-person")
    assert convictions.seen == "a-session-named-by-a-person"
