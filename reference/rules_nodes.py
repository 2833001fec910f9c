"""What doctor says of several files as the nodes of one cluster: one function a rule, in a written-out table.

All of them answer the source document's second complaint: sessions are shared among members of the same cluster, with
the same key, that find each other and treat the cookie alike. A file is compared with the first one.
"""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from reference.config import DAY_US
from reference.errors import REFUSAL, WARNING, Finding
from reference.hosts import as_browsers_take_it
from reference.notation import Endpoint, is_secret_reference
from reference.orchestrator import LOCAL, SRV, STATIC, Cluster, Discovery, Orchestrator
from reference.reading import Reading
from reference.rules_file import NOT_SHARED
from reference.yaml_text import Path, render


def _domain(model: Orchestrator) -> str:
    return as_browsers_take_it(model.session.cookie.domain or "")


class Agreement(Struct, frozen=True):
    """A setting that all nodes of a cluster have alike."""

    path: tuple[str, ...]
    of: Callable[[Orchestrator], Any]
    level: str
    because: str
    requirement: str


AGREEMENTS = (
    Agreement(
        ("session", "store", "type"), lambda model: model.session.store.type or LOCAL, REFUSAL,
        "a node with another store shares no session", "REQ-CFG-1",
    ),
    Agreement(
        ("session", "store", "cluster", "name"), lambda model: model.session.store.cluster.name, REFUSAL,
        "sessions are shared among the members of one cluster", "REQ-REPL-15",
    ),
    Agreement(
        ("session", "cookie", "name"), lambda model: model.session.cookie.name, REFUSAL,
        "a cookie that one node sets must be valid at every other", "REQ-COOK-8",
    ),
    Agreement(
        ("session", "cookie", "domain"), _domain, REFUSAL,
        "browsers keep two cookies of one name, and which one a node is sent depends on who set it", "REQ-COOK-8",
    ),
    Agreement(
        ("session", "cookie", "disableSecure"), lambda model: model.session.cookie.disable_secure, WARNING,
        "how well the cookie is protected depends on who set it", "REQ-COOK-8",
    ),
    Agreement(
        ("session", "cookie", "disableHTTPOnly"), lambda model: model.session.cookie.disable_http_only, WARNING,
        "how well the cookie is protected depends on who set it", "REQ-COOK-8",
    ),
    Agreement(
        ("x-anynode", "sameSite"), lambda model: model.extensions.same_site, WARNING,
        "where the cookie is sent depends on who set it", "REQ-COOK-8",
    ),
    Agreement(
        ("session", "lifetime", "maxTimeout"), lambda model: model.session.lifetime.max_timeout or DAY_US, WARNING,
        "how long a session lives depends on who is asked", "REQ-EXP-3",
    ),
    Agreement(
        ("session", "lifetime", "idleTimeout"), lambda model: model.session.lifetime.idle_timeout or 0, WARNING,
        "how long a session may be idle depends on who is asked", "REQ-EXP-4",
    ),
    Agreement(
        ("http", "routing", "enabled"), lambda model: model.http.routing.enabled, WARNING,
        "whether a request finds the newest state depends on who gets it", "REQ-ROUT-1",
    ),
)  # fmt: skip
"""Every setting that is compared; the key and discovery have rules of their own."""


def settings_agree(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """Compare what all nodes of a cluster have alike."""
    for agreement in AGREEMENTS:
        known = [node for node in nodes if node.knows(*agreement.path)]
        for node in known[1:]:
            if agreement.of(node.model) != agreement.of(known[0].model):
                found = f"{node.shown(*agreement.path)}, where {known[0].name} has {known[0].shown(*agreement.path)}"
                yield node.finding(
                    "nodes-differ",
                    agreement.path,
                    found,
                    "write the same in every node's file",
                    level=agreement.level,
                    because=agreement.because,
                    requirement=agreement.requirement,
                    complaint=NOT_SHARED,
                )


def keys_agree(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """All nodes have one pre-shared key; a key being rolled is accepted beside it (REQ-SEC-2)."""
    known = [(node, *placed) for node in nodes if (placed := _key(node)) is not None]
    for node, path, key in known[1:]:
        first, _, other = known[0]
        if key == other:
            continue
        rolling = key in _accepted(first) and other in _accepted(node)
        found = f"another key than in {first.name}" + (", which both accept" if rolling else "")
        write = (
            "write the same key everywhere once all nodes accept it" if rolling else "write the same key on every node"
        )
        because = "the roll is not finished" if rolling else "a node with another key cannot join"
        yield node.finding(
            "keys-differ",
            path,
            found,
            write,
            level=WARNING if rolling else REFUSAL,
            because=because,
            requirement="REQ-SEC-2",
            complaint=NOT_SHARED,
        )


def _cluster(node: Reading) -> tuple[int, Cluster] | None:
    """Find the store's cluster, or the only one there is."""
    clusters = list(enumerate(node.model.clusters))
    name = node.model.session.store.cluster.name
    named = [(index, cluster) for index, cluster in clusters if cluster.name is not None and cluster.name == name]
    if named:
        return named[0]
    return clusters[0] if len(clusters) == 1 else None


def _key(node: Reading) -> tuple[Path, str] | None:
    found = _cluster(node)
    if found is None or found[1].encryption.psk is None:
        return None
    key = found[1].encryption.psk.get_secret_value()
    return None if is_secret_reference(key) else (("clusters", found[0], "encryption", "psk"), key)


def _accepted(node: Reading) -> list[str]:
    return [key.get_secret_value() for key in node.model.extensions.accepted_psks]


def discovery_agrees(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """Nodes that look for their peers in different places may form several clusters (REQ-MEMB-1)."""
    known = [(node, *placed) for node in nodes if (placed := _cluster(node)) is not None and placed[1].discovery.method]
    for node, index, cluster in known[1:]:
        first, first_index, first_cluster = known[0]
        key, but_for_dots = _differing(cluster.discovery, first_cluster.discovery)
        if not key:
            continue
        where: Path = ("clusters", index, "discovery", *key)
        found = f"{_names(node, where)}, where {first.name} has {_names(first, ('clusters', first_index, *where[2:]))}"
        write = "let all nodes find each other in one way"
        if but_for_dots:
            found = f"what {first.name} has too, but for the dot at the end of the name"
            write = "end the name with a dot on every node: without it resolvers may look below their own domains"
        yield node.finding(
            "discovery-differs",
            where,
            found,
            write,
            level=WARNING,
            because="they may find different peers and form several clusters",
            requirement="REQ-MEMB-1",
            complaint=NOT_SHARED,
        )


def _differing(ours: Discovery, theirs: Discovery) -> tuple[Path, bool]:
    """Tell the key in which two nodes have nothing in common, and whether that is for the dots at the end alone.

    DNS knows no case of letters (RFC 4343). A name without its last dot may stand for another one.
    """
    if ours.method != theirs.method:
        return ("method",), False
    here, there = ({name.lower() for name in one.srv_dns.names or ()} for one in (ours, theirs))
    if ours.method != SRV or not here or not there or here & there:
        return (), False
    shared = {name.removesuffix(".") for name in here} & {name.removesuffix(".") for name in there}
    return (SRV, "names"), bool(shared)


def _names(node: Reading, path: Path) -> str:
    value = node.value(*path)
    return (
        ", ".join(node.shown(*path, index) for index in range(len(value)))
        if isinstance(value, list)
        else node.shown(*path)
    )


def static_lists_meet(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """From every node one can reach every other along the lists, in either direction (REQ-MEMB-10)."""
    members = [_Member(node, *placed) for node in nodes if (placed := _cluster(node)) is not None]
    if len(members) < len(nodes) or any(not member.is_known for member in members):
        return
    reached = [members[0]]
    for member in reached:
        reached.extend(
            other for other in members if other not in reached and (member.names(other) or other.names(member))
        )
    for member in members:
        if member not in reached:
            yield member.reading.finding(
                "static-lists-apart",
                member.path,
                f"no way from {members[0].own} to {member.own} along the nodes' lists",
                f"add '{members[0].own}'",
                because="the nodes never meet and form clusters of their own",
                requirement="REQ-MEMB-10",
                complaint=NOT_SHARED,
            )


def static_ports_are_listened_on(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """Each entry has the membership port of some node."""
    known = [(node, *placed) for node in nodes if (placed := _cluster(node)) is not None]
    ports = [cluster.addresses.membership.port for _, _, cluster in known if cluster.addresses.membership is not None]
    if len(ports) < len(nodes) or any(node.model.extensions.advertise.membership is not None for node in nodes):
        return
    for node, index, cluster in known:
        wrong = [str(peer) for peer in cluster.discovery.static.nodes or () if peer.port not in ports]
        if cluster.discovery.method == STATIC and wrong:
            yield node.finding(
                "static-port-unknown",
                ("clusters", index, "discovery", "static", "nodes"),
                f"{', '.join(wrong)}, where the nodes listen for members on {', '.join(map(str, sorted(set(ports))))}",
                "write the peers' membership addresses",
                level=WARNING,
                because="nobody answers there",
                requirement="REQ-MEMB-6",
                complaint=NOT_SHARED,
            )


def addresses_differ(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """No two nodes listen at one and the same address."""
    taken: dict[Endpoint, tuple[Reading, Path]] = {}
    for node in nodes:
        found = _cluster(node)
        for key in ("membership", "data") if found else ():
            index, cluster = found or (0, Cluster())
            address: Endpoint | None = getattr(cluster.addresses, key)
            if address is None or ipaddress.ip_address(address.host).is_unspecified:
                continue
            path: Path = ("clusters", index, "addresses", key)
            if address in taken and taken[address][0] is not node:
                other, place = taken[address]
                yield node.finding(
                    "address-taken",
                    path,
                    f"{node.shown(*path)}, which {other.name} has at {render(place)}",
                    "write each node's own address, or /ip4/0.0.0.0 on machines of their own",
                    requirement="REQ-MEMB-6",
                    because="two nodes cannot listen at one address",
                    complaint=NOT_SHARED,
                )
            taken.setdefault(address, (node, path))


class _Member:
    """One file as a member that others name by its address."""

    def __init__(self, reading: Reading, index: int, cluster: Cluster) -> None:
        self.reading = reading
        self.path: Path = ("clusters", index, "discovery", "static", "nodes")
        self.own = reading.model.extensions.advertise.membership or cluster.addresses.membership
        self.list = cluster.discovery.static.nodes or [] if cluster.discovery.method == STATIC else None

    @property
    def is_known(self) -> bool:
        """Whether its address and its list are plain addresses: a name may stand for any of the nodes."""
        return (
            self.own is not None and self.list is not None and all(_is_plain(each) for each in [self.own, *self.list])
        )

    def names(self, other: "_Member") -> bool:
        return self.list is not None and other.own in self.list


def _is_plain(endpoint: Endpoint) -> bool:
    try:
        return not ipaddress.ip_address(endpoint.host).is_unspecified
    except ValueError:
        return False


def local_stores_share_nothing(nodes: Sequence[Reading]) -> Iterator[Finding]:
    """Nodes that all keep their own sessions are no cluster, however alike their files are."""
    known = [node for node in nodes if node.knows("session", "store", "type")]
    if len(known) == len(nodes) and all((node.model.session.store.type or LOCAL) == LOCAL for node in nodes):
        yield nodes[0].finding(
            "nodes-share-nothing",
            ("session", "store", "type"),
            "the local store on every node",
            "balance with stickiness, or write 'type: cluster' and define a cluster on every node",
            level=WARNING,
            because="a request at another node finds no session, and those of a node are lost when it stops",
            requirement="REQ-CFG-1",
            complaint=NOT_SHARED,
        )


RULES: tuple[Callable[[Sequence[Reading]], Iterator[Finding]], ...] = (
    settings_agree,
    keys_agree,
    discovery_agrees,
    static_lists_meet,
    static_ports_are_listened_on,
    addresses_differ,
    local_stores_share_nothing,
)
"""Every rule on several files as nodes of one cluster."""
