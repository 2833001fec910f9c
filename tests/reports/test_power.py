"""Beside the verdict stands what the checks used there have convicted, and never in silence that it is stale."""

import re
from pathlib import Path
from typing import Any

import pytest

from conformance.worth import Beside, Convicted, worth_of
from reports import page
from reports.power import told


@pytest.fixture
def measured() -> Beside:
    """Two checks of which one has convicted a store, measured with ten seeds."""
    forgets = Convicted(name="forgets_ends", bug="A stale copy revives a session.", scenario="isolated-writer", seeds=9)
    return Beside(
        commit="a1b2c3",
        seeds=10,
        stale=[],
        checks={"no_resurrection": [forgets], "convergence": []},
        runs=210,
        alarms=0,
        worth=[worth_of(1), worth_of(10)],
    )


def put(run: Any, value: Beside) -> Any:
    run.figures["power"] = ("seeds", "anynode power", value)
    return run


def test_each_check_stands_with_the_stores_that_it_has_convicted(run: Any, measured: Beside, written: Any) -> None:
    found = told(written(put(run, measured)))
    assert found is not None
    assert found.checks == [("no resurrection", "forgets_ends 9"), ("convergence", "none")]
    assert found.stores == [("forgets_ends", "A stale copy revives a session. (isolated-writer)")]
    assert "with 10 seeds each, at commit a1b2c3" in found.lead
    assert "Of 210 runs of the reference, which must hold, they convicted none." in found.lead
    assert found.stale == ""
    assert found.brief == "The 2 checks used here convicted 1 broken store, and 0 runs of 210 of the reference."


def test_clean_seeds_are_said_to_leave_room(run: Any, measured: Beside, written: Any) -> None:
    found = told(written(put(run, measured)))
    assert found is not None
    assert [sentence[: sentence.index(" room")] for sentence in found.clean] == [
        "1 clean seed of a scenario leaves",
        "10 clean seeds of a scenario leave",
    ]
    assert found.clean[1].endswith("at 95 % confidence, for a bug that shows in up to 25.9 % of its seeds.")


def test_a_violated_run_is_not_called_clean(violated_run: Any, measured: Beside, written: Any) -> None:
    found = told(written(put(violated_run, measured)))
    assert found is not None
    assert found.clean == []


def test_a_stale_measurement_says_what_has_changed(run: Any, measured: Beside, written: Any) -> None:
    measured.stale = ["checks", "broken stores"]
    found = told(written(put(run, measured)))
    assert found is not None
    assert found.stale.startswith("Stale: the checks and the broken stores have changed since this was measured.")


def test_a_false_alarm_is_told(run: Any, measured: Beside, written: Any) -> None:
    measured.alarms = 2
    found = told(written(put(run, measured)))
    assert found is not None
    assert "which must hold, they convicted 2." in found.lead


def test_the_page_shows_it_and_leads_to_it(run: Any, measured: Beside, tmp_path: Path) -> None:
    measured.stale = ["scenarios"]
    page.make(put(run, measured).write(tmp_path))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count('id="power"') == 1
    assert text.count('href="#power"') == 2
    assert text.index("reference (measured before something changed).") < text.index('<main id="main">')
    said = " ".join(re.sub("<[^>]*>", " ", text).split())
    for expected in (
        "What this verdict is worth",
        "no resurrection forgets_ends 9",
        "Stale: the scenarios have changed",
    ):
        assert expected in said


def test_where_it_was_not_measured_the_page_says_nothing_of_it(run: Any, tmp_path: Path) -> None:
    page.make(run.write(tmp_path))
    assert "What this verdict is worth" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_beside_a_run_that_did_not_finish_there_is_no_verdict_to_be_worth_anything(
    run: Any, measured: Beside, written: Any
) -> None:
    run.footer = None
    assert told(written(put(run, measured))) is None
