"""docs/scenarios.md: its examples are scenarios, and it names every key that may be written."""

import re
import types
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml

from scenarios import loading
from scenarios.faults import KINDS
from scenarios.schema import Scenario
from scenarios.script import Request
from scenarios.strict import Strict, kebab

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)
AROUND = {"title": "An example", "shows": ["REQ-REPL-2"], "duration": "3m", "expect": {"checks": ["convergence"]}}
"""What an example leaves out."""


def models_in(kind: Any) -> set[type[Strict]]:
    """Find every model within a type, however deep."""
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias):
        if not issubclass(kind, Strict):
            return set()
        return {kind}.union(*(models_in(field.annotation) for field in kind.model_fields.values()))
    return set().union(*(models_in(part) for part in get_args(kind))) if get_origin(kind) is not None else set()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_scenario(example: str) -> None:
    data = yaml.safe_load(example)
    scenario = loading.parse(yaml.safe_dump({**AROUND, **data}), Path("example.yaml"))
    assert len(scenario.faults) == len(data.get("faults", []))


def test_there_are_examples_of_every_kind_of_fault() -> None:
    written = {key for example in EXAMPLES for fault in yaml.safe_load(example).get("faults", []) for key in fault}
    assert set(KINDS) - written == {"duplicate", "reorder", "slow"}, "those that are written as loss is"


def test_every_key_is_named() -> None:
    models = models_in(Scenario).union(*(models_in(model) for model in KINDS.values())) | {Request}
    assert len(models) > 25
    keys = {kebab(name) for model in models for name in model.model_fields}
    told = set(re.findall(r"[a-z][a-z-]*", " ".join(re.findall(r"`([^`]*)`", GUIDE)) + " ".join(EXAMPLES)))
    assert keys - told == set(), "keys that docs/scenarios.md does not name"
