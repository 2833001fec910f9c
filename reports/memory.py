"""What each node holds over time, and what that is estimated to take of its memory: by its own counts, never evidence.

Run document in, plot and rows of a table out, by the rules of `reports.plots`.
"""

from collections.abc import Sequence
from typing import Final

from reports import words
from reports.document import RunDocument
from reports.rows import Two, draw_part, draw_whole, rows_sheet
from reports.shapes import BytesEach, Held, Holding
from reports.sheet import SMALL, Plot, Sheet, plot, shortened
from reports.svg import INKS

ROWS_MOST: Final = 12
"""Of more nodes those are drawn that held the most; the text tells the rest."""

ROOMY: Final = 6
"""Up to so many rows get a tall row each."""

_TABLED_MOST: Final = 40
"""Of more nodes those that held the most have a row in the table."""

_LEFT: Final = 76
_TWO: Final = Two("all records", "kept of what has ended", "mark-legend-all", 108, "muted")
_LABEL: Final = 15
_LABEL_WIDE: Final = 130
"""Pixels above a line in which its label stands, and pixels that the longest takes."""

_Sizes = list[tuple[int, int, int]]
"""[time in µs, bytes of all records, those of them that ends and revocations take]."""


def memory(document: RunDocument) -> Plot | None:
    """Draw how many bytes the records of each node are estimated to take over time, all rows on one scale."""
    seen = document.held()
    sizes = {name: _sizes(steps, seen.bytes_each) for name, steps in seen.by_node.items()} if seen is not None else {}
    most = max((_peak(steps)[1] for steps in sizes.values()), default=0)
    if seen is None or not any(sizes.values()):
        return None
    largest = sorted(sizes, key=lambda name: -_peak(sizes[name])[1])[:ROWS_MOST]
    rows = [name for name in sizes if name in largest]
    over = any(over for name in rows for _, _, over in sizes[name])

    def draw(width: int) -> Sheet:
        row, ends = 46 if len(rows) <= ROOMY else 32, [steps[-1][0] for steps in sizes.values() if steps]
        heading, size = f"Estimated bytes of records, 0 to {words.octets(most)}", (width, _LEFT)
        sheet, top = rows_sheet(document, size, (len(rows), row), heading, _TWO if over else None, ends)
        for place, name in enumerate(rows):
            base = top + row * (place + 1)
            _row(sheet, sizes[name], base, (row - _LABEL - 2) / max(most, 1), place)
            sheet.write(sheet.left - 8, base - 6, shortened(name, 62), ha="right")
        return sheet

    told = _in_words(seen, sizes, rows)
    return plot("memory", "Memory: what each node holds", document.figures["held"].source, told, draw)


def octets(held: Holding, each: BytesEach) -> tuple[int, int]:
    """Estimate the bytes that a node's records and their digests take, and those of them for ends and revocations."""
    over = held.ends * each.end + held.revocations * each.revocation
    return held.sessions * each.session + held.keys * each.key + held.branches * each.branch + over, over


def _sizes(steps: Sequence[tuple[int, Holding]], each: BytesEach) -> _Sizes:
    return [(t, *octets(held, each)) for t, held in steps]


def _peak(steps: _Sizes) -> tuple[int, int, int]:
    return max(steps, key=lambda step: step[1], default=(0, 0, 0))


def _row(sheet: Sheet, steps: _Sizes, base: float, scale: float, place: int) -> None:
    """Draw all records as an area and a line, what is kept of what is over as a full area in front of it."""
    sheet.rule([sheet.left, sheet.right], [base, base])
    if not steps:
        sheet.write(sheet.left + 4, base - 8, "gave no account", fontsize=SMALL, color=INKS["muted"])
        return
    draw_whole(sheet, [(t, size) for t, size, _ in steps], base, scale, f"mark-held-{place}")
    if any(over for _, _, over in steps):
        draw_part(sheet, [(t, over) for t, _, over in steps], base, scale, f"mark-over-{place}", _TWO.ink)
    _labels(sheet, steps, base, scale)


