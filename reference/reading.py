"""One configuration file as far as it can be read: its model, what was wrong with single values, what stays unknown.

Mistakes do not stop the reading. What is wrong is told and taken out, and the rest is read, so that one look finds
every mistake. Rules on what must be present and agree stand in `reference.refusals`, doctor's in `reference.diagnose`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reference import notation
from reference.errors import REFUSAL, WARNING, Finding, Malformed
from reference.orchestrator import FLAG, READ, Orchestrator, is_secret, keys_at
from reference.yaml_text import Path, Source, masked, render

Unset = Literal["refuse", "stand in", "warn"]
"""What becomes of a placeholder whose variable is not set: a refusal; a stand-in for secrets (a simulated world needs
no real one) and a refusal for all else; or a warning, the value unknown (doctor)."""

STAND_IN_KEY = b"anynode trial key, not a secret!".hex()
"""What takes the place of an unknown key in a simulated world: 32 readable bytes, in every copy of anynode."""

LONGEST_SHOWN = 60
NEAR_BLOCK = 0.8
"""How alike a block's name must be to one that is read before it counts as misspelled: real blocks are less alike."""

_OLDER: tuple[tuple[Path, Path, str], ...] = (
    (("features", "experimental.orchestratorGroups"), ("features", FLAG), "REQ-CFG-18"),
    (("orchestratorGroups",), ("clusters",), "REQ-CFG-18"),
    (("http", "routing", "group"), ("http", "routing", "cluster"), "REQ-CFG-18"),
    (("session", "maxLifetimeSeconds"), ("session", "lifetime", "maxTimeout"), "REQ-CFG-14"),
    (("session", "idleTimeout"), ("session", "lifetime", "idleTimeout"), "REQ-CFG-14"),
    (("session", "evalMaxLifetimeSE"), ("session", "lifetime", "evalMaxLifetimeSE"), "REQ-EXP-8"),
    (("session", "evalIdleTimeoutSE"), ("session", "lifetime", "evalIdleTimeoutSE"), "REQ-EXP-7"),
    (("singleLogout", "postLogoutRedirectURL"), ("singleLogout", "postLogout", "redirectURL"), "REQ-REVOC-4"),
    (("singleLogout", "postLogoutSE"), ("singleLogout", "postLogout", "postLogoutSE"), "REQ-REVOC-4"),
)
"""Keys of earlier generations of the product (facts, section 5), today's key, and the requirement."""

_REQUIREMENTS: tuple[tuple[Path, str], ...] = (
    (("features",), "REQ-CFG-5"),
    (("session", "store"), "REQ-CFG-1"),
    (("session", "store", "cluster"), "REQ-CFG-2"),
    (("session", "lifetime"), "REQ-CFG-14"),
    (("session", "cookie"), "REQ-CFG-15"),
    (("session", "cookie", "name"), "REQ-COOK-1"),
    (("session", "cookie", "domain"), "REQ-COOK-6"),
    (("session", "cookie", "disableHTTPOnly"), "REQ-COOK-7"),
    (("session", "cookie", "disableSecure"), "REQ-COOK-2"),
    (("clusters",), "REQ-CFG-16"),
    (("clusters", "*", "addresses"), "REQ-CFG-13"),
    (("clusters", "*", "discovery"), "REQ-CFG-12"),
    (("clusters", "*", "discovery", "srvDNS", "pollInterval"), "REQ-CFG-14"),
    (("clusters", "*", "encryption"), "REQ-CFG-10"),
    (("clusters", "*", "encryption", "nodeKey"), "REQ-CFG-11"),
    (("http",), "REQ-ROUT-3"),
    (("singleLogout",), "REQ-REVOC-4"),
)
"""The requirement behind each block or key; the longest that fits speaks."""


@dataclass
class Reading:
    """A file, read as far as it goes.

    Attributes:
        name: how messages call the file.
        source: its values and lines.
        model: what could be read; what was wrong or is unknown is missing in it.
        unread: the key paths that were taken out: of what stands there nothing is known.
        findings: what was found so far.
        notes: what was put in the place of something unknown, for whoever runs it.
        not_read: the blocks that were left alone.
    """

    name: str
    source: Source
    model: Orchestrator = field(default_factory=Orchestrator)
    unread: set[Path] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)

    def knows(self, *path: str | int) -> bool:
        """Tell whether what stands (or is missing) at a key path is known."""
        return not any(path[:length] in self.unread for length in range(1, len(path) + 1))

    def value(self, *path: str | int) -> Any:
        """Look up what the file says at a key path; None when nothing stands there."""
        value: Any = self.source.values
        for key in path:
            if isinstance(value, dict) and isinstance(key, str):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def shown(self, *path: str | int) -> str:
        """Say what stands at a key path: never a secret, never what the environment brought, never much."""
        if names := self.source.variables.get(path):
            return "the value of " + " and ".join(f"{{{{ env.{name} }}}}" for name in names)
        if is_secret(path):
            return "a value (not shown)"
        value = self.value(*path)
        if isinstance(value, dict):
            keys = ", ".join(render((key,)) for key in value)
            return f"a mapping of {keys}" if keys else "an empty mapping"
        if isinstance(value, str):
            text = masked(value)
            return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
        if isinstance(value, list) or value is None:
            return "nothing" if value is None else "a list"
        return str(value).lower() if isinstance(value, bool) else masked(str(value))

    def finding(
        self, rule: str, path: Path, found: str, write: str, *, level: str = REFUSAL, beside: Path = (), **more: str
    ) -> Finding:
        """Make a finding about a place of this file, with its line and the requirement that goes with the key.

        Args:
            rule: the rule that speaks.
            path: the key path that it speaks of, which may be missing.
            found: what stands there.
            write: the mend, as an order.
            level: how bad it is.
            beside: the place whose line is shown when the file has nothing at `path` nor around it.
            more: the other members of a `Finding`.
        """
        return Finding(
            level=level,
            rule=rule,
            file=self.name,
            path=render(path),
            line=self.source.line(path) or self.source.line(beside),
            found=found,
            write=write,
            **{"requirement": requirement_of(path), **more},
        )


