"""What nodes did among themselves, as rows of tables: messages by kind, and what each noted of the others."""

from typing import Final

from reports import words
from reports.document import RunDocument
from reports.traffic import per_second

_RUMOURS: Final = ("suspect", "dead", "refuted")
_RUMOURS_MOST: Final = 40
"""Nodes whose own counts are tabled; the total is of all."""


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
            words.octets(kind.octets) if kind.octets else "not told",
            f"{words.octets(kind.octets_most * words.SECOND_US // seen.bucket_us)}/s" if kind.octets else "not told",
        )
        for kind in seen.by_kind
    ]


def rumours(document: RunDocument) -> list[tuple[str, ...]]:
    """Give how often nodes suspected, held for dead and refuted: a row a node that did, then all; else empty."""
    rows = {node: [seen.get(kind, 0) for kind in _RUMOURS] for node, seen in document.rumours().items()}
    noted = [(node, counts) for node, counts in rows.items() if any(counts)]
    if not noted:
        return []
    total = [sum(column) for column in zip(*(counts for _, counts in noted), strict=True)]
    shown = [*noted[:_RUMOURS_MOST], ("all nodes", total)]
    return [(node, *(f"{number:,}" for number in counts)) for node, counts in shown]
