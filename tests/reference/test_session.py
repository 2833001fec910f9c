"""The laws of merging, and the table of a session's life."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reference.session import (
    ABSENT,
    END,
    ENDED,
    EXPIRE,
    EXPIRED,
    FORGET,
    LIVE,
    LOGGED_OUT,
    PUT,
    TOUCH,
    TRANSITIONS,
    Cell,
    Ending,
    Revocation,
    Session,
    allows,
    ended,
    later,
    merge,
    revoked,
    state_of,
)

CREATED = 1_000
WRITERS = st.sampled_from(["n1", "n2", "n3"])


def value_of(at: int, by: str) -> str:
    """Two cells with one stamp hold one value: no node stamps twice alike."""
    return f"{at}{by}"


cells = st.builds(lambda at, by: Cell(value_of(at, by), at, by), st.integers(1, 6), WRITERS) | st.builds(
    lambda at: Cell(None, at, "n4", gone=True), st.integers(1, 6)
)
live_copies = st.builds(
    lambda last, data: Session("s", "o", CREATED, "ann", last, data),
    st.integers(CREATED, CREATED + 20),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), cells),
)
ends = st.builds(Ending, st.sampled_from([LOGGED_OUT, EXPIRED]), st.integers(CREATED, CREATED + 5), WRITERS)
ended_copies = st.builds(ended, live_copies, ends)
copies = live_copies | ended_copies
LIVED = Session("s", "o", CREATED, "ann", CREATED, {"a": Cell("x", 3, "n1")})


@settings(max_examples=300)
@given(copies, copies)
def test_merge_is_commutative(one: Session, other: Session) -> None:
    assert merge(one, other) == merge(other, one)


@settings(max_examples=300)
@given(copies, copies, copies)
def test_merge_is_associative(one: Session, two: Session, three: Session) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(copies, copies)
def test_merge_is_idempotent(one: Session, other: Session) -> None:
    both = merge(one, other)
    assert merge(one, one) is one
    assert merge(both, other) is both, "what holds nothing new leaves the very same copy"
    assert merge(both, one) == both


@given(live_copies, live_copies)
def test_merge_never_moves_activity_back_and_loses_no_key(one: Session, other: Session) -> None:
    both = merge(one, other)
    assert both.last == max(one.last, other.last)
    assert both.cells.keys() == one.cells.keys() | other.cells.keys()
    for key in one.cells.keys() & other.cells.keys():
        assert both.cells[key] == later(one.cells[key], other.cells[key])


@given(live_copies, ended_copies)
def test_an_end_wins_over_any_life(alive: Session, over: Session) -> None:
    assert merge(alive, over) == merge(over, alive) == over


@given(ended_copies, ended_copies)
def test_the_earlier_of_two_ends_stays(one: Session, other: Session) -> None:
    assert one.end is not None
    assert other.end is not None
    end = merge(one, other).end
    assert end is not None
    assert end.at == min(one.end.at, other.end.at)


@given(live_copies, ends)
def test_an_end_scrubs_what_the_session_held(alive: Session, end: Ending) -> None:
    over = ended(alive, end)
    assert (over.user, over.cells, over.end) == ("", {}, end)
    assert (over.id, over.owner, over.created) == (alive.id, alive.owner, alive.created), "what later copies need"


@given(copies, st.lists(st.tuples(st.integers(CREATED - 2, CREATED + 4), WRITERS), max_size=4))
def test_revocations_and_copies_come_in_any_order(copy: Session, stamps: list[tuple[int, str]]) -> None:
    forth = back = copy
    for at, by in stamps:
        forth = revoked(forth, Revocation("o", at, by))
    for at, by in reversed(stamps):
        back = revoked(back, Revocation("o", at, by))
    assert forth == back
    assert (forth.end is not None) == (copy.end is not None or any(at > CREATED for at, _ in stamps))


def test_a_revocation_reaches_its_owner_only_and_nothing_begun_at_or_after_it() -> None:
    assert revoked(LIVED, Revocation("o", CREATED + 1, "n2")).end == Ending(LOGGED_OUT, CREATED + 1, "n2")
    assert revoked(LIVED, Revocation("o", CREATED, "n2")) is LIVED
    assert revoked(LIVED, Revocation("somebody", CREATED + 1, "n2")) is LIVED


def test_the_table_says_what_may_happen_to_a_session() -> None:
    over = ended(LIVED, Ending(LOGGED_OUT, 9, "n1"))
    assert [state_of(None), state_of(LIVED), state_of(over)] == [ABSENT, LIVE, ENDED]
    allowed = {
        state_of(copy): [event for event in (PUT, TOUCH, END, EXPIRE, FORGET) if allows(copy, event)]
        for copy in (None, LIVED, over)
    }
    assert allowed == {ABSENT: [PUT], LIVE: [PUT, TOUCH, END, EXPIRE], ENDED: [FORGET]}
    assert TRANSITIONS[ENDED] == {FORGET: ABSENT}, "nothing leads from an end back to life"
