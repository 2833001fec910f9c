"""What doctor says of one file beyond what refuses it: one function a rule, in a written-out table.

Cookies against hosts stand in `reference.rules_cookie`, several files against each other in `reference.rules_nodes`.
"""

import ipaddress
from collections.abc import Callable, Iterator

from reference.config import DAY_US
from reference.errors import HINT, REFUSAL, WARNING, Finding
from reference.extensions import configured
from reference.notation import Endpoint, is_secret_reference
from reference.orchestrator import CLUSTER, FLAG, SRV, STATIC, Cluster
from reference.reading import STAND_IN_KEY, Reading
from reference.refusals import STORE, dangles, near_flag, stores_cluster, wants_cluster, wants_local
from reference.yaml_text import Path

NOT_SHARED = "Sessions not shared across nodes"
"""The second entry of the source document's troubleshooting list."""
LIFETIME = ("session", "lifetime")
COOKIE = ("session", "cookie")
ROUTING = ("http", "routing")


def clusters_are_used(read: Reading) -> Iterator[Finding]:
    """Clusters without the flag are ignored (REQ-CFG-8); with it, a local store still shares nothing."""
    if not read.model.clusters or not wants_local(read) or not read.knows("features", FLAG):
        return
    if not read.model.clustering:
        near = near_flag(read)
        yield read.finding(
            "clusters-ignored",
            ("clusters",),
            f"clusters, and {near} instead of the flag" if near else "clusters",
            f"write '{FLAG}: true' under features, or remove them",
            level=WARNING,
            requirement="REQ-CFG-8",
            because="with the feature flag off they are ignored and every node stands alone",
            nearest=FLAG,
        )
        return
    names = [cluster.name for cluster in read.model.clusters if cluster.name is not None]
    yield read.finding(
        "store-is-local",
        (*STORE, "type"),
        "the local store beside a cluster",
        f"write 'type: cluster' and 'cluster: {{name: {names[0] if names else 'NAME'}}}'",
        level=HINT,
        because="each node keeps its own sessions, if that is meant: with sticky balancing",
        complaint=NOT_SHARED,
    )


def clusters_are_experimental(read: Reading) -> Iterator[Finding]:
    """The vendor says what the cluster store is not for."""
    if wants_cluster(read) and read.model.clustering:
        yield read.finding(
            "experimental",
            ("features", FLAG),
            "an experimental feature",
            "in production use sticky sessions on the balancer and the local store, until the vendor says otherwise",
            level=HINT,
            because="the vendor does not support it for production and may change it",
            requirement="REQ-CFG-4",
        )


def routing_is_on(read: Reading) -> Iterator[Finding]:
    """Any node can serve any request at once only with routing (REQ-ROUT-1, REQ-ROUT-6)."""
    if not wants_cluster(read) or not read.model.clustering or not read.knows(*ROUTING, "enabled"):
        return
    block = f"{{enabled: true, type: cluster, cluster: {{name: {stores_cluster(read)}}}}}"
    if not read.model.http.routing.enabled:
        because = "sessions reach the other nodes a moment late; without routing a request may come before them"
        yield read.finding(
            "routing-off",
            ROUTING,
            "routing off",
            f"write 'routing: {block}' under http, or balance with stickiness",
            level=HINT,
            beside=(*STORE, "type"),
            because=because,
            requirement="REQ-ROUT-6",
        )


def routing_is_complete(read: Reading) -> Iterator[Finding]:
    """Routing that is enabled names its type and the store's cluster, and has the flag (REQ-ROUT-3)."""
    routing = read.model.http.routing
    if not routing.enabled or not read.knows(*ROUTING, "type") or not read.knows(*ROUTING, "cluster", "name"):
        return
    store = read.model.session.store.cluster.name
    where: Path = ROUTING
    found = write = ""
    if not read.model.clustering and not wants_cluster(read) and read.knows("features", FLAG):
        found, write = "routing without the feature flag", f"write '{FLAG}: true' under features"
    elif routing.type is None:
        where, found, write = (*ROUTING, "type"), "nothing", "write 'type: cluster'"
    elif routing.cluster.name is None:
        where, found, write = (*ROUTING, "cluster", "name"), "nothing", f"write 'name: {stores_cluster(read)}'"
    elif wants_cluster(read) and _are_two(read, routing.cluster.name, store):
        where = (*ROUTING, "cluster", "name")
        found, write = f"{read.shown(*where)}, where the store is in another cluster", f"write 'name: {store}'"
    if found:
        because = "routing stays off for these sessions, and a request may come before its session"
        yield read.finding("routing-incomplete", where, found, write, level=WARNING, because=because)


def _are_two(read: Reading, *names: str | None) -> bool:
    """Whether two names are of two clusters: one that is missing or of none has its refusal, and may be the other."""
    return len(set(names)) > 1 and not any(name is None or dangles(read, name) for name in names)


