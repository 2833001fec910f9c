"""What nodes did among themselves, as rows of tables: messages by kind, and what each noted of the others."""

from typing import Final

from reports import words
from reports.document import RunDocument
from reports.shapes import Kind
from reports.traffic import per_second

_RUMOURS: Final = ("suspect", "dead", "refuted")
_RUMOURS_MOST: Final = 40
"""Nodes whose own counts are tabled; those of the rest are tabled together."""


def messages(document: RunDocument) -> list[tuple[str, ...]]:
    """Give a row a kind of message: channel, arrived, lost, the most in a second; octets, the most in a second."""
    seen = document.traffic()
    if seen is None:
        return []
    return [
        (
            kind.kind,
            kind.channel,
            f"{kind.carried:,}",
            f"{kind.lost:,}",
            per_second(max((carried for _, carried, _ in kind.buckets), default=0), seen.bucket_us),
            *_octets(kind, seen.bucket_us),
        )
        for kind in seen.by_kind
    ]


def _octets(kind: Kind, bucket_us: int) -> tuple[str, str]:
    """Tell the octets of what arrived, and the most in a second; of what arrived without any, the trace is older."""
    if kind.carried and not kind.octets:
        return "not told", "not told"
    return words.octets(kind.octets), _rate(kind.octets_most, bucket_us)


def _rate(octets: int, bucket_us: int) -> str:
    a_second = octets * words.SECOND_US // bucket_us
    return "under 1 B/s" if octets and not a_second else f"{words.octets(a_second)}/s"


def rumours(document: RunDocument) -> list[tuple[str, ...]]:
    """Give how often nodes suspected, held for dead and refuted: a row a node that did, the rest, all; else empty."""
    rows = {node: [seen.get(kind, 0) for kind in _RUMOURS] for node, seen in document.rumours().items()}
    noted = [(node, counts) for node, counts in rows.items() if any(counts)]
    if not noted:
        return []
    rest = noted[_RUMOURS_MOST:]
    more = [(words.count(len(rest), "more node"), _total(rest))] if rest else []
    shown = [*noted[:_RUMOURS_MOST], *more, ("all nodes", _total(noted))]
    return [(node, *(f"{number:,}" for number in counts)) for node, counts in shown]


def _total(rows: list[tuple[str, list[int]]]) -> list[int]:
    return [sum(column) for column in zip(*(counts for _, counts in rows), strict=True)]
