"""The subject file: how a third party's store is started and what it is called (subject protocol, part 3).

What may stand in it, and where it was found. Nothing is started here.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from scenarios.durations import Duration
from scenarios.strict import Strict
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


class Server(Strict):
    """One server of profile http."""

    address: str
    start: Words | None = None
    stop: Words | None = None


class Link(Strict):
    """Traffic between two servers that the harness may carry."""

    listen: str
    to: str


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
        nodes, faults, links, features, contract, map: of profile http alone.
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
    map: dict[str, dict[str, Any]] | None = None
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
        return self


_OF_ONE_PROFILE = {
    "stdio": ("command",),
    "python": ("factory",),
    "http": ("nodes", "faults", "links", "features", "contract", "map"),
}
_EXAMPLES = {
    "stdio": 'write command: ["node", "store.js"]',
    "python": "write factory: package.module:Class",
    "http": 'write nodes: {n1: {address: "http://127.0.0.1:8081"}}',
}


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
