"""The figure of how users fared in each fault, and outside of all of them. A pure function of a history."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from conformance.costs import Price
from conformance.figures.clients import kind_of, went_wrong
from conformance.history import ENDED, EXPIRED, OBSERVER, Fault, History, Operation

_ASKED = attrgetter("asked")
_Asked = TypeVar("_Asked", Operation, Price)


def fared(history: History, paid: Sequence[Price]) -> dict[str, Any]:
    """Tell how users fared from the beginning of each fault until the contract's bound of agreement after its end.

    What was asked while several faults lasted counts in each of them.

    Args:
        history: of the run.
        paid: what each session that was denied cost its user.

    Returns:
        faults: one member for each fault, in the order of the history; calm: of all that was asked outside of these
        spans. Each has requests; errors, by kind; p99_us: the 99th percentile of the time to an answer, None without
        one; sessions_lost and logins_forced, those aside that a limit or an end explains. Cost: O(f · n).
    """
    users = sorted((o for o in history.operations if o.by != OBSERVER), key=_ASKED)
    dear = sorted((price for price in paid if price.cause not in (EXPIRED, ENDED)), key=_ASKED)
    end = users[-1].asked + 1 if users else 0
    spans = [_span(fault, history.header.contract.converge_us, end) for fault in history.faults]
    calm: list[Operation] = []
    calm_paid: list[Price] = []
    at = 0
    for begin, until in [*_merged(spans), (end, end)]:
        calm += _within(users, at, begin)
        calm_paid += _within(dear, at, begin)
        at = max(at, until)
    return {
        "faults": [_fared(_within(users, *span), _within(dear, *span)) for span in spans],
        "calm": _fared(calm, calm_paid),
    }


def _span(fault: Fault, bound: int, end: int) -> tuple[int, int]:
    return fault.begin, end if fault.end is None else min(fault.end + bound, max(end, fault.begin))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that touch each other."""
    found: list[tuple[int, int]] = []
    for begin, until in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((begin, until))
    return found


def _within(ordered: Sequence[_Asked], begin: int, until: int) -> Sequence[_Asked]:
    """Take of what is in order of asking what was asked in a span, its end excluded."""
    return ordered[bisect_left(ordered, begin, key=_ASKED) : bisect_left(ordered, until, key=_ASKED)]


def _fared(asked: Sequence[Operation], paid: Sequence[Price]) -> dict[str, Any]:
    errors: dict[str, int] = {}
    for operation in asked:
        if went_wrong(operation):
            kind = kind_of(operation)
            errors[kind] = errors.get(kind, 0) + 1
    took = sorted(operation.answered - operation.asked for operation in asked if operation.answered is not None)
    return {
        "requests": len(asked),
        "errors": dict(sorted(errors.items())),
        "p99_us": took[-(-len(took) * 99 // 100) - 1] if took else None,
        "sessions_lost": sum(price.lost for price in paid),
        "logins_forced": sum(price.login is not None for price in paid),
    }
