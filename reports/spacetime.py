"""The space-time diagram around a violation: a line a client and node, time downwards, messages as arrows.

Time is not to scale: what happens within a millisecond must be told apart beside pauses of seconds. What is drawn is
chosen in `reports.excerpt` and `reports.causes`; the story in sentences is `reports.story`.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from html import escape
from typing import Final

import msgspec
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from msgspec import Struct

from conformance.trace import Died, Started
from reports import words
from reports.causes import ANSWER, MESSAGE, Arrow, Causes, Event
from reports.document import FaultSeen, RunDocument
from reports.excerpt import Excerpt, meanwhile
from reports.sheet import DESK, SMALL, Plot, Sheet, plot, shortened
from reports.svg import INKS

NAME: Final = "spacetime"
FAULTS_MOST: Final = 4
"""Faults that are named above the diagram; more are shaded too."""

_PAUSE_US: Final = 500_000
"""A longer time without events is told in the margin."""
_TEXT_PX: Final = 15
_UNIT_US: Final = 50
_STEP_PX: Final = 6
_HEAD: Final = (7.0, 2.8)
"""Length and half the width of an arrow's head."""

_DESK_MARGIN: Final = 236
_PHONE_MARGIN: Final = 124

_NOTED: Final = {"repaired": "repaired from", "suspect": "suspects", "dead": "holds dead", "alive": "holds alive"}
"""What the margin says of a note before the member that it is about."""

_Point = tuple[float, float]


def spacetime(found: Excerpt, made: Causes, document: RunDocument) -> Plot:
    """Draw what went between clients and nodes around a violation.

    Args:
        found: the violation.
        made: its events and arrows.
        document: the run, for its faults.

    Returns:
        A plot whose events carry what they say and what led to them, for the script of the page.
    """
    faults = meanwhile(found, document)
    labels = _labels(found, made, faults)

    def draw(width: int) -> Sheet:
        return _Drawing(width, made, labels, faults).sheet

    picture = plot(NAME, "Who asked and told whom", _source(found), _in_words(found, made), draw)
    return msgspec.structs.replace(
        picture,
        desk=_explained(picture.desk, f"{NAME}-desk", made),
        phone=_explained(picture.phone, f"{NAME}-phone", made),
    )


def _source(found: Excerpt) -> str:
    return "the world's trace, and clients" if found.traced else "clients; there is no trace of messages"


class _Label(Struct, frozen=True):
    """What stands in the margin: with room and without; whether it is part of the contradiction."""

    long: str
    short: str
    witness: bool = False


def _of_faults(found: Excerpt, faults: list[tuple[int, FaultSeen]]) -> list[tuple[int, _Label]]:
    """Give what the margin says of faults that struck or were undone meanwhile, with the instants."""
    said = []
    for number, fault in faults:
        if found.begin <= fault.begin <= found.end:
            said.append((fault.begin, _Label(f"fault {number}: {fault.title}", f"fault {number}")))
        if fault.end is not None and found.begin < fault.end <= found.end:
            said.append((fault.end, _Label(f"fault {number} undone", f"{number} undone")))
    return said


def _of_operations(found: Excerpt, made: Causes) -> list[tuple[int, _Label]]:
    """Give what the margin says of what clients asked, and where the contradiction is complete, with the instants."""
    said = []
    operations = {quoted.operation.id: quoted.operation for quoted in found.told}
    for event in made.events:
        for id_ in event.operations:
            operation = operations[id_]
            if not event.node and event.t == operation.asked:
                key = f" {operation.key}" if operation.key is not None else ""
                label = _Label(f"{operation.op}{key} {id_}", f"{operation.op}{key}", id_ in found.witnesses)
                said.append((event.t, label))
            elif not event.node and id_ == found.last:
                said.append((event.t, _Label("contradicts", "✗", witness=True)))
    return said


