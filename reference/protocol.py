"""What is said to a node: how it starts, what clients ask, what nodes send each other. No behaviour lives here.

Every message between nodes is an immutable struct with a short tag, so that it can be encoded (digest of a run, sealed
wire) and dispatched by its class. Times named `at`, `created`, `last` are microseconds since 1970 by a node's wall
clock.
"""

from typing import Any

from msgspec import Struct

from reference.session import Revocation, Session

MEMBERSHIP = "membership"
"""The channel of heartbeats and views; may lose, repeat and reorder."""
DATA = "data"
"""The channel of session data (REQ-REPL-13); may lose, repeat and reorder too."""

LIFE_BITS = 32
"""Numbers of pings and questions begin anew with each boot, above this bit: an answer to an old life matches none."""
MOMENT_BITS = 48
BOOT_PART = (1 << 15) - 1
"""Instants that come back in answers have these bits of the boot above that bit: an earlier life's clock says nothing
to this one. More of it would not fit into the 64 bits that the wire has for a number."""


class Init(Struct, frozen=True, gc=False):
    """How a node begins a life (protocol, part 2, `init`).

    Attributes:
        node: the name of this member.
        boot: counts the starts of this node, from 1; what an earlier boot sent or was sent means nothing to this one.
        cluster: name of the cluster.
        peers: what discovery finds at the start, never the node itself.
        seed: 64 hex digits, different for every node and boot; None means the system's own source.
        config: the Orchestrator's configuration as JSON, placeholders replaced.
    """

    node: str
    boot: int
    cluster: str
    peers: tuple[str, ...]
    seed: str | None
    config: dict[str, Any]


class Request(Struct, frozen=True, gc=False):
    """One HTTP request to the probe application, as a value (protocol, parts 1 and 2)."""

    id: str
    method: str
    path: str
    host: str
    secure: bool = True
    cookie: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None


class PassedOn(Request, frozen=True, gc=False, kw_only=True):
    """A request that another node passed on: it has no cookie, whose id nobody but the client and this request knew.

    Attributes:
        session: the hash of that id.
        asked: when its client asked, by the monotonic clock here; or a little later, by a message's way.
        until: when nobody waits for the answer any more, by the same.
        again: whether it was passed on before, to a node that gave no answer and may have done what it asks for.
        unheard: whether a member that was asked for its copy of the session has said nothing.
    """

    session: str
    asked: int
    until: int
    again: bool
    unheard: bool = False


# ---------------------------------------------------------------------------------------------- membership channel


class Rumour(Struct, frozen=True, gc=False, array_like=True):
    """One statement about one member, spread by piggybacking (SWIM, Das et al. 2002, section 4.2).

    `state` is one of `membership.ALIVE`, `SUSPECT`, `DEAD`, `LEFT`; `incarnation` is raised by the member itself alone;
    `boot` and `ready` say of which life it speaks and whether that life may be sent requests; `by` names who has waited
    for a suspected one in vain.
    """

    member: str
    state: int
    incarnation: int
    boot: int
    ready: bool
    by: str = ""


class Ping(Struct, frozen=True, gc=False, tag="ping"):
    """Are you there? The answer is an `Ack` with the same number."""

    number: int
    rumours: tuple[Rumour, ...]


class Ack(Struct, frozen=True, gc=False, tag="ack"):
    """Yes; also passed on by a helper who was asked to ping.

    `wall` is what the pinged member's wall clock shows; None when a helper passes the answer on, which takes time.
    """

    number: int
    rumours: tuple[Rumour, ...]
    wall: int | None = None


class PingRequest(Struct, frozen=True, gc=False, tag="ping-req"):
    """Ping that member for me; your `Ack` to me carries my number."""

    number: int
    target: str
    rumours: tuple[Rumour, ...]


class Nack(Struct, frozen=True, gc=False, tag="nack"):
    """I am there and will ask; says nothing of the member (Lifeguard)."""

    number: int


class Gossip(Struct, frozen=True, gc=False, tag="gossip"):
    """Rumours alone."""

    rumours: tuple[Rumour, ...]


class PushPull(Struct, frozen=True, gc=False, tag="push-pull"):
    """The sender's whole view; the receiver answers with its own when `reply` is asked for (memberlist's full sync).

    `asked` says when, by the asker's monotonic clock with its boot above `MOMENT_BITS`; the answer repeats it and says
    in `wall` what the answering node's wall clock shows.
    """

    view: tuple[Rumour, ...]
    reply: bool
    asked: int | None = None
    wall: int | None = None


