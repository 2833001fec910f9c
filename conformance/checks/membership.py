"""Membership: whoever is up for long is in every view, and whoever is gone for long is in none."""

from bisect import bisect_right
from operator import attrgetter
from typing import Final

from conformance.checks.findings import Convictions, at, conclude, counted, seconds
from conformance.checks.index import Index
from conformance.history import CLUSTER, MEMBERS, OK, Fault, History, Operation
from conformance.verdict import Finding

NAME = "membership"
REQUIREMENTS = ["REQ-MEMB-4", "REQ-MEMB-5", "REQ-MEMB-9", "REQ-FAIL-3", "REQ-FAIL-6"]

_AT_ONCE: Final = frozenset({"crash", "kill"})
_IN_GOOD_ORDER: Final = frozenset({"leave", "stop"})
_GOODBYE_US: Final = 120_000_000
"""How long a node may take to stop in good order (protocol, part 2)."""


def membership(index: Index) -> Finding:
    """Find views that lack the living or name the dead (REQ-MEMB-4, -5, -9, REQ-FAIL-3, -6).

    A node is up from its ready on, until it crashes, leaves, or says that it is not ready. Convicts an answer to
    /members that lacks a node which was up, as the answering node was, for `detect + converge` before it was asked (a
    false death, or one that returned and was not taken in again; protocol, part 4), and one that names a node which had
    been gone for as long. So two views that are both right are one view. The answering node itself must be named too.

    Excused: a cut or a pause of anybody in that time. A node that takes its time to stop in good order is gone 120 s
    after it was told to. Unknown outcomes: only answers count.

    Judged: views in which at least one node's state was due. Vacuous without the feature `members`; with `store: local`
    not promised. Cost: O(n), and O(nodes log n) a view. Source: Das, Gupta and Motivala, "SWIM" (2002), section 2:
    completeness and accuracy.
    """
    contract = index.contract
    due_us = contract.detect_us + contract.converge_us
    presence = _Presence(index.history)
    convictions = Convictions()
    judged = gone = 0
    latest: dict[str, Operation] = {}  # by node: its own answer says best that it was up
    for operation in sorted(filter(_shows_a_view, index.history.operations), key=attrgetter("asked", "id")):
        latest[operation.node] = operation
        begin = operation.asked - due_us
        if not presence.up(operation.node, begin, operation) or index.timeline.divided(begin, operation.asked):
            continue
        due = False
        for node in index.header.nodes:
            named = node in (operation.members or ())
            up = presence.up(node, begin, operation)
            absent = not up and presence.gone(node, begin, operation.asked)
            due = due or up or absent
            gone += absent
            if up and not named:
                lives = [latest[node]] if node in latest and latest[node] is not operation else []
                text = "{} lacks {}, which had been up for {}" + (", as {} shows" if lives else "")
                convictions.add((*lives, operation), text, at(operation), node, seconds(due_us), *map(at, lives))
            elif absent and named:
                text = "{} names {}, which had been gone for {}"
                convictions.add((operation,), text, at(operation), node, seconds(due_us))
        judged += due
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Every node's view holds whoever was up for {seconds(due_us)} and nobody who was gone for as long.",
        convictions,
        judged=judged,
        held=f"{counted(judged, 'view')} held the living alone; {counted(gone, 'time')} a node that was gone",
        promised=index.header.store == CLUSTER,
        figures={"gone": gone},
    )


def _shows_a_view(operation: Operation) -> bool:
    return operation.op == MEMBERS and operation.outcome == OK and operation.members is not None


class _Presence:
    """When each node came and went, as the history tells it."""

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

    def _lost(self, fault: Fault) -> None:
        begin = fault.begin + (_GOODBYE_US if fault.fault in _IN_GOOD_ORDER else 0)
        for node in fault.nodes:
            self._went.setdefault(node, []).append(fault.begin)
            self._away.setdefault(node, []).append((begin, fault.end))

    def up(self, node: str, begin: int, operation: Operation) -> bool:
        """Say whether a node was up and ready from an instant until an operation was answered."""
        came = self._came.get(node, [])
        position = bisect_right(came, begin)
        if not position:
            return False
        end = operation.asked if operation.answered is None else operation.answered
        went = self._went.get(node, [])
        return bisect_right(went, end) == bisect_right(went, came[position - 1])

    def gone(self, node: str, begin: int, end: int) -> bool:
        """Say whether a node was gone from one instant to another, both included."""
        return any(since <= begin and (back is None or end < back) for since, back in self._away.get(node, []))
