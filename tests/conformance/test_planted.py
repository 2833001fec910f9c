"""Tests of the reference can fail: what a breakage takes from it is noticed by a test that names the requirement."""

import json
import subprocess
import sys

import pytest
from msgspec import convert

from conformance.catalogue import ROOT
from conformance.requirements import requirements
from tests.conformance.planted import PLANTED_BY_A_TEST, PLANTS, Outcome, naming

EVERY = [(plant.place, id_) for plant in PLANTS for id_ in plant.requirements]


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], Outcome]:
    """Run every breakage in one process of its own, which breaks nobody else's."""
    command = [sys.executable, "-m", "tests.conformance.planted"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {(one.place, one.requirement): one for one in convert(json.loads(ran.stdout), list[Outcome])}


@pytest.mark.parametrize(("place", "requirement"), EVERY)
def test_a_breakage_fails_a_test_of_what_it_takes(
    place: str, requirement: str, outcomes: dict[tuple[str, str], Outcome]
) -> None:
    """That they pass without it, they show wherever they are run."""
    came = outcomes[place, requirement]
    assert came.failed, f"{place} breaks {requirement}, and all pass: {came.passed} (fell over: {came.broken})"


def test_what_no_client_sees_broken_is_broken_here() -> None:
    unseen = {name for name, entry in requirements().items() if entry.unseen}
    assert unseen
    assert unseen <= {requirement for _, requirement in EVERY}


@pytest.mark.parametrize("requirement", PLANTED_BY_A_TEST)
def test_what_has_its_breakage_beside_it_has_it_there(requirement: str) -> None:
    file, test = PLANTED_BY_A_TEST[requirement]
    assert any(one.startswith(f"{file}::") for one in naming(requirement))
    assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8")
