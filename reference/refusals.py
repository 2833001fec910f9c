"""What a configuration must have and what must agree in it: one function a rule, in a written-out table.

How single values are written is `reference.reading`'s business. Every rule takes a reading and yields findings; it says
nothing about places that could not be read, since those have their finding already.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from reference import notation, reading
from reference.errors import REFUSAL, WARNING, Finding
from reference.orchestrator import CLUSTER, EXTENSIONS, FLAG, LOCAL, SRV, STATIC, Cluster
from reference.reading import Reading, Unset
from reference.yaml_text import Source

STORE = ("session", "store")
NOT_WORKING = "Cluster sessions not working"
"""The first entry of the source document's troubleshooting list."""


def wants_cluster(read: Reading) -> bool:
    """Tell whether the file asks for the cluster store."""
    return read.model.session.store.type == CLUSTER


def wants_local(read: Reading) -> bool:
    """Tell whether the file surely asks for the local store, which is also what none means (REQ-CFG-1)."""
    return not wants_cluster(read) and read.knows(*STORE, "type")


def store_has_a_type(read: Reading) -> Iterator[Finding]:
    """`session.store` says which store is meant; without the block it is the local one (REQ-CFG-1)."""
    store = read.value(*STORE)
    if isinstance(store, dict) and store.get("type") is None and read.knows(*STORE, "type"):
        meant = CLUSTER if store.get("cluster") is not None else LOCAL
        because = "a store without a type is the local one, whatever else stands in the block"
        yield read.finding("store-without-type", (*STORE, "type"), "nothing", f"write 'type: {meant}'", because=because)


def flag_is_on(read: Reading) -> Iterator[Finding]:
    """The cluster store needs the feature flag (REQ-CFG-4, REQ-CFG-9)."""
    path = ("features", FLAG)
    if not wants_cluster(read) or read.model.clustering or not read.knows(*path):
        return
    value = read.value(*path)
    found, near = "nothing", ""
    if value is not None:
        found = f"{read.shown(*path)}, which does not count as on"
    elif near := near_flag(read):
        found = f"{near} instead"
    elif read.value(FLAG) is not None or isinstance(read.value("experimental"), dict):
        found = "the flag outside of features"
    because = "with the flag off every node stands alone, and the store asks for a cluster"
    yield read.finding(
        "flag-off",
        path,
        found,
        f"write '{FLAG}: true' under features",
        beside=(*STORE, "type"),
        because=because,
        nearest=FLAG,
        requirement="REQ-CFG-9",
        complaint=NOT_WORKING,
    )


def near_flag(read: Reading) -> str:
    """Find a feature that most likely was meant to be the flag; "" when there is none."""
    names = [name for name in read.model.features if name not in {FLAG, "experimental"}]
    for name in names:
        if notation.nearest(name, [FLAG, "clusters", "experimental.cluster.sessions"], cutoff=0.8):
            return name
    return ""


def store_names_a_cluster(read: Reading) -> Iterator[Finding]:
    """The cluster store says which cluster (REQ-CFG-2)."""
    path = (*STORE, "cluster", "name")
    if wants_cluster(read) and read.model.session.store.cluster.name is None and read.knows(*path):
        names = _names(read)
        write = f"write 'name: {names[0]}'" if names else "write the name of an entry of clusters"
        yield read.finding("store-without-cluster", path, "nothing", write, complaint=NOT_WORKING)


def store_names_a_defined_cluster(read: Reading) -> Iterator[Finding]:
    """The cluster that the store names is defined (REQ-CFG-3)."""
    if wants_cluster(read):
        yield from _dangling(read, (*STORE, "cluster", "name"), read.model.session.store.cluster.name, "REQ-CFG-3")


def routing_names_a_defined_cluster(read: Reading) -> Iterator[Finding]:
    """So is the one that routing names (REQ-ROUT-3)."""
    routing = read.model.http.routing
    if routing.enabled and (read.model.clustering or wants_cluster(read)):
        yield from _dangling(read, ("http", "routing", "cluster", "name"), routing.cluster.name, "REQ-ROUT-3")


def _dangling(read: Reading, path: tuple[str, ...], name: str | None, requirement: str) -> Iterator[Finding]:
    if name is None or not dangles(read, name):
        return
    near = notation.nearest(name, _names(read))
    if near:
        write = f"write '{near}', or define a cluster of that name under clusters"
    elif names := _names(read):
        write = f"write one of the clusters that are defined: {', '.join(names)}"
    else:
        write = "define it under clusters: name, addresses, discovery and encryption"
    because = "the name must be that of an entry of clusters"
    found = f"{read.shown(*path)}, and no cluster of that name"
    yield read.finding(
        "dangling-cluster",
        path,
        found,
        write,
        because=because,
        nearest=near,
        requirement=requirement,
        complaint=NOT_WORKING,
    )


