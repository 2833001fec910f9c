"""YAML as people write it: its values, the line of every key, the product's placeholders. No key has a meaning here.

Values are those of YAML 1.2's core schema (`on` and `yes` are texts, as for the Go program that reads the real file)
and always JSON. `{{ env.NAME }}` is found before YAML is parsed, so that it may stand with and without quotes.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from msgspec import Struct, field

from reference.errors import REFUSAL, Finding, Unreadable

Path = tuple[str | int, ...]
"""Keys and list indices from the top of the file."""

MOST_NODES = 200_000
"""Aliases multiply: a few lines can stand for billions of values. A real file has some thousands."""

_PLACEHOLDER = re.compile(r"\{\{[ \t]*env\.([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}")
_MARKED = re.compile("\ue000([A-Za-z0-9_]+)\ue001")
_LONG_HEX = re.compile(r"[0-9A-Fa-f]{32,}")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MERGE = "tag:yaml.org,2002:merge"
_CORE: tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...] = (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), lambda _: None),
    (
        "tag:yaml.org,2002:bool",
        re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"),
        lambda text: text.lower() == "true",
    ),
    ("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]{1,64}$"), int),
    ("tag:yaml.org,2002:float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), float),
)
_CORE_TAGS = tuple(tag for tag, _, _ in _CORE)
_RESOLVERS = {None: [(tag, pattern) for tag, pattern, _ in _CORE] + [(_MERGE, re.compile(r"<<$"))]}
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Source(Struct):
    """What a file says.

    Attributes:
        values: the mapping of the file; placeholders stand as `{{ env.NAME }}` until `substitute`.
        lines: the line of every key and list item, from 1.
        plain: where a placeholder stood without quotes, so that its value may become a number or a truth value.
        variables: after `substitute`: the names of the variables that a value was made of.
        unset: after `substitute`: those among them that the environment does not have.
    """

    values: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)
    plain: dict[Path, bool] = field(default_factory=dict)
    variables: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    unset: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Tell the line of a key path, or of the nearest block around it; 0 when nothing around it has one."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0

    def substitute(self, environment: Mapping[str, str]) -> None:
        """Put the environment's values in the place of `{{ env.NAME }}` (REQ-CFG-17); unset ones stay as they stand."""
        self.values = self._substituted(self.values, (), environment)

    def _substituted(self, value: Any, path: Path, environment: Mapping[str, str]) -> Any:
        if isinstance(value, dict):
            return {key: self._substituted(inner, (*path, key), environment) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._substituted(inner, (*path, index), environment) for index, inner in enumerate(value)]
        if not isinstance(value, str) or not (names := tuple(_PLACEHOLDER.findall(value))):
            return value
        self.variables[path] = names
        if missing := tuple(name for name in names if name not in environment):
            self.unset[path] = missing
            return value
        filled = _PLACEHOLDER.sub(lambda found: environment[found[1]], value)
        return _plain_value(filled) if path in self.plain else filled


def parse(text: str, name: str = "") -> Source:
    """Read YAML text.

    Args:
        text: the whole file.
        name: how messages call it.

    Returns:
        Its values and lines, placeholders not yet replaced.

    Raises:
        Unreadable: when it is no YAML, no mapping, or has a key twice in one mapping.
    """
    loader = _LOADER(_PLACEHOLDER.sub("\ue000\\1\ue001", text))
    loader.yaml_implicit_resolvers = _RESOLVERS
    try:
        node = loader.get_single_node()
        builder = _Builder(name)
        if not isinstance(node, yaml.MappingNode):
            what = "nothing" if node is None else "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
            raise unreadable(name, what, "write the Orchestrator's configuration, a mapping of blocks such as session:")
        return Source(builder.mapping(node, (), ()), builder.lines, builder.plain)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "text that no YAML parser takes"
        line = mark.line + 1 if mark is not None else 0
        raise unreadable(name, f"no YAML: {problem}", "mend the line, or the one before it", line) from None
    except RecursionError:
        raise unreadable(name, "blocks nested too deeply to read", "write fewer levels") from None
    finally:
        loader.dispose()