def _labels(found: Excerpt, made: Causes, faults: list[tuple[int, FaultSeen]]) -> dict[int, _Label]:
    """Give what stands in the margin, by instant; a note stands there alone."""
    said: dict[int, list[_Label]] = {}
    for t, label in [*_of_operations(found, made), *_of_faults(found, faults)]:
        said.setdefault(t, []).append(label)
    for record in made.notes:
        match record:
            case Died():
                what = "gone"
            case Started():
                what = f"life {record.boot}"
            case _:
                what = f"{_NOTED.get(record.kind, record.kind)} {record.fields.get('member', '')}".strip()
        said.setdefault(record.t, [_Label(f"{record.node}: {what}", f"{record.node}: {what}")])
    return {t: _joined(labels) for t, labels in said.items()}


def _joined(labels: list[_Label]) -> _Label:
    """Make one label of those of one instant, witnesses first: what does not fit is cut off at the end."""
    order = sorted(dict.fromkeys(labels), key=lambda label: not label.witness)
    long, short = (", ".join(texts) for texts in zip(*((label.long, label.short) for label in order), strict=True))
    return _Label(long, short, order[0].witness)


class _Drawing:
    """One drawing, for one width."""

    def __init__(
        self, width: int, made: Causes, labels: dict[int, _Label], faults: list[tuple[int, FaultSeen]]
    ) -> None:
        self._made, self._labels, self._faults = made, labels, faults
        self._names = [*made.clients, *made.nodes]
        margin = _DESK_MARGIN if width == DESK else _PHONE_MARGIN
        self._step = (width - margin - 8) / len(self._names)
        self._x = {name: round(margin + self._step * (place + 0.5), 2) for place, name in enumerate(self._names)}
        top = 34 + 17 * (1 if width == DESK else 2) + 15 * min(len(faults), FAULTS_MOST + 1) + 26
        self._times = sorted({*(event.t for event in made.events), *labels})
        self._ys = self._rows(top)
        self.sheet = Sheet(width=width, height=round(self._ys[-1] + 26), left=margin, end_us=1, right_margin=8)
        self._top = top - 14
        self._draw(phone=width != DESK)

    def _rows(self, top: float) -> list[float]:
        """Tell where each instant lies: the longer the time between two, the further apart, by its logarithm."""
        ys: list[float] = []
        y, label_y, before = float(top), float(top - _TEXT_PX), self._times[0]
        for t in self._times:
            if ys:
                gap = 3 + _STEP_PX * math.log10(1 + (t - before) / _UNIT_US)
                y = ys[-1] + gap + (_TEXT_PX if t - before > _PAUSE_US else 0)
            if t in self._labels:
                y = max(y, label_y + _TEXT_PX)
                label_y = y
            elif t - before > _PAUSE_US:
                label_y = y
            ys.append(round(y, 2))
            before = t
        return ys

    def _y(self, t: int) -> float:
        """Tell where an instant lies, between two events by proportion."""
        place = bisect_left(self._times, t)
        if place == 0:
            return self._ys[0] - (8 if t < self._times[0] else 0)
        if place == len(self._times):
            return self._ys[-1] + 10
        begin, end = self._times[place - 1], self._times[place]
        low, high = self._ys[place - 1], self._ys[place]
        return round(low + (high - low) * (t - begin) / (end - begin), 2)

    def _draw(self, *, phone: bool) -> None:
        sheet = self.sheet
        sheet.write(8, 10, "Time runs downwards, and is not to scale", weight="bold")
        self._legend(phone=phone)
        self._shade()
        for name, x in self._x.items():
            is_node = name in self._made.nodes
            sheet.rule([x, x], [self._top, sheet.height - 8], color=INKS["muted" if is_node else "seen"], alpha=0.6)
            size = SMALL if self._step < 44 else SMALL + 1  # noqa: PLR2004 (pixels that a larger name needs)
            sheet.write(
                x, self._top - 9, shortened(name, self._step + 4, size), ha="center", fontsize=size, weight="bold"
            )
        self._margin(phone=phone)
        for number, arrow in enumerate(self._made.arrows):
            self._arrow(arrow, f"mark-arrow-{number}")
        for number, event in enumerate(self._made.events):
            ink = "bad" if event.witness else "ink" if event.node else "seen"
            shape = "o" if event.node else "s"
            at = [self._x[event.line]], [self._y(event.t)]
            sheet.axes.plot(
                *at, shape, color=INKS[ink], markersize=7 if event.witness else 5, gid=f"mark-event-{number}"
            )

    def _legend(self, *, phone: bool) -> None:
        sheet, x, y = self.sheet, 8.0, 32.0
        kinds = (
            ("request, answer", "seen", 1.4),
            ("message", "muted", 1.0),
            ("lost", "bad", 1.0),
            ("contradicts", "bad", 2.4),
        )
        for place, (text, ink, width) in enumerate(kinds):
            if phone and place == 2:  # noqa: PLR2004 (two of them fit beside each other)
                x, y = 8.0, y + 17
            self._line((x, y), (x + 24, y), ink, width, cross=text == "lost", gid=None)
            sheet.write(x + 30, y, text, fontsize=SMALL)
            x += 44 + 6.2 * len(text) + (14 if phone else 10)
        for number, fault in self._faults[:FAULTS_MOST]:
            y += 15
            room = sheet.right - 14
            sheet.write(8, y + 2, shortened(f"shaded {number}: {fault.title}", room, SMALL), fontsize=SMALL)
        if len(self._faults) > FAULTS_MOST:
            y += 15
            sheet.write(8, y + 2, f"and {len(self._faults) - FAULTS_MOST} more faults", fontsize=SMALL)

    def _shade(self) -> None:
        """Shade the lines of the nodes that a fault touched, while it lasted."""
        sheet, wide = self.sheet, min(self._step * 0.42, 26)
        for number, fault in self._faults:
            begin = max(self._y(fault.begin), self._top)
            end = sheet.height - 8 if fault.end is None else self._y(fault.end)
            for node in fault.nodes:
                if node in self._x:
                    x = self._x[node]
                    corners = [x - wide, x + wide, x + wide, x - wide], [begin, begin, end, end]
                    sheet.fill(*corners, color=INKS["fault"], alpha=0.8, gid=f"mark-shade-{number}-{node}")

    def _margin(self, *, phone: bool) -> None:
        """Write when what the margin names happened, and how long nothing did."""
        sheet, room = self.sheet, self.sheet.left - 12
        for place, (t, y) in enumerate(zip(self._times, self._ys, strict=True)):
            if place and t - self._times[place - 1] > _PAUSE_US:
                between = (y + self._ys[place - 1]) / 2
                pause = f"⋮ {words.rounded(t - self._times[place - 1])} later"
                sheet.write(8, between, pause, fontsize=SMALL, color=INKS["muted"])
            if t in self._labels:
                label = self._labels[t]
                ink, weight = (INKS["bad"], "bold") if label.witness else (INKS["ink"], "normal")
                line = shortened(f"{words.rounded(t)} {label.short if phone else label.long}", room, SMALL)
                sheet.write(8, y, line, fontsize=SMALL, color=ink, weight=weight)
                sheet.rule([sheet.left - 4, self._x[self._names[0]]], [y, y], linewidth=0.6)

    def _arrow(self, arrow: Arrow, gid: str) -> None:
        source = self._made.events[arrow.source]
        begin = (self._x[source.line], self._y(source.t))
        if arrow.target is not None:
            target = self._made.events[arrow.target]
            end = (self._x[target.line], self._y(target.t))
        else:
            toward = self._x[arrow.to]
            end = (begin[0] + (toward - begin[0]) * 0.6, max(self._y(arrow.t), begin[1] + 8))
        ink, width = _style(arrow)
        self._line(begin, end, ink, width, cross=arrow.target is None, gid=gid)

    def _line(self, begin: _Point, end: _Point, ink: str, width: float, *, cross: bool, gid: str | None) -> None:
        """Draw a line that ends in a head, or in a cross, as one outline."""
        across, down = end[0] - begin[0], end[1] - begin[1]
        length = math.hypot(across, down) or 1.0
        unit = (across / length, down / length)
        short = 3 if not cross and gid is not None else 0
        tip = (end[0] - unit[0] * short, end[1] - unit[1] * short)
        parts = [Outline([begin, tip])]
        if cross:
            x, y = end
            parts += [Outline([(x - 4, y - 4 * side), (x + 4, y + 4 * side)]) for side in (-1, 1)]
        else:
            long, half = _HEAD
            back = (tip[0] - unit[0] * long, tip[1] - unit[1] * long)
            left = (back[0] - unit[1] * half, back[1] + unit[0] * half)
            right = (back[0] + unit[1] * half, back[1] - unit[0] * half)
            parts.append(Outline([tip, left, right, tip], closed=True))
        colour = INKS[ink]
        outline = Outline.make_compound_path(*parts)
        self.sheet.add(PathPatch(outline, facecolor=colour, edgecolor=colour, linewidth=width, gid=gid))


