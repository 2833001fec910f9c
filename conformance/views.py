"""Membership as each node saw it, from the notes in a trace: a figure, never evidence.

Imports the trace's records and nothing else of the project.
"""

from conformance.trace import Died, Line, Noted, Opened, Started

SEEN = ("alive", "suspect", "dead", "left")

View = dict[str, dict[str, list[tuple[int, str]]]]


class Views:
    """What every node noted of every other, gathered from the records of a trace in their order."""

    def __init__(self) -> None:
        self._views: View = {}
        self._told = False

    def add(self, record: Line) -> None:
        """Take one record; those that say nothing of members change nothing."""
        views = self._views
        if isinstance(record, Opened):
            self._views = {node: {other: [] for other in record.nodes if other != node} for node in record.nodes}
        elif isinstance(record, Noted) and record.kind in SEEN and isinstance(record.fields.get("member"), str):
            self._told = True
            _append(views, record.node, record.fields["member"], record.t, record.kind)
        elif isinstance(record, Died):
            for other in views[record.node]:
                _append(views, record.node, other, record.t, "down")
        elif isinstance(record, Started) and record.boot > 1:
            for other in views[record.node]:
                _append(views, record.node, other, record.t, "dead")

    def value(self) -> View:
        """Give the figure.

        Returns:
            By observing node, by observed node: [time in µs, state] in order of time; "down" while the observer itself
            was. Where no node noted anything of any other, nothing: a store need not tell.
        """
        return self._views if self._told else {node: {} for node in self._views}


def _append(views: View, node: str, other: str, t: int, state: str) -> None:
    strip = views[node].get(other)
    if strip is None or (strip and strip[-1][1] == state):
        return
    strip.append((t, state))
