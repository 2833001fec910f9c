"""Days of traffic: the figures of `data/nasa-day.yaml`, and recordings that users bring. What a page asks is not here.

A recording is an access log in Common Log Format (or the combined one, which begins the same) or a CSV with the columns
second, visitor and embedded; either may be compressed by gzip.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from scenarios.files import ScenarioRefused, lines_of

NASA_DAY = "nasa-day"
"""The day that is drawn from figures; anything else that names traffic is the path of a recording."""
FIGURES = Path(__file__).parent / "data" / "nasa-day.yaml"
COLUMNS = ("second", "visitor", "embedded")
NAMED = 5
"""So many of the lines that cannot be read are named."""
_PICTURES = "gif jpg jpeg jpe png apng webp avif svg ico bmp xbm xpm tif tiff"
_SOUND_AND_FILM = "wav au aif aiff mp3 ogg oga opus m4a mid midi mpg mpeg mov avi mp4 webm ogv"
_STYLE_AND_SCRIPT = "css js mjs map woff woff2 ttf otf eot"
EMBEDDED = frozenset(f"{_PICTURES} {_SOUND_AND_FILM} {_STYLE_AND_SCRIPT}".split())
"""Endings of what a page brings along: asked for by the browser, not by the person."""

_LOG_LINE = re.compile(
    r"(\S+) \S+ .*?\[(\d{1,2})/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "
    r'"(?:[A-Z]+ )?((?:https?:/)?/[^\s"]*)'
)
_MONTHS = "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


@dataclass(frozen=True)
class Figures:
    """A day of traffic in figures: pages by hour, and quantiles at common levels.

    Attributes:
        pages: how many pages were asked for.
        span_s: from the first instant of the day to the last page, s.
        pages_by_hour: the same pages by the hour in which they were asked for.
        levels_percent: the levels of the quantiles.
        page_gap_s: quantiles of the time between two pages of one visitor, s.
        pages_per_visitor: quantiles of the number of pages of a visitor.
    """

    pages: int
    span_s: int
    pages_by_hour: tuple[int, ...]
    levels_percent: tuple[int, ...]
    page_gap_s: tuple[int, ...]
    pages_per_visitor: tuple[int, ...]


@dataclass(frozen=True)
class Recording:
    """A recorded day.

    Attributes:
        pages: (second, visitor) of every page in order of time, from second 0 on; visitors are numbered from 1 in the
            order of their first pages.
        embedded: how many requests were left out as parts of a page.
        unread: how many lines cannot be read.
        unread_lines: the numbers of the first few of them, from 1.
    """

    pages: tuple[tuple[int, int], ...]
    embedded: int = 0
    unread: int = 0
    unread_lines: tuple[int, ...] = ()

    @property
    def visitors(self) -> int:
        """How many visitors there are."""
        return max(visitor for _, visitor in self.pages)

    def notes(self, name: str) -> list[str]:
        """Say in sentences what a reader of the run must know about the file of that name."""
        pages = f"{len(self.pages):,} pages of {self.visitors:,} visitors within {self.pages[-1][0]:,} s"
        said = [f"traffic of {name}: {pages}; {self.embedded:,} requests for parts of a page left out"]
        if self.unread:
            which = ", ".join(str(number) for number in self.unread_lines)
            more = " and more" if self.unread > len(self.unread_lines) else ""
            lines = "1 line" if self.unread == 1 else f"{self.unread:,} lines"
            said.append(f"traffic of {name}: {lines} cannot be read and count for nothing: line {which}{more}")
        return said


@cache
def figures() -> Figures:
    """Read the figures of the day that comes with anynode."""
    read: dict[str, Any] = yaml.safe_load(FIGURES.read_text(encoding="utf-8"))
    return Figures(
        pages=read["pages"],
        span_s=read["span_s"],
        pages_by_hour=tuple(read["pages_by_hour"]),
        levels_percent=tuple(read["quantile_levels_percent"]),
        page_gap_s=tuple(read["page_gap_s"]),
        pages_per_visitor=tuple(read["pages_per_visitor"]),
    )


def read_recording(path: Path) -> Recording:
    """Read a recorded day.

    Lines need not be in order of time. What a page brings along (pictures, sound, style sheets, scripts) is left out: a
    CSV says so itself, in a log the path's ending does.

    Args:
        path: an access log or a CSV; which, its first line tells.

    Raises:
        ScenarioRefused: the file cannot be read, or there is no page in it.
    """
    lines = lines_of(path)
    first = next(lines, "")
    if first.count(",") >= len(COLUMNS) - 1 and any(column in first.lower().split(",") for column in COLUMNS):
        requests = _of_csv(path, first, lines)
    else:
        requests = _of_log(chain([first], lines))
    return _gathered(path, requests)


def write_recording(pages: Iterable[tuple[int, int]], path: Path) -> None:
    """Write pages, (second, visitor) in order of time, as a CSV that `read_recording` reads."""
    rows = "".join(f"{second},{visitor},0\n" for second, visitor in pages)
    path.write_text(",".join(COLUMNS) + "\n" + rows, encoding="utf-8")


_Request = tuple[int, str, bool]
"""Second, visitor, whether it is a part of a page."""


def _gathered(path: Path, requests: Iterable[tuple[int, _Request | None]]) -> Recording:
    """Sort what could be read; each comes with the number of its line, and None stands for one that cannot be read."""
    pages: list[tuple[int, str]] = []
    unread_lines: list[int] = []
    embedded = unread = 0
    for number, request in requests:
        if request is None:
            unread += 1
            if unread <= NAMED:
                unread_lines.append(number)
        elif request[2]:
            embedded += 1
        else:
            pages.append(request[:2])
    if not pages:
        found = f"it has {unread:,} lines and none can be read"
        if embedded:
            found = f"all {embedded:,} requests in it are for parts of a page"
        raise ScenarioRefused(
            f"{path}: {found}; name an access log in Common Log Format, or a CSV with the columns {', '.join(COLUMNS)}"
        )
    pages.sort(key=lambda page: page[0])
    begin = pages[0][0]
    numbers: dict[str, int] = {}
    numbered = tuple((second - begin, numbers.setdefault(who, len(numbers) + 1)) for second, who in pages)
    return Recording(numbered, embedded, unread, tuple(unread_lines))


def _of_csv(path: Path, header: str, lines: Iterable[str]) -> Iterator[tuple[int, _Request | None]]:
    names = [name.strip().lower() for name in header.split(",")]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise ScenarioRefused(
            f"{path}: line 1 names the columns {', '.join(names)}, and {missing[0]} is missing; write "
            f"{','.join(COLUMNS)}"
        )
    places = [names.index(column) for column in COLUMNS]
    for number, line in enumerate(lines, start=2):
        if line.strip():
            cells = [cell.strip() for cell in line.split(",")]
            yield number, _row([cells[place] for place in places]) if len(cells) == len(names) else None


def _row(cells: list[str]) -> _Request | None:
    second, visitor, embedded = cells
    if not (second.isascii() and second.isdigit() and visitor and embedded in ("0", "1")):
        return None
    return int(second), visitor, embedded == "1"


def _of_log(lines: Iterable[str]) -> Iterator[tuple[int, _Request | None]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _logged(line)


def _logged(line: str) -> _Request | None:
    """Read one line of a log: host, instant and path; what else it says is of no use here."""
    found = _LOG_LINE.match(line)
    if found is None:
        return None
    host, day, month, year, hour, minute, second, sign, east_h, east_m, path = found.groups()
    try:
        days = date(int(year), _MONTHS.index(month) + 1, int(day)).toordinal()
    except ValueError:
        return None
    east = int(east_h) * _HOUR_S + int(east_m) * _MINUTE_S
    instant = days * _DAY_S + int(hour) * _HOUR_S + int(minute) * _MINUTE_S + int(second)
    _, dot, ending = path.partition("?")[0].rpartition("/")[2].lower().rpartition(".")
    return instant + (east if sign == "-" else -east), host, bool(dot) and ending in EMBEDDED
