"""What people write for a length of time, a share, a delay and a size, and the whole numbers that come of it.

Durations become integer microseconds, shares integer parts per million, sizes bytes. No scenario lives here.
"""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
"""Microseconds of each unit that may stand behind a number."""
MILLION = 1_000_000
LONGEST_US = 36_500 * UNITS_US["d"]
"""No length of time is longer: a hundred years."""
UNITS_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000_000}
"""Bytes of each unit that may stand behind a size."""

_PART = re.compile(r"(\d+)(?:\.(\d{1,6}))?(us|ms|s|m|h|d)")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_PPM = re.compile(r"([+-]?\d{1,7})ppm")
_SIZE = re.compile(r"(\d{1,9})(B|kB|MB)")
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%")


def parse_duration(text: object) -> int:
    """Read a length of time such as '1m30s'.

    Args:
        text: numbers, each with its unit (us, ms, s, m, h, d), the longest first; `0` needs no unit.

    Returns:
        Whole microseconds, at least 0 and at most a hundred years.

    Raises:
        ValueError: when a unit is missing or unknown, or it is longer, naming what to write.
    """
    if text == "0" or (text == 0 and type(text) is int):
        return 0
    if _is_number(text):
        raise ValueError(f"is '{text}' without a unit; write '{text}s', '{text}ms' or '{text}us'")
    if not isinstance(text, str):
        raise ValueError(f"is {text!r}, expected a length of time; write '5s', '5ms' or '5us'")  # noqa: TRY004 - pydantic
    total, place, smallest = 0, 0, UNITS_US["d"] + 1
    for part in _PART.finditer(text):
        scale = UNITS_US[part[3]]
        if part.start() != place or scale >= smallest:
            break
        below = int((part[2] or "").ljust(6, "0")) * scale
        if below % MILLION:
            raise ValueError(f"is '{text}', finer than a microsecond; write whole microseconds such as '5us'")
        if len(part[1]) > len(str(LONGEST_US)) or total + int(part[1]) * scale > LONGEST_US:
            raise ValueError(f"is '{text[:40]}', longer than a hundred years; write at most '36500d'")
        total += int(part[1]) * scale + below // MILLION
        place, smallest = part.end(), scale
    if place == 0 or place != len(text):
        raise ValueError(f"is '{text}', expected numbers with units, the longest first; write '5s', '5ms' or '1h30m'")
    return total


def _is_number(text: object) -> bool:
    """Say whether it is a plain number, as YAML or as text, to which a unit could be added."""
    if isinstance(text, str):
        return _NUMBER.fullmatch(text) is not None
    return isinstance(text, (int, float)) and not isinstance(text, bool) and text > 0


def write_duration(length_us: int) -> str:
    """Write whole microseconds as people do: the shortest text that `parse_duration` reads back."""
    if length_us == 0:
        return "0"
    parts = []
    for unit, scale in sorted(UNITS_US.items(), key=lambda item: -item[1]):
        count, length_us = divmod(length_us, scale)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def parse_signed(text: object) -> int:
    """Read a length of time that may have a sign, such as '-900ms'; the rest as `parse_duration`."""
    if isinstance(text, str) and text[:1] in ("-", "+"):
        length = parse_duration(text[1:])
        return -length if text[0] == "-" else length
    return parse_duration(text)


def write_signed(length_us: int) -> str:
    """Write whole microseconds so that `parse_signed` reads them back."""
    return write_duration(length_us) if length_us >= 0 else "-" + write_duration(-length_us)


def parse_drift(text: object) -> int:
    """Read how much a clock gains, such as '200ppm' or '-1ms/s'.

    Args:
        text: parts per million, or a length of time that is gained in every second; negative when it loses.

    Returns:
        Whole parts per million, which are microseconds a second; not 0, and slower than time itself.

    Raises:
        ValueError: when it is neither, nothing, or a second and more in a second.
    """
    found = _PPM.fullmatch(text) if isinstance(text, str) else None
    if found is not None:
        drift = int(found[1])
    elif isinstance(text, str) and text.endswith("/s"):
        drift = parse_signed(text.removesuffix("/s"))
    else:
        raise ValueError(f"is {text!r}, expected what a clock gains in time; write '200ppm' or '1ms/s'")
    if not 0 < abs(drift) < MILLION:
        raise ValueError(f"is {text!r}, expected more than nothing and less than a second in a second; write '200ppm'")
    return drift


def write_drift(ppm: int) -> str:
    """Write parts per million so that `parse_drift` reads them back."""
    return f"{ppm}ppm"


