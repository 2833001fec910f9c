"""Membership as each node saw it, from the notes in a trace: a figure, never evidence.

Imports the trace's records and nothing else of the project.
"""

from pathlib import Path

import msgspec

from conformance.trace import Died, Line, Noted, Opened, Started, whole_lines

SEEN = ("alive", "suspect", "dead", "left")

View = dict[str, dict[str, list[tuple[int, str]]]]


def membership_views(trace: Path) -> View:
    """Read what every node noted of every other.

    Args:
        trace: the trace of a run, complete or cut off.

    Returns:
        By observing node, by observed node: [time in µs, state] in order of time; "down" while the observer itself was.
        Where no node noted anything of any other, nothing: a store need not tell.
    """
    views: View = {}
    told = False
    decode = msgspec.json.Decoder(Line).decode
    for line in whole_lines(trace):
        # Nine lines in ten are messages and alarms; only those that can matter are decoded.
        if not line.startswith((b'["n"', b'["up"', b'["down"', b'["trace"')):
            continue
        record = decode(line)
        if isinstance(record, Opened):
            views = {node: {other: [] for other in record.nodes if other != node} for node in record.nodes}
        elif isinstance(record, Noted) and record.kind in SEEN and isinstance(record.fields.get("member"), str):
            told = True
            _append(views, record.node, record.fields["member"], record.t, record.kind)
        elif isinstance(record, Died):
            for other in views[record.node]:
                _append(views, record.node, other, record.t, "down")
        elif isinstance(record, Started) and record.boot > 1:
            for other in views[record.node]:
                _append(views, record.node, other, record.t, "dead")
    return views if told else {node: {} for node in views}


def _append(views: View, node: str, other: str, t: int, state: str) -> None:
    strip = views[node].get(other)
    if strip is None or (strip and strip[-1][1] == state):
        return
    strip.append((t, state))
