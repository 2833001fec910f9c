"""How the judge's sentences write times and ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.findings import Convictions, at, counted, seconds, shown
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


def test_an_operation_is_said_with_who_did_what_where_and_when() -> None:
    write = Operation("write", "c1-2", "c1", "user", "n1", 5_000_000, 5_002_000, "ok", key="k", value="v")
    assert at(write) == "c1-2 (write of 'k' on n1, asked 5 s, answered 5.002 s)"
    read = Operation("read", "c1-3", "c1", "user", "n2", 6_000_000, None, "unknown")
    assert at(read) == "c1-3 (read on n2, asked 6 s, never answered)"


def test_what_a_copy_showed_is_said_and_what_it_lacked() -> None:
    read = Operation("read", "c1-3", "c1", "user", "n2", 1, 2, "ok", data={"k": "v"})
    assert (shown(read, "k"), shown(read, "other")) == ("'k' = 'v'", "no 'other'")


@pytest.mark.parametrize(("number", "said"), [(0, "0 reads"), (1, "1 read"), (2, "2 reads"), (1_204, "1,204 reads")])
def test_one_thing_is_said_in_the_singular(number: int, said: str) -> None:
    assert counted(number, "read") == said


def test_all_contradictions_are_counted_and_the_earliest_is_told() -> None:
    """The last of its operations dates it, by its answer or else its asking; of two dated alike the other one does."""
    late = Operation("read", "c1-9", "c1", "user", "n1", 8, 9, "ok")
    read = Operation("read", "c1-7", "c1", "user", "n1", 6, 7, "ok")
    one, other = (Operation("write", f"c1-{t}", "c1", "user", "n1", t, None, "unknown") for t in (1, 3))
    convictions = Convictions()
    for witness in ((late,), (other, read), (one, read), (one, late), (other, read)):
        convictions.add(witness, "{}", witness[0].id)
    assert (convictions.count, convictions.witness, convictions.seen) == (5, (one, read), "c1-1")
