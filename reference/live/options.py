"""What only a node on real sockets reads of the product's YAML: `http`, `health`, `logger` (facts, 1.5 and 1.7).

The store's own blocks are read by `reference.config`; here values of the others are taken from the raw file, and each
that cannot be meant is refused by its key.
"""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from reference.config import Configuration
from reference.errors import Malformed
from reference.live.log import LEVELS
from reference.live.refusals import CannotServe
from reference.notation import Endpoint, peer

ADDRESS = "0.0.0.0:9443"
"""The product's default."""
ADDRESS_VARIABLE = "MAVERICS_HTTP_ADDRESS"


class Options(Struct, frozen=True):
    """How a node meets people.

    Attributes:
        http: where it answers.
        certificate, key: files of `http.tls`, both or none.
        read_s, answer_s, idle_s: how long a request may take to arrive, how long its answer may take, how long an idle
            connection is kept.
        access_log: whether each request is logged.
        health: the path of `/status`.
        level: the least level that is logged.
        session_ids: whether a request's line in the log carries the hash of its session.
    """

    http: Endpoint
    certificate: Path | None
    key: Path | None
    read_s: int
    answer_s: int
    idle_s: int
    access_log: bool
    health: str
    level: str
    session_ids: bool

    @property
    def loopback(self) -> bool:
        """Whether nobody outside of this machine can ask."""
        try:
            return ipaddress.ip_address(self.http.host).is_loopback
        except ValueError:
            return self.http.host == "localhost"


def options(configuration: Configuration, environment: Mapping[str, str], address: str | None = None) -> Options:
    """Read them.

    Args:
        configuration: the file.
        environment: `MAVERICS_HTTP_ADDRESS` is stronger than the file.
        address: of `--http`, stronger than both.

    Raises:
        CannotServe: a value cannot be meant.
    """
    block = _Block(configuration)
    certificate, key = _tls(block, configuration)
    health = block.text("/status", "health", "location")
    if not health.startswith("/"):
        raise block.wrong("a path", "write '/status'", "health", "location")
    level = block.text("info", "logger", "level").lower()
    if level not in LEVELS:
        raise block.wrong(f"one of {', '.join(LEVELS)}", "write 'info'", "logger", "level")
    return Options(
        http=_address(block, environment, address),
        certificate=certificate,
        key=key,
        read_s=block.seconds(20, "http", "readTimeoutSeconds"),
        answer_s=block.seconds(15, "http", "endpointTimeoutSeconds"),
        idle_s=block.seconds(60, "http", "idleTimeoutSeconds"),
        access_log=not block.switch("http", "accessLog", "disabled"),
        health=health,
        level=level,
        session_ids=block.switch("logger", "logSessionID"),
    )


class _Block:
    """Looks values up in the raw file."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def value(self, *path: str) -> Any:
        value: Any = self._configuration.raw
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, default: str, *path: str) -> str:
        value = self.value(*path)
        if value is None:
            return default
        if not isinstance(value, str) or not value:
            raise self.wrong("a text", f"write '{default}'", *path)
        return value

    def seconds(self, default: int, *path: str) -> int:
        value = self.value(*path)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self.wrong("a whole number of seconds above 0", f"write {default}", *path)
        return value

    def switch(self, *path: str) -> bool:
        value = self.value(*path)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.wrong("true or false", "write one of them", *path)
        return value

    def wrong(self, expected: str, mend: str, *path: str) -> CannotServe:
        return CannotServe(self.place(*path), repr(self.value(*path)), expected, mend)

    def place(self, *path: str) -> str:
        name = self._configuration.name
        return f"{name}: {'.'.join(path)}" if name else ".".join(path)


def _address(block: _Block, environment: Mapping[str, str], option: str | None) -> Endpoint:
    where, value = block.place("http", "address"), block.text(ADDRESS, "http", "address")
    if ADDRESS_VARIABLE in environment:
        where, value = ADDRESS_VARIABLE, environment[ADDRESS_VARIABLE]
    if option is not None:
        where, value = "--http", option
    try:
        return peer(f"0.0.0.0{value}" if value.startswith(":") else value)  # noqa: S104 - as the product reads it
    except Malformed as error:
        raise CannotServe(where, f"'{value}', {error.problem}", "host:port", "write '127.0.0.1:8080'") from None


def _tls(block: _Block, configuration: Configuration) -> tuple[Path | None, Path | None]:
    """Find the files of the profile that `http.tls` names."""
    name = block.text("", "http", "tls")
    if not name:
        return None, None
    profile = configuration.model.extensions.tls.get(name)
    if profile is None or profile.certificate is None or profile.key is None:
        mend = f"write 'x-anynode: {{tls: {{{name}: {{certificate: FILE, key: FILE}}}}}}'"
        raise CannotServe(block.place("http", "tls"), f"'{name}'", "a profile with certificate and key", mend)
    for part, file in (("certificate", profile.certificate), ("key", profile.key)):
        if not Path(file).is_file():
            where = block.place("x-anynode", "tls", name, part)
            raise CannotServe(where, f"'{file}'", "a file in PEM form", "write the path of one that can be read")
    return Path(profile.certificate), Path(profile.key)
