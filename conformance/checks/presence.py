"""When each node came and went, as the history tells it; what the checks on views share. No verdict is made here."""

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from conformance.checks.index import Index, answered
from conformance.history import MEMBERS, OK, Fault, History, Operation

_AT_ONCE: Final = frozenset({"crash", "kill"})
_IN_GOOD_ORDER: Final = frozenset({"leave", "stop", "upgrade", "cookie-domain"})
_GOODBYE_US: Final = 120_000_000
"""How long a node may take to stop in good order (protocol, part 2)."""


class Presence:
    """When each node came and went.

    Attributes:
        told: the nodes of which a ready, an unready, a crash or a leave is told.
    """

    def __init__(self, history: History) -> None:
        self._came: dict[str, list[int]] = {}
        self._went: dict[str, list[int]] = {}
        self._away: dict[str, list[tuple[int, int | None]]] = {}
        for ready in history.readies:
            self._came.setdefault(ready.ready, []).append(ready.t)
        for unready in history.unreadies:
            self._went.setdefault(unready.unready, []).append(unready.t)
        for fault in history.faults:
            if fault.fault in _AT_ONCE or fault.fault in _IN_GOOD_ORDER:
                self._lost(fault)
        for instants in (*self._came.values(), *self._went.values()):
            instants.sort()
        self.told = {**self._came, **self._went}.keys()

    def _lost(self, fault: Fault) -> None:
        begin = fault.begin + (_GOODBYE_US if fault.fault in _IN_GOOD_ORDER else 0)
        for node in fault.nodes:
            self._went.setdefault(node, []).append(fault.begin)
            self._away.setdefault(node, []).append((begin, fault.end))

    def up(self, node: str, begin: int, view: Operation) -> bool:
        """Say whether a node was up and ready from an instant until a view was answered."""
        came = self._came.get(node, [])
        position = bisect_right(came, begin)
        if not position:
            return False
        went = self._went.get(node, [])
        return bisect_right(went, answered(view)) == bisect_right(went, came[position - 1])

    def gone(self, node: str, begin: int, end: int) -> bool:
        """Say whether a node was gone from one instant to another, both included."""
        return any(since <= begin and (back is None or end < back) for since, back in self._away.get(node, []))


def views(index: Index) -> Iterator[Operation]:
    """Give the answers to /members in the order of their asking."""
    yield from sorted(filter(_shows_a_view, index.history.operations), key=attrgetter("asked", "id"))


def undisturbed(index: Index, view: Operation, due_us: int) -> bool:
    """Say whether no cut and no pause of anybody lies between so long before a view and its answer."""
    return not index.timeline.divided(view.asked - due_us, answered(view))


def _shows_a_view(operation: Operation) -> bool:
    return operation.op == MEMBERS and operation.outcome == OK and operation.members is not None
