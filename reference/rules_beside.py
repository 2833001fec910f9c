"""What doctor says of what stands beside the session store: discovery by SRV records, caches, a store that is local.

One function a rule, in a written-out table, as in `reference.rules_file`.
"""

import re
from collections.abc import Callable, Iterator

from reference.errors import HINT, REFUSAL, WARNING, Finding
from reference.notation import is_secret_reference, nearest
from reference.orchestrator import CLUSTER, SRV
from reference.reading import Reading, unset_variable
from reference.refusals import NOT_WORKING, STORE, wants_local
from reference.rules_file import NOT_SHARED
from reference.yaml_text import Path

SRV_NAME = re.compile(r"_[a-z0-9-]+\._(udp|tcp)(\.[a-z0-9_-]+)+\.?", re.IGNORECASE)
"""`_SERVICE._PROTOCOL.NAME` (RFC 2782)."""
NEARLY = re.compile(r"_?([a-z0-9-]+)\._?(udp|tcp)\.(.+)", re.IGNORECASE)
"""The same with an underscore forgotten."""
RESERVED_CACHE = "local_default"
"""The name of the cache that is always there (facts, section 3)."""
RARELY_US = 60_000_000
"""A poll interval above it leaves new nodes unknown for longer than people wait for them."""


def srv_names_are_srv_names(read: Reading) -> Iterator[Finding]:
    """A name without service and protocol has no SRV records: its lookups find nobody (facts, section 3)."""
    for index, cluster in enumerate(read.model.clusters):
        for number, name in enumerate(cluster.discovery.srv_dns.names or ()):
            if cluster.discovery.method == SRV and not SRV_NAME.fullmatch(name):
                path = ("clusters", index, "discovery", SRV, "names", number)
                yield read.finding(
                    "srv-name-unlikely",
                    path,
                    read.shown(*path),
                    f"write '{_as_srv_name(name)}'",
                    level=WARNING,
                    because="SRV records stand under _SERVICE._PROTOCOL.NAME; a lookup of another name finds nobody",
                    requirement="REQ-MEMB-1",
                    complaint=NOT_SHARED,
                )


def _as_srv_name(name: str) -> str:
    """Guess the SRV name that was meant."""
    bare = name.strip("._")
    nearly = NEARLY.fullmatch(bare)
    guess = f"_{nearly[1]}._{nearly[2]}.{nearly[3]}." if nearly else f"_membership-udp._udp.{bare}."
    return guess if SRV_NAME.fullmatch(guess) else "_membership-udp._udp.SERVICE."


def srv_names_are_asked_again(read: Reading) -> Iterator[Finding]:
    """A lookup that failed, or found nobody yet, is made again every poll interval (REQ-MEMB-3, REQ-MEMB-8)."""
    for index, cluster in enumerate(read.model.clusters):
        interval_us = cluster.discovery.srv_dns.poll_interval
        path = ("clusters", index, "discovery", SRV, "pollInterval")
        if cluster.discovery.method == SRV and interval_us > RARELY_US:
            yield read.finding(
                "srv-polled-rarely",
                path,
                read.shown(*path),
                "write 'pollInterval: 5s'",
                level=HINT,
                because="a lookup that failed is made again after it, and new nodes are found then",
                requirement="REQ-MEMB-3",
                complaint=NOT_SHARED,
            )


def caches_are_known(read: Reading) -> Iterator[Finding]:
    """What a variable says of a cache that is not set here is unknown, as elsewhere (REQ-CFG-17)."""
    for index, _ in _caches(read):
        for key in (("name",), ("type",), ("cluster", "name")):
            if ("caches", index, *key) in read.source.unset:
                yield unset_variable(read, ("caches", index, *key))


def caches_have_names_of_their_own(read: Reading) -> Iterator[Finding]:
    """`caches[].name` is unique and not the reserved one (facts, sections 1.4 and 3)."""
    taken: dict[str, int] = {}
    for index, cache in _caches(read):
        name, path = cache.get("name"), ("caches", index, "name")
        if not _knows(read, path):
            continue
        if name == RESERVED_CACHE:
            because = "the product keeps that name for the cache that it always has, and does not start"
            yield _of_cache(read, "cache-name-reserved", path, read.shown(*path), "write another name", because)
        elif isinstance(name, str) and name in taken:
            found = f"{read.shown(*path)}, the name of caches[{taken[name]}] too"
            because = "others refer to a cache by its name"
            yield _of_cache(read, "duplicate-cache", path, found, "write another name", because)
        elif isinstance(name, str):
            taken[name] = index


def caches_name_defined_clusters(read: Reading) -> Iterator[Finding]:
    """A cluster cache names an entry of `clusters[]`, as the store does (facts, section 1.4)."""
    names = [cluster.name for cluster in read.model.clusters if cluster.name is not None]
    whole = read.knows("clusters") and len(names) == len(read.model.clusters)
    for index, cache in _caches(read):
        block = cache.get("cluster")
        name = block.get("name") if isinstance(block, dict) else None
        path: Path = ("caches", index, "cluster", "name")
        if cache.get("type") != CLUSTER or not whole or name in names or not _knows(read, path):
            continue
        near = nearest(str(name), names)
        yield _of_cache(
            read,
            "dangling-cache",
            path,
            "nothing" if name is None else f"{read.shown(*path)}, and no cluster of that name",
            f"write 'name: {near or names[0]}'" if names else "define a cluster under clusters",
            "a cluster cache is kept by the members of a cluster that is defined",
            near,
            NOT_WORKING,
        )


def _caches(read: Reading) -> Iterator[tuple[int, dict[str, object]]]:
    """Walk the caches, of which nothing else is read."""
    caches = read.value("caches")
    for index, cache in enumerate(caches if isinstance(caches, list) else ()):
        if isinstance(cache, dict):
            yield index, cache


def _knows(read: Reading, path: Path) -> bool:
    """Whether what stands there is known here: no variable that is not set, no secret's name in its place."""
    return path not in read.source.unset and not is_secret_reference(read.value(*path))


def _of_cache(
    read: Reading, rule: str, path: Path, found: str, write: str, because: str, near: str = "", complaint: str = ""
) -> Finding:
    return read.finding(rule, path, found, write, level=REFUSAL, because=because, nearest=near, complaint=complaint)


def local_sessions_are_kept_by_one_node(read: Reading) -> Iterator[Finding]:
    """A local store forgets its sessions with its node, and no other has them (facts, section 3)."""
    if wants_local(read) and not read.model.clusters and read.knows("clusters"):
        yield read.finding(
            "store-keeps-to-itself",
            (*STORE, "type"),
            "the local store" if read.value(*STORE, "type") else "no store, which means the local one",
            "balance several nodes with stickiness; a lone node needs nothing",
            level=HINT,
            beside=("session",),
            because="a session is known to the node where it began alone, and lost when that stops",
            requirement="REQ-CFG-1",
            complaint=NOT_SHARED,
        )


RULES: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    srv_names_are_srv_names,
    srv_names_are_asked_again,
    caches_are_known,
    caches_have_names_of_their_own,
    caches_name_defined_clusters,
    local_sessions_are_kept_by_one_node,
)
"""Every rule on what stands beside the store."""
