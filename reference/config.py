"""The Orchestrator's YAML in, a checked configuration out: the door through which everything else reads it.

No environment is read here: what `{{ env.NAME }}` stands for is handed in. The blocks stand in
`reference.orchestrator`, the rules in `reference.reading` (single values) and `reference.refusals` (presence and
agreement).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from reference.errors import REFUSAL, Refused
from reference.extensions import find
from reference.hooks import IDLE_HOOK, MAX_HOOK, Hook
from reference.hosts import as_browsers_take_it
from reference.notation import is_secret_reference
from reference.orchestrator import CLUSTER, LOCAL, READ, Orchestrator, is_secret
from reference.reading import Reading
from reference.refusals import examine
from reference.settings import PROFILES, Settings
from reference.yaml_text import Path, Source, parse

DAY_US = 24 * 3_600_000_000
"""What an unset or zero `maxTimeout` means: the Console's default, 24 h (facts, section 1.2). Doctor says so."""

CAPACITY = 50_000
"""What an unset `session.store.local.capacity` means: the Console's default, in sessions (facts, section 1.2)."""

NOT_SHOWN = "<not.shown>"
"""What stands for a secret where a configuration is written down: it reads as a reference to the secret provider."""


@dataclass(frozen=True)
class Configuration:
    """A configuration that breaks no rule.

    Attributes:
        name: the file as it was named; "" when it came from none.
        model: its blocks, as far as they are read.
        raw: the whole file as JSON values, placeholders replaced: secrets are in it in clear.
        not_read: the key paths of blocks that were left alone.
        notes: what stands in for something unknown (`stand_ins`).
        hooks: the expiration hooks, by their keys.
    """

    name: str
    model: Orchestrator
    raw: dict[str, Any] = field(repr=False)
    not_read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hooks: Mapping[str, Hook] = field(default_factory=dict)

    @property
    def store(self) -> str:
        """Which store the sessions are kept in: "local" or "cluster" (REQ-CFG-1)."""
        return self.model.session.store.type or LOCAL

    @property
    def routing(self) -> bool:
        """Whether requests are forwarded within the store's cluster (REQ-ROUT-3)."""
        routing = self.model.http.routing
        named = routing.cluster.name is not None and routing.cluster.name == self.model.session.store.cluster.name
        return self.model.clustering and routing.enabled and routing.type == CLUSTER and named

    def psk(self) -> str | None:
        """Give the key of the store's cluster as 64 hex digits; None for a reference, whose value is unknown."""
        cluster = self.model.find(self.model.session.store.cluster.name)
        if cluster is None or cluster.encryption.psk is None:
            return None
        key = cluster.encryption.psk.get_secret_value()
        return None if is_secret_reference(key) else key

    def accepted_psks(self) -> tuple[str, ...]:
        """Give the keys that are accepted besides, as `psk` does; references are left out."""
        keys = (key.get_secret_value() for key in self.model.extensions.accepted_psks)
        return tuple(key for key in keys if not is_secret_reference(key))

    def settings(self) -> Settings:
        """Make the plain values that the core of a node needs."""
        session = self.model.session
        cluster = self.model.find(session.store.cluster.name) if self.store == CLUSTER else None
        absolute_us = session.lifetime.max_timeout or DAY_US
        domain = as_browsers_take_it(session.cookie.domain or "")
        former = map(as_browsers_take_it, self.model.extensions.former_cookie_domains)
        settings = Settings(
            cluster=(cluster.name if cluster else None) or "",
            absolute_us=absolute_us,
            idle_us=0 if IDLE_HOOK in self.hooks else session.lifetime.idle_timeout or 0,
            cookie_name=session.cookie.name,
            cookie_domain=domain,
            former_domains=tuple(dict.fromkeys(one for one in former if one != domain)),
            http_only=not session.cookie.disable_http_only,
            secure=not session.cookie.disable_secure,
            same_site=self.model.extensions.same_site,
            acknowledge=self.model.extensions.acknowledge,
            timing=PROFILES[self.model.extensions.profile],
            routing=self.routing,
            quarantine_us=absolute_us,
            max_hook=self.hooks.get(MAX_HOOK),
            idle_hook=self.hooks.get(IDLE_HOOK),
        )
        if self.store == LOCAL:
            # Nobody else is to hold a write, and nobody to be told of a touch.
            capacity = session.store.local.capacity or CAPACITY
            return replace(settings, acknowledge="none", routing=False, shared=False, capacity=capacity)
        if cluster is None:
            return settings
        return replace(settings, poll_us=cluster.discovery.srv_dns.poll_interval)

    def without_secrets(self) -> dict[str, Any]:
        """Copy the blocks that are read, for run documents and reports: no key is left in them (REQ-SEC-5)."""
        return {key: _hidden(self.raw[key], (key,)) for key in READ if key in self.raw}


def read(text: str, *, environment: Mapping[str, str], stand_ins: bool = False, name: str = "") -> Configuration:
    """Read a configuration file.

    Args:
        text: the file, YAML.
        environment: what `{{ env.NAME }}` stands for (REQ-CFG-17).
        stand_ins: whether a fixed key may stand in for a secret that is not known here; what did is in `notes`.
        name: how messages call the file.

    Returns:
        The configuration; every rule holds.

    Raises:
        Unreadable: when the text is no YAML mapping, or has a key twice in one mapping.
        Refused: with every rule that it breaks (REQ-CFG-1 to REQ-CFG-19), or with the hooks that cannot be found.
    """
    return _checked(parse(text, name), environment, name, stand_ins=stand_ins)


def read_mapping(
    values: Mapping[str, Any], *, environment: Mapping[str, str], stand_ins: bool = False, name: str = ""
) -> Configuration:
    """Read a configuration that is a mapping already, as in a scenario's `config`; arguments and errors as `read`."""
    return _checked(Source(copy.deepcopy(dict(values))), environment, name, stand_ins=stand_ins)


def _checked(source: Source, environment: Mapping[str, str], name: str, *, stand_ins: bool) -> Configuration:
    reading: Reading = examine(source, name=name, environment=environment, unset="stand in" if stand_ins else "refuse")
    refusals = [finding for finding in reading.findings if finding.level == REFUSAL]
    if refusals:
        raise Refused(refusals)
    hooks, refusals = find(reading)
    if refusals:
        raise Refused(refusals)
    left_alone, notes = tuple(reading.not_read), tuple(reading.notes)
    return Configuration(name, reading.model, reading.source.values, left_alone, notes, hooks)


def _hidden(value: Any, path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _hidden(inner, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner, (*path, index)) for index, inner in enumerate(value)]
    return NOT_SHOWN if is_secret(path) else value
