"""The history of a run, version 1: operations as clients saw them, and what the world did to the nodes.

The seam between those who act and those who judge (docs/subject-protocol.md, part 5). It imports nothing of the
project; `conformance.reading` makes a `History` of a file and refuses what contradicts itself.
Times are integer microseconds of the world's true clock, counted from the start of the run.
"""

from typing import Any, get_args

import msgspec
from msgspec import Struct, field

VERSION = 1

LOCAL, CLUSTER = "local", "cluster"
"""Where the subject keeps sessions; with `local` only one node's promises stand (protocol, part 4)."""

LOGIN, READ, WRITE, DELETE, LOGOUT, REVOKE = "login", "read", "write", "delete", "logout", "revoke"
PEEK, MEMBERS, STATUS = "peek", "members", "status"
IN_SESSION = frozenset({READ, WRITE, DELETE, LOGOUT})
"""What is asked with the cookie of a session."""
OPERATIONS = (LOGIN, READ, WRITE, DELETE, LOGOUT, REVOKE, PEEK, MEMBERS, STATUS)
"""What may be asked of a node (protocol, part 1)."""

OK, DENIED, REFUSED, UNKNOWN = "ok", "denied", "refused", "unknown"
OUTCOMES = (OK, DENIED, REFUSED, UNKNOWN)
"""What came of an operation: it happened; 401, definite; definitely nothing happened; it may have happened."""

NO_SESSION, EXPIRED, ENDED = "no-session", "expired", "ended"
"""Why a node denies; `no-session` means that it has no record and is not final, the others are."""

BROKEN_OFF = "broken-off"
"""Why nobody heard an answer, where whoever stands between client and node took it away; no node is to blame."""

USER, OBSERVER = "user", "observer"


class Contract(Struct, frozen=True):
    """What a subject promises about itself (protocol, part 2); missing members take the values shown there."""

    converge_us: int = 3_000_000
    clock_skew_us: int = 500_000
    detect_us: int = 30_000_000
    idle_slack_us: int = 1_000_000
    survives_crashes: int = 1


class Lifetime(Struct, frozen=True):
    """The configured limits in µs; a limit of 0 means that there is none."""

    absolute_us: int = 0
    idle_us: int = 0


class CookieScope(Struct, frozen=True):
    """Name and domain of the session cookie; an empty domain means the host that was asked.

    `former` are domains that it had before, for which browsers may still hold one.
    """

    name: str
    domain: str = ""
    former: list[str] = []


class Header(Struct, kw_only=True):
    """The first line; what has a default here decides nothing, or the protocol gives the value.

    `noise_us` is what the machine may have added to anything where time was real; `contract` holds it already.
    `clusters` says which nodes belong to which of several clusters side by side, by name; empty where there is one.
    """

    history: int
    scenario: str = ""
    seed: int | None = None
    subject: str = ""
    nodes: list[str]
    features: list[str]
    contract: Contract = Contract()
    expect: Any = None
    routing: bool
    store: str
    lifetime: Lifetime
    cookie: CookieScope = CookieScope(name="")
    noise_us: int = 0
    clusters: dict[str, list[str]] = {}


class Operation(Struct, omit_defaults=True, gc=False):  # gc: millions of them are held, and none is part of a cycle
    """One request and what its client saw.

    `session` is a hash, never a live id. `user` is the user that the client acts for; `answered_user` is whom the
    answer named (login, read, peek). `replaced` is the session whose cookie a login sent along: that session ends with
    it. Where somebody was answered who showed no cookie, `session` is the hash of nothing. `answered` is None when
    nothing was heard. `outcome`: "ok", "denied" (401), "refused" (definitely nothing happened) or "unknown" (may have
    happened, once, at any time from the asking to the end of the run).
    """

    op: str
    id: str
    client: str
    by: str
    node: str
    asked: int
    answered: int | None
    outcome: str
    user: str | None = None
    answered_user: str | None = None
    session: str | None = None
    replaced: str | None = None
    key: str | None = None
    value: Any = None
    host: str | None = None
    why: str | None = None
    status: int | None = None
    set_cookie: list[str] | None = None
    data: dict[str, Any] | None = None
    ended: bool | None = None
    created: int | None = None
    last: int | None = None
    sessions: int | None = None
    members: list[str] | None = None


