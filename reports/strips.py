"""Membership as each node saw it: a strip a node, from the nodes' own notes. Figures, never evidence."""

from collections.abc import Iterable, Sequence
from typing import Final

from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from reports import words
from reports.document import RunDocument
from reports.shapes import Membership, State
from reports.sheet import AXIS, DESK, LANE, SMALL, Plot, Sheet, fault_bands, lanes, plot, shortened, time_axis, time_end
from reports.svg import INKS

EACH_MOST: Final = 8
"""Up to so many nodes each is shown by itself in each node's strip; above, the worst state that a node held one for."""

STRIPS_MOST: Final = 40

_SHAPES: Final[dict[State, tuple[str, float, str]]] = {
    "alive": ("good", 2, "alive"),
    "left": ("outside", 4, "left"),
    "suspect": ("doubt", 7, "suspected"),
    "dead": ("bad", 11, "held for dead"),
    "down": ("muted", 0.6, "itself down"),
}
"""Colour, height in pixels and words of each state: the worse, the higher, so that it reads without colour."""

_Steps = Sequence[tuple[int, State]]
_Strip = tuple[str, str, _Steps]
"""Observer, whom it observed ("" for all the others together), and steps of states."""

_STRIP_PX: Final = 13
_GAP_PX: Final = 9


def membership(document: RunDocument) -> Plot | None:
    """Draw whom each node held for alive, suspected and dead; None where nothing was noted."""
    seen = document.membership()
    strips = _strips(seen)
    if not strips:
        return None
    states = [state for state in _SHAPES if any(kind == state for _, _, steps in strips for _, kind in steps)]
    observers = list(dict.fromkeys(observer for observer, _, _ in strips))

    def draw(width: int) -> Sheet:
        title = 46 if width == DESK else 64
        top = title + LANE * lanes(document)
        bottom = top + _STRIP_PX * len(strips) + _GAP_PX * (len(observers) if len(strips) > len(observers) else 1)
        end = time_end(document, *(t for _, _, steps in strips for t, _ in steps))
        sheet = Sheet(width=width, height=bottom + AXIS, left=92, end_us=end)
        sheet.write(8, 10, "Whom each node held for what", weight="bold")
        _legend(sheet, states, 31)
        fault_bands(sheet, document, title, bottom)
        _draw_strips(sheet, strips, top)
        time_axis(sheet, bottom)
        return sheet

    return plot("membership", "Membership, as each node saw it", *_told(document, seen), draw)


def _strips(seen: Membership) -> list[_Strip]:
    if len(seen) <= EACH_MOST:
        return [(name, other, steps) for name, others in seen.items() for other, steps in others.items()]
    together: list[_Strip] = [(name, "", _worst(others.values())) for name, others in seen.items() if others]
    busiest = sorted(range(len(together)), key=lambda place: -len(together[place][2]))[:STRIPS_MOST]
    return [together[place] for place in sorted(busiest)]


def _worst(series: Iterable[_Steps]) -> _Steps:
    """Fold what a node held the others for into the worst of it at each instant."""
    rank: list[State] = list(_SHAPES)
    changes = sorted((t, number, state) for number, steps in enumerate(series) for t, state in steps)
    held: dict[int, State] = {}
    folded: list[tuple[int, State]] = []
    for t, number, state in changes:
        held[number] = state
        worst = max(held.values(), key=rank.index)
        if folded and folded[-1][0] == t:
            folded[-1] = (t, worst)
        elif not folded or folded[-1][1] != worst:
            folded.append((t, worst))
    return folded


def _draw_strips(sheet: Sheet, strips: Sequence[_Strip], top: float) -> None:
    y, before = top + _GAP_PX / 2, None
    for place, (observer, other, steps) in enumerate(strips):
        if observer != before:
            y += _GAP_PX if other and before is not None else 0
            sheet.write(8, y + _STRIP_PX / 2, shortened(observer, 44 if other else 76), weight="bold")
        if other:
            name = shortened(other, 36, SMALL)
            sheet.write(sheet.left - 6, y + _STRIP_PX / 2, name, ha="right", fontsize=SMALL, color=INKS["muted"])
        _strip(sheet, steps, y + _STRIP_PX / 2, f"mark-strip-{place}")
        y, before = y + _STRIP_PX, observer


def _strip(sheet: Sheet, steps: _Steps, middle: float, gid: str) -> None:
    """Draw the states of one node in the eyes of another; short ones are at least a pixel wide."""
    ends = [*(t for t, _ in steps), sheet.end_us][1:]
    for state in _SHAPES:
        boxes = [
            (sheet.x(t), sheet.x(end)) for (t, kind), end in zip(steps, ends, strict=True) if kind == state and end > t
        ]
        if boxes:
            _fill(sheet, boxes, middle, state, f"{gid}-{state}")


def _fill(sheet: Sheet, boxes: Sequence[tuple[float, float]], middle: float, state: State, gid: str) -> None:
    """Fill from and to each pair of pixels in the shape of a state, as one outline."""
    ink, height, _ = _SHAPES[state]
    low, high = middle - height / 2, middle + height / 2
    outlines = [
        Outline([(start, low), (end, low), (end, high), (start, high), (start, low)], closed=True)
        for start, end in ((start, max(end, start + 1)) for start, end in boxes)
    ]
    outline = Outline.make_compound_path(*outlines)
    sheet.add(PathPatch(outline, facecolor=INKS[ink], linewidth=0, gid=gid))


def _legend(sheet: Sheet, states: Sequence[State], y: float) -> None:
    x = 8.0
    for state in states:
        text = _SHAPES[state][2]
        room = 30 + 6.2 * len(text)
        if x + room > sheet.right:
            x, y = 8.0, y + 18
        _fill(sheet, [(x, x + 18)], y, state, f"mark-legend-{state}")
        sheet.write(x + 23, y, text, fontsize=SMALL)
        x += room + 10


def _told(document: RunDocument, seen: Membership) -> tuple[str, str]:
    """Give the source of the picture, and what it shows in sentences."""
    said = []
    for observer, others in seen.items():
        dead = [name for name, steps in others.items() if any(state == "dead" for _, state in steps)]
        suspected = [name for name, steps in others.items() if any(state == "suspect" for _, state in steps)]
        if dead:
            said.append(f"{observer} held {words.listed(dead)} for dead for a time.")
        if suspected:
            said.append(f"{observer} suspected {words.listed(suspected)}.")
        if not dead and not suspected:
            said.append(f"{observer} held every other node for alive throughout.")
    if len(seen) > EACH_MOST:
        said.append("Each strip shows the worst state that the node held any other for.")
    return document.figures["membership"].source, " ".join(said)
