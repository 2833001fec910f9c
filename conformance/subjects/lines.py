"""The lines of the subject protocol, part 2, as types: what the harness says to a node, and what a node says back.

Types and their JSON Schemas, no behaviour. Times are µs; `now` is the node's own wall clock since 1970, `mono` its
monotonic clock, from 0 with each process. Members that are not named here are ignored on both sides.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

PROTOCOL = 1
"""The version that is spoken."""
LINE_LIMIT = 16 * 1024 * 1024
"""Bytes that a line may have."""
TURN_LIMIT = 10_000
"""Lines that a turn may have."""
LATEST_US = 2**63 - 1
"""The longest time that a timer may be set to: what whole numbers of most languages hold, and never in any run."""

Channel = Literal["membership", "data"]
Id = int | float | str | list[Any] | dict[str, Any]
Microseconds = Annotated[int, Meta(ge=0)]
Bound = Annotated[int, Meta(ge=0, le=2**53)]
"""Of a contract: 285 years at most, as µs that every language writes exactly."""

# -------------------------------------------------------------------------------------------------- harness to node


class Hello(Struct, tag_field="op", tag="hello"):
    """Ask who is there; the answer is a line `re`."""

    id: Id
    protocol: int = PROTOCOL


class InitLine(Struct, tag_field="op", tag="init"):
    """Begin a life: who the node is, whom discovery finds, where its chance comes from, how it is configured."""

    id: Id
    now: Microseconds
    mono: Microseconds
    node: str
    boot: int
    cluster: str
    peers: tuple[str, ...]
    seed: str | None
    config: Any


class Discovered(Struct, tag_field="op", tag="discovered", omit_defaults=True):
    """What discovery finds now; `error` in place of `peers` when the lookup failed."""

    id: Id
    now: Microseconds
    mono: Microseconds
    peers: tuple[str, ...] | UnsetType = UNSET
    error: str | UnsetType = UNSET


class TimerLine(Struct, tag_field="op", tag="timer"):
    """A timer of that name is due."""

    id: Id
    now: Microseconds
    mono: Microseconds
    name: str


class MessageLine(Struct, tag_field="op", tag="message"):
    """A message of another node, as it was sent."""

    id: Id
    now: Microseconds
    mono: Microseconds
    sender: str = field(name="from")
    channel: Channel
    body: Raw


class RequestLine(Struct, tag_field="op", tag="request"):
    """An HTTP request to the probe application; `request` names it in the answer."""

    id: Id
    now: Microseconds
    mono: Microseconds
    request: str
    method: str
    host: str
    path: str
    secure: bool
    cookie: str | None
    headers: tuple[tuple[str, str], ...]
    body: Any


class StopLine(Struct, tag_field="op", tag="stop"):
    """Leave, and say `stopped` when that is done."""

    id: Id
    now: Microseconds
    mono: Microseconds
    how: Literal["leave"] = "leave"


Input = Hello | InitLine | Discovered | TimerLine | MessageLine | RequestLine | StopLine

# -------------------------------------------------------------------------------------------------- node to harness


class Promised(Struct):
    """A contract as a node says it; what is missing takes the values of the protocol."""

    converge_us: Bound = 3_000_000
    clock_skew_us: Bound = 500_000
    detect_us: Bound = 30_000_000
    idle_slack_us: Bound = 1_000_000
    survives_crashes: Bound = 1


class Re(Struct):
    """The answer to `hello`: who this is and what it promises. `re` is the id of that line."""

    re: Id
    protocol: int
    name: Annotated[str, Meta(min_length=1)]
    features: list[str]
    version: str = ""
    language: str = ""
    url: str = ""
    contract: Promised = field(default_factory=Promised)


class SendOut(Struct):
    """Send a message to another node."""

    send: str
    channel: Channel
    body: Any


class SetOut(Struct):
    """Set a timer, by the monotonic clock; it replaces one of that name."""

    timer: str
    after: Annotated[int, Meta(ge=1, le=LATEST_US)]


class CancelOut(Struct):
    """Cancel a timer."""

    timer: str
    cancel: Literal[True]


class RespondOut(Struct):
    """Answer a request, in its own turn or a later one."""

    respond: str
    status: Annotated[int, Meta(ge=100, le=599)]
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None


class NoteOut(Struct):
    """Something for figures and pictures, with any members besides; never for verdicts."""

    note: str


class StoppedOut(Struct):
    """The node has left and needs no further turn."""

    stopped: Literal[True]


class UnsupportedOut(Struct):
    """The answer to an `op` that the node does not know."""

    unsupported: str


class DoneOut(Struct):
    """The last line of every turn: the id of its input line, of the same JSON type."""

    done: Id


KINDS: dict[str, tuple[type[Struct], ...]] = {
    "re": (Re,),
    "send": (SendOut,),
    "timer": (SetOut, CancelOut),
    "respond": (RespondOut,),
    "note": (NoteOut,),
    "stopped": (StoppedOut,),
    "unsupported": (UnsupportedOut,),
    "done": (DoneOut,),
}
"""What a line of a node says, by the member that tells: exactly one of these is there."""


class Output(Struct):
    """Any line of a node but `re`, decoded at once: which members are there tells what it says.

    The rules of each kind stand in KINDS; here are their types together, so that a line is decoded in one pass.
    """

    send: str | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    body: Raw | UnsetType = UNSET
    timer: str | UnsetType = UNSET
    after: Annotated[int, Meta(ge=1, le=LATEST_US)] | UnsetType = UNSET
    cancel: bool | UnsetType = UNSET
    respond: str | UnsetType = UNSET
    status: Annotated[int, Meta(ge=100, le=599)] | UnsetType = UNSET
    headers: list[tuple[str, str]] | UnsetType = UNSET
    note: str | UnsetType = UNSET
    stopped: bool | UnsetType = UNSET
    unsupported: str | UnsetType = UNSET
    done: Any = UNSET
    re: Any = UNSET


def input_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line that a node is given."""
    return msgspec.json.schema(Input)


def output_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line that a node says."""
    kinds = [kind for kinds in KINDS.values() for kind in kinds]
    schemas, components = msgspec.json.schema_components(kinds)
    return {"anyOf": list(schemas), "$defs": components}
