"""The whole of a scenario file as models: what may be written, what stands when it is not, and why.

Faults have their own file (`faults.py`), the network too (`network.py`), and reading files (`loading.py`). One idea a
scenario: everything else comes from the defaults here.
"""

from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, PrivateAttr, Tag, WithJsonSchema, model_validator

from scenarios.durations import Duration, Positive, Share, write_duration
from scenarios.faults import KINDS, OF_FRAMES, Fault, refuse_lateness, refuse_nonsense
from scenarios.network import MEASURED, Network
from scenarios.script import Request
from scenarios.script import refuse_nonsense as refuse_nonsense_of_script
from scenarios.strict import Strict, kebab, nearest
from scenarios.traffic import NASA_DAY
from scenarios.zones import zone_names

STRUCTS: Final = "structs"
SEALED: Final = "sealed"
"""How messages travel."""
NODES_MAX = 490  # the largest set of hosts with measured delays between all of them


OPEN_TABS = 2
"""Who has several tabs has so many, where nothing else is written."""
ALL_ZONES = "all"
"""In place of a list of zones: every one that was measured, in turn."""


class Cluster(Strict):
    """The nodes: n1, n2 and so on; `zones` says where each of them is, or `all`.

    `clusters` parts them into several clusters side by side: how many of them, in order, belong to each. Its names are
    those of the configuration's own `clusters`. Discovery names all nodes to all of them, and they share one network.
    """

    nodes: Annotated[int, Field(ge=1, le=NODES_MAX)] = 5
    zones: list[str] | Literal["all"] | None = None
    clusters: dict[Annotated[str, Field(min_length=1)], Annotated[int, Field(ge=1)]] | None = None

    @property
    def names(self) -> list[str]:
        """The names of all nodes, in order."""
        return [f"n{number}" for number in range(1, self.nodes + 1)]

    @property
    def places(self) -> dict[str, str]:
        """The zone of each node, in order; empty where none are written."""
        if self.zones is None:
            return {}
        zones = cycle(zone_names()) if self.zones == ALL_ZONES else self.zones
        return dict(zip(self.names, zones, strict=False))

    @property
    def groups(self) -> dict[str, list[str]]:
        """The nodes of each of several clusters, in order; empty where there is one."""
        names = iter(self.names)
        return {cluster: [next(names) for _ in range(count)] for cluster, count in (self.clusters or {}).items()}

    @property
    def largest(self) -> int:
        """How many nodes the largest cluster has."""
        return max((self.clusters or {}).values(), default=self.nodes)

    @model_validator(mode="after")
    def every_node_in_one_cluster(self) -> Self:
        """Refuse clusters that are not several, or have more or fewer nodes than there are."""
        if self.clusters is None:
            return self
        if len(self.clusters) == 1:
            raise ValueError("has `clusters` with one alone, which is what there is anyway; name several, or none")
        if (count := sum(self.clusters.values())) != self.nodes:
            raise ValueError(f"has {self.nodes} nodes, and {count} in its clusters; write nodes: {count}")
        return self

    @model_validator(mode="after")
    def one_known_zone_a_node(self) -> Self:
        """Refuse zones that nobody measured, and more or fewer of them than nodes."""
        if self.zones is None or self.zones == ALL_ZONES:
            return self
        for zone in self.zones:
            if zone not in zone_names():
                raise ValueError(f"has the unknown zone '{zone}'; {nearest(zone, list(zone_names()))}")
        if len(self.zones) != self.nodes:
            raise ValueError(f"has {len(self.zones)} zones for {self.nodes} nodes; write one zone a node, or all")
        return self


class HealthLag(Strict):
    """How long a node must be ready, or not, before the balancer believes it."""

    up: Duration
    down: Duration


Lag = Annotated[
    Annotated[Duration, Tag("<both>")] | Annotated[HealthLag, Tag("<each>")],
    Discriminator(lambda value: "<each>" if isinstance(value, (dict, HealthLag)) else "<both>"),
]

