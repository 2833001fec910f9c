"""The plots of a run, one function a plot: run document in, SVG out. Nothing is judged, and only the document is read.

Every function returns None where the document has nothing to draw. Colours mean the same in all of them
(`reports.palette`). What clients met over time, the balancer's choices, single writes, membership, memory and the
limits have files of their own (`reports.clients`, `routes`, `lags`, `strips`, `memory`, `expiry`).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from reports import words
from reports.clients import availability, latency, load
from reports.document import RunDocument
from reports.expiry import BANDS, expiry
from reports.lags import lags
from reports.memory import memory
from reports.routes import routes
from reports.shapes import Gossip, Spread, Steps
from reports.sheet import (
    AXIS,
    LANE,
    SMALL,
    Plot,
    Sheet,
    fault_bands,
    lanes,
    plot,
    shortened,
    staircase,
    time_axis,
    time_end,
)
from reports.strips import membership
from reports.svg import INKS
from reports.traffic import traffic

ROWS_MOST: Final = 12
"""More lines than this cannot be told apart on a page: the ones furthest behind are drawn, the text tells the rest."""

_DECADE_ROOM: Final = 50
"""Pixels from the middle of one label of a decade to the next."""

ROOMY: Final = 6
"""Up to so many lines get a tall row each."""


def drawn(document: RunDocument) -> list[Plot]:
    """Draw every plot that the document has figures for."""
    over_time = (availability, latency, load, routes, behind, spread, lags, membership, traffic, memory)
    made = [draw(document) for draw in over_time]
    made += [expiry(document, check) for check in BANDS]
    return [picture for picture in made if picture is not None]


def behind(document: RunDocument) -> Plot | None:
    """Draw how many copies each node was behind over time: a line a node, on one scale, faults shaded and named."""
    series = document.steps("behind")
    if not any(series.values()):
        return None
    most = max(1, *(value for steps in series.values() for _, value in steps))
    rows = _furthest_behind(series)

    def draw(width: int) -> Sheet:
        row, title = (46 if len(rows) <= ROOMY else 32), 22
        top = title + LANE * lanes(document)
        bottom = top + row * len(rows) + 6
        end = time_end(document, *(t for steps in series.values() for t, _ in steps))
        sheet = Sheet(width=width, height=bottom + AXIS, left=76, end_us=end)
        sheet.write(8, 10, f"Copies behind, 0 to {most:,}, a line a node", weight="bold")
        fault_bands(sheet, document, title, bottom)
        for place, name in enumerate(rows):
            _line(sheet, series[name], top + row * (place + 1), (row - 17) / most, f"mark-line-{place}")
            sheet.write(sheet.left - 8, top + row * (place + 1) - 6, shortened(name, 62), ha="right")
        time_axis(sheet, bottom)
        return sheet

    return plot(
        "behind", "Copies behind, over time", document.figures["behind"].source, _behind_in_words(series, rows), draw
    )


def _furthest_behind(series: Steps) -> list[str]:
    worst = sorted(series, key=lambda name: -max((value for _, value in series[name]), default=0))[:ROWS_MOST]
    return [name for name in series if name in worst]


def _line(sheet: Sheet, steps: Sequence[tuple[int, int]], base: float, scale: float, gid: str) -> None:
    """Draw one node's steps upwards from its base line, its peak named at the peak."""
    sheet.rule([sheet.left, sheet.right], [base, base])
    if not steps:
        sheet.write(sheet.left + 4, base - 8, "never observed", fontsize=SMALL, color=INKS["muted"])
        return
    sheet.area(*staircase(((sheet.x(t), base - value * scale) for t, value in steps), sheet.right), base, gid)
    peak_us, peak = max(steps, key=lambda step: step[1])
    last, x = steps[-1][1], sheet.x(peak_us)
    crowded = last > 0 and x > sheet.right - 120
    if peak and not crowded:
        side, gap = ("left", 5) if x < sheet.right - 60 else ("right", -5)
        sheet.write(x + gap, base - peak * scale - 7, f"{peak:,}", ha=side, fontsize=SMALL, color=INKS["seen"])
    if last:
        still = f"{peak:,}, {last:,} at the end" if crowded and peak > last else f"{last:,} at the end"
        sheet.write(sheet.right - 2, base - last * scale - 7, still, ha="right", fontsize=SMALL, color=INKS["seen"])