def dangles(read: Reading, name: str) -> bool:
    """Tell whether surely no cluster of that name is defined."""
    return read.model.find(name) is None and _knows_all_names(read)


def stores_cluster(read: Reading) -> str:
    """Name the store's cluster, as it is most likely meant where none of that name is defined; NAME when none is."""
    name = read.model.session.store.cluster.name
    if name is not None and not dangles(read, name):
        return name
    names = _names(read)
    return notation.nearest(name or "", names) or next(iter(names), name or "NAME")


def _names(read: Reading) -> list[str]:
    return [cluster.name for cluster in read.model.clusters if cluster.name is not None]


def _knows_all_names(read: Reading) -> bool:
    """Whether the list of names is whole: one that is missing or unknown may be the one that is meant."""
    return read.knows("clusters") and all(cluster.name is not None for cluster in read.model.clusters)


def names_are_distinct(read: Reading) -> Iterator[Finding]:
    """Clusters have names, and no two the same (REQ-CFG-16)."""
    first: dict[str, int] = {}
    for index, cluster in enumerate(read.model.clusters):
        path = ("clusters", index, "name")
        if cluster.name is None:
            if read.knows(*path):
                yield read.finding("cluster-without-name", path, "nothing", "write 'name: my-cluster'")
        elif cluster.name in first:
            found = f"{read.shown(*path)}, the name of clusters[{first[cluster.name]}] too"
            because = "others refer to a cluster by its name"
            yield read.finding("duplicate-cluster", path, found, "write another name", because=because)
        else:
            first[cluster.name] = index


def clusters_have_keys(read: Reading) -> Iterator[Finding]:
    """Both channels need the pre-shared key (REQ-CFG-10)."""
    for index, cluster in enumerate(read.model.clusters):
        path = ("clusters", index, "encryption", "psk")
        if cluster.encryption.psk is None and read.knows(*path):
            write = 'write psk: "{{ env.CLUSTER_PSK }}", 64 hex digits (openssl rand -hex 32), the same on every node'
            because = "both channels are protected with it"
            yield read.finding("cluster-without-key", path, "nothing", write, because=because, complaint=NOT_WORKING)


def clusters_have_addresses(read: Reading) -> Iterator[Finding]:
    """A node listens for members and for data, at two addresses (REQ-MEMB-6)."""
    for index, cluster in enumerate(read.model.clusters):
        ours = cluster.addresses
        for key, address, port in (("membership", ours.membership, 9450), ("data", ours.data, 9451)):
            path = ("clusters", index, "addresses", key)
            if address is None and read.knows(*path):
                write = f"write '{key}: /ip4/0.0.0.0/tcp/{port}'"
                yield read.finding(
                    "cluster-without-address", path, "nothing", write, requirement="REQ-MEMB-6", complaint=NOT_WORKING
                )


def addresses_are_distinct(read: Reading) -> Iterator[Finding]:
    """No two channels of one node listen at one address (REQ-MEMB-6)."""
    taken: list[tuple[notation.Endpoint, str]] = []
    for index, cluster in enumerate(read.model.clusters):
        for key, address in (("membership", cluster.addresses.membership), ("data", cluster.addresses.data)):
            if address is None:
                continue
            path = ("clusters", index, "addresses", key)
            clash = next((where for other, where in taken if _clash(address, other)), "")
            if clash:
                found = f"{read.shown(*path)}, which {clash} has already"
                yield read.finding("address-twice", path, found, "write another port", requirement="REQ-MEMB-6")
            taken.append((address, f"clusters[{index}].addresses.{key}"))


def _clash(one: notation.Endpoint, other: notation.Endpoint) -> bool:
    everywhere = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    return one.port == other.port and (one.host == other.host or one.host in everywhere or other.host in everywhere)


def clusters_have_discovery(read: Reading) -> Iterator[Finding]:
    """A cluster says how its nodes find each other (REQ-CFG-12)."""
    for index, cluster in enumerate(read.model.clusters):
        path = ("clusters", index, "discovery")
        method = cluster.discovery.method
        if method is None and read.knows(*path, "method"):
            meant = STATIC if cluster.discovery.static.nodes is not None else SRV
            because = "without it no node finds another"
            yield read.finding(
                "discovery-without-method",
                (*path, "method"),
                "nothing",
                f"write 'method: {meant}'",
                because=because,
                complaint=NOT_WORKING,
            )
        elif method is not None:
            yield from _method_has_its_list(read, index, cluster)


