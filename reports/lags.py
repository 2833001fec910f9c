"""How long each watched write took to its last copy, over time: a dot a write, beside the contract's bound.

Run document in, plots out, by the rules of `reports.plots`.
"""

import math
from typing import Final

from reports import words
from reports.document import RunDocument
from reports.sheet import AXIS, LANE, SMALL, Plot, Sheet, fault_bands, lanes, plot, time_axis, time_end
from reports.svg import INKS

_HEIGHT: Final = 170
_NEVER: Final = 20
"""Height of the row above the scale, for what never came."""


def lags(document: RunDocument) -> Plot | None:
    """Draw when each write was answered, and how long after that the last node was seen to have it."""
    seen = document.lags()
    if not seen:
        return None
    came = [(t, max(delay, 1)) for t, delay in seen if delay is not None]
    never = [t for t, delay in seen if delay is None]
    bound = max(document.header.contract.converge_us, 1)
    low: int = 10 ** (len(str(min([bound, *(delay for _, delay in came)]))) - 1)
    high: int = 10 ** len(str(max([bound, *(delay for _, delay in came)])))

    def draw(width: int) -> Sheet:
        names = 24 + LANE * lanes(document)
        top = names + (_NEVER if never else 0)
        bottom = top + _HEIGHT
        sheet = Sheet(width=width, height=bottom + AXIS, left=76, end_us=time_end(document, seen[-1][0]))
        sheet.write(8, 10, "From the answer to the last copy (log)", weight="bold")
        fault_bands(sheet, document, 22, bottom)

        def y(us: int) -> float:
            return round(bottom - _HEIGHT * math.log(us / low) / math.log(high / low), 2)

        decade = low
        while decade <= high:
            sheet.rule([sheet.left, sheet.right], [y(decade)] * 2)
            sheet.write(sheet.left - 8, y(decade), words.span(decade), ha="right", fontsize=SMALL, color=INKS["muted"])
            decade *= 10
        promise = [y(bound)] * 2
        sheet.rule([sheet.left, sheet.right], promise, color=INKS["ink"], linestyle=(0, (3, 2)), gid="mark-promise")
        sheet.write(sheet.left + 4, y(bound) + 9, f"contract: {words.seconds(bound)}, uncut", fontsize=SMALL)
        if never:
            sheet.write(sheet.left - 8, names + 8, "never", ha="right", fontsize=SMALL, color=INKS["bad"])
            marks = [sheet.x(t) for t in never], [names + 8] * len(never)
            sheet.axes.plot(*marks, "x", color=INKS["bad"], markersize=6, gid="mark-never")
        dots = [sheet.x(t) for t, _ in came], [y(delay) for _, delay in came]
        sheet.axes.plot(*dots, "o", color=INKS["seen"], markersize=3.5, gid="mark-came")
        time_axis(sheet, bottom)
        return sheet

    told = _in_words(came, len(never), bound)
    return plot("lags", "How long the last copy took, over time", document.figures["lags"].source, told, draw)


def _in_words(came: list[tuple[int, int]], never: int, bound: int) -> str:
    late = sum(delay > bound for _, delay in came)
    said = [f"Of {words.count(len(came) + never, 'write')} shown, {never:,} were never seen on every node."]
    said.append(f"{late:,} took longer than {words.seconds(bound)}, the contract's bound where no fault lies between.")
    if came:
        t, slowest = max(came, key=lambda point: point[1])
        said.append(f"The slowest was answered at {words.instant(t)} and took {words.rounded(slowest)}.")
    return " ".join(said)