def _behind_in_words(series: Steps, rows: Sequence[str]) -> str:
    said = []
    for name in rows:
        steps = series[name]
        peak_us, peak = max(steps, key=lambda step: step[1], default=(0, 0))
        if not steps:
            said.append(f"{name} was never observed.")
        elif not peak:
            said.append(f"{name} was never seen behind.")
        elif steps[-1][1]:
            said.append(
                f"{name} was up to {peak:,} behind, at {words.instant(peak_us)}, and {steps[-1][1]:,} at the end."
            )
        else:
            caught = words.instant(_caught_up(steps))
            said.append(
                f"{name} was up to {peak:,} behind, at {words.instant(peak_us)}, and had caught up by {caught}."
            )
    rest = len(series) - len(rows)
    said += [f"{words.count(rest, 'other node')} never further behind than these."] if rest else []
    return " ".join(said)


def _caught_up(steps: Sequence[tuple[int, int]]) -> int:
    """Give the first instant of the zeros that a series ends with."""
    last_behind = max(place for place, (_, value) in enumerate(steps) if value)
    return steps[last_behind + 1][0]


def spread(document: RunDocument) -> Plot | None:
    """Draw how the copies of a write spread: the share that was there, by delay since the answer, beside the bound."""
    seen = document.spread()
    if seen is None or not seen.curve:
        return None
    bound = max(document.header.contract.converge_us, 1)
    gossip = document.gossip()
    expected = epidemic(gossip, seen.nodes) if gossip is not None else []

    def draw(width: int) -> Sheet:
        top, bottom, left = 34, 224, 52
        sheet = Sheet(width=width, height=bottom + AXIS + 16, left=left, end_us=1, right_margin=26)
        delays = [delay for delay, _ in seen.curve if delay > 0]
        low: int = 10 ** (len(str(min([*delays, bound]))) - 1)
        high: int = 10 ** len(str(max([*delays, bound, *(after for after, _ in expected)])))

        def x(delay: int) -> float:
            return left + (sheet.right - left) * math.log(max(delay, low) / low) / math.log(high / low)

        def y(share: float) -> float:
            return bottom - (bottom - top) * share

        sheet.write(8, 10, "Copies there, by time since the answer", weight="bold")
        for percent in (0, 50, 100):
            sheet.rule([left, sheet.right], [y(percent / 100)] * 2)
            sheet.write(left - 8, y(percent / 100), f"{percent} %", ha="right", fontsize=SMALL, color=INKS["muted"])
        _decades(sheet, x, low, high, bottom)
        _promise(sheet, x(bound), top, bottom, f"contract: {words.seconds(bound)}, uncut")
        if expected:
            _epidemic(sheet, expected, x, y)
        _curve(sheet, seen, x, y)
        sheet.write(sheet.right, bottom + 31, "since the answer (log)", ha="right", fontsize=SMALL, color=INKS["muted"])
        return sheet

    told = _spread_in_words(seen, bound)
    if gossip is not None and expected:
        told += (
            f" By gossip alone, each node telling {gossip.fanout} others every {words.rounded(gossip.interval_us)}, "
            f"99 % would be expected there by {words.rounded(expected[-1][0])}."
        )
    return plot("spread", "How copies spread", document.figures["spread"].source, told, draw)


def _decades(sheet: Sheet, x: Callable[[int], float], low: int, high: int, y: float) -> None:
    """Mark every decade, and write beside as many as there is room for, the last one always."""
    sheet.rule([sheet.left, sheet.right], [y, y], color=INKS["muted"])
    every = math.ceil(_DECADE_ROOM / (x(10 * low) - x(low)))
    decade, left = low, round(math.log10(high / low))
    while decade <= high:
        sheet.rule([x(decade)] * 2, [y, y + 4], color=INKS["muted"])
        if left % every == 0:
            sheet.write(x(decade), y + 13, words.span(decade), ha="center", fontsize=SMALL, color=INKS["muted"])
        decade, left = decade * 10, left - 1


