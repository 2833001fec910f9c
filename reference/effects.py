"""What a node may ask of the world around it. No behaviour lives here.

A turn of a node returns a list of these, performed in order. Whoever performs them (the simulated world, asyncio) tells
them apart by their class.
"""

from typing import Any

from msgspec import Struct


class Send(Struct, frozen=True, gc=False):
    """Give a message to the network; it may arrive late, twice, altered in order, or never."""

    to: str
    channel: str
    message: Any


class SetAlarm(Struct, frozen=True, gc=False):
    """Ring `name` after that many microseconds (at least 1) of the monotonic clock; replaces an alarm of that name."""

    name: str
    after: int


class CancelAlarm(Struct, frozen=True, gc=False):
    """Forget the alarm of that name; harmless when there is none."""

    name: str


class Respond(Struct, frozen=True, gc=False):
    """Answer the request of that id, in the turn that brought it or in a later one."""

    request: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: Any


class Note(Struct, frozen=True, gc=False):
    """Something worth a line in a log or a mark in a picture; never evidence for a verdict."""

    kind: str
    fields: dict[str, Any]


class Stopped(Struct, frozen=True, gc=False):
    """The node has left; it needs no further turn."""


Effect = Send | SetAlarm | CancelAlarm | Respond | Note | Stopped
