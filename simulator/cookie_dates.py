"""Dates of cookies, read as tolerantly as browsers do (RFC 6265, section 5.1.1; COOK-8). Nothing else of cookies."""

import re
from datetime import UTC, datetime

from simulator.clock import s

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKENS = re.compile(r"[\t\x20-\x2f;-@\[-`{-~]+")
"""What stands between tokens: the draft's delimiters; colons and digits, letters and octets above 7F do not."""
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL)
_DAY = re.compile(r"(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL)
_YEAR = re.compile(r"(\d{2,4})(?:\D.*)?", re.ASCII | re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_YEAR = 1601
_CENTURY_BEGINS = 70
"""A year of two digits from here on is of the twentieth century, one before of the next."""


def instant(text: str) -> int | None:
    """Read a date: its tokens may stand in any order, and each is taken by the first rule that it fits.

    Args:
        text: what stands behind `Expires=`.

    Returns:
        Microseconds since 1970, None when no date can be read from it.
    """
    time = day = month = year = None
    for token in _TOKENS.split(text):
        if time is None and (found := _TIME.fullmatch(token)):
            time = found
        elif day is None and (found := _DAY.fullmatch(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.fullmatch(token)):
            year = _full_year(int(found[1]))
    if time is None or day is None or month is None or year is None or year < _FIRST_YEAR:
        return None
    try:
        when = datetime(year, month, day, int(time[1]), int(time[2]), int(time[3]), tzinfo=UTC)
    except ValueError:
        return None
    return s((when - _EPOCH).days * 86_400 + (when - _EPOCH).seconds)


def _full_year(year: int) -> int:
    if year >= 100:  # noqa: PLR2004 (three and four digits are the year itself)
        return year
    return year + (1900 if year >= _CENTURY_BEGINS else 2000)
