"""The trace of a run: everything that happened in the world, in order, for drawing and for finding a first difference.

One JSON array a line, the first member says which kind. Written by the simulator, read by the reports; never judged.
Times are integer microseconds of the world's true clock, counted from the start of the run.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

VERSION = 1

_GZIP: Final = 31  # zlib's number for its largest window and gzip's header
_PIECE: Final = 16 * 1024
"""Bytes read at a time; of a damaged file all lines in the piece that holds the damage are lost."""


class Opened(Struct, array_like=True, gc=False, tag="trace"):
    """The first line: the version of this format, scenario, seed, subject and the names of the nodes."""

    version: int
    scenario: str
    seed: int
    subject: str
    nodes: list[str]


class Carried(Struct, array_like=True, gc=False, tag="m"):
    """A message. `t` is when it arrived, or when it was given up; `lost` says why it never arrived, "" if it did.

    `octets`: how long its frame is where frames are sealed, else how long it is as MessagePack; 0 in older traces.
    """

    t: int
    sent: int
    sender: str
    to: str
    channel: str
    kind: str
    lost: str
    octets: int = 0


class Rang(Struct, array_like=True, gc=False, tag="a"):
    """An alarm rang at a node."""

    t: int
    node: str
    alarm: str


class Asked(Struct, array_like=True, gc=False, tag="q"):
    """A request reached a node; `operation` is its id in the history."""

    t: int
    node: str
    operation: str


class Answered(Struct, array_like=True, gc=False, tag="r"):
    """A node answered that operation."""

    t: int
    node: str
    operation: str
    status: int


class Noted(Struct, array_like=True, gc=False, tag="n"):
    """A node's own note."""

    t: int
    node: str
    kind: str
    fields: dict[str, Any]


class Struck(Struct, array_like=True, gc=False, tag="f"):
    """A fault begins (`begins` true) or is undone."""

    t: int
    fault: str
    nodes: list[str]
    begins: bool


class Started(Struct, array_like=True, gc=False, tag="up"):
    """A node begins its life of that number."""

    t: int
    node: str
    boot: int


class Died(Struct, array_like=True, gc=False, tag="down"):
    """A node is gone."""

    t: int
    node: str


class Checkpoint(Struct, array_like=True, gc=False, tag="d"):
    """The digest of everything up to here, contents of messages included."""

    t: int
    events: int
    digest: str


class Closed(Struct, array_like=True, gc=False, tag="end"):
    """The last line; without it the run did not finish."""

    t: int
    events: int
    messages: int
    digest: str


Line = Opened | Carried | Rang | Asked | Answered | Noted | Struck | Started | Died | Checkpoint | Closed


def whole_lines(trace: Path) -> Iterator[bytes]:
    """Give the lines of a trace as they stand, as many as are whole where the file was cut off or damaged.

    Args:
        trace: the file, compressed by gzip.
    """
    expander, rest = zlib.decompressobj(wbits=_GZIP), b""
    with trace.open("rb") as file:
        try:
            while piece := file.read(_PIECE):
                *lines, rest = (rest + expander.decompress(piece)).split(b"\n")
                yield from lines
        except zlib.error:
            return
