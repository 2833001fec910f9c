"""Recorded cases in real browsers: they do what the files expect of them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from conformance.cookie_cases import Case, Step, read
from simulator.visits import TYPED
from tests.browser.comparing import by_the_world
from tests.browser.conftest import Kind, Staged
from tests.browser.player import Player, requests_of

OWN = Path(__file__).parents[1] / "simulator" / "cookie_cases.json"
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "cookies" / "vectors.json"
WHOLE = "ANYNODE_BROWSER_WHOLE"
"""Set to 1: every case that a real clock allows; without it the first of each category and kind of request."""


@pytest.fixture
def browser(staged: Staged) -> Player:
    return Player(staged.stage, staged.engine)


def chosen(file: Path, browser: str) -> list[Case]:
    """Choose the cases that can be played on a real clock: all of them, or one of each category and kind of request.

    Where the file says that Firefox sends something else, that is expected of it.
    """
    told = {case["id"]: case for case in json.loads(file.read_bytes())["vectors"]}
    now = datetime.now(UTC).isoformat()
    taken: dict[tuple[str, str], list[Case]] = {}
    for case in read(file):
        about = told[case.id]
        if "clock" not in about["tags"] and about.get("valid_until", "9999") > now:
            kinds = [case.request_context.kind, *(step.context.kind for step in case.then)]
            key = about["category"], next((kind for kind in kinds if kind != TYPED), TYPED)
            got = about.get("firefox_got") if browser == "firefox" else None
            taken.setdefault(key, []).append(case if got is None else _expecting(case, got))
    most = None if os.environ.get(WHOLE) == "1" else 1
    return [case for cases in taken.values() for case in cases[:most]]


def _expecting(case: Case, headers: list[str]) -> Case:
    steps = zip(case.then, headers, strict=True)
    return structs.replace(case, then=tuple(structs.replace(one, expect_cookie_header=got) for one, got in steps))


def wrong(case: Case, kind: Kind, browser: Player) -> str:
    """Play a case, and say where it goes otherwise than its file and the differences that have a name say, or ""."""
    world = by_the_world(requests_of(case), kind.differences).carried[1:]
    for number, (step, sent, likewise) in enumerate(zip(case.then, browser.play(case), world, strict=True), start=1):
        expected = (step.expect_cookie_header, *(step.also_allowed if case.disputed else ()))
        said = f"{case.id}, step {number}, {step.url}: sent '{sent.cookie}'"
        if sent.cookie not in expected:
            return f"{said}, expected '{expected[0]}'"
        if sent.cookie != likewise:
            return f"{said}, by the differences that have a name '{likewise}'"
        if sent.script != (step.expect_document_cookie or ""):
            return f"{case.id}, step {number}: a script saw '{sent.script}', expected '{step.expect_document_cookie}'"
    return ""


@pytest.mark.parametrize("file", [OWN, VECTORS], ids=["own", "of others"])
def test_a_browser_does_what_the_file_expects_of_it(file: Path, kind: Kind, browser: Player) -> None:
    if not file.exists() and "CI" not in os.environ:
        pytest.skip(f"needs {file.name} in ../shared/data/cookies")
    cases = chosen(file, kind.name)
    assert len(cases) > 15
    assert [said for case in cases if (said := wrong(case, kind, browser))] == []


def test_a_case_that_expects_what_the_browser_does_not_do_is_found_wrong(kind: Kind, browser: Player) -> None:
    step = Step("https://pay.example.com/", "s=1")
    case = Case("hop", "https://shop.example.com/", ("s=1; Path=/; Secure",), (step,))
    assert wrong(case, kind, browser) == "hop, step 1, https://pay.example.com/: sent '', expected 's=1'"


def test_a_difference_that_has_no_name_is_found_wrong(kind: Kind, browser: Player) -> None:
    """As if nobody had written down that Firefox takes a text for a name, and that Chromium moves a changed cookie."""
    odd, sent = (("s",), "s=") if kind.name == "firefox" else (("s=1", "t=1", "s=2"), "t=1; s=2")
    case = Case("odd", "https://shop.example.com/", odd, (Step("https://shop.example.com/", sent),))
    assert wrong(case, kind, browser) == ""
    said = wrong(case, kind._replace(differences=()), browser)
    assert said.startswith(
        f"odd, step 1, https://shop.example.com/: sent '{sent}', by the differences that have a name 's"
    )
