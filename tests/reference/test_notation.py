"""Single values are read as the product writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import notation
from reference.errors import Malformed

MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("0", 0),
        (0, 0),
        ("5s", 5_000_000),
        ("15m", 15 * MINUTE),
        ("24h", 1440 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("1.5h", 90 * MINUTE),
        ("500ms", 500_000),
        ("7us", 7),
        ("7µs", 7),
        ("1500ns", 1),
        (".5s", 500_000),
        ("1.s", 1_000_000),
        ("+5s", 5_000_000),
        ("0s", 0),
        ("30m1h", 90 * MINUTE),
        ("0.1s", 100_000),
        ("2562047h47m16.854775807s", 9_223_372_036_854_775),
    ],
)
def test_durations_are_gos(text: object, microseconds: int) -> None:
    """REQ-CFG-14."""
    assert notation.duration_us(text) == microseconds


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("15", "15s"),
        (15, "15m"),
        (1.5, "1.5s"),
        ("1d", "24h"),
        ("15 m", "15m"),
        ("15min", "15m"),
        ("2 hours", "2h"),
        ("-5s", "15m"),
        (-5, "15m"),
        ("", "15m"),
        ("s", "15m"),
        ("5s ", "5s"),
        ("5S", "5s"),
        (True, "15m"),
        (None, "15m"),
        ("500ns", "1us"),
        ("2562047h47m16.854775808s", "24h"),
        ("1h30", "1h30m"),
        ([], "15m"),
    ],
)
def test_what_is_no_duration_is_refused_with_one_that_is(text: object, mend: str) -> None:
    with pytest.raises(Malformed) as malformed:
        notation.duration_us(text)
    assert f"'{mend}'" in malformed.value.write


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999_999))
def test_a_written_duration_is_read_back(hours: int, minutes: int, seconds: int, micros: int) -> None:
    text = f"{hours}h{minutes}m{seconds}.{micros:06}s"
    assert notation.duration_us(text) == ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros
