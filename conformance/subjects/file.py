"""The subject file: how a third party's store is started and what it is called (subject protocol, part 3).

What may stand in it, and where it was found. Nothing is started here.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from scenarios.durations import Duration, Positive
from scenarios.strict import Strict, nearest
from scenarios.strict_yaml import read_strict

SUFFIXES = (".yaml", ".yml")

Words = Annotated[list[str], Field(min_length=1)]


class SubjectRefused(ValueError):
    """A subject that cannot be put under test; the text says the file, the place, the find and the mend."""


class Cookie(Strict):
    """The session cookie, where it is not the configured one."""

    name: str


class Life(Strict):
    """The lifetimes of a store that takes no configuration."""

    idle: Duration
    absolute: Duration


class Bounds(Strict):
    """The contract of a store that cannot say it itself (profile http)."""

    converge: Duration = 3_000_000
    clock_skew: Duration = 500_000
    detect: Duration = 30_000_000
    idle_slack: Duration = 1_000_000
    survives_crashes: Annotated[int, Field(ge=0)] = 1


PORT = re.compile(r"\$\{port:([a-z0-9-]+)\}")
"""Stands for a free port of the loopback: the same one for the same name, throughout one file and one run."""
PYTHON = "${python}"
"""Stands for the interpreter that runs anynode."""
HOST = re.compile(r"\$\{host(?::(n[1-9]\d*))?\}")
"""Stands for a server's address in a network of its own (`namespaces`), without a name for this machine's; else the
loopback's."""
_ADDRESS = re.compile(r"http://(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+|\$\{host:n\d+\}):(\d{1,5}|\$\{port:[a-z0-9-]+\})")
_END = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):(\d{1,5}|\$\{port:[a-z0-9-]+\})")
_LINK = re.compile(r"(n[1-9]\d*)->(n[1-9]\d*)(?: ([a-z0-9-]+))?")


class Server(Strict):
    """One server of profile http.

    Attributes:
        address: where it answers: scheme, host and port.
        start: the command whose process is the server, for as long as it lives; without it the server is attached to.
        stop: the command that has it leave in good order; SIGTERM without it.
    """

    address: str
    start: Words | None = None
    stop: Words | None = None

    @model_validator(mode="after")
    def one_address(self) -> Self:
        """Refuse what is no address, and a server that can be stopped but not started."""
        if not _ADDRESS.fullmatch(self.address):
            raise ValueError(f"has address: '{self.address}'; write \"http://127.0.0.1:8081\", without a path")
        if self.stop is not None and self.start is None:
            raise ValueError("has 'stop' and no 'start': who is stopped must be started again; write both or neither")
        return self


class Link(Strict):
    """Traffic between two servers that the harness may carry.

    Attributes:
        listen: where the one server is told to find the other.
        to: where the other one listens.
        protocol: what is carried.
    """

    listen: str
    to: str
    protocol: Literal["tcp", "udp"] = "tcp"

    @model_validator(mode="after")
    def two_ends(self) -> Self:
        """Refuse what is no host and port."""
        for key in ("listen", "to"):
            if not _END.fullmatch(getattr(self, key)):
                raise ValueError(f"has {key}: '{getattr(self, key)}'; write \"127.0.0.1:9101\"")
        return self


RUN_MOST_US = 120_000_000
"""A scenario runs in real time for so long at most (subject protocol, part 3)."""
OPERATIONS = ("login", "read", "write", "delete", "logout", "revoke", "peek", "members", "status")
"""What `map` may place elsewhere."""
KEY = "KEY"
"""Stands for the key in the path of a write or delete."""


class Place(Strict):
    """Where an operation of part 1 is found on these servers."""

    method: Annotated[str, Field(pattern=r"^[A-Z]+$")]
    path: Annotated[str, Field(pattern=r"^/")]