def key_is_kept_apart(read: Reading) -> Iterator[Finding]:
    """Whoever has the key can join: it belongs into the environment or a secret store (REQ-CFG-19)."""
    for index, cluster in enumerate(read.model.clusters):
        path = ("clusters", index, "encryption", "psk")
        if cluster.encryption.psk is None:
            continue
        key = cluster.encryption.psk.get_secret_value()
        write = 'write psk: "{{ env.CLUSTER_PSK }}"'
        if key == STAND_IN_KEY:
            because = "every copy of anynode carries it: whoever has one can join the cluster"
            yield read.finding(
                "trial-key",
                path,
                "the key of anynode's trials",
                f"{write}, of openssl rand -hex 32",
                level=WARNING,
                because=because,
                requirement="REQ-SEC-2",
            )
        elif path not in read.source.variables and not is_secret_reference(key):
            because = "whoever can read the file can join the cluster"
            yield read.finding("key-in-file", path, "a key in the file itself", write, level=HINT, because=because)


def absolute_lifetime_is_said(read: Reading) -> Iterator[Finding]:
    """An unset or zero maxTimeout means 24 h here."""
    path = (*LIFETIME, "maxTimeout")
    if not read.model.session.lifetime.max_timeout and read.knows(*path):
        because = "what the product does then is not documented; anynode takes its Console's default"
        yield read.finding(
            "max-timeout-unset",
            path,
            read.shown(*path),
            "write 'maxTimeout: 24h'; 24h is used until then",
            level=HINT,
            because=because,
            requirement="REQ-EXP-3",
        )


def idle_lifetime_is_said(read: Reading) -> Iterator[Finding]:
    """Without idleTimeout nobody is logged out for inactivity (REQ-EXP-5)."""
    path = (*LIFETIME, "idleTimeout")
    lifetime = read.model.session.lifetime
    if lifetime.idle_timeout or not read.knows(*path) or not read.knows(*LIFETIME, "evalIdleTimeoutSE"):
        return
    if lifetime.eval_idle_timeout is None:
        because = "without it an inactive session lives as long as an active one"
        yield read.finding(
            "idle-timeout-unset",
            path,
            read.shown(*path),
            "write 'idleTimeout: 15m', if inactivity is to end sessions",
            level=HINT,
            because=because,
            requirement="REQ-EXP-5",
        )


def hooks_can_be_run(read: Reading) -> Iterator[Finding]:
    """A hook that is a service extension runs in the product alone."""
    for key, _, python in configured(read):
        if python is None:
            yield read.finding(
                "hook-without-python",
                (*LIFETIME, key),
                read.shown(*LIFETIME, key, "funcName"),
                f"name its counterpart under x-anynode: {{hooks: {{{key}: package.module:function}}}}, to run it here",
                level=HINT,
                because="anynode runs no service extensions, and refuses to run a file whose hook it cannot run",
            )


def idle_is_within_absolute(read: Reading) -> Iterator[Finding]:
    """An idle limit beyond the absolute one never strikes (REQ-EXP-2); a hook takes its place (REQ-EXP-7)."""
    path = (*LIFETIME, "idleTimeout")
    lifetime = read.model.session.lifetime
    if not lifetime.idle_timeout:
        return
    if lifetime.eval_idle_timeout is not None:
        found = f"{read.shown(*path)} beside evalIdleTimeoutSE"
        because = "the hook takes the place of the limit"
        yield read.finding(
            "idle-timeout-unused",
            path,
            found,
            "keep one of the two",
            level=HINT,
            because=because,
            requirement="REQ-EXP-7",
        )
    elif lifetime.idle_timeout > (lifetime.max_timeout or DAY_US) and read.knows(*LIFETIME, "maxTimeout"):
        limit = read.shown(*LIFETIME, "maxTimeout") if lifetime.max_timeout else "24h"
        found = f"{read.shown(*path)}, more than maxTimeout, {limit}"
        because = "a session is over at maxTimeout whatever its activity, so this limit never strikes"
        yield read.finding(
            "idle-exceeds-max",
            path,
            found,
            "write less than maxTimeout",
            level=WARNING,
            because=because,
            requirement="REQ-EXP-2",
        )


def cookie_is_protected(read: Reading) -> Iterator[Finding]:
    """HttpOnly and Secure stay on (REQ-COOK-2, COOK-81); SameSite=None without Secure is stored by nobody (COOK-79)."""
    cookie = read.model.session.cookie
    if cookie.disable_http_only:
        path = (*COOKIE, "disableHTTPOnly")
        because = "any script in a page can read the session's cookie and take the session over"
        yield read.finding(
            "not-http-only", path, "true", "remove it", level=WARNING, because=because, requirement="COOK-81"
        )
    if cookie.disable_secure:
        path = (*COOKIE, "disableSecure")
        dropped = read.model.extensions.same_site == "None"
        because = (
            "browsers refuse SameSite=None without Secure" if dropped else "the cookie also travels over plain http"
        )
        yield read.finding(
            "not-secure",
            path,
            "true",
            "remove it and serve https",
            level=REFUSAL if dropped else WARNING,
            because=because,
            requirement="COOK-79" if dropped else "COOK-81",
        )


