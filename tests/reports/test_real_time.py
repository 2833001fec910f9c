"""Pages say what was judged: a simulated world, or real servers in real time."""

from collections.abc import Callable

import pytest

from conformance.verdict import HOLDS
from reports.document import Figure, RunDocument
from reports.validation import page
from reports.view import _facts
from tests.reports.conftest import Run

SAID = {
    "subject": "a store",
    "verdict": HOLDS,
    "replayable": False,
    "digest": "ab" * 32,
    "requirements": [],
    "unexpected": [],
    "command": "anynode validate store.yaml",
}


@pytest.mark.parametrize(
    ("live", "said", "unsaid"),
    [(True, "of real servers in real time", "simulated"), (False, "in a simulated network", "real")],
)
def test_what_was_judged_is_said_as_it_was(*, live: bool, said: str, unsaid: str) -> None:
    written = page(SAID, {}, live=live).partition("<body")[2]
    assert f"Judged by what its clients saw, {said}." in written
    assert unsaid not in written


def test_a_run_of_real_servers_is_not_called_simulated(run: Run, written: Callable[[Run], RunDocument]) -> None:
    document = written(run)
    assert dict(_facts(document)).keys() >= {"simulated"}
    document.figures["noise"] = Figure(figure="noise", unit="us", source="this machine", value={"widened_by_us": 1})
    facts = dict(_facts(document))
    assert "real time" in facts
    assert "simulated" not in facts
