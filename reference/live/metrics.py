"""Counts and gauges of one node as Prometheus text (REQ-OBS-6, REQ-OBS-7).

The product defines no names; these are ours. Every name begins with `anynode_`.
Counting is adding to a dictionary; text is made when somebody asks.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final

BUCKETS_US: Final = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000)

Labels = tuple[tuple[str, str], ...]
Gauge = tuple[str, str, Callable[[], dict[Labels, int]]]


class Metrics:
    """What one node counts.

    Attributes:
        gauges: (name, what it is, how to read it), read when asked for.
    """

    def __init__(self) -> None:
        self.gauges: list[Gauge] = []
        self._counters: dict[str, dict[Labels, int]] = {name: {} for name in _HELP}
        self._buckets = [0] * (len(BUCKETS_US) + 1)
        self._took_us = 0

    def count(self, name: str, labels: Labels = (), by: int = 1) -> None:
        """Add to a counter of `_HELP`."""
        counter = self._counters[name]
        counter[labels] = counter.get(labels, 0) + by

    def request(self, method: str, status: int, took_us: int) -> None:
        """Count a request and how long its answer took."""
        self.count("requests_total", (("method", method), ("status", str(status))))
        self._buckets[bisect_left(BUCKETS_US, took_us)] += 1
        self._took_us += took_us

    def text(self) -> str:
        """Write everything, in the text format of Prometheus (version 0.0.4)."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for name, counter in self._counters.items():
            yield from _family(name, "counter", _HELP[name], counter)
        yield "# HELP anynode_request_seconds How long answers took."
        yield "# TYPE anynode_request_seconds histogram"
        total = 0
        for bound, count in zip((*BUCKETS_US, None), self._buckets, strict=True):
            total += count
            until = "+Inf" if bound is None else f"{bound / 1_000_000:g}"
            yield f'anynode_request_seconds_bucket{{le="{until}"}} {total}'
        yield f"anynode_request_seconds_sum {self._took_us / 1_000_000:g}"
        yield f"anynode_request_seconds_count {total}"
        for name, about, read in self.gauges:
            yield from _family(name, "gauge", about, read())


_HELP: Final = {
    "requests_total": "Requests that were answered.",
    "frames_sent_total": "Frames handed to the network.",
    "frames_received_total": "Frames that came.",
    "frames_dropped_total": "Frames that were not sent: no address, a peer out of reach, or one that reads too slowly.",
    "streams_refused_total": "Connections between nodes that were broken off.",
}


def _family(name: str, kind: str, about: str, values: dict[Labels, int]) -> Iterator[str]:
    yield f"# HELP anynode_{name} {about}"
    yield f"# TYPE anynode_{name} {kind}"
    for labels, value in sorted(values.items()):
        yield f"anynode_{name}{_labels(labels)} {value}"


def _labels(labels: Labels) -> str:
    quoted = (f'{name}="{_escaped(value)}"' for name, value in labels)
    return "{" + ",".join(quoted) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
