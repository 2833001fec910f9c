"""Rates of messages: a second, and what is too rare for that by the minute or the hour; nothing that came is 0."""

import pytest

from reports.traffic import per_second

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("number", "span_s", "told"),
    [
        (0, 300, "0/s"),
        (16, 5, "3.2/s"),
        (6_200, 5, "1,240/s"),
        (30, 300, "0.1/s"),
        (10, 300, "2/min"),
        (1, 3_600, "1/h"),
    ],
)
def test_a_rate_is_told_by_what_it_can_be_counted_in(number: int, span_s: int, told: str) -> None:
    assert per_second(number, span_s * SECOND) == told
