"""The figure of clocks: whose were off, and what their nodes did meanwhile. Pure functions of a history."""

from bisect import bisect_right
from typing import Any, Final

from conformance.history import OBSERVER, UNKNOWN, History

_EVER: Final = 2**63


def clocks(history: History) -> dict[str, dict[str, Any]]:
    """Tell whose clocks were off, and what nodes answered to clients by a clock beyond the contract's bound.

    Returns:
        By node whose clock was ever off: farthest_us, how far at most, negative when behind; beyond_us, how long it was
        off by more than the contract allows; and of what clients asked it meanwhile, by operation, how much it did
        (`answered`: definitely) and how much it refused to do (`refused`: the outcome is unknown).
    """
    bound = history.header.contract.clock_skew_us
    end = max([operation.asked for operation in history.operations], default=0)
    seen: dict[str, dict[str, Any]] = {}
    beyond: dict[str, list[tuple[int, int]]] = {}
    told = sorted(history.clocks, key=lambda clock: (clock.clock, clock.t))
    for position, clock in enumerate(told):
        later = told[position + 1] if position + 1 < len(told) and told[position + 1].clock == clock.clock else None
        until = _EVER if later is None else later.t
        node = seen.setdefault(clock.clock, {"farthest_us": 0, "beyond_us": 0, "answered": {}, "refused": {}})
        node["farthest_us"] = max(node["farthest_us"], clock.offset_us, key=abs)
        if abs(clock.offset_us) > bound:
            node["beyond_us"] += max(0, min(until, end) - clock.t)
            beyond.setdefault(clock.clock, []).append((clock.t, until))
    for operation in history.operations:
        spans = beyond.get(operation.node)
        if spans is None or operation.by == OBSERVER:
            continue
        position = bisect_right(spans, (operation.asked, _EVER)) - 1
        if position >= 0 and operation.asked < spans[position][1]:
            what = "refused" if operation.outcome == UNKNOWN else "answered"
            count = seen[operation.node][what]
            count[operation.op] = count.get(operation.op, 0) + 1
    return seen