DECIDED = ("users", "pages", "rest", "gaps")
"""Settings of the workload that a day of traffic decides."""

BESIDE_A_SCRIPT = {"script", "hosts", "planted", "balancer", "health_lag", "moves"}
"""Settings of the workload that mean something where a script says who asks for what."""

Span = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]


HostName = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+(:[1-9][0-9]{0,4})?$", max_length=253)]


class Gaps(Strict):
    """Now and then somebody leaves an open page alone for longer, and comes back to it with the same cookie.

    Attributes:
        share: of the pauses between two pages of a visit, so many are such a gap.
        between: the shortest and the longest, all between them equally likely; around a limit, to see it kept.
    """

    share: Share
    between: Annotated[list[Duration], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def shortest_before_longest(self) -> Self:
        """Refuse a span whose end lies before its beginning."""
        if self.between[0] > self.between[1]:
            shortest, longest = (write_duration(length) for length in self.between)
            raise ValueError(f"has between: [{shortest}, {longest}], shortest above longest; turn them round")
        return self


def _site_of(host: str) -> tuple[str, ...]:
    """Give the last two labels of a host, whatever its port: ports of one host are one site."""
    return tuple(host.partition(":")[0].split(".")[-2:])


class Workload(Strict):
    """What people do: they log in, look at pages, change something, log out, and come back.

    Attributes:
        users: how many people there are; each has one browser.
        balancer: who gets a request.
        health_lag: how late the balancer learns that a node is ready, or no longer; one length, or one for each.
        moves: the share of requests that the balancer sends to another node than it would by its own rule.
        moves-midway: the share of requests that the balancer breaks off once the node has them, to send their client to
            another node from then on; that one is asked again for what is only read.
        think: the mean time between an answer and the next page.
        gaps: how often somebody is away for longer within a visit; never, when absent.
        pages: fewest and most pages of a visit.
        writes: the share of pages that change one key.
        deletes: the share of pages that delete one key.
        keys: how many keys a session has; the fewer, the sooner a value is overwritten and can no longer be missed.
        logouts: the share of visits that end with a logout; the others just end, and the next login replaces them.
        stale: fewest and most times that a tab left open asks with the cookie of an ended session.
        stale_writes: the share of those times at which it does not look, but changes one key.
        forged: the share of pages that are asked for with headers by which proxies and nodes tell each other for whom
            they ask, and name another user there (REQ-SEC-9).
        rest: the mean time between two visits.
        revokes: the share of users who once revoke all of their sessions.
        tabs: the share of users with several tabs of one browser, all of which ask at the same time.
        open-tabs: how many tabs those have.
        hosts: the hosts of the site, all before the same nodes; users begin at a drawn one, observers ask the first.
            Without them there is one, below the cookie's domain where that is configured.
        hops: the share of pages that are opened on another of these hosts.
        served_by: hosts that one node alone answers for, past the balancer, and which: nodes on ports of one host.
        signs_in_at: the host of the site to which who logs in or out is sent, and from which he comes back.
        planted: the share of users in whose browser a sibling of these hosts has planted a cookie of the session's name
            for the site's whole domain, before they ever came.
        traffic: who comes when, in place of `users`, `pages`, `rest` and `gaps`: `nasa-day` (`data/nasa-day.yaml`), or
            the path of a recorded day (`traffic.py`), counted from the scenario's file. It begins when the users come.
        from: the instant of that day at which the run begins.
        script: every request, one an entry (`script.py`), in place of all habits.
    """

    users: Annotated[int, Field(ge=0, le=100_000)] = 100
    balancer: Literal["round-robin", "random", "sticky", "sticky-failback", "least-latency"] = "round-robin"
    health_lag: Lag = 1_000_000
    moves: Share = 0
    moves_midway: Share = 0
    think: Positive = 3_000_000
    gaps: Gaps | None = None
    pages: Span = Field(default=[4, 12])
    writes: Share = 330_000
    deletes: Share = 30_000
    keys: Annotated[int, Field(ge=1, le=1_000)] = 4
    logouts: Share = 800_000
    stale: Span = Field(default=[1, 2])
    stale_writes: Share = 0
    forged: Share = 0
    rest: Positive = 15_000_000
    revokes: Share = 20_000
    tabs: Share = 0
    open_tabs: Annotated[int, Field(ge=2, le=100)] = OPEN_TABS
    hosts: Annotated[list[HostName], Field(min_length=1)] | None = None
    hops: Share = 330_000
    served_by: dict[HostName, Annotated[str, Field(pattern=r"^n[1-9]\d*$")]] | None = None
    signs_in_at: HostName | None = None
    planted: Share = 0
    traffic: Annotated[str, Field(min_length=1)] | None = None
    from_: Duration = 0
    script: list[Request] | None = None

    @model_validator(mode="after")
    def traffic_says_who_comes(self) -> Self:
        """Refuse settings that traffic decides, and a beginning of nothing."""
        if self.traffic is None:
            if self.from_:
                raise ValueError(f"has `from` without `traffic`; write traffic: {NASA_DAY}, or take `from` away")
            return self
        for key in DECIDED:
            if getattr(self, key) != Workload.model_fields[key].default:
                raise ValueError(f"has `traffic` and `{key}`, but the traffic says who comes when; take `{key}` away")
        return self

    @model_validator(mode="after")
    def script_says_all(self) -> Self:
        """Refuse habits beside a script, and traffic."""
        besides = [] if self.script is None else sorted(self.model_fields_set - BESIDE_A_SCRIPT)
        if besides:
            key = kebab(besides[0])
            raise ValueError(f"has `script` and `{key}`, but the script says who asks for what; take `{key}` away")
        return self

    @model_validator(mode="after")
    def hosts_of_one_site(self) -> Self:
        """Refuse hosts that are named twice, and what needs several hosts where there is one."""
        hosts = self.hosts or []
        twice = next((host for host in hosts if hosts.count(host) > 1), None)
        if twice is not None:
            raise ValueError(f"has the host {twice} twice; name each once")
        sites = {_site_of(host) for host in hosts}
        stranger = next((host for host in self.served_by or {} if host not in hosts), None)
        if stranger is not None:
            raise ValueError(f"has served-by for {stranger}, which is none of its hosts; write it under hosts too")
        where = self.signs_in_at
        if where is not None and sites and _site_of(where) not in sites:
            raise ValueError(
                f"has signs-in-at {where}, which is of another site than its hosts; write one of their site"
            )
        if self.planted and (len(hosts) < 2 or len(sites) > 1):  # noqa: PLR2004 - one host has no sibling
            raise ValueError(
                "has `planted`, which needs several hosts of one site; write hosts: [a.example.com, b.example.com]"
            )
        return self

    @model_validator(mode="after")
    def fewest_before_most(self) -> Self:
        """Refuse a span whose end lies before its beginning, and pages that do two things at once."""
        for key, span in (("pages", self.pages), ("stale", self.stale)):
            if span[0] > span[1]:
                raise ValueError(f"has {key}: {span}, fewest above most; write [{span[1]}, {span[0]}]")
        if self.writes + self.deletes > 1_000_000:  # noqa: PLR2004 - the whole, in parts per million
            raise ValueError("has writes and deletes that exceed 100% together; lower one of them")
        return self


class Observers(Strict):
    """Those who see whether the nodes agree (protocol, part 4): so many sessions of their own."""

    witnesses: Annotated[int, Field(ge=0, le=100_000)] = 200


class Expect(Strict):
    """What must have happened for a run to show anything; where it has not, the verdict is `vacuous`.

    Attributes:
        checks: these must have met something to judge.
        touched: faults of these kinds must have touched something.
    """

    checks: Annotated[list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]], Field(min_length=1)]
    touched: list[str] = Field(default=[])


