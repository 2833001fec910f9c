"""The blocks of the product's YAML that this project reads, as pydantic models: keys, shapes, how values are written.

What must be present, and what must agree with what, is `reference.refusals`; here every key may be missing, so that a
file with mistakes is still read as far as it goes and all of them are told at once. Keys, defaults: facts, section 1.
"""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from reference import notation
from reference.notation import Endpoint
from reference.yaml_text import Path

FLAG = "experimental.clusters"
"""The feature without which nothing is clustered (REQ-CFG-4): one flat key with a dot in it (REQ-CFG-7)."""
CLUSTER = "cluster"
LOCAL = "local"
STATIC = "static"
SRV = "srvDNS"
EXTENSIONS = "x-anynode"
READ = ("features", "session", "clusters", "http", "singleLogout", EXTENSIONS)
"""The top-level blocks that are read, of `http` only `routing`; whatever else a real file holds is left alone."""

Text = Annotated[str, BeforeValidator(notation.text)]
Url = Annotated[str, BeforeValidator(notation.url)]
Switch = Annotated[bool, BeforeValidator(notation.switch)]
Duration = Annotated[int, BeforeValidator(notation.duration_us)]
"""Microseconds, written as a Go duration."""
Listen = Annotated[Endpoint, BeforeValidator(notation.multiaddr)]
Peer = Annotated[Endpoint, BeforeValidator(notation.peer)]
Psk = Annotated[SecretStr, BeforeValidator(lambda value: SecretStr(notation.psk(value)))]
"""64 hex digits or a reference to the secret provider; printed as asterisks."""
PythonName = Annotated[str, BeforeValidator(notation.python_name)]
ServiceExtension = dict[str, Any]
"""A reference to code that the product runs; its shape is the product's business."""


class Block(BaseModel):
    """A mapping with known keys; unknown ones are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class ClusterReference(Block):
    """Another block's reference to an entry of `clusters[]`."""

    name: Text | None = None


class LocalStore(Block):
    """`session.store.local`; the key is inferred from the documented capacity (facts, section 1.2)."""

    capacity: Annotated[int, Field(strict=True, gt=0)] | None = None


class Store(Block):
    """`session.store` (REQ-CFG-1)."""

    type: Annotated[str, BeforeValidator(notation.one_of(LOCAL, CLUSTER))] | None = None
    cluster: ClusterReference = ClusterReference()
    local: LocalStore = LocalStore()


class Lifetime(Block):
    """`session.lifetime`; what hooks there are, `reference.hooks` finds."""

    max_timeout: Duration | None = None
    idle_timeout: Duration | None = None
    eval_max_lifetime: Annotated[ServiceExtension | None, Field(alias="evalMaxLifetimeSE")] = None
    eval_idle_timeout: Annotated[ServiceExtension | None, Field(alias="evalIdleTimeoutSE")] = None


class Cookie(Block):
    """`session.cookie`."""

    name: Annotated[str, BeforeValidator(notation.cookie_name)] = "maverics_session"
    domain: Text | None = None
    disable_http_only: Annotated[Switch, Field(alias="disableHTTPOnly")] = False
    disable_secure: Switch = False


class Session(Block):
    """`session`."""

    store: Store = Store()
    lifetime: Lifetime = Lifetime()
    cookie: Cookie = Cookie()


class Addresses(Block):
    """`clusters[].addresses`: where the node listens."""

    membership: Listen | None = None
    data: Listen | None = None


class StaticDiscovery(Block):
    """`clusters[].discovery.static`: the membership endpoints of the peers."""

    nodes: list[Peer] | None = None


class SrvDiscovery(Block):
    """`clusters[].discovery.srvDNS`; the chart asks every 5 s."""

    names: list[Text] | None = None
    poll_interval: Duration = 5_000_000


class Discovery(Block):
    """`clusters[].discovery` (REQ-CFG-12)."""

    method: Annotated[str, BeforeValidator(notation.one_of(SRV, STATIC))] | None = None
    static: StaticDiscovery = StaticDiscovery()
    srv_dns: Annotated[SrvDiscovery, Field(alias=SRV)] = SrvDiscovery()


class NodeKey(Block):
    """`clusters[].encryption.nodeKey` (REQ-CFG-11)."""

    file: Text | None = None


