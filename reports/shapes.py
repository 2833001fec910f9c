"""The shapes of the figures in a run document: what is drawn and tabled, and decides nothing."""

from typing import Any, Final, Literal

from msgspec import Struct, field

from conformance.worth import Beside


class Spread(Struct, kw_only=True):
    """How the copies of a write spread: for a delay since the answer, the share of the copies that were there."""

    probes: int
    nodes: int
    curve: list[tuple[int, float]]


class Lag(Struct, kw_only=True):
    """The time from an answer to its last copy; None where there was no sample."""

    p50_us: int | None
    p95_us: int | None
    p99_us: int | None
    max_us: int | None
    samples: int


class Requests(Struct, kw_only=True):
    """Requests as the users' clients counted them, by outcome."""

    total: int
    ok: int
    denied: int
    refused: int
    unknown: int
    by_node: dict[str, dict[str, int]] = field(default_factory=dict)
    sessions: int = 0
    logins: int = 0
    logouts: int = 0


class Costs(Struct, kw_only=True):
    """What a run cost its users: sessions lost under them and logins forced, of how many, and by cause."""

    sessions: int
    sessions_lost: int
    lost_by_cause: dict[str, int]
    logins: int
    logins_forced: int
    forced_by_cause: dict[str, int]


class ClockSeen(Struct, kw_only=True):
    """A node's wall clock that was off; what clients asked while it was beyond the contract's bound, by operation."""

    farthest_us: int
    beyond_us: int
    answered: dict[str, int]
    refused: dict[str, int]


class Availability(Struct, kw_only=True):
    """Over time, for each span of `bucket_us` in which something was asked: its begin in µs, requests, and answered."""

    bucket_us: int
    buckets: list[tuple[int, int, int]]


class Latency(Struct, kw_only=True):
    """Over time, for each span with an answer: its begin, and the median, 95th and 99th percentile, all in µs."""

    bucket_us: int
    buckets: list[tuple[int, int, int, int]]


class Load(Struct, kw_only=True):
    """Over time, for each span: its begin in µs, requests asked, and the sessions that users held live at its end."""

    bucket_us: int
    buckets: list[tuple[int, int, int]]


class Route(Struct, kw_only=True):
    """What a balancer sent to one node: how much, from clients that had been elsewhere before, while it was not ready.

    Attributes:
        asked, moved, unready, errors, errors_unready: counts of requests.
        buckets: [begin in µs, asked, errors] of the spans in which something was sent to it.
    """

    asked: int
    moved: int
    unready: int
    errors: int
    errors_unready: int
    buckets: list[tuple[int, int, int]]


class Routes(Struct, kw_only=True):
    """What the balancer decided, by node, over spans of `bucket_us`."""

    bucket_us: int
    by_node: dict[str, Route]


class Fared(Struct, kw_only=True):
    """How users fared in some span: requests, errors by kind, the 99th percentile in µs, what it cost them."""

    requests: int
    errors: dict[str, int]
    p99_us: int | None
    sessions_lost: int
    logins_forced: int


class FaredInFaults(Struct, kw_only=True):
    """How users fared in each fault, in the order of the faults, and outside of all of them."""

    faults: list[Fared]
    calm: Fared


class Gossip(Struct, kw_only=True):
    """How news spreads by gossip, as configured: each node tells `fanout` others, every `interval_us`."""

    fanout: int
    interval_us: int


class Kind(Struct, kw_only=True):
    """Messages of one kind: how many arrived, how many were lost, and [begin in µs, arrived, lost] of the spans.

    `octets` counts those of what arrived, `octets_most` the most of them in one span.
    """

    kind: str
    channel: str
    carried: int
    lost: int
    buckets: list[tuple[int, int, int]]
    octets: int = 0
    octets_most: int = 0


class Traffic(Struct, kw_only=True):
    """Messages between nodes by kind, the most frequent first, over spans of `bucket_us`; what was lost, by cause."""

    bucket_us: int
    by_kind: list[Kind]
    lost_by_cause: dict[str, int]


class BytesEach(Struct, kw_only=True):
    """What one of each kind is estimated to take of a node's memory, in bytes: a session is one without its keys."""

    session: int
    key: int
    end: int
    revocation: int
    branch: int


BYTES_EACH: Final = BytesEach(session=675, key=275, end=770, revocation=465, branch=520)
"""Of the reference store, values of forty characters; how far off that is, benchmarks/memory.py prints."""


class Holding(Struct, array_like=True):
    """What a node says that it holds: live sessions, their keys, what is kept of ended ones, revocations.

    Beside these records: the lowest branches of the tree of their digests; its own changes that some member has not
    acknowledged; the others that it holds for alive.
    """

    sessions: int
    keys: int
    ends: int
    revocations: int
    branches: int
    unacknowledged: int
    members: int


class Held(Struct, kw_only=True):
    """What nodes hold, asked every `every_us`; by node, [time in µs, holding] where it differs from the one before."""

    every_us: int
    bytes_each: BytesEach
    by_node: dict[str, list[tuple[int, Holding]]]


Rumours = dict[str, dict[str, int]]
"""By node, how often it noted "suspect", "dead", and "refuted"."""

Lags = list[tuple[int, int | None]]
"""Of writes in order of time: when each was answered, and the time to its last copy, in µs; None: never everywhere."""

Errors = dict[str, dict[str, int]]
"""By node that was asked, by kind: "unknown", "refused", or a status such as "503"."""

Steps = dict[str, list[tuple[int, int]]]
"""By node: [time in µs, value] pairs in order of time; a value holds until the next."""

State = Literal["alive", "suspect", "dead", "left", "down"]
Membership = dict[str, dict[str, list[tuple[int, State]]]]
"""By observing node, by observed node: [time in µs, state]; "down" says that the observing node itself was down."""

SHAPES: dict[str, Any] = {
    "behind": Steps,
    "spread": Spread,
    "lag": Lag,
    "membership": Membership,
    "requests": Requests,
    "costs": Costs,
    "clocks": dict[str, ClockSeen],
    "availability": Availability,
    "latency": Latency,
    "errors": Errors,
    "lags": Lags,
    "load": Load,
    "routes": Routes,
    "fared": FaredInFaults,
    "gossip": Gossip,
    "traffic": Traffic,
    "rumours": Rumours,
    "held": Held,
    "power": Beside,
}
"""The value of each figure that a rendering knows; figures of other names are kept as they are."""