# ---------------------------------------------------------------------------------------------------- data channel


class Copies(Struct, frozen=True, gc=False, tag="copies"):
    """Records, whole or in part, to be merged; acknowledged by `Copied` with the same boot and number.

    Number 0 asks for no acknowledgement (what a comparison fetched is checked by the next comparison).
    """

    boot: int
    number: int
    sessions: tuple[Session, ...]
    revocations: tuple[Revocation, ...]


class Copied(Struct, frozen=True, gc=False, tag="copied"):
    """The records of that number are merged here; `boot` is the boot of the node that sent them."""

    boot: int
    number: int


class Compare(Struct, frozen=True, gc=False, tag="compare"):
    """The sender's digests of some branches of its tree: (prefix, digest, count). Answered by `Difference`.

    `round` is the number of the question, of which a comparison asks several; the answer repeats it. A `thorough` one
    leaves nothing out, also not what is changing just now.
    """

    round: int
    branches: tuple[tuple[str, int, int], ...]
    thorough: bool = False


class Difference(Struct, frozen=True, gc=False, tag="difference"):
    """Where the answering node differs: child branches to descend into, and leaves as (prefix, {record: digest}).

    Both empty: equal in all branches asked about.
    """

    round: int
    branches: tuple[tuple[str, int, int], ...]
    leaves: tuple[tuple[str, dict[str, int]], ...]


class Want(Struct, frozen=True, gc=False, tag="want"):
    """Send me these records whole; answered by `Wanted` with the same number."""

    round: int
    records: tuple[str, ...]


class Wanted(Struct, frozen=True, gc=False, tag="wanted"):
    """The records that were asked for and are held here; the asker now has all that this node had."""

    round: int
    sessions: tuple[Session, ...]
    revocations: tuple[Revocation, ...]


class Fetch(Struct, frozen=True, gc=False, tag="fetch"):
    """A joining node asks for the next chunk of all records, in order of their keys, after `after`."""

    boot: int
    after: str


class Chunk(Struct, frozen=True, gc=False, tag="chunk"):
    """Some records and the key to ask on from; an empty `after` means that these were the last.

    `asked` repeats the key of the `Fetch` that this answers.
    """

    boot: int
    sessions: tuple[Session, ...]
    revocations: tuple[Revocation, ...]
    after: str
    asked: str = ""


class Activity(Struct, frozen=True, gc=False, tag="activity"):
    """When was this session last active? Asked before a denial for idleness."""

    question: int
    session: str


class LastActive(Struct, frozen=True, gc=False, tag="last-active"):
    """The answering node's copy of the record, None if it holds none."""

    question: int
    record: Session | None


class Forward(Struct, frozen=True, gc=False, tag="forward", omit_defaults=True):
    """A client's request for a session, to be answered by `Returned` with the same number.

    The cookie is not sent, but the hash of what it says. `at` is when this was sent, by the sender's wall clock, and
    `within` how long the client waits from then on; `again` says that another node was asked before, and may have done
    it; `trace` is the `traceparent` of the request (W3C Trace Context), "" where it has none.
    """

    number: int
    session: str
    method: str
    path: str
    body: Any
    at: int
    within: int
    again: bool
    trace: str = ""


class InHand(Struct, frozen=True, gc=False, tag="in-hand"):
    """The request of that number is being seen to, and its answer comes once others have said something."""

    number: int


class Returned(Struct, frozen=True, gc=False, tag="returned"):
    """The answer for the client, to be handed on as it is."""

    number: int
    status: int
    headers: tuple[tuple[str, str], ...]
    body: Any


class Place(Struct, frozen=True, gc=False, array_like=True):
    """Where one member is reached, as it says itself or as another member heard it say.

    `since` is its boot: of two statements the one of the later life counts. An address without a host means whatever
    host the member is seen at.
    """

    member: str
    since: int
    membership: str
    data: str


class Whereabouts(Struct, frozen=True, gc=False, tag="whereabouts"):
    """Where members are reached; for the hosts of live nodes alone, since a node knows members by name."""

    places: tuple[Place, ...]


Message = (
    Ping
    | Ack
    | PingRequest
    | Nack
    | Gossip
    | PushPull
    | Copies
    | Copied
    | Compare
    | Difference
    | Want
    | Wanted
    | Fetch
    | Chunk
    | Activity
    | LastActive
    | Forward
    | InHand
    | Returned
    | Whereabouts
)