def _style(arrow: Arrow) -> tuple[str, float]:
    if arrow.way == MESSAGE:
        return ("bad", 1.0) if arrow.lost else ("muted", 1.0)
    return ("bad", 2.4) if arrow.witness else ("bad" if arrow.lost and arrow.way == ANSWER else "seen", 1.4)


def told(event: Event) -> str:
    """Tell an event in one sentence: "n2 at 70.011 s answered c4-16: ok; sent copies to n1"."""
    says = _together(event.says)
    return f"{event.line} at {words.seconds(event.t)}: {'; '.join(says)}."


def _together(says: Sequence[str]) -> list[str]:
    """Join what was sent of one kind to several: "sent copies to n1, n3 and n4"."""
    found: dict[str, list[str]] = {}
    for text in says:
        match = re.fullmatch(r"(sent \S+ to) ([^:]+)", text)
        found.setdefault(match[1] if match else text, []).extend([match[2]] if match else [])
    return [f"{text} {words.listed(names)}" if names else text for text, names in found.items()]


def _explained(drawing: str, name: str, made: Causes) -> str:
    """Give every event what it says and what led to it; a group of parts takes the place of one picture."""
    before: dict[str, int] = {}
    origins: list[list[int]] = []
    for number, event in enumerate(made.events):
        origins.append([before[event.line]] if event.line in before else [])
        before[event.line] = number
    ways: list[list[int]] = [[] for _ in made.events]
    for number, arrow in enumerate(made.arrows):
        if arrow.target is not None:
            ways[arrow.target].append(number)
    names = [*made.clients, *made.nodes]

    def event_of(match: re.Match[str]) -> str:
        number = int(match[1])
        event = made.events[number]
        label = escape(words.visible(told(event)))
        came = " ".join(map(str, ways[number]))
        earlier = " ".join(map(str, origins[number]))
        witness = ' data-witness=""' if event.witness else ""
        return (
            f'{match[0]} data-event="{number}" data-line="{names.index(event.line)}" data-before="{earlier}" '
            f'data-ways="{came}"{witness} aria-label="{label}"'
        )

    def arrow_of(match: re.Match[str]) -> str:
        arrow = made.arrows[int(match[1])]
        target = "" if arrow.target is None else arrow.target
        return f'{match[0]} data-arrow="{match[1]}" data-source="{arrow.source}" data-target="{target}"'

    drawing = re.sub(rf'id="{name}-mark-event-(\d+)"', event_of, drawing)
    drawing = re.sub(rf'id="{name}-mark-arrow-(\d+)"', arrow_of, drawing)
    return drawing.replace('role="img"', 'role="group"', 1)


def _in_words(found: Excerpt, made: Causes) -> str:
    lost = sum(1 for arrow in made.arrows if arrow.target is None)
    lines, arrows = words.listed([*made.clients, *made.nodes]), words.count(len(made.arrows), "arrow")
    said = [f"{words.count(len(made.events), 'event')} on the lines of {lines}; {arrows}."]
    if lost:
        said.append(f"{words.count(lost, 'arrow ends', 'arrows end')} in a cross: lost, or never answered.")
    said += [told(event) for event in made.events if event.witness]
    if made.hidden:
        said.append(f"{words.count(made.hidden, 'node')} that took less part are not drawn.")
    if found.traced:
        said.append("The story says the same in sentences.")
    return " ".join(said)