def _labels(sheet: Sheet, steps: _Sizes, base: float, scale: float) -> None:
    """Name what was held at the end, above all that it stands over, and the most where it was more and lies apart."""
    (peak_us, peak, _), last = _peak(steps), steps[-1][1]
    x, how = sheet.x(peak_us), {"fontsize": SMALL, "color": INKS["seen"]}
    told, more = f"{words.octets(last)} at the end", words.octets(peak) != words.octets(last)
    if more and x < sheet.right - _LABEL_WIDE:
        sheet.write(x + 5, base - peak * scale - 7, words.octets(peak), ha="left", **how)
    elif more:
        told = f"{words.octets(peak)}, {told}"
    ends = [sheet.x(t) for t, _, _ in steps[1:]] + [sheet.right]
    below = max(size for (_, size, _), end in zip(steps, ends, strict=True) if end >= sheet.right - _LABEL_WIDE)
    sheet.write(sheet.right - 2, base - below * scale - 7, told, ha="right", **how)


def _in_words(seen: Held, sizes: dict[str, _Sizes], rows: Sequence[str]) -> str:
    said = []
    for name in rows:
        if not sizes[name]:
            said.append(f"{name} gave no account.")
            continue
        (peak_us, peak, _), last = _peak(sizes[name]), seen.by_node[name][-1][1]
        kept = f"{words.count(last.sessions, 'live session')} and {words.count(last.ends, 'end')}"
        said.append(
            f"{name} held at most an estimated {words.octets(peak)}, at {words.instant(peak_us)}; "
            f"{words.octets(sizes[name][-1][1])} at the end, of {kept}."
        )
    rest = len(sizes) - len(rows)
    said += [f"{words.count(rest, 'other node')} never more than these."] if rest else []
    return " ".join(said)


def account(document: RunDocument) -> str:
    """Say what the estimate is made of; "" where no node gave any account."""
    seen = document.held()
    if seen is None or not any(seen.by_node.values()):
        return ""
    each = seen.bytes_each
    return (
        f"Estimated, not measured: each node is asked every {words.seconds(seen.every_us)} or a little later for its "
        f"counts, and a live session is reckoned with {each.session:,} B and {each.key:,} B a key, an end with "
        f"{each.end:,} B, a revocation with {each.revocation:,} B, a branch of the digest tree with {each.branch:,} B. "
        "That is chosen for the reference store, with values of forty characters, and compared with what it takes by "
        "benchmarks/memory.py: within a tenth from 1,300 records of a kind on, of fewer up to a quarter too little; "
        "what a process takes besides is left out, and so are changes that wait for an acknowledgement."
    )


def holdings(document: RunDocument) -> list[tuple[str, ...]]:
    """Give a row a node: the most it held, what it held at the end, the most changes that were not acknowledged.

    Of more than 40 nodes those that held the most have a row; the last tells the most that any other did.
    """
    seen = document.held()
    if seen is None:
        return []
    counted = {name: _counted(steps, seen.bytes_each) for name, steps in seen.by_node.items() if steps}
    largest = sorted(counted, key=lambda name: -counted[name][0])
    shown, rest = set(largest[:_TABLED_MOST]), largest[_TABLED_MOST:]
    rows = [_tabled(name, counts) for name, counts in counted.items() if name in shown]
    if rest:
        most = [max(column) for column in zip(*(counted[name] for name in rest), strict=True)]
        rows.append(_tabled(f"{words.count(len(rest), 'more node')}, at most", most))
    return rows


def _counted(steps: Sequence[tuple[int, Holding]], each: BytesEach) -> list[int]:
    last = steps[-1][1]
    held = [last.sessions, last.keys, last.ends, last.revocations, max(one.unacknowledged for _, one in steps)]
    return [_peak(_sizes(steps, each))[1], octets(last, each)[0], *held]


def _tabled(name: str, counts: Sequence[int]) -> tuple[str, ...]:
    peak, last, *held = counts
    return (name, words.octets(peak), words.octets(last), *(f"{number:,}" for number in held))
