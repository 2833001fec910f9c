"""Figures of a trace: messages between nodes over time, and what nodes noted of each other. They decide nothing.

One pass over the file; of its million lines nine in ten are messages, whose members are cut out without decoding.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from conformance.trace import Closed, Line, Noted, Opened, whole_lines
from conformance.views import Views

NOTED: Final = ("suspect", "dead", "refuted")
_ARRIVED: Final = b'""'
_QUOTE: Final = ord('"')
_TELLING: Final = (b'["n"', b'["up"', b'["down"', b'["trace"', b'["end"')


def traced(trace: Path, bucket_us: int) -> dict[str, Any]:
    """Count what went between nodes, and whom they suspected, held for dead, and refuted.

    Args:
        trace: the trace of a run, complete or cut off.
        bucket_us: the length of a span, µs.

    Returns:
        traffic: bucket_us; by_kind, for each kind of message, the most frequent first: its channel, how many were
        carried and lost, octets, of what arrived, octets_most, the most of them in one span, and buckets, [begin in µs,
        carried, lost] of the spans with any, by when they arrived or were given up; lost_by_cause. What was lost in the
        run's last instant is left out: nodes are kept apart then, so that none hears of another's last answers.
        rumours: by node, how often it suspected another, held one for dead, and refuted what was said of itself.
        membership: see `conformance.views`.
    """
    messages, views = _Messages(bucket_us), Views()
    rumours: dict[str, dict[str, int]] = {}
    decode = msgspec.json.Decoder(Line).decode
    for line in whole_lines(trace):
        if line.startswith(b'["m"'):
            messages.add(line)
        elif line.startswith(_TELLING):
            record = decode(line)
            views.add(record)
            if isinstance(record, Opened):
                rumours = {node: dict.fromkeys(NOTED, 0) for node in record.nodes}
            elif isinstance(record, Noted) and record.kind in NOTED:
                rumours[record.node][record.kind] += 1
            elif isinstance(record, Closed):
                messages.forget_losses_at(record.t - 1)
    return {"traffic": messages.value(), "rumours": rumours, "membership": views.value()}


class _Messages:
    """Messages counted by kind, channel and span; texts are kept as they stand in the trace."""

    def __init__(self, bucket_us: int) -> None:
        self._bucket_us = bucket_us
        self._counted: dict[tuple[bytes, bytes], dict[int, list[int]]] = {}
        self._causes: dict[bytes, int] = {}
        self._instant = b""
        self._lost_now: list[tuple[list[int], bytes]] = []

    def add(self, line: bytes) -> None:
        """Count one line of a message."""
        ahead, channel, kind, lost, octets = (line if line[-2] != _QUOTE else _as_now(line)).rsplit(b",", 4)
        t = ahead[5 : ahead.index(b",", 5)]
        begin = int(t) // self._bucket_us
        span = self._counted.setdefault((kind, channel), {}).setdefault(begin, [0, 0, 0])
        if lost == _ARRIVED:
            span[0] += 1
            span[2] += int(octets[:-1])
            return
        span[1] += 1
        self._causes[lost] = self._causes.get(lost, 0) + 1
        if t != self._instant:
            self._instant, self._lost_now = t, []
        self._lost_now.append((span, lost))

    def forget_losses_at(self, t: int) -> None:
        """Take out what was lost at an instant, if it is the last at which anything was."""
        if self._instant == b"%d" % t:
            for span, lost in self._lost_now:
                span[1] -= 1
                self._causes[lost] -= 1

    def value(self) -> dict[str, Any]:
        """Give the figure."""
        every = [self._kind(kind, channel, spans) for (kind, channel), spans in self._counted.items()]
        kinds = [one for one in every if one["buckets"]]  # of the others only losses that are left out were seen
        kinds.sort(key=lambda one: (-one["carried"] - one["lost"], one["kind"]))
        return {
            "bucket_us": self._bucket_us,
            "by_kind": kinds,
            "lost_by_cause": {_text(cause): number for cause, number in sorted(self._causes.items()) if number},
        }

    def _kind(self, kind: bytes, channel: bytes, spans: dict[int, list[int]]) -> dict[str, Any]:
        return {
            "kind": _text(kind),
            "channel": _text(channel),
            "carried": sum(carried for carried, _, _ in spans.values()),
            "lost": sum(lost for _, lost, _ in spans.values()),
            "octets": sum(octets for _, _, octets in spans.values()),
            "octets_most": max((octets for _, _, octets in spans.values()), default=0),
            "buckets": [(begin * self._bucket_us, *span[:2]) for begin, span in sorted(spans.items()) if any(span)],
        }


def _as_now(line: bytes) -> bytes:
    """Write a line of an older trace, which says nothing of octets, as it is written now."""
    return line[:-1] + b",0]"


def _text(member: bytes) -> str:
    text: str = msgspec.json.decode(member)
    return text
