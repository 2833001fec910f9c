"""The page of a validation: it says what was judged, simulated or real, and what is broken comes first."""

from collections.abc import Callable

import pytest

from conformance.verdict import HOLDS, NOT_TESTED, VIOLATED
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


def test_what_is_broken_comes_before_what_nobody_tested_and_that_before_what_was_kept() -> None:
    """Whoever opens the page of a violated store wants to know of what."""
    verdicts = {"REQ-COOK-1": HOLDS, "REQ-COOK-3": NOT_TESTED, "REQ-COOK-4": VIOLATED, "REQ-COOK-5": VIOLATED}
    rows = [
        {"id": id_, "level": "MUST", "verdict": word, "reason": "", "expected": False} for id_, word in verdicts.items()
    ]
    written = page({**SAID, "verdict": VIOLATED, "requirements": rows}, {}, live=False)
    places = [written.index(f">{id_}<") for id_ in ("REQ-COOK-4", "REQ-COOK-5", "REQ-COOK-3", "REQ-COOK-1")]
    assert places == sorted(places)


def test_a_run_of_real_servers_is_not_called_simulated(run: Run, written: Callable[[Run], RunDocument]) -> None:
    document = written(run)
    assert dict(_facts(document)).keys() >= {"simulated"}
    document.figures["noise"] = Figure(figure="noise", unit="us", source="this machine", value={"widened_by_us": 1})
    facts = dict(_facts(document))
    assert "real time" in facts
    assert "simulated" not in facts
