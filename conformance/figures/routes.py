"""The figure of what the balancer decided: whom it sent requests to, and what came of it. A pure function of a history.

What a balancer believed is not in a history; whether the node said that it may be sent requests is.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Any

from conformance.figures.clients import buckets_of, went_wrong
from conformance.history import OBSERVER, History


def routes(history: History) -> dict[str, Any]:
    """Count for each node what the balancer sent to it.

    Returns:
        bucket_us: the length of a span in µs, as for `availability`. by_node: for each node asked, the requests sent to
        it; moved, of those how many came from a client whose request before had gone to another node; unready, how many
        while it did not say that it may be sent requests; errors, how many were refused or have an unknown outcome;
        errors_unready, how many of the errors are among the unready; buckets, [begin in µs, asked, errors] of the spans
        in which something was sent to it. A node of whose readiness nothing is told counts as ready. Cost: O(n log n).
    """
    bucket_us, _ = buckets_of(history)
    ready = _Readiness(history)
    counts = ("asked", "moved", "unready", "errors", "errors_unready")
    by_node: dict[str, dict[str, Any]] = {node: dict.fromkeys(counts, 0) for node in history.header.nodes}
    spans: dict[str, dict[int, list[int]]] = {node: {} for node in history.header.nodes}
    before: dict[str, str] = {}
    users = (operation for operation in history.operations if operation.by != OBSERVER)
    for operation in sorted(users, key=attrgetter("asked")):
        node = operation.node
        wrong, unready = went_wrong(operation), not ready.at(node, operation.asked)
        seen = by_node[node]
        seen["asked"] += 1
        seen["moved"] += before.get(operation.client, node) != node
        seen["unready"] += unready
        seen["errors"] += wrong
        seen["errors_unready"] += wrong and unready
        before[operation.client] = node
        span = spans[node].setdefault(operation.asked // bucket_us * bucket_us, [0, 0])
        span[0] += 1
        span[1] += wrong
    for node, found in spans.items():
        by_node[node]["buckets"] = [(begin, *counted) for begin, counted in found.items()]
    return {"bucket_us": bucket_us, "by_node": by_node}


class _Readiness:
    """When each node said that it may be sent requests: not before it first did."""

    def __init__(self, history: History) -> None:
        changes = [(ready.t, ready.ready, True) for ready in history.readies]
        changes += [(unready.t, unready.unready, False) for unready in history.unreadies]
        self._changes: dict[str, list[tuple[int, bool]]] = {node: [] for node in history.header.nodes}
        for t, node, says in sorted(changes):
            self._changes[node].append((t, says))

    def at(self, node: str, t: int) -> bool:
        changes = self._changes[node]
        if not changes:
            return True
        position = bisect_right(changes, (t, True))
        return position > 0 and changes[position - 1][1]