def unreadable(name: str, found: str, write: str, line: int = 0, path: Path = ()) -> Unreadable:
    """Make the error of a file in which nothing was judged."""
    because = "nothing in this file was judged"
    return Unreadable(
        [
            Finding(
                level=REFUSAL,
                rule="unreadable",
                file=name,
                path=render(path),
                line=line,
                found=found,
                write=write,
                because=because,
            )
        ]
    )


def render(path: Path) -> str:
    """Write a key path as people do: `clusters[0].name`, `features["experimental.clusters"]`."""
    rendered = ""
    for key in path:
        if isinstance(key, int):
            rendered += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key):
            rendered += f".{masked(key)}" if rendered else masked(key)
        else:
            rendered += f'["{masked(key)}"]'
    return rendered


def masked(text: str) -> str:
    """Hide what looks like a key: a pre-shared key may stand where it does not belong (REQ-SEC-5)."""
    return _LONG_HEX.sub(lambda found: f"<{len(found[0])} hex digits, not shown>", text)


def _plain_value(text: str) -> Any:
    for _, pattern, make in _CORE:
        if pattern.match(text):
            value = make(text)
            return text if isinstance(value, float) and not math.isfinite(value) else value
    return text


class _Builder:
    """Makes values of YAML nodes and notes where each stood."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Path, int] = {}
        self.plain: dict[Path, bool] = {}
        self.built = 0

    def mapping(
        self, node: yaml.MappingNode, path: Path, around: tuple[yaml.Node, ...], values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Build a mapping into `values`: what stands there already overrides it, and it overrides what `<<` brings."""
        values = {} if values is None else values
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                mend = 'write a text as key; a placeholder has the form "{{ env.NAME }}"'
                raise unreadable(self.name, "a key that is no text", mend, line, path)
            key = _shown(key_node.value)
            here = (*path, key)
            if key in first:
                found = f"the key a second time, after line {first[key]}"
                raise unreadable(self.name, found, "keep one of the two", line, here)
            first[key] = line
            if key in values:
                self._count(value_node, here)
            else:
                self.lines[here] = line
                values[key] = self._value(value_node, here, (*around, node))
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                self._merge(value_node, path, (*around, node), values)
        return values

    def _value(self, node: yaml.Node, path: Path, around: tuple[yaml.Node, ...]) -> Any:
        self._count(node, path, around)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path, around)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                self.lines[*path, index] = item.start_mark.line + 1
                items.append(self._value(item, (*path, index), (*around, node)))
            return items
        if _MARKED.search(node.value):
            if isinstance(node, yaml.ScalarNode) and not node.style:
                self.plain[path] = True
            return _shown(node.value)
        return _plain_value(node.value) if node.tag in _CORE_TAGS else node.value

    def _merge(self, node: yaml.Node, path: Path, around: tuple[yaml.Node, ...], values: dict[str, Any]) -> None:
        """Add what `<<` brings in: a mapping, or a list of them of which the earlier counts."""
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode) or any(source is outer for outer in around):
                mend = "write << with the alias of a mapping"
                raise unreadable(self.name, "<< without a mapping", mend, node.start_mark.line + 1, path)
            self._count(source, path)
            self.mapping(source, path, around, values)

    def _count(self, node: yaml.Node, path: Path, around: tuple[yaml.Node, ...] = ()) -> None:
        """Count one node more, whether it is kept or not: a few lines can ask for years of work."""
        self.built += 1
        if self.built > MOST_NODES or any(node is outer for outer in around):
            what = "aliases that stand for more than any configuration needs"
            line = self.lines.get(path, node.start_mark.line + 1)
            raise unreadable(self.name, what, "write the values out", line, path)


def _shown(text: str) -> str:
    """Write placeholders again as they are written in files."""
    return _MARKED.sub("{{ env.\\1 }}", text)
