"""Registers whose written values are unique, by zones, in O(n log n).

Sources: Gibbons and Korach, 1997; Golab, Li and Shah, 2011. All calls that wrote or read one value form its cluster.
Between the first of its ends, f, and the last of its starts, s, the register must hold that value (a forward zone,
f < s); else there is room for it anywhere between s and f (a backward zone). Two clusters a and b cannot be put in any
order exactly when f_a < s_b and f_b < s_a.
"""

from bisect import bisect_left
from itertools import pairwise
from typing import Any

from conformance.checks.linearizability.models import READ, WRITE
from conformance.checks.linearizability.operations import NEVER, Call

_ALWAYS = -1  # before every start: the initial value was there from the beginning


class NotUnique(ValueError):
    """Two writes wrote one value, or a call is neither a read nor a write: zones cannot judge that."""


class Cluster:
    """The calls of one value: its write, the first end and the last start, and which calls those belong to."""

    __slots__ = ("ended_first", "f", "s", "started_last", "write")

    def __init__(self, write: Call | None) -> None:
        self.write = write
        self.f = _ALWAYS if write is None else write.end
        self.s = _ALWAYS if write is None else write.start
        self.ended_first = self.started_last = write


def applies(calls: list[Call]) -> bool:
    """Say whether zones can judge these calls: reads and writes alone, no value written twice."""
    written = [call.argument for call in calls if call.what == WRITE]
    return (
        all(call.what in (READ, WRITE) for call in calls) and len(set(written)) == len(written) and None not in written
    )


def contradiction(calls: list[Call], initial: Any = None) -> list[Call]:
    """Find calls of one register that no order can explain.

    A write of unknown outcome that nobody read is taken for never done; one that somebody read was done, at the latest
    when it was read. A read of unknown outcome says nothing.

    Args:
        calls: reads and writes of one key, every written value unique.
        initial: what the register holds before the first write.

    Returns:
        The two to four calls that contradict each other; empty when an order exists.

    Raises:
        NotUnique: zones cannot judge these calls.
    """
    clusters: dict[Any, Cluster] = {initial: Cluster(None)}
    for call in calls:
        if call.what == WRITE:
            if call.argument in clusters:
                raise NotUnique(f"{call.id} writes {call.argument!r}, which was written before")
            clusters[call.argument] = Cluster(call)
        elif call.what != READ:
            raise NotUnique(f"{call.id} is a {call.what}; zones judge reads and writes")
    for call in calls:
        if call.what == READ and call.known:
            cluster = clusters.get(call.result)
            if cluster is None or (cluster.write is not None and call.end < cluster.write.start):
                return [call] if cluster is None or cluster.write is None else [call, cluster.write]
            if call.end < cluster.f:
                cluster.f, cluster.ended_first = call.end, call
            if call.start > cluster.s:
                cluster.s, cluster.started_last = call.start, call
    return _conflict(list(clusters.values()))


def _conflict(clusters: list[Cluster]) -> list[Call]:
    forward = sorted((cluster for cluster in clusters if cluster.f < cluster.s), key=lambda cluster: cluster.f)
    for one, other in pairwise(forward):
        if other.f < one.s:
            return _witness(one, other)
    firsts = [cluster.f for cluster in forward]
    for cluster in clusters:
        if cluster.f < cluster.s or cluster.f == NEVER:
            continue
        # Forward zones do not overlap here, so of those that begin before this one the last reaches furthest.
        place = bisect_left(firsts, cluster.s)
        if place and forward[place - 1].s > cluster.f:
            return _witness(forward[place - 1], cluster)
    return []


def _witness(one: Cluster, other: Cluster) -> list[Call]:
    involved = (one.ended_first, one.started_last, other.ended_first, other.started_last)
    return list({call.id: call for call in involved if call is not None}.values())