def static_list_names_peers(read: Reading) -> Iterator[Finding]:
    """A list that names only the node itself finds nobody; each entry is a peer's membership endpoint."""
    for index, cluster in enumerate(read.model.clusters):
        if cluster.discovery.method != STATIC or not cluster.discovery.static.nodes:
            continue
        path = ("clusters", index, "discovery", "static", "nodes")
        own, data = cluster.addresses.membership, cluster.addresses.data
        peers = [peer for peer in cluster.discovery.static.nodes if own is None or not is_itself(peer, own)]
        if not peers:
            because = "a node's own address is ignored, and with no other it finds nobody"
            yield read.finding(
                "static-names-itself",
                path,
                "the node's own address alone",
                "add the peers' membership addresses",
                level=WARNING,
                because=because,
                requirement="REQ-MEMB-2",
                complaint=NOT_SHARED,
            )
        if own is not None and data is not None and any(peer.port == data.port != own.port for peer in peers):
            found = f"an entry with port {data.port}, this node's port for data"
            yield read.finding(
                "static-names-data-port",
                path,
                found,
                f"write the peers' membership port, such as {own.port}",
                level=WARNING,
                because="peers are met on the membership channel",
                requirement="REQ-MEMB-6",
                complaint=NOT_SHARED,
            )


def addresses_can_be_reached(read: Reading) -> Iterator[Finding]:
    """A channel that listens on the node's own machine alone is out of reach for peers elsewhere."""
    for index, cluster in enumerate(read.model.clusters):
        if not _peers_are_elsewhere(cluster):
            continue
        channels = (
            ("membership", cluster.addresses.membership, read.model.extensions.advertise.membership, "members"),
            ("data", cluster.addresses.data, read.model.extensions.advertise.data, "sessions"),
        )
        for key, address, advertised, what in channels:
            if address is not None and advertised is None and _is_loopback(address):
                path = ("clusters", index, "addresses", key)
                yield read.finding(
                    "out-of-reach",
                    path,
                    read.shown(*path),
                    f"write '{key}: /ip4/0.0.0.0/tcp/{address.port}'",
                    level=WARNING,
                    because=f"peers on other machines cannot connect, and no {what} come from there",
                    requirement="REQ-MEMB-6",
                    complaint=NOT_SHARED,
                )


def _peers_are_elsewhere(cluster: Cluster) -> bool:
    if cluster.discovery.method == STATIC:
        return any(not _is_loopback(peer) for peer in cluster.discovery.static.nodes or ())
    return cluster.discovery.method == SRV


def is_itself(peer: Endpoint, own: Endpoint) -> bool:
    """Tell whether an endpoint surely is the node that listens at `own`; a name or another address may be anybody."""
    everywhere = _is_unspecified(own)
    return peer.port == own.port and (peer.host == own.host or (everywhere and _is_loopback(peer)))


def _is_loopback(endpoint: Endpoint) -> bool:
    try:
        return ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return endpoint.host == "localhost"


def _is_unspecified(endpoint: Endpoint) -> bool:
    try:
        return ipaddress.ip_address(endpoint.host).is_unspecified
    except ValueError:
        return False


def discovery_has_one_method(read: Reading) -> Iterator[Finding]:
    """What belongs to the other method is not used."""
    for index, cluster in enumerate(read.model.clusters):
        other = {STATIC: SRV, SRV: STATIC}.get(cluster.discovery.method or "")
        path = ("clusters", index, "discovery", other or "")
        if other and read.value(*path) is not None:
            found = f"a block of {other}, where the method is {cluster.discovery.method}"
            yield read.finding("discovery-unused", path, found, "keep one of the two", level=HINT)


def store_block_is_used(read: Reading) -> Iterator[Finding]:
    """A cluster named by a local store is not used."""
    path = (*STORE, CLUSTER)
    store = read.model.session.store
    if store.type is not None and store.type != CLUSTER and read.value(*path) is not None:
        yield read.finding(
            "store-cluster-unused",
            path,
            f"a cluster, where the store is {store.type}",
            "write 'type: cluster', or remove it",
            level=WARNING,
            because="each node keeps its own sessions",
            complaint=NOT_SHARED,
        )


RULES: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    clusters_are_used,
    clusters_are_experimental,
    store_block_is_used,
    routing_is_on,
    routing_is_complete,
    key_is_kept_apart,
    absolute_lifetime_is_said,
    idle_lifetime_is_said,
    idle_is_within_absolute,
    hooks_can_be_run,
    cookie_is_protected,
    static_list_names_peers,
    addresses_can_be_reached,
    discovery_has_one_method,
)
"""Every rule on one file."""
