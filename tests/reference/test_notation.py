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


@pytest.mark.parametrize(
    "address",
    [
        "https://auth.example.com/out",
        "HTTP://auth.example.com:8443?next=1",
        "https://auth.example.com./",
        "https://[fd00::1]:443/out",
        "https://bücher.example/out",
        f"https://{'a' * 63}.example.com/",
    ],
)
def test_an_absolute_url_is_read_as_it_stands(address: str) -> None:
    assert notation.url(address) == address


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("/out", "no absolute URL"),
        ("auth.example.com/out", "no absolute URL"),
        (" https://auth.example.com/", "no absolute URL"),
        ("ftp://auth.example.com/", "no absolute URL"),
        ("https:///out", "without a host name"),
        ("https://[fd00::1/", "no URL"),
        ("https://auth.example.com:99999/out", "with a port"),
        ("https://auth.example.com:https/out", "with a port"),
        ("https://auth..example.com/", "with a host that is no name"),
        ("https://*.example.com/", "with a host that is no name"),
        ("https://-a-.example.com/", "with a host that is no name"),
        ("https://au th.example.com/", "with a host that is no name"),
        (f"https://{'a' * 64}.example.com/", "with a host that is no name"),
    ],
)
def test_a_url_that_no_browser_can_visit_is_refused_with_one_that_it_can(address: str, problem: str) -> None:
    with pytest.raises(Malformed) as malformed:
        notation.url(address)
    assert malformed.value.problem.startswith(problem)
    assert "'https://auth.example.com/single-logout'" in malformed.value.write
