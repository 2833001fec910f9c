"""What the faults of a history touched, by the kinds of scenarios; which of those that count touched nothing."""

from typing import Any

from conformance.history import Fault, History


def kind_of(fault: Fault) -> str:
    """Name a fault of a history as scenarios do, which tell two kinds of cuts apart, and none of lookups."""
    if fault.fault == "cut":
        links = fault.links or []
        return "one-way" if any([to, sender] not in links for sender, to in links) else "partition"
    return fault.fault.removeprefix("stale-")


def touched_of(history: History) -> dict[str, int]:
    """Count by kind how much the faults of a history touched; a kind that struck and touched nothing has 0."""
    touched: dict[str, int] = {}
    for fault in history.faults:
        touched[kind_of(fault)] = touched.get(kind_of(fault), 0) + fault.touched
    return touched


def untouched(history: History) -> list[str]:
    """List the kinds of faults that the history's `expect` relies on and that touched nothing, in its order.

    `expect` is a mapping whose `touched` names kinds; where it is not, it relies on none.
    """
    expect: Any = history.header.expect
    named = expect.get("touched", []) if isinstance(expect, dict) else []
    touching = touched_of(history)
    return [kind for kind in named if not touching.get(kind)]
