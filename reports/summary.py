"""The summary of a run as Markdown that fits a pull request: tables of checks and faults, and the command."""

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from reports import words
from reports.document import RunDocument
from reports.rendering import markdown
from reports.story import Sentence, Story
from reports.view import Check, Fault, Limit, Witness, view

ROWS_MOST: Final = 20
TEXT_MOST: Final = 300
WITNESSES_MOST: Final = 6
SENTENCES_MOST: Final = 10
"""A comment of a pull request holds 65,536 characters, and a reviewer less."""

_LEFT_OUT: Final = {"story": "sentences of the story"}
_Row = TypeVar("_Row", Check, Fault, Limit, Witness, Sentence)


def summary(document: RunDocument, violation: Story | None = None) -> str:
    """Write the summary; what is too long is cut, and the summary says that it was.

    Args:
        document: the run.
        violation: the story of its first violation, of which the end is kept.

    Returns:
        Markdown of GitHub's dialect, every value escaped.
    """
    whole = view(document)
    kept, left_out = {}, []
    witnesses = [witness for check in whole["checks"] for witness in check.evidence]
    for name, rows, most in (
        ("checks", whole["checks"], ROWS_MOST),
        ("faults", whole["faults"], ROWS_MOST),
        ("limits", whole["limits"], ROWS_MOST),
        ("witnesses", witnesses, WITNESSES_MOST),
        ("story", [] if violation is None else violation.sentences[::-1], SENTENCES_MOST),
    ):
        kept[name] = _cut(rows[:most])
        if len(rows) > most:
            left_out.append(f"{len(rows) - most:,} more {_LEFT_OUT.get(name, name)}")
    kept["story"].reverse()  # the end is what matters
    told = f"Left out here, on the page: {words.listed(left_out)}." if left_out else ""
    rests = ", ".join(f"{name} {value}" for name, value in whole["facts"]) + "."
    return markdown("summary.md.j2", {**whole, **kept, "left_out": told, "rests": rests})


def _cut(rows: Sequence[_Row]) -> list[_Row]:
    """Cut every long text of the rows, with an ellipsis where it was cut."""
    return [
        msgspec.structs.replace(
            row,
            **{
                name: value[: TEXT_MOST - 1] + "…"
                for name, value in msgspec.structs.asdict(row).items()
                if isinstance(value, str) and len(value) > TEXT_MOST
            },
        )
        for row in rows
    ]