def _method_has_its_list(read: Reading, index: int, cluster: Cluster) -> Iterator[Finding]:
    discovery = cluster.discovery
    key, listed, what = {
        STATIC: ("nodes", discovery.static.nodes, "the peers' membership addresses, such as ['10.0.0.1:9450']"),
        SRV: ("names", discovery.srv_dns.names, "SRV names, such as ['_membership-udp._udp.SERVICE.']"),
    }[discovery.method or SRV]
    path = ("clusters", index, "discovery", discovery.method or SRV, key)
    if not listed and read.knows(*path):
        found = "nothing" if listed is None else "an empty list"
        because = "without it no node finds another"
        yield read.finding(
            "discovery-without-list",
            path,
            found,
            f"list under {key} {what}",
            because=because,
            complaint=NOT_WORKING,
        )


def discovery_is_asked_again(read: Reading) -> Iterator[Finding]:
    """Discovery is asked every poll interval, for ever (REQ-MEMB-3): without one, time would stand still."""
    for index, cluster in enumerate(read.model.clusters):
        path = ("clusters", index, "discovery", SRV, "pollInterval")
        if not cluster.discovery.srv_dns.poll_interval and read.knows(*path):
            yield read.finding(
                "poll-interval-zero",
                path,
                read.shown(*path),
                "write 'pollInterval: 5s'",
                because="peers are looked up again after it, and no time lies between two lookups",
                requirement="REQ-MEMB-3",
            )


def logout_has_a_url(read: Reading) -> Iterator[Finding]:
    """`singleLogout` says where users go to log out (facts, section 1.6)."""
    block = read.model.single_logout
    path = ("singleLogout", "logoutURL")
    if block is not None and block.logout_url is None and read.knows(*path):
        write = "write 'logoutURL: https://auth.example.com/single-logout'"
        yield read.finding("logout-without-url", path, "nothing", write)


def hooks_stand_for_something(read: Reading) -> Iterator[Finding]:
    """`x-anynode.hooks` names Python callables for hooks that the file has (REQ-EXP-7)."""
    lifetime, python = read.model.session.lifetime, read.model.extensions.hooks
    for key, hook, stand_in in (
        ("evalMaxLifetimeSE", lifetime.eval_max_lifetime, python.eval_max_lifetime),
        ("evalIdleTimeoutSE", lifetime.eval_idle_timeout, python.eval_idle_timeout),
    ):
        if stand_in is not None and hook is None and read.knows("session", "lifetime", key):
            found = f"a stand-in for session.lifetime.{key}, which is not there"
            write = f"write 'session: {{lifetime: {{{key}: {{funcName: NAME}}}}}}', or take this away"
            yield read.finding("hook-for-nothing", (EXTENSIONS, "hooks", key), found, write)


RULES: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    store_has_a_type,
    flag_is_on,
    store_names_a_cluster,
    store_names_a_defined_cluster,
    routing_names_a_defined_cluster,
    names_are_distinct,
    clusters_have_keys,
    clusters_have_addresses,
    addresses_are_distinct,
    clusters_have_discovery,
    discovery_is_asked_again,
    logout_has_a_url,
    hooks_stand_for_something,
)
"""Every rule that refuses a file by itself."""


def examine(source: Source, *, name: str, environment: Mapping[str, str], unset: Unset) -> Reading:
    """Read a file and apply every rule that can refuse it.

    Args:
        source: the file as parsed.
        name: how messages call it.
        environment: what `{{ env.NAME }}` stands for.
        unset: what becomes of placeholders without a value.

    Returns:
        The reading with all findings in the order of the file. With the flag off and a local store `clusters` is
        ignored (REQ-CFG-8), so its mistakes are warnings then.
    """
    read = reading.take(name, source, environment, unset)
    for rule in RULES:
        read.findings.extend(rule(read))
    if wants_local(read) and not read.model.clustering and read.knows("features", FLAG):
        read.findings = [_softened(finding) for finding in read.findings]
    read.findings.sort(key=lambda finding: (finding.line, finding.path))
    return read


def _softened(finding: Finding) -> Finding:
    if finding.level != REFUSAL or not finding.path.startswith("clusters"):
        return finding
    because = "; ".join(part for part in (finding.because, "ignored while the feature flag is off") if part)
    return replace(finding, level=WARNING, because=because)