class Encryption(Block):
    """`clusters[].encryption` (REQ-CFG-10)."""

    psk: Psk | None = None
    node_key: NodeKey = NodeKey()


class Cluster(Block):
    """One entry of `clusters[]` (REQ-CFG-16)."""

    name: Text | None = None
    addresses: Addresses = Addresses()
    discovery: Discovery = Discovery()
    encryption: Encryption = Encryption()


class Routing(Block):
    """`http.routing` (REQ-ROUT-3)."""

    enabled: Switch = False
    type: Annotated[str, BeforeValidator(notation.one_of(CLUSTER))] | None = None
    cluster: ClusterReference = ClusterReference()


class Http(Block):
    """`http`: its other keys are not read and never get here."""

    routing: Routing = Routing()


class PostLogout(Block):
    """`singleLogout.postLogout`."""

    redirect_url: Annotated[Url | None, Field(alias="redirectURL")] = None
    post_logout: Annotated[ServiceExtension | None, Field(alias="postLogoutSE")] = None


class SingleLogout(Block):
    """`singleLogout` (REQ-REVOC-4)."""

    logout_url: Annotated[Url | None, Field(alias="logoutURL")] = None
    post_logout: PostLogout = PostLogout()


class Advertise(Block):
    """`x-anynode.advertise`: how peers reach this node when not by its listen addresses.

    Also `x-anynode.reach.NAME`: how this node reaches that peer, whatever the peer says (a relay in between).
    """

    membership: Peer | None = None
    data: Peer | None = None


class TlsProfile(Block):
    """`x-anynode.tls.NAME`: a profile that `http.tls` names; where the product keeps its own is not documented."""

    certificate: Text | None = None
    key: Text | None = None


class Hooks(Block):
    """`x-anynode.hooks`: Python callables in place of the service extensions of `session.lifetime`."""

    eval_max_lifetime: Annotated[PythonName | None, Field(alias="evalMaxLifetimeSE")] = None
    eval_idle_timeout: Annotated[PythonName | None, Field(alias="evalIdleTimeoutSE")] = None


class Extensions(Block):
    """`x-anynode`: this project's own settings; the product ignores them."""

    acknowledge: Annotated[str, BeforeValidator(notation.one_of("none", "one", "all"))] = "one"
    profile: Annotated[str, BeforeValidator(notation.one_of("lan", "wan", "local"))] = "lan"
    same_site: Annotated[str, BeforeValidator(notation.one_of("Strict", "Lax", "None"))] = "None"
    accepted_psks: list[Psk] = []
    former_cookie_domains: list[Annotated[str, BeforeValidator(notation.former_domain)]] = []
    advertise: Advertise = Advertise()
    reach: dict[str, Advertise] = {}
    tls: dict[str, TlsProfile] = {}
    hooks: Hooks = Hooks()


class Orchestrator(Block):
    """The whole file, as far as it is read."""

    features: dict[str, Any] = {}
    session: Session = Session()
    clusters: list[Cluster] = []
    http: Http = Http()
    single_logout: SingleLogout | None = None
    extensions: Annotated[Extensions, Field(alias=EXTENSIONS)] = Extensions()

    @property
    def clustering(self) -> bool:
        """Whether the feature flag is on (REQ-CFG-4)."""
        return notation.flag_is_on(self.features.get(FLAG))

    def find(self, name: str | None) -> Cluster | None:
        """Find the cluster of a name."""
        return next((cluster for cluster in self.clusters if name is not None and cluster.name == name), None)


def keys_at(path: Path) -> list[str]:
    """List the keys that a block knows; none for a path that leads to no block."""
    model: type[Block] | None = Orchestrator
    for key in path:
        if model is None:
            return []
        if isinstance(key, str):
            field = next((field for field in model.model_fields.values() if field.alias == key), None)
            model = next(_blocks(field.annotation), None) if field else None
    return [field.alias or "" for field in model.model_fields.values()] if model else []


def is_secret(path: Path) -> bool:
    """Tell whether a key path holds a secret, whose value no message may show."""
    return path[-1:] == ("psk",) or path[:2] == (EXTENSIONS, "acceptedPsks")


def _blocks(annotation: Any) -> Iterator[type[Block]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, Block):
            yield annotation
    elif get_origin(annotation) in {list, Union, UnionType}:
        for inner in get_args(annotation):
            yield from _blocks(inner)