def requirement_of(path: Path) -> str:
    """Tell which requirement stands behind a key path; "" for this project's own blocks."""
    fitting = ""
    general = tuple("*" if isinstance(key, int) else key for key in path)
    for prefix, requirement in _REQUIREMENTS:
        if general[: len(prefix)] == prefix:
            fitting = requirement
    return fitting


def take(name: str, source: Source, environment: Mapping[str, str], unset: Unset) -> Reading:
    """Read a file's values into the model, as far as they go.

    Args:
        name: how messages call the file.
        source: the file, placeholders not yet replaced.
        environment: what `{{ env.NAME }}` stands for.
        unset: what becomes of placeholders without a value.

    Returns:
        The reading, with a finding for every value that is wrong by itself.
    """
    source.substitute(environment)
    reading = Reading(name, source)
    _leave_alone(reading)
    for path in list(_places(_blocks(reading), ())):
        if path in source.unset:
            _unset_variable(reading, path, unset)
        elif unset == "stand in" and is_secret(path) and notation.is_secret_reference(reading.value(*path)):
            _stand_in(reading, path, f"the secret {reading.value(*path)}")
    for older, today, requirement in _OLDER:
        _older_spelling(reading, older, today, requirement)
    _nested_flag(reading)
    _older_routing_type(reading)
    _read_model(reading)
    return reading


def _blocks(reading: Reading) -> dict[str, Any]:
    """Pick the blocks that are read."""
    values = reading.source.values
    wanted = {key: values[key] for key in READ if key in values}
    if isinstance(http := wanted.get("http"), dict):
        wanted["http"] = {key: http[key] for key in ("routing",) if key in http}
    return wanted


def _leave_alone(reading: Reading) -> None:
    """Note the blocks that are not read; what looks like a misspelled one is refused."""
    for key in reading.source.values:
        if key not in READ and key != "orchestratorGroups":
            _left_alone(reading, (key,), READ)
    http = reading.value("http")
    for key in http if isinstance(http, dict) else ():
        if key != "routing":
            _left_alone(reading, ("http", key), ("routing",))


def _left_alone(reading: Reading, path: Path, read: tuple[str, ...]) -> None:
    right = notation.nearest(str(path[-1]), read, NEAR_BLOCK)
    if not right:
        reading.not_read.append(render(path))
        return
    there = (*path[:-1], right)
    if reading.value(*there) is None:
        reading.unread.add(there)
    because = "the block would be left alone, as if it were not there"
    write = f"write '{right}'" if reading.value(*there) is None else f"move what it says into '{right}', or remove it"
    reading.findings.append(
        reading.finding(
            "misspelled-block",
            path,
            "a block that nothing reads",
            write,
            because=because,
            nearest=right,
            requirement=requirement_of(there),
        )
    )