class Fault(Struct, omit_defaults=True):
    """Something done to nodes or to what lies between them, from one instant to another.

    `groups` of a cut: nodes of different groups cannot reach each other; without it each node of `nodes` may be cut
    from every other. `links` of a one-way cut: [from, to] pairs that carry nothing. `to` is None for a crash without
    return. `touched` counts what the fault changed: for cuts the messages stopped, for a crash 1. `taken` counts, of
    the frames that it changed or played back, those that a node took for real; None where it did neither.
    `cookie_domain` is what the session cookie's is on these nodes from the end on; None where it stays as it was.
    """

    fault: str
    nodes: list[str]
    begin: int = field(name="from")
    end: int | None = field(name="to")
    touched: int = 0
    groups: list[list[str]] | None = None
    links: list[list[str]] | None = None
    taken: int | None = None
    cookie_domain: str | None = None


class Ready(Struct):
    """From `t` on the node says that it may be sent requests."""

    ready: str
    t: int


class Unready(Struct):
    """From `t` on the node is down, or no longer says that it may be sent requests."""

    unready: str
    t: int


class Clock(Struct):
    """From `t` on the node's wall clock is off by so much."""

    clock: str
    t: int
    offset_us: int


class Healed(Struct):
    """Every fault is undone; from here on the contract's bound runs."""

    healed: int


class End(Struct):
    """The last line; without it the run is unfinished."""

    end: int
    operations: int


Record = Operation | Fault | Ready | Unready | Clock | Healed | End


class History(Struct):
    """A whole run, read and found free of contradictions.

    Attributes:
        header: the first line.
        operations: every operation, in the order of the file.
        lines: where each of `operations` stands, counted from 1.
        faults: what was done to the nodes, in the order of the file.
        fault_lines: where each of `faults` stands.
        readies: when nodes said that they may be sent requests.
        unreadies: when nodes went down or said so no longer.
        clocks: when nodes' clocks changed.
        healed: when the last fault was undone; None if the history does not say.
        end: the last line; None means that the run is unfinished.
        file: where it was read from, for messages.
        unasked: positions in `operations` of answers to questions that were never asked (`asked` is null).
        written: by value (`token`), the operation that was asked to write it, whatever came of it.
    """

    header: Header
    operations: list[Operation] = []
    lines: list[int] = []
    faults: list[Fault] = []
    fault_lines: list[int] = []
    readies: list[Ready] = []
    unreadies: list[Unready] = []
    clocks: list[Clock] = []
    healed: int | None = None
    end: End | None = None
    file: str = ""
    unasked: list[int] = []
    written: dict[Any, Operation] = {}

    @property
    def finished(self) -> bool:
        """Whether the history has its last line."""
        return self.end is not None


def token(value: Any) -> Any:
    """Make of a written value what equal JSON shares and other JSON does not, usable as a key of a dict.

    Args:
        value: any JSON value. 1, 1.0 and true are equal in Python; as JSON the first two are one number, true is not.
    """
    kind = type(value)
    if kind is str:
        return value
    if kind is float or kind is list or kind is dict:
        value = _one_spelling(value)
    return (msgspec.json.encode(value, order="sorted"),)


def _one_spelling(value: Any) -> Any:
    """Write every whole number as an integer, however deep it stands."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is list:
        return [_one_spelling(inner) for inner in value]
    if kind is dict:
        return {name: _one_spelling(inner) for name, inner in value.items()}
    return value


def json_schema() -> dict[str, Any]:
    """Describe one line of a history as a JSON Schema; which line may follow which it cannot say."""
    kinds = (Header, *get_args(Record))
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One line of a history, version {VERSION}",
        "anyOf": list(schemas),
        "$defs": components,
    }
