"""What is said of a requirement: the worst of what its tests say, and never more than they showed."""

import json

import pytest

from conformance.requirements import requirements
from conformance.tally import Result, abbreviated, as_json, lines, named, tally
from conformance.verdict import HOLDS, NOT_PROMISED, NOT_TESTED, UNKNOWN, VACUOUS, VIOLATED


def result(verdict: str, test: str = "t.py::test_a", *ids: str, seen: str = "seen", judged: int = 0) -> Result:
    wanted = list(ids) or ["REQ-REPL-1"]
    return Result(test=test, requirements=wanted, verdict=verdict, seen=seen, judged=judged)


def said(*results: Result, id_: str = "REQ-REPL-1") -> str:
    told = tally(results, subject="reference", seed=None)
    return next(one.verdict for one in told.requirements if one.id == id_)


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        ([HOLDS], "shown"),
        ([HOLDS, VIOLATED], "violated"),
        ([UNKNOWN, HOLDS], "unknown"),
        ([UNKNOWN, VIOLATED], "violated"),
        ([NOT_TESTED, HOLDS], "shown"),
        ([NOT_TESTED], "not tested"),
        ([VACUOUS, NOT_PROMISED], "not tested"),
        ([], "without a test"),
    ],
)
def test_the_worst_of_what_its_tests_say(verdicts: list[str], word: str) -> None:
    assert said(*(result(verdict, f"t.py::test_{number}") for number, verdict in enumerate(verdicts))) == word


def test_every_requirement_of_the_catalogue_is_told_once_and_counted() -> None:
    told = tally([result(HOLDS)], subject="reference", seed=None)
    assert [one.id for one in told.requirements] == list(requirements())
    assert sum(told.counts.values()) == len(requirements())
    assert told.counts["shown"] == 1


def test_what_was_not_passed_adds_nothing_to_what_was_judged() -> None:
    told = tally(
        [result(HOLDS, "a", judged=7), result(VACUOUS, "b", judged=0), result(VIOLATED, "c", judged=9)],
        subject="reference",
        seed=None,
    )
    one = next(one for one in told.requirements if one.id == "REQ-REPL-1")
    assert (one.tests, one.passed, one.judged) == (3, 1, 7)


def test_the_worst_comes_last_and_the_counts_after_it() -> None:
    told = tally(
        [
            result(VIOLATED, "t.py::test_bad", "REQ-REPL-1", seen="n1 showed an older value"),
            result(HOLDS, "t.py::test_good", "REQ-REPL-2", judged=1234),
            result(VACUOUS, "t.py::test_gap", "REQ-REPL-5", seen="nothing to judge"),
        ],
        subject="broken:never_resends",
        seed=None,
    )
    words = [word for word, _ in lines(told)]
    assert list(dict.fromkeys(words)) == ["without a test", "shown", "not tested", "violated"]
    text = [line for _, line in lines(told)]
    assert any(line.startswith("shown       REQ-REPL-2    MUST   1 test, judged 1,234: ") for line in text)
    assert "            test_gap: vacuous: nothing to judge" in text
    assert "            test_bad: n1 showed an older value" in text
    number = len(requirements())
    assert text[-1] == (
        f"broken:never_resends: of {number} requirements 1 violated (1 MUST), 1 shown, 1 not tested, "
        f"{number - 3} without a test"
    )


def test_what_was_not_kept_is_counted_by_level() -> None:
    found = [
        result(VIOLATED, "t.py::test_a", "COOK-49", "COOK-47", "COOK-48"),
        result(VIOLATED, "t.py::test_b", "REQ-ROUT-6"),
    ]
    text = [line for _, line in lines(tally(found, subject="reference", seed=None))]
    assert "4 violated (2 MUST, 1 SHOULD, 1 MAY)" in text[-1]


def test_a_requirement_is_named_with_its_level_and_its_sentence() -> None:
    level, sentence = requirements()["COOK-49"].level, requirements()["COOK-49"].sentence
    assert level == "SHOULD"
    assert named(["COOK-49"]).split(maxsplit=2) == ["COOK-49", level, sentence]
    assert named(["COOK-47", "COOK-49"]).count("\n") == 1


def test_what_was_told_of_one_requirement_is_only_named_at_the_next() -> None:
    both = result(VIOLATED, "t.py::test_bad", "REQ-REPL-1", "REQ-REPL-2", seen="n1 showed an older value")
    text = "\n".join(line for _, line in lines(tally([both], subject="reference", seed=None)))
    assert text.count("n1 showed an older value") == 1
    assert "test_bad: see REQ-REPL-1" in text


def test_a_shown_requirement_names_what_of_it_was_not_tested() -> None:
    found = [result(HOLDS, "t.py::test_a"), result(NOT_TESTED, "t.py::test_b", seen="no feature `members`")]
    text = "\n".join(line for _, line in lines(tally(found, subject="reference", seed=None)))
    assert "1 of 2 tests passed" in text
    assert "not tested: test_b: no feature `members`" in text


def test_the_json_holds_every_test_under_its_requirement() -> None:
    found = json.loads(as_json(tally([result(HOLDS, judged=3)], subject="reference", seed=9)))
    assert (found["subject"], found["seed"]) == ("reference", 9)
    entry = next(one for one in found["requirements"] if one["id"] == "REQ-REPL-1")
    assert entry["results"][0]["test"] == "t.py::test_a"
    assert entry["results"][0]["judged"] == 3


def test_ids_are_written_in_spans() -> None:
    ids = ["REQ-CFG-2", "REQ-CFG-1", "REQ-CFG-3", "REQ-CFG-10", "REQ-REPL-7"]
    assert abbreviated(ids) == "REQ-CFG 1-3, 10; REQ-REPL 7"
