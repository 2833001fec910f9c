"""The history of a run, version 1: operations as clients saw them, and what the world did to the nodes.

The seam between those who act and those who judge (docs/subject-protocol.md, part 5). It imports nothing of the project.
Times are integer microseconds of the world's true clock, counted from the start of the run.
"""

from typing import Any

from msgspec import Struct, field

VERSION = 1


class Contract(Struct, frozen=True):
    """What a subject promises about itself (protocol, part 2); missing members take the values shown there."""

    converge_us: int = 3_000_000
    clock_skew_us: int = 500_000
    detect_us: int = 30_000_000
    idle_slack_us: int = 1_000_000
    survives_crashes: int = 1


class Lifetime(Struct, frozen=True):
    """The configured limits; an idle limit of 0 means that there is none."""

    absolute_us: int
    idle_us: int


class CookieScope(Struct, frozen=True):
    """Name and domain of the session cookie; an empty domain means the host that was asked."""

    name: str
    domain: str = ""


class Header(Struct):
    """The first line."""

    history: int
    scenario: str
    seed: int
    subject: str
    nodes: list[str]
    features: list[str]
    contract: Contract
    expect: Any
    routing: bool
    store: str
    lifetime: Lifetime
    cookie: CookieScope


class Operation(Struct, omit_defaults=True):
    """One request and what its client saw.

    `session` is a hash, never a live id. `user` is the user that the client acts for; `answered_user` is whom the answer
    named (login, read, peek). `replaced` is the session whose cookie a login sent along: that session ends with it.
    `answered` is None when nothing was heard. `outcome`: "ok", "denied" (401), "refused" (definitely nothing happened) or
    "unknown" (may have happened, once, at any time from the asking to the end of the run).
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

    `groups` of a cut: nodes of different groups cannot reach each other. `links` of a one-way cut: [from, to] pairs that
    carry nothing. `to` is None for a crash without return. `touched` counts what the fault changed: for cuts the messages
    stopped, for a crash 1.
    """

    fault: str
    nodes: list[str]
    begin: int = field(name="from")
    end: int | None = field(name="to")
    touched: int = 0
    groups: list[list[str]] | None = None
    links: list[list[str]] | None = None


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