def _promise(sheet: Sheet, x: float, top: float, bottom: float, text: str) -> None:
    sheet.rule([x, x], [top, bottom], color=INKS["ink"], linestyle=(0, (3, 2)), gid="mark-promise")
    side, gap = ("right", -5) if x > (sheet.left + sheet.right) / 2 else ("left", 5)
    sheet.write(x + gap, bottom - 12, text, ha=side, fontsize=SMALL)


def _curve(sheet: Sheet, seen: Spread, x: Callable[[int], float], y: Callable[[float], float]) -> None:
    there = [(x(delay), y(share)) for delay, share in seen.curve]
    points = there if seen.curve[0][0] <= 0 else [(float(sheet.left), y(0)), *there]
    sheet.area(*staircase(points, sheet.right), y(0), "mark-curve")
    for share, text in ((0.5, "half"), (0.99, "99 %")):
        if (delay := _reached(seen, share)) is not None:
            at = x(delay)
            sheet.axes.plot([at], [y(share)], "o", color=INKS["seen"], markersize=5, gid=f"mark-reached-{text[:2]}")
            side, gap = ("right", -8) if at > (sheet.left + sheet.right) / 2 else ("left", 8)
            sheet.write(at + gap, y(share) + 14, f"{text} by {words.rounded(delay)}", ha=side, color=INKS["seen"])


EPIDEMIC_SHARE: Final = 0.99
"""The expected epidemic is drawn until so many have the news."""


def epidemic(gossip: Gossip, nodes: int) -> list[tuple[int, float]]:
    """Compute the share of nodes that an epidemic is expected to have told, after each round of gossip.

    Each of those told tells `fanout` of the others, drawn anew every round; a node is missed by all of them with a
    probability of (1 - 1/(n - 1)) to the power of `fanout` times their number (Demers et al., "Epidemic Algorithms for
    Replicated Database Maintenance", 1987, push). One node knows at the start.

    Returns:
        [time since the start in µs, share], from 0 until `EPIDEMIC_SHARE` are reached; empty for fewer than two nodes.
    """
    if nodes < 2 or gossip.fanout < 1 or gossip.interval_us < 1:  # noqa: PLR2004 (a single node has nobody to tell)
        return []
    curve, share = [(0, 1 / nodes)], 1 / nodes
    while share < EPIDEMIC_SHARE:
        missed = (1 - 1 / (nodes - 1)) ** (gossip.fanout * share * nodes)
        share += (1 - share) * (1 - missed)
        curve.append((len(curve) * gossip.interval_us, share))
    return curve


def _epidemic(
    sheet: Sheet, curve: list[tuple[int, float]], x: Callable[[int], float], y: Callable[[float], float]
) -> None:
    """Draw the expected epidemic as dashes that step with each round, named where half have the news."""
    xs, ys = staircase(((x(after), y(share)) for after, share in curve), x(curve[-1][0]))
    ink = INKS["muted"]
    sheet.axes.plot(xs, ys, color=ink, linewidth=1.4, linestyle=(0, (4, 2)), gid="mark-epidemic")
    middle = next(place for place, (_, share) in enumerate(curve) if share >= 0.5)  # noqa: PLR2004 (half of them)
    at, high = curve[middle]
    side, gap = ("left", 6) if x(at) < (sheet.left + sheet.right) / 2 else ("right", -6)
    sheet.write(x(at) + gap, y(high) + 12, "gossip alone", ha=side, fontsize=SMALL, color=ink)


def _reached(seen: Spread, share: float) -> int | None:
    return next((delay for delay, there in seen.curve if there >= share), None)


def _spread_in_words(seen: Spread, bound: int) -> str:
    said = [f"{words.count(seen.probes, 'write')} watched on {words.count(seen.nodes, 'node')}."]
    for wanted, text in ((0.5, "Half of the copies"), (0.99, "99 % of the copies")):
        delay = _reached(seen, wanted)
        said.append(f"{text} were {'there by ' + words.rounded(delay) if delay is not None else 'never there'}.")
    at_bound = max((there for after, there in seen.curve if after <= bound), default=0.0)
    within = words.seconds(bound)
    said.append(f"{100 * at_bound:.1f} % were there within {within}, the contract's bound where no fault lies between.")
    return " ".join(said)
