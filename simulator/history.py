"""Writes the history of a run, line by line, in the order in which things were completed.

What the lines hold is in `conformance/history.py`; here is no knowledge of sessions or nodes.
"""

from typing import BinaryIO

from msgspec import json

from conformance.history import End, Header, Operation, Record

BATCH = 500
"""Lines that are encoded and written together."""

_encoder = json.Encoder()


class HistoryWriter:
    """The only writer of a run's history.

    Args:
        sink: where the JSON lines go; None keeps nothing but the count.
    """

    __slots__ = ("_lines", "_sink", "operations")

    def __init__(self, sink: BinaryIO | None) -> None:
        self._sink = sink
        self._lines: list[Header | Record] = []
        self.operations = 0

    def open(self, header: Header) -> None:
        """Write the first line."""
        self._add(header)

    def write(self, record: Record) -> None:
        """Write one line; it must not be changed any more."""
        if record.__class__ is Operation:
            self.operations += 1
        self._add(record)

    def close(self, now: int) -> None:
        """Write the last line, without which the run is unfinished."""
        self._add(End(now, self.operations))
        self.flush()

    def flush(self) -> None:
        """Hand everything to the sink."""
        if self._sink is not None and self._lines:
            self._sink.write(_encoder.encode_lines(self._lines))
            self._sink.flush()
        self._lines.clear()

    def _add(self, line: Header | Record) -> None:
        self._lines.append(line)
        if len(self._lines) >= BATCH:
            self.flush()
