"""Finding and reading scenario files: by name over all folders, or by path. What they may hold is in `schema.py`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scenarios.files import ScenarioRefused
from scenarios.schema import Scenario
from scenarios.strict import nearest
from scenarios.strict_yaml import checked, read_strict
from scenarios.telling import said

FOLDER = Path(__file__).parent
NOT_SCENARIOS = ("data", "refused")
"""Folders that hold other files, or files that must be turned down."""
DEFAULT_CONFIG = FOLDER / "data" / "maverics.yaml"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entry:
    """One line of the list of scenarios."""

    name: str
    title: str
    requirements: list[str]
    path: Path


def load(name: str | Path) -> Scenario:
    """Read and check one scenario.

    Args:
        name: the name of a scenario of this package, or the path of a YAML file.

    Returns:
        The scenario, with the name of its file.

    Raises:
        ScenarioRefused: when there is none of that name or path, or its file is not a scenario.
    """
    path = _find(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise ScenarioRefused(f"{path}: cannot be read ({trouble}); name a YAML file") from trouble
    return parse(text, path)


def parse(text: str, path: Path) -> Scenario:
    """Check the text of one scenario.

    Args:
        text: YAML.
        path: where it was found; its stem names the scenario.

    Returns:
        The scenario.

    Raises:
        ScenarioRefused: naming the file, the place and the mend.
    """
    scenario = read_strict(Scenario, text, path, ScenarioRefused)
    scenario._path, scenario._text = path, text  # noqa: SLF001 - set once, by the reader of the file
    return scenario


def parse_told(data: dict[str, Any], path: Path) -> Scenario:
    """Check a scenario told as a mapping: what `parse` makes of `telling.as_text`, without the way through YAML.

    Args:
        data: the file's mapping, in the words of the schema.
        path: where the file would be; its stem names the scenario.

    Returns:
        The scenario; its text is empty.

    Raises:
        ScenarioRefused: naming the file, the place and the mend.
    """
    scenario = checked(Scenario, said(data), path, ScenarioRefused)
    scenario._path = path  # noqa: SLF001 - set once, as by `parse`
    return scenario


def names() -> list[Entry]:
    """List every scenario of this package, sorted by name."""
    entries = []
    for path in sorted(_paths(), key=lambda path: path.stem):
        scenario = load(path)
        entries.append(Entry(path.stem, scenario.title, list(scenario.shows), path))
    return entries


def configuration(scenario: Scenario) -> dict[str, Any]:
    """Lay what a scenario says about the configuration over `data/maverics.yaml`.

    Args:
        scenario: its `config` holds what differs; None takes a key away, a list replaces a list.

    Returns:
        The product's configuration as a mapping of its own.
    """
    config: dict[str, Any] = yaml.load(DEFAULT_CONFIG.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - SafeLoader
    return _laid_over(config, scenario.config or {})


def _laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _laid_over(merged[key], value)
        else:
            merged[key] = value
    return merged


def _paths() -> list[Path]:
    return [path for path in FOLDER.glob("*/*.yaml") if path.parent.name not in NOT_SCENARIOS]


def _find(name: str | Path) -> Path:
    text = str(name)
    if isinstance(name, Path) or text.endswith((".yaml", ".yml")) or "/" in text:
        path = Path(name)
        if not path.is_file():
            raise ScenarioRefused(f"{path}: there is no such file; name a YAML file, or one of `anynode scenarios`")
        return path
    found = {path.stem: path for path in _paths()}
    if text not in found:
        raise ScenarioRefused(f"there is no scenario '{text}'; {nearest(text, sorted(found))}")
    return found[text]
