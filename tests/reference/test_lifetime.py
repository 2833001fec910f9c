"""Deadlines are arithmetic on instants: absolute before idle, and at exactly a deadline a session still lives."""

import pytest
from msgspec import structs

from reference.lifetime import ABSOLUTE, IDLE, forget_at, may_have_lived, overdue
from reference.session import EXPIRED, LOGGED_OUT, Ending, Session, ended
from reference.settings import SECOND, Settings

SETTINGS = Settings("c", absolute_us=3600 * SECOND, idle_us=900 * SECOND)
NO_IDLE = structs.replace(SETTINGS, idle_us=0)
BORN = 1_000 * SECOND
SESSION = Session("s", "o", BORN, "ann", BORN, {})


@pytest.mark.requirement("REQ-EXP-2", "REQ-EXP-5")
@pytest.mark.parametrize(
    ("last_s", "now_s", "settings", "expected"),
    [
        (0, 900, SETTINGS, None),
        (0, 901, SETTINGS, IDLE),
        (800, 1_700, SETTINGS, None),
        (3_000, 3_600, SETTINGS, None),
        (3_600, 3_601, SETTINGS, ABSOLUTE),
        (0, 3_601, SETTINGS, ABSOLUTE),
        (0, 3_600, NO_IDLE, None),
        (0, 3_601, NO_IDLE, ABSOLUTE),
    ],
)
def test_the_absolute_limit_is_looked_at_first_and_an_idle_limit_of_zero_is_none(
    last_s: int, now_s: int, settings: Settings, expected: str | None
) -> None:
    """REQ-EXP-2, REQ-EXP-3, REQ-EXP-4, REQ-EXP-5."""
    assert overdue(SESSION, BORN + last_s * SECOND, BORN + now_s * SECOND, settings) == expected


def test_a_deadline_passes_within_a_microsecond() -> None:
    assert overdue(SESSION, BORN, BORN + SETTINGS.idle_us, SETTINGS) is None
    assert overdue(SESSION, BORN, BORN + SETTINGS.idle_us + 1, SETTINGS) == IDLE


def test_a_record_outlives_every_copy_that_any_clock_within_the_contract_lets_live() -> None:
    slowest = BORN + SETTINGS.absolute_us + 2 * SETTINGS.clock_bound_us
    assert forget_at(BORN, SETTINGS) == slowest
    assert overdue(SESSION, slowest, slowest - 2 * SETTINGS.clock_bound_us + 1, SETTINGS) == ABSOLUTE


def test_a_session_begun_further_in_the_future_than_one_lives_has_passed_its_limit() -> None:
    """It would live until then, and its whole life after it (known-bugs, row 19)."""
    assert overdue(SESSION, BORN, BORN - SETTINGS.absolute_us, SETTINGS) is None
    assert overdue(SESSION, BORN, BORN - SETTINGS.absolute_us - 1, SETTINGS) == ABSOLUTE


APART = 2 * SETTINGS.clock_bound_us
TOO_OLD = BORN + SETTINGS.absolute_us


@pytest.mark.parametrize(
    ("end", "latest"),
    [
        (None, BORN + SETTINGS.idle_us + APART),
        (Ending(LOGGED_OUT, BORN + SECOND, "n1"), BORN + SECOND + APART),
        (Ending(EXPIRED, TOO_OLD + SECOND, "n1"), TOO_OLD + APART),
    ],
)
def test_another_node_may_have_found_a_session_alive_until_its_end_by_any_clock(
    end: Ending | None, latest: int
) -> None:
    session = SESSION if end is None else ended(SESSION, end)
    assert may_have_lived(session, BORN, latest, SETTINGS)
    assert not may_have_lived(session, BORN, latest + 1, SETTINGS)


def test_a_session_that_was_idle_for_another_node_was_so_when_it_was_asked() -> None:
    """Whoever answered for it a moment ago does not find it idle: only age ends it in between."""
    too_soon = Ending(EXPIRED, TOO_OLD - APART - 1, "n1")
    assert not may_have_lived(ended(SESSION, too_soon), BORN, too_soon.at - 1, SETTINGS)
    just_so = Ending(EXPIRED, TOO_OLD - APART, "n1")
    assert may_have_lived(ended(SESSION, just_so), BORN, just_so.at - 1, SETTINGS)


def test_when_a_hook_ended_a_session_its_record_does_not_tell() -> None:
    hooked = structs.replace(SETTINGS, max_hook=lambda _session, _wall: True)
    end = Ending(EXPIRED, BORN + SECOND, "n1")
    assert may_have_lived(ended(SESSION, end), BORN, end.at, hooked)
    assert not may_have_lived(ended(SESSION, end), BORN, end.at, SETTINGS)
