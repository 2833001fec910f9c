"""How a record of what verdicts are worth reads: as a table on a terminal, and as Markdown for docs/power.md.

Plain text out of a record (`conformance.worth`); nothing is measured here and nothing is judged.
"""

from collections.abc import Sequence

from conformance.worth import Record, Store, Worth, worth_of
from reports.words import count

BEGIN = "<!-- made by `anynode power --write`: what stands between these two lines is replaced -->"
END = "<!-- until here -->"
NONE = "–"
_EXAMPLES = (1, 25, 100)
"""Numbers of clean seeds that are told beside the one that was measured."""


class NoPlace(ValueError):
    """A document has no place for what is made; it is left as it is."""


def terminal(record: Record) -> str:
    """Write the matrix, what faults reached and what clean seeds are worth, for a terminal."""
    parts = [_matrix(record), _reference(record), _faults(record), _worth(record)]
    return "\n\n".join("\n".join(part) for part in parts if part)


def markdown(record: Record) -> str:
    """Write the same as Markdown."""
    seeds = _seeds(record)
    commit = f"commit {record.commit}" if record.commit else "no checkout"
    checks = list(record.checks)
    lines = [f"Measured with anynode {record.anynode} ({commit}), {seeds} of every row.", ""]
    lines += _rows(
        ["broken store", *(check.replace("_", " ") for check in checks)],
        [[f"`{store.name}`", *(_cell(store, check, "**") for check in checks)] for store in record.broken],
    )
    lines += ["", "### Each broken store", ""]
    lines += _rows(
        ["broken store", "its bug", "must be convicted by", "in", "seeds", "until", "median"],
        [
            [
                f"[`{store.name}`]({store.seen_in})",
                store.bug,
                store.check,
                f"`{store.scenario}`",
                *_numbers(store, record),
            ]
            for store in record.broken
        ],
    )
    lines += ["", "### The reference", "", *_reference(record)]
    lines += ["", "### Faults that touched something", ""]
    lines += _rows(
        ["fault", "runs in which it touched something, of those in which it struck", "scenarios"],
        [
            [kind, f"{reach.runs} of {reach.struck}", ", ".join(f"`{name}`" for name in reach.scenarios) or NONE]
            for kind, reach in record.faults.items()
        ],
    )
    lines += ["", "### A clean run", ""]
    lines += _rows(
        ["clean seeds", "a bug not seen shows in at most (95 %)", "rule of three"],
        [[str(one.seeds), _share(one.exact), _share(one.rule_of_three)] for one in _worths(record)],
    )
    return "\n".join(lines)


def filled(document: str, record: Record) -> str:
    """Replace what was made before in a document, and nothing else.

    Raises:
        NoPlace: the two lines between which it stands are not both there, in their order.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace(f"found no line '{BEGIN}' with a line '{END}' after it; write both where the tables shall stand")
    return f"{before}{BEGIN}\n{markdown(record)}\n{END}{after}"


def _matrix(record: Record) -> list[str]:
    """Write a row a broken store and a numbered column a check; the check meant for it is marked."""
    if not record.broken:
        return []
    checks = list(record.checks)
    head = ["broken store", *(str(number) for number in range(1, len(checks) + 1)), "until", "median", "scenario"]
    rows = [
        [store.name, *(_cell(store, check, "*") for check in checks), *_numbers(store, record)[1:], store.scenario]
        for store in record.broken
    ]
    names = ", ".join(f"{number} {check}" for number, check in enumerate(checks, start=1))
    silent = [check for check, stores in record.checks.items() if not stores and len(record.broken) > 1]
    return [
        f"in how many of {_seeds(record)} each check convicts it (* the check meant for it):",
        *_aligned([head, *rows]),
        f"checks: {names}",
        *([f"convicted none of these: {', '.join(silent)}"] if silent else []),
    ]


def _reference(record: Record) -> list[str]:
    own = record.reference
    if not own.runs:
        return []
    by = ", ".join(own.convicted) or "none"
    of = count(len(own.scenarios), "scenario")
    short = f"; {own.fell_short:,} of them were too short for all that the whole run shows" if own.fell_short else ""
    return [f"The reference was convicted by {by}, in {count(own.runs, 'run')} of {of}{short}."]


def _faults(record: Record) -> list[str]:
    if not any(reach.struck for reach in record.faults.values()):
        return []
    rows = [["fault", "touched", "struck", "scenarios in which it touched something"]]
    for kind, reach in record.faults.items():
        rows.append([kind, str(reach.runs), str(reach.struck), ", ".join(reach.scenarios) or NONE])
    return [
        "runs of the reference in which each kind of fault struck, and in which it touched something:",
        *_aligned(rows),
    ]


def _worth(record: Record) -> list[str]:
    found = ["what clean seeds of a scenario are worth, at 95 % confidence: a bug that they did not show"]
    for one in _worths(record):
        many = count(one.seeds, "seed")
        found.append(
            f"{many:>9}  shows in at most {_share(one.exact)} of seeds (rule of three: {_share(one.rule_of_three)})"
        )
    return found


def _worths(record: Record) -> list[Worth]:
    return [worth_of(seeds) for seeds in sorted({*_EXAMPLES, record.seeds})]


def _cell(store: Store, check: str, mark: str) -> str:
    """Write in how many seeds a check convicted a store; a mark sets off the check that must."""
    number = store.by_check.get(check, 0)
    if check == store.check:
        return f"{mark}{number}{mark}" if mark == "**" else f"{number}{mark}"
    return str(number) if number else "."


def _numbers(store: Store, record: Record) -> list[str]:
    until = "never" if store.seeds_until is None else str(store.seeds_until)
    median = f">{record.seeds}" if store.seeds_median is None else str(store.seeds_median)
    return [f"{store.seeds_convicted} of {record.seeds}", until, median]


def _seeds(record: Record) -> str:
    last = record.first_seed + record.seeds - 1
    return f"seed {last}" if record.seeds == 1 else f"seeds {record.first_seed} to {last}"


def _share(share: float) -> str:
    return f"{share * 100:.3g} %"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns: text to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = (0, len(widths) - 1)
    return [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table of Markdown."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
