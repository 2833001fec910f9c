"""The catalogue: every requirement that anything names is there, once, whole."""

import re
from pathlib import Path

from conformance.requirements import requirements

ROOT = Path(__file__).parents[2]
PACKAGES = ("anynode", "conformance", "reference", "reports", "scenarios", "simulator")
IDS = re.compile(r"REQ-[A-Z]+-\d+")
COOKIE_RULE = re.compile(r"COOK-\d+")


def test_every_requirement_that_the_code_or_a_scenario_names_is_in_the_catalogue() -> None:
    named = {
        found
        for package in PACKAGES
        for pattern in ("*.py", "*.yaml")
        for file in (ROOT / package).rglob(pattern)
        if file.name != "requirements.yaml"
        for found in IDS.findall(file.read_text(encoding="utf-8"))
    }
    assert len(named) > 50
    assert named <= set(requirements())


def test_ids_are_whole_and_in_order_within_their_group() -> None:
    groups: dict[str, list[int]] = {}
    for name, entry in requirements().items():
        assert name == entry.id
        assert IDS.fullmatch(name) or COOKIE_RULE.fullmatch(name)
        area, _, number = name.rpartition("-")
        assert entry.area == area
        groups.setdefault(area, []).append(int(number))
    assert all(numbers == sorted(numbers) for numbers in groups.values())


def test_every_requirement_is_one_sentence_with_a_source_unless_it_is_ours() -> None:
    for entry in requirements().values():
        assert entry.sentence.endswith(".")
        assert entry.source or entry.basis == "inferred"