def _places(value: Any, path: Path) -> Iterator[Path]:
    """Walk every single value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))
    else:
        yield path


def _unset_variable(reading: Reading, path: Path, unset: Unset) -> None:
    if unset == "stand in" and is_secret(path):
        _stand_in(reading, path, f"{' and '.join(reading.source.unset[path])}, which is not set")
        return
    reading.findings.append(unset_variable(reading, path, WARNING if unset == "warn" else REFUSAL))
    _take_out(reading, path)


def unset_variable(reading: Reading, path: Path, level: str = WARNING) -> Finding:
    """Make the finding of a place whose placeholder has no value."""
    names = " and ".join(reading.source.unset[path])
    verb = "are not set" if " and " in names else "is not set"
    return reading.finding(
        "unset-variable",
        path,
        f"a placeholder for {names}, which {verb} in this environment",
        f"set {names} where the node starts, and here to have the value judged",
        level=level,
        because="what stands here is unknown, and nothing was judged that depends on it" if level == WARNING else "",
        requirement="REQ-CFG-17",
    )


def _stand_in(reading: Reading, path: Path, what: str) -> None:
    holder = reading.value(*path[:-1])
    holder[path[-1]] = STAND_IN_KEY
    reading.source.variables.pop(path, None)
    reading.notes.append(f"{render(path)}: a fixed key stands in for {what}; a simulated world needs no real one")


def _older_spelling(reading: Reading, older: Path, today: Path, requirement: str) -> None:
    value = reading.value(*older)
    if value is None:
        return
    key = today[-1]
    mend = f"write {render(today)} instead"
    if key == "maxTimeout" or (key == "idleTimeout" and isinstance(value, int)):
        mend = f"write {render(today)}: {value}s"
    if key == FLAG:
        mend = f"write '{FLAG}: true' under features"
    because = "the product took this name in an earlier generation"
    found = f"the older spelling {render(older[-1:])}" if key != older[-1] else "a key at its older place"
    reading.findings.append(
        reading.finding(
            "older-spelling", older, found, mend, because=because, nearest=render(today), requirement=requirement
        )
    )
    reading.unread.update((older, today))


def _older_routing_type(reading: Reading) -> None:
    path = ("http", "routing", "type")
    if reading.value(*path) == "group":
        because = "the product took this name in an earlier generation"
        reading.findings.append(
            reading.finding(
                "older-spelling",
                path,
                "the older spelling 'group'",
                "write 'cluster'",
                because=because,
                nearest="cluster",
                requirement="REQ-CFG-18",
            )
        )
        reading.unread.add(path)


def _nested_flag(reading: Reading) -> None:
    path, flat = ("features", "experimental"), ("features", FLAG)
    if not isinstance(reading.value(*path), dict):
        return
    beside = reading.value(*flat) is not None
    because = "the feature is one flat key with a dot in it; nested, it is not found"
    reading.findings.append(
        reading.finding(
            "nested-flag",
            path,
            f"a nested mapping beside {FLAG}" if beside else "a nested mapping",
            "remove it" if beside else f"write '{FLAG}: true' under features",
            level=WARNING if beside else REFUSAL,
            because=because,
            nearest=FLAG,
            requirement="REQ-CFG-7",
        )
    )
    reading.unread.update([path] if beside else [path, flat])


def _read_model(reading: Reading) -> None:
    """Validate; take out what is wrong; again, until what is left is right."""
    while True:
        rest = _without(_blocks(reading), (), reading)
        try:
            reading.model = Orchestrator.model_validate(rest)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                _shape(reading, detail)
        else:
            return


def _without(value: Any, path: Path, reading: Reading) -> Any:
    """Copy what is known: an empty value (`session:` with nothing behind it) says as little as a missing key."""
    if isinstance(value, dict):
        return {
            key: _without(inner, (*path, key), reading)
            for key, inner in value.items()
            if inner is not None and reading.knows(*path, key)
        }
    if isinstance(value, list):
        return [_without(inner, (*path, index), reading) for index, inner in enumerate(value)]
    return value


def _shape(reading: Reading, detail: ErrorDetails) -> None:
    """Turn one of pydantic's errors into a finding, and take the place out."""
    path: Path = detail["loc"]
    error = detail.get("ctx", {}).get("error")
    if detail["type"] == "extra_forbidden":
        _unknown_key(reading, path)
    elif isinstance(error, Malformed):
        secret = is_secret(path)
        found = error.problem if secret else f"{reading.shown(*path)}, {error.problem}"
        reading.findings.append(reading.finding("malformed-value", path, found, error.write))
    else:
        reading.findings.append(
            reading.finding("wrong-shape", path, reading.shown(*path), _expected(detail["type"], path))
        )
    _take_out(reading, path)


def _take_out(reading: Reading, path: Path) -> None:
    """Call a place unknown; a list with an unknown item is unknown as a whole, or the others would change places."""
    while isinstance(path[-1], int):
        path = path[:-1]
    reading.unread.add(path)


def _unknown_key(reading: Reading, path: Path) -> None:
    known = keys_at(path[:-1])
    right = notation.nearest(str(path[-1]), known)
    there = (*path[:-1], right)
    if not right:
        write = f"remove it; known here: {', '.join(known)}"
    elif reading.value(*there) is None:
        write = f"write '{right}'"
        reading.unread.add(there)  # or it would be told missing beside
    else:
        write = f"remove it, or write its value at '{right}', which is there too"
    because = "a key that nobody reads changes nothing, in silence"
    reading.findings.append(
        reading.finding("unknown-key", path, "an unknown key", write, because=because, nearest=right)
    )


def _expected(kind: str, path: Path) -> str:
    if kind in {"model_type", "dict_type"}:
        keys = keys_at(path)
        return f"write a mapping with {', '.join(keys)}" if keys else "write a mapping, one key a line"
    if kind == "list_type":
        return "write a list, each item behind '- '"
    if kind in {"int_type", "greater_than"}:
        return "write a whole number above 0"
    raise AssertionError(f"{render(path)}: no words for pydantic's error {kind!r}")
