"""Scenarios as people write them."""

from pathlib import Path

import pytest
import yaml

from conformance.swarm import drawing
from scenarios import ScenarioRefused, parse, parse_told
from scenarios.telling import as_text

DATA = {
    "title": "It's one: or the other",
    "shows": ["REQ-REPL-1"],
    "duration": "20s",
    "config": {"session": {"cookie": {"domain": None}}},
    "workload": {"script": [{"at": "1s", "user": "u1", "do": "login"}]},
    "faults": [{"at": "1s", "for": "2s", "pause": "n1"}],
    "expect": {"checks": ["structure"]},
    "network": {},
}


def test_what_is_told_is_read_as_it_was_meant_and_entries_stand_below_each_other() -> None:
    text = as_text(DATA, "One sentence.\nAnother.")
    assert text.splitlines()[:2] == ["# One sentence.", "# Another."]
    assert "faults:\n  - {at: 1s, for: 2s, pause: n1}\n" in text
    assert "  script:\n    - {at: 1s, user: u1, do: login}\n" in text
    scenario = parse(text, Path("t.yaml"))
    assert (scenario.title, scenario.config) == (DATA["title"], DATA["config"])


def test_an_empty_script_is_one_and_not_none() -> None:
    assert parse(as_text(DATA | {"workload": {"script": []}}), Path("t.yaml")).workload.script == []


@pytest.mark.parametrize("seed", range(1, 8))
def test_a_mapping_is_the_scenario_that_its_text_is(seed: int) -> None:
    text = drawing.told(seed)
    told, read = parse_told(yaml.safe_load(text), Path("drawn.yaml")), parse(text, Path("drawn.yaml"))
    assert (told.name, told.model_dump()) == (read.name, read.model_dump())
    assert parse_told(DATA, Path("t.yaml")).model_dump() == parse(as_text(DATA), Path("t.yaml")).model_dump()


def test_a_mapping_is_refused_as_its_text_would_be() -> None:
    with pytest.raises(ScenarioRefused, match=r"t\.yaml: faults\[0\]"):
        parse_told({**DATA, "faults": [{"at": "1s", "paws": "n1"}]}, Path("t.yaml"))