def parse_share(text: object) -> int:
    """Read a share such as '0.1%'.

    Args:
        text: a percentage from 0% to 100% with at most four decimals; `0` needs no sign.

    Returns:
        Parts per million.

    Raises:
        ValueError: when it is no percentage or exceeds 100%.
    """
    if isinstance(text, int) and not isinstance(text, bool) and text == 0:
        return 0
    found = _PERCENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"is {text!r}, expected a share with its sign; write '5%' or '0.1%'")
    share = int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0"))
    if share > MILLION:
        raise ValueError(f"is '{text}', more than the whole; write at most '100%'")
    return share


def write_share(ppm: int) -> str:
    """Write parts per million as people do: the shortest percentage that `parse_share` reads back."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"


def parse_size(text: object) -> int:
    """Read a number of bytes such as '64kB'.

    Args:
        text: a whole number with its unit: B, kB or MB.

    Returns:
        Bytes, at least 1.

    Raises:
        ValueError: when the unit is missing or unknown, or there is nothing.
    """
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError(f"is {text!r}, expected a size above 0 with its unit; write '64kB', '500B' or '2MB'")
    return int(found[1]) * UNITS_BYTES[found[2]]


def write_size(size: int) -> str:
    """Write a number of bytes so that `parse_size` reads it back, in the largest unit that is whole."""
    unit = next(unit for unit in ("MB", "kB", "B") if size % UNITS_BYTES[unit] == 0)
    return f"{size // UNITS_BYTES[unit]}{unit}"


def parse_rate(text: object) -> int:
    """Read how many bytes pass in a second, such as '20kB/s'; the rest as `parse_size`."""
    if not isinstance(text, str) or not text.endswith("/s") or _SIZE.fullmatch(text.removesuffix("/s")) is None:
        raise ValueError(f"is {text!r}, expected bytes in a second; write '20kB/s', '500B/s' or '2MB/s'")
    return parse_size(text.removesuffix("/s"))


def write_rate(rate: int) -> str:
    """Write bytes in a second so that `parse_rate` reads them back."""
    return f"{write_size(rate)}/s"


def _positive(text: object) -> int:
    length = parse_duration(text)
    if length == 0:
        raise ValueError("is 0, expected a length of time above 0; write '5s'")
    return length


def _schema(pattern: str, example: str, *, zero: bool) -> WithJsonSchema:
    text: dict[str, Any] = {"type": "string", "pattern": pattern, "examples": [example]}
    return WithJsonSchema({"anyOf": [text, {"const": 0}]} if zero else text)


_DURATION = r"^(0|(\d+(\.\d+)?(us|ms|s|m|h|d))+)$"
_AS_DURATION = PlainSerializer(write_duration, return_type=str, when_used="json")
_AS_SHARE = PlainSerializer(write_share, return_type=str, when_used="json")

Duration = Annotated[int, BeforeValidator(parse_duration), _AS_DURATION, _schema(_DURATION, "1m30s", zero=True)]
"""A length of time in microseconds."""
Positive = Annotated[int, BeforeValidator(_positive), _AS_DURATION, _schema(_DURATION, "1m30s", zero=False)]
"""A length of time in microseconds, above 0."""
Signed = Annotated[
    int,
    BeforeValidator(parse_signed),
    PlainSerializer(write_signed, return_type=str, when_used="json"),
    _schema(_DURATION.replace("^(", "^[+-]?("), "-900ms", zero=True),
]
"""A length of time in microseconds, forward or back."""
Drift = Annotated[
    int,
    BeforeValidator(parse_drift),
    PlainSerializer(write_drift, return_type=str, when_used="json"),
    _schema(r"^[+-]?\d+(ppm|(\.\d+)?(us|ms)/s)$", "200ppm", zero=False),
]
"""What a clock gains, in parts per million."""
Share = Annotated[int, BeforeValidator(parse_share), _AS_SHARE, _schema(r"^\d{1,3}(\.\d{1,4})?%$", "0.1%", zero=True)]
"""A share in parts per million."""
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(write_size, return_type=str, when_used="json"),
    _schema(r"^[1-9]\d{0,8}(B|kB|MB)$", "64kB", zero=False),
]
"""A number of bytes."""
Rate = Annotated[
    int,
    BeforeValidator(parse_rate),
    PlainSerializer(write_rate, return_type=str, when_used="json"),
    _schema(r"^[1-9]\d{0,8}(B|kB|MB)/s$", "20kB/s", zero=False),
]
"""Bytes in a second."""
