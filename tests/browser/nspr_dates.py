"""Dates as Firefox reads them: the day that NSPR's PR_ParseTimeString finds in a text (nsprpub/pr/src/misc/prtime.c).

Times of day and zones are passed over: what is drawn for tests lies years from now.
"""

import re
from datetime import date, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_REST_OF_TOKEN = re.compile(r"[^\s,;\-+/()\[\]]*", re.ASCII)
_BETWEEN = re.compile(r"[\s,;/()\[\]]*", re.ASCII)
_NUMBER = re.compile(r"[0-9]+")
_THREE = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{1,5})(?![0-9A-Za-z])")
_CENTURY, _TURNS = 100, 70
_DAYS, _MONTHS = 31, 12
_YEAR_MOST = 32_767
_FOUR, _FIVE, _TWO = 4, 5, 2


def day_of(text: str) -> date | None:
    """Give the day that a text names, None for a text that names none; years beyond those of `date` are its limits."""
    found: dict[str, int] = {}
    at = 0
    while at < len(text):
        if (number := _NUMBER.match(text, at)) is not None:
            at = _took_number(text, number, found)
        elif text[at] in "+-":
            at += 1
        elif (letters := text[at : at + 3].lower()) in MONTHS:
            found.setdefault("month", MONTHS.index(letters) + 1)
        at = _next(text, at, found)
    if found.keys() != {"day", "month", "year"} or found["year"] > _YEAR_MOST:
        return None
    return date(min(max(found["year"], 2), 9_998), found["month"], 1) + timedelta(found["day"] - 1)


def _next(text: str, at: int, found: dict[str, int]) -> int:
    """Pass over the rest of a token and what is between it and the next; a dash is so before anything but a digit."""
    rest = _REST_OF_TOKEN.match(text, at)
    at = rest.end() if rest else at
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        dash = text[at : at + 1] == "-"
        if not dash or (text[at + 1 : at + 2].isdigit() and ("year" in found or not text[at - 1 : at].isalpha())):
            return at
        at += 1


def _took_number(text: str, number: re.Match[str], found: dict[str, int]) -> int:
    """Take a number for a year or a day, or three of them for a date; say from where on the token is passed over."""
    start, end = number.span()
    digits, following = number[0], text[end : end + 2]
    if following[:1] in {"/", "-"} and following[1:].isdigit():
        three = _THREE.match(text, start) if "month" not in found else None
        if three is not None and len(digits) <= _TWO:
            _took_three(int(three[1]), int(three[2]), int(three[3]), found)
            return three.end()
    elif following[:1] == ":" or following[:1].isalpha():
        pass
    elif len(digits) in {_FOUR, _FIVE}:
        found.setdefault("year", int(digits))
    elif len(digits) == 1 or (len(digits) == _TWO and "day" not in found and int(digits) <= _DAYS):
        found.setdefault("day", int(digits))
    elif len(digits) == _TWO:
        found.setdefault("year", _year(int(digits)))
    return start


def _took_three(first: int, second: int, third: int, found: dict[str, int]) -> None:
    """Take three numbers for year, month and day, for day, month and year, or for month, day and year."""
    if first > _DAYS or first == 0:
        if 0 < second <= _MONTHS and third <= _DAYS:
            found |= {"year": _year(first), "month": second, "day": third}
    elif first > _MONTHS:
        if 0 < second <= _MONTHS:
            found |= {"year": _year(third), "month": second, "day": first}
    else:
        found |= {"year": _year(third), "month": first, "day": second}


def _year(number: int) -> int:
    if number >= _CENTURY:
        return number
    return number + (2_000 if number < _TURNS else 1_900)