def _mapping(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"is {value!r}, expected the product's configuration as a mapping")  # noqa: TRY004 - pydantic
    return value


class Scenario(Strict):
    """One scenario file.

    Attributes:
        title: one line that says what happens.
        shows: requirements of the catalogue that it shows.
        wire: how messages travel: as they are, or sealed in frames (docs/wire.md), as some faults need; that is slower.
        seed: the seed when none is given on the command line.
        duration: how long clients work and faults strike, from the start of the nodes; then everything heals.
        config: what differs from `data/maverics.yaml`; mappings are laid over it key by key, null takes a key away.
    """

    title: Annotated[str, Field(min_length=1, max_length=100)]
    shows: Annotated[list[Annotated[str, Field(pattern=r"^(REQ-[A-Z]+|COOK)-\d+$")]], Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    duration: Positive
    config: Annotated[dict[str, Any] | None, BeforeValidator(_mapping), WithJsonSchema({"type": "object"})] = None
    cluster: Cluster = Cluster()
    network: Network = Network()
    workload: Workload = Workload()
    observers: Observers = Observers()
    wire: Literal["structs", "sealed"] = STRUCTS
    faults: list[Fault] = Field(default=[])
    expect: Expect

    _path: Path | None = PrivateAttr(default=None)
    _text: str = PrivateAttr(default="")

    @property
    def name(self) -> str:
        """The stem of the file; `unnamed` for a scenario that was made in a program."""
        return self._path.stem if self._path is not None else "unnamed"

    @property
    def path(self) -> Path | None:
        """Where the file lies."""
        return self._path

    @property
    def text(self) -> str:
        """The file as it was read."""
        return self._text

    @model_validator(mode="after")
    def nothing_contradicts(self) -> Self:
        """Refuse what no part alone can tell."""
        if self.network.delay == MEASURED and self.cluster.zones is None:
            raise ValueError(f"network.delay is {MEASURED}, which needs `cluster.zones`; write one zone a node")
        if self.cluster.clusters is not None and self.wire == STRUCTS:
            raise ValueError(
                f"cluster.clusters names several, and nothing but their seals parts them; write wire: {SEALED}"
            )
        for index, fault in enumerate(self.faults):
            if self.wire == STRUCTS and isinstance(fault, OF_FRAMES):
                kind = next(kind for kind, model in KINDS.items() if type(fault) is model)
                raise ValueError(f"faults[{index}] is {kind}, but nothing is sealed; write wire: {SEALED}")
        refuse_nonsense(self.faults, self.cluster.names, self.duration)
        refuse_lateness(self.faults, self.network.usual_us)
        workload = self.workload
        refuse_nonsense_of_script(workload.script or [], self.cluster.names, workload.hosts or [], self.duration)
        nobody = next(
            (node for node in (self.workload.served_by or {}).values() if node not in self.cluster.names), None
        )
        if nobody is not None:
            raise ValueError(
                f"workload.served-by names the node '{nobody}'; write one of n1 to {self.cluster.names[-1]}"
            )
        there = [kind for kind, model in KINDS.items() if any(type(fault) is model for fault in self.faults)]
        for kind in self.expect.touched:
            if kind not in there:
                meant = nearest(_CUTS.get(kind, kind), there) if there else "there are no faults"
                raise ValueError(f"expect.touched names '{kind}', but no fault is of that kind; {meant}")
        if self.workload.open_tabs > OPEN_TABS and not self.workload.tabs:
            raise ValueError("workload has `open-tabs` and nobody with several tabs; write tabs: 100%, or take it away")
        return self


_CUTS = {"cut": "partition"}
"""What the page of a run calls a fault, by which it is looked for among those of the file."""


def json_schema() -> dict[str, Any]:
    """Describe scenario files for editors, as JSON Schema (draft 2020-12)."""
    schema = Scenario.model_json_schema(by_alias=True, mode="serialization")  # defaults as people write them
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