class SubjectFile(Strict):
    """A subject file.

    Attributes:
        name: what reports call the store.
        version, url: its own.
        profile: stdio (a program), python (an object) or http (servers that run).
        command: the program of one node and its arguments; it runs in the file's folder.
        build: a command that makes the program, run there before any node is started.
        factory: package.module:Class.
        budget: how long a turn may take.
        env: added to the environment of every command.
        cookie, lifetime: where the store does not honour the scenario's configuration (feature `config`).
        nodes, faults, links, features, contract, map, ready, run, beside, namespaces: of profile http alone.
        beside: commands whose processes the servers need, by name, such as the database that they share; they live as
            long as the run and no fault strikes them.
        namespaces: whether each server gets a network namespace, where there are any; then `cut` needs no links.
        ready: how long servers may take until they say that they may be sent requests; a minute.
        run: how long people act in a run, at most 2m; the longer, the more is met.
    """

    name: Annotated[str, Field(min_length=1)]
    version: str = ""
    url: str = ""
    profile: Literal["stdio", "python", "http"]
    command: Words | None = None
    build: Words | None = None
    factory: str | None = None
    budget: Duration = 5_000_000
    env: Annotated[dict[str, str], Field(default_factory=dict)]
    cookie: Cookie | None = None
    lifetime: Life | None = None
    nodes: dict[str, Server] | None = None
    faults: list[Literal["kill", "pause", "cut", "delay"]] | None = None
    links: dict[str, Link] | None = None
    features: list[str] | None = None
    contract: Bounds | None = None
    map: dict[str, Place] | None = None
    ready: Positive | None = None
    beside: dict[str, Words] | None = None
    namespaces: bool | None = None
    run: Annotated[Positive, Field(le=RUN_MOST_US)] | None = None
    _path: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Where its commands run: the file's folder."""
        return self._path.resolve().parent

    @property
    def path(self) -> Path:
        """The file, as it was named."""
        return self._path

    @model_validator(mode="after")
    def one_profile(self) -> Self:
        """Refuse a file without what its profile needs, or with what another profile needs."""
        needs = {"stdio": "command", "python": "factory", "http": "nodes"}
        needed = needs[self.profile]
        if getattr(self, needed) is None:
            raise ValueError(f"has profile '{self.profile}' and no '{needed}'; {_EXAMPLES[self.profile]}")
        for profile, keys in _OF_ONE_PROFILE.items():
            for key in keys:
                if profile != self.profile and getattr(self, key) is not None:
                    raise ValueError(
                        f"has '{key}', which is of profile '{profile}', and profile '{self.profile}'; leave '{key}' out"
                    )
        if self.profile == "http":
            self._refuse_nonsense_of_servers()
        return self

    def _refuse_nonsense_of_servers(self) -> None:
        """Refuse what the parts of a file of servers say against each other."""
        names = list(self.nodes or {})
        wanted = [f"n{number}" for number in range(1, len(names) + 1)]
        if names != wanted or not names:
            raise ValueError(f"has nodes {', '.join(names) or 'none'}; call them {', '.join(wanted) or 'n1'}, in order")
        _refuse_one_address(self.nodes or {})
        _refuse_faults(self.faults or [], self.nodes or {}, linked=bool(self.links), apart=bool(self.namespaces))
        for key in self.links or {}:
            ends = _LINK.fullmatch(key)
            if ends is None or ends[1] not in names or ends[2] not in names or ends[1] == ends[2]:
                known = ", ".join(names)
                raise ValueError(f"has the link '{key}'; write n1->n2, with two of {known}; for more: n1->n2 NAME")
        for operation, place in (self.map or {}).items():
            if operation not in OPERATIONS:
                raise ValueError(f"maps '{operation}'; {nearest(operation, list(OPERATIONS))}")
            if operation in ("write", "delete") and KEY not in place.path:
                raise ValueError(f"maps {operation} to {place.path} without the word {KEY}; write /probe/data/{KEY}")


def _refuse_one_address(nodes: dict[str, Server]) -> None:
    """Refuse two nodes that are one server."""
    seen: dict[str, str] = {}
    for name, server in nodes.items():
        other = seen.setdefault(server.address, name)
        if other != name:
            raise ValueError(f"has {other} and {name} on one address, {server.address}; write one address a node")


def _refuse_faults(faults: Sequence[str], nodes: dict[str, Server], *, linked: bool, apart: bool) -> None:
    """Refuse a fault for which there is nothing that it could be done to."""
    attached = [name for name, server in nodes.items() if server.start is None]
    if attached and len(attached) < len(nodes):
        raise ValueError(f"starts some servers but not {attached[0]}; give every node a 'start', or none")
    if apart and (attached or linked):
        other = "links" if linked else "servers that are attached to"
        raise ValueError(f"has namespaces and {other}; leave one of them out")
    for fault in faults:
        if fault in ("kill", "pause") and attached:
            raise ValueError(f"has the fault '{fault}' and no 'start' to undo it with; write start, or leave it out")
        if fault in ("cut", "delay") and not linked and not (fault == "cut" and apart):
            raise ValueError(f"has the fault '{fault}' and no 'links' to do it on; write links, or leave it out")


_OF_ONE_PROFILE = {
    "stdio": ("command",),
    "python": ("factory",),
    "http": ("nodes", "faults", "links", "features", "contract", "map", "ready", "run", "beside", "namespaces"),
}
_EXAMPLES = {
    "stdio": 'write command: ["node", "store.js"]',
    "python": "write factory: package.module:Class",
    "http": 'write nodes: {n1: {address: "http://127.0.0.1:8081"}}',
}


def ends_of(link: str) -> tuple[str, str]:
    """Name the two servers of a link, by its key."""
    sender, _, to = link.partition("->")
    return sender, to.split()[0]


def read_file(path: Path) -> SubjectFile:
    """Read and check a subject file.

    Args:
        path: a YAML file.

    Raises:
        SubjectRefused: it cannot be read, is no YAML, has an unknown key, or lacks what its profile needs.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        raise SubjectRefused(f"--subject {path}: {what}; name a subject file (docs/bring-your-own.md)") from error
    read = read_strict(SubjectFile, text, path, SubjectRefused)
    read._path = path  # noqa: SLF001 - set once, by the reader of the file
    return read
