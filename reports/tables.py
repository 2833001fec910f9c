"""The figures of a run as files for other programs: all of them as JSON, those that are tables as CSV too.

Nothing is rounded and nothing left out: times are microseconds, as in the run document.
"""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from reports.document import RunDocument
from reports.memory import octets
from reports.shapes import Held

JSON: Final = "figures.json"
FOLDER: Final = "figures"

_Row = tuple[Any, ...]


def as_json(document: RunDocument) -> str:
    """Write every figure with its unit and who saw it: one JSON object, by name."""
    figures = {
        name: {"unit": figure.unit, "source": figure.source, "value": figure.value}
        for name, figure in document.figures.items()
    }
    return msgspec.json.format(msgspec.json.encode(figures), indent=1).decode() + "\n"


def as_csv(document: RunDocument) -> dict[str, str]:
    """Write the figures that are tables.

    Returns:
        By name of the figure, a CSV (RFC 4180) whose first line names the columns with their units; figures without any
        row are left out.
    """
    found = {}
    for name, (columns, rows_of) in _TABLES.items():
        figure = document.figures.get(name)
        rows = list(rows_of(figure.value)) if figure is not None else []
        if rows:
            sheet = io.StringIO()
            csv.writer(sheet).writerows([columns, *rows])
            found[name] = sheet.getvalue()
    return found


def _by_node(value: dict[str, Iterable[_Row]]) -> Iterable[_Row]:
    return ((node, *row) for node, rows in value.items() for row in rows)


def _by_two(value: dict[str, dict[str, Any]]) -> Iterable[_Row]:
    return ((one, other, number) for one, inner in value.items() for other, number in inner.items())


def _strips(value: dict[str, dict[str, Iterable[_Row]]]) -> Iterable[_Row]:
    return ((one, other, *row) for one, inner in value.items() for other, rows in inner.items() for row in rows)


def _buckets(value: Any) -> Iterable[_Row]:
    rows: Iterable[_Row] = value.buckets
    return rows


def _held(value: Held) -> Iterable[_Row]:
    return (
        (node, t, *astuple(held), octets(held, value.bytes_each)[0])
        for node, steps in value.by_node.items()
        for t, held in steps
    )


_TABLES: Final[dict[str, tuple[_Row, Callable[[Any], Iterable[_Row]]]]] = {
    "availability": (("begin_us", "asked", "answered"), _buckets),
    "latency": (("begin_us", "p50_us", "p95_us", "p99_us"), _buckets),
    "load": (("begin_us", "asked", "sessions_live"), _buckets),
    "errors": (("node", "kind", "requests"), _by_two),
    "requests": (("node", "outcome", "requests"), lambda value: _by_two(value.by_node)),
    "routes": (
        ("node", "begin_us", "asked", "errors"),
        lambda value: _by_node({node: route.buckets for node, route in value.by_node.items()}),
    ),
    "behind": (("node", "t_us", "copies"), _by_node),
    "spread": (("since_answer_us", "share"), lambda value: value.curve),
    "lags": (("answered_us", "to_last_copy_us"), lambda value: value),
    "membership": (("node", "of", "t_us", "state"), _strips),
    "rumours": (("node", "noted", "times"), _by_two),
    "traffic": (
        ("kind", "channel", "begin_us", "arrived", "lost"),
        lambda value: ((one.kind, one.channel, *row) for one in value.by_kind for row in one.buckets),
    ),
    "held": (
        (
            "node",
            "t_us",
            "sessions",
            "keys",
            "ends",
            "revocations",
            "branches",
            "unacknowledged",
            "members",
            "bytes_estimated",
        ),
        _held,
    ),
}

NAMES: Final = tuple(_TABLES)
"""The figures that can be tables."""
