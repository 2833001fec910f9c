"""The reference store and its broken variants as subjects: nodes in this process, in simulated time."""

from collections.abc import Callable, Mapping
from importlib.metadata import version as installed_version
from types import ModuleType
from typing import Any

from conformance.history import Contract
from conformance.subjects.subject import Prepared
from reference.config import Configuration, read_mapping
from reference.node import Node
from reference.protocol import Init
from reference.timing import converge_us, detect_us, touch_interval_us
from simulator.host import Machine

REFERENCE_FEATURES = ["members", "revoke", "idle", "absolute", "merge", "restart", "peek", "cookie-domain", "config"]
LOCAL_FEATURES = ["revoke", "idle", "absolute", "cookie-domain", "config"]
"""Those of one node alone. Not `peek`: nobody need look for copies on nodes that never get any."""


def _own(module: ModuleType) -> bool:
    return module.__name__.startswith(("reference.", "conformance.broken."))


class InMemory:
    """A crew of nodes that are objects here: they end with the last reference to them."""

    def __init__(self, make: Callable[[Init], Machine]) -> None:
        self.make = make

    def ended(self, node: str) -> None:
        """Nothing is left of a node."""

    def close(self) -> None:
        """Nothing is left of any."""


class InProcess:
    """A subject whose nodes are `reference.node.Node` or a subclass of it."""

    foreign = False

    def __init__(self, name: str, node_class: type[Node]) -> None:
        self.name = self.source = name
        self.version = installed_version("anynode")
        self._node_class = node_class

    def prepare(self, configuration: Configuration, members: int) -> Prepared:
        """Take a configuration; the contract follows from its membership profile and the size by `reference.timing`.

        With the local store it is that of a cluster of one, whose crash loses everything.
        """
        settings = configuration.settings()
        if not settings.shared:
            members = 1
        contract = Contract(
            converge_us=converge_us(settings, members),
            clock_skew_us=settings.clock_bound_us,
            detect_us=detect_us(settings, members),
            idle_slack_us=touch_interval_us(settings),
            survives_crashes=0 if settings.acknowledge == "none" else 1,
        )

        def make(init: Init) -> Machine:
            if _cookie_of(init.config) is _cookie_of(configuration.raw):
                return self._node_class(init, settings)
            changed = read_mapping(init.config, environment={}, stand_ins=True).settings()  # a domain that changes
            return self._node_class(init, changed)

        features = REFERENCE_FEATURES if settings.shared else LOCAL_FEATURES
        if settings.routing:
            features = [*features, "routing"]
        if settings.idle_hook is not None or settings.max_hook is not None:
            # A hook may expire a session at any time before its greatest age: only that is promised then.
            features = [feature for feature in features if feature != "idle"]
        return Prepared(list(features), contract, lambda _folder: InMemory(make), own=_own)


def _cookie_of(config: Mapping[str, Any]) -> object:
    return (config.get("session") or {}).get("cookie")
