"""JUnit: one test case a check, and nothing that was not shown passes."""

from typing import Any

import pytest

from conformance.verdict import BROKEN_ADAPTER, HOLDS, NOT_PROMISED, NOT_TESTED, UNKNOWN, VACUOUS, Finding
from reports.junit import junit


def cases(text: str, parsed: Any) -> dict[str, Any]:
    root = parsed(text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n'))
    return {case.get("name"): case for case in root.iter("testcase")}


def test_a_check_that_holds_passes(run: Any, written: Any, parsed: Any) -> None:
    found = cases(junit(written(run)), parsed)
    assert list(found["convergence"]) == []
    assert list(found["no_resurrection"]) == []


def test_a_violated_check_fails_with_what_was_seen_and_the_command(
    violated_run: Any, written: Any, parsed: Any
) -> None:
    (failure,) = cases(junit(written(violated_run)), parsed)["no_resurrection"]
    assert failure.tag == "failure"
    assert failure.get("message") == "Session 5f2a was read alive on n1, 106.9 s after it ended."
    assert "history.jsonl line 1904, c4-17" in failure.text
    assert failure.text.endswith("again: anynode run isolated-writer --seed 7")


@pytest.mark.parametrize(
    ("verdict", "tag"),
    [(UNKNOWN, "error"), (VACUOUS, "skipped"), (NOT_PROMISED, "skipped"), (NOT_TESTED, "skipped"), ("new", "error")],
)
def test_what_shows_nothing_never_passes(verdict: str, tag: str, run: Any, written: Any, parsed: Any) -> None:
    run.findings = [Finding("durability", verdict, 0, [], "p", "no crash fell in this run")]
    (element,) = cases(junit(written(run)), parsed)["durability"]
    assert element.tag == tag
    assert "no crash fell in this run" in element.get("message")


def test_a_check_that_was_not_tested_is_skipped_with_its_reason(run: Any, written: Any, parsed: Any) -> None:
    (element,) = cases(junit(written(run)), parsed)["id_renewal"]
    assert element.tag == "skipped"
    assert element.get("message") == "not tested: no login sent a cookie along"


def test_an_unfinished_run_is_an_error_and_none_of_its_checks_passes(run: Any, written: Any, parsed: Any) -> None:
    run.footer = None
    found = cases(junit(written(run)), parsed)
    assert [element.tag for element in found.pop("run")] == ["error"]
    assert {element.tag for case in found.values() for element in case} == {"skipped"}
    assert all(len(case) == 1 for case in found.values())


def test_a_broken_adapter_is_an_error_and_none_of_its_checks_passes(run: Any, written: Any, parsed: Any) -> None:
    run.footer.verdict = BROKEN_ADAPTER
    found = cases(junit(written(run)), parsed)
    assert found.pop("run")[0].get("type") == BROKEN_ADAPTER
    assert all(len(case) == 1 for case in found.values())


def test_the_counts_are_those_of_the_cases(violated_run: Any, written: Any, parsed: Any) -> None:
    root = parsed(junit(written(violated_run)).split("\n", 1)[1])
    for element in (root, root[0]):
        counted = [element.get(name) for name in ("tests", "failures", "errors", "skipped")]
        assert counted == ["4", "1", "0", "2"]


def test_hostile_names_and_control_characters_stay_text(run: Any, written: Any, parsed: Any) -> None:
    """XML 1.0 has no way to write most control characters, not even escaped."""
    text = ']]><failure/>"&\x00\x1b[31m\ufffe'
    run.findings = [Finding(text, HOLDS, 1, [], text, text), Finding("unknown", UNKNOWN, 1, [], text, text)]
    run.header.scenario = run.header.command = text
    found = cases(junit(written(run)), parsed)
    assert list(found[']]><failure/>"&\\u0000\\u001b[31m\\ufffe']) == []
    assert found["unknown"][0].get("message").startswith("]]><failure/>")
