"""What the tests of the suites say of each requirement: one verdict of many, as lines for people and as JSON.

Knows no pytest and runs nothing. A requirement is *shown* only where a test was passed and none failed.
"""

from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version as installed_version

import msgspec
from msgspec import Struct

from conformance.requirements import LEVELS, requirements
from conformance.verdict import BROKEN_ADAPTER, HOLDS, NOT_TESTED, UNKNOWN, VIOLATED

SHOWN = "shown"
WITHOUT_A_TEST = "without a test"
"""No test that ran names the requirement: it was not selected, or the suites have none."""

VERDICTS = (BROKEN_ADAPTER, VIOLATED, UNKNOWN, SHOWN, NOT_TESTED, WITHOUT_A_TEST)
"""What may be said of a requirement, the worst first."""


class Result(Struct, kw_only=True):
    """What one test said.

    Attributes:
        test: its name, as pytest prints it.
        requirements: ids of what it shows.
        verdict: one of the words of `conformance.verdict`.
        seen: what was seen, or why nothing was.
        promise: the rule in one sentence: the check's; of a test without one that failed, the requirements'.
        scenario, seed, check: what was run and who judged it; "" and None where nothing was run.
        judged: how many operations the check used.
        folder: the folder of the run.
        again: the command that repeats it.
    """

    test: str
    requirements: list[str]
    verdict: str
    seen: str
    promise: str = ""
    scenario: str = ""
    seed: int | None = None
    check: str = ""
    judged: int = 0
    folder: str = ""
    again: str = ""

    @property
    def where(self) -> str:
        """What was run and who judged it, in short."""
        return f"{self.scenario}, {self.check}" if self.check else self.test.rpartition("::")[2]

    @property
    def said(self) -> str:
        """What was seen, with the verdict where that is more than its word in the summary."""
        return self.seen if self.verdict in (VIOLATED, NOT_TESTED) else f"{self.verdict}: {self.seen}"


class Told(Struct, kw_only=True):
    """What all tests together say of one requirement.

    Attributes:
        id, level, sentence: as in the catalogue.
        verdict: one of VERDICTS.
        tests, passed, judged: how many tests name it, how many of them it passed, and the operations judged in those.
        results: of each test.
    """

    id: str
    level: str
    sentence: str
    verdict: str
    tests: int
    passed: int
    judged: int
    results: list[Result]


class Tally(Struct, kw_only=True):
    """Every requirement of the catalogue, in its order, and whom it is about; what `requirements.json` holds."""

    anynode: str
    subject: str
    seed: int | None
    counts: dict[str, int]
    requirements: list[Told]


def tally(results: Iterable[Result], *, subject: str, seed: int | None) -> Tally:
    """Say of every requirement of the catalogue what the tests say of it.

    Args:
        results: one a test, in any order.
        subject: who was judged.
        seed: of all runs; None where each scenario's own was taken.
    """
    by_id: dict[str, list[Result]] = {id_: [] for id_ in requirements()}
    for result in sorted(results, key=lambda result: result.test):
        for id_ in result.requirements:
            by_id[id_].append(result)
    told = [_told(id_, found) for id_, found in by_id.items()]
    counts = {word: sum(one.verdict == word for one in told) for word in VERDICTS}
    return Tally(anynode=installed_version("anynode"), subject=subject, seed=seed, counts=counts, requirements=told)


def as_json(tallied: Tally) -> bytes:
    """Write the tally as JSON that people can read too."""
    return msgspec.json.format(msgspec.json.encode(tallied), indent=2) + b"\n"


def lines(tallied: Tally) -> list[tuple[str, str]]:
    """Write the tally for people.

    Returns:
        The lines, each with the verdict that it is about; the worst come last, where the eye is.
    """
    written: list[tuple[str, str]] = []
    untried = [one.id for one in tallied.requirements if one.verdict == WITHOUT_A_TEST]
    if untried:
        written.append((WITHOUT_A_TEST, f"{WITHOUT_A_TEST} here: {abbreviated(untried)}"))
    told: dict[str, str] = {}
    for word in (SHOWN, NOT_TESTED, UNKNOWN, VIOLATED, BROKEN_ADAPTER):
        for one in tallied.requirements:
            if one.verdict == word:
                written += [(word, line) for line in _lines_of(one, told)]
    counted = ", ".join(f"{number} {word}{_levels(tallied, word)}" for word, number in tallied.counts.items() if number)
    worst = next((word for word in VERDICTS[:3] if tallied.counts[word]), SHOWN)
    written.append((worst, f"{tallied.subject}: of {len(tallied.requirements)} requirements {counted}"))
    return written


def _levels(tallied: Tally, word: str) -> str:
    """Count by level what was not kept: who breaks a SHOULD may have a reason, who breaks a MUST has none."""
    if word != VIOLATED:
        return ""
    broken = Counter(one.level for one in tallied.requirements if one.verdict == word)
    return f" ({', '.join(f'{broken[level]} {level}' for level in LEVELS if broken[level])})"


def named(ids: Iterable[str]) -> str:
    """Write requirements for the message of a test that failed: a line each, with its level and its sentence."""
    entries = map(requirements().__getitem__, ids)
    return "\n".join(f"{one.id:<14}{one.level:<7}{one.sentence}" for one in entries)


def abbreviated(ids: Iterable[str]) -> str:
    """Write many ids in few words: REQ-CFG-1 to -4 and -7, REQ-COOK-3."""
    numbers: dict[str, list[int]] = {}
    for id_ in ids:
        area, _, number = id_.rpartition("-")
        numbers.setdefault(area, []).append(int(number))
    return "; ".join(f"{area} {', '.join(_spans(sorted(found)))}" for area, found in numbers.items())


def _spans(numbers: list[int]) -> list[str]:
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return [str(first) if first == last else f"{first}-{last}" for first, last in spans]


def _told(id_: str, results: list[Result]) -> Told:
    entry = requirements()[id_]
    passed = [result for result in results if result.verdict == HOLDS]
    return Told(
        id=id_,
        level=entry.level,
        sentence=entry.sentence,
        verdict=_verdict_of(results),
        tests=len(results),
        passed=len(passed),
        judged=sum(result.judged for result in passed),
        results=results,
    )


def _verdict_of(results: list[Result]) -> str:
    words = {_word(result) for result in results}
    return next((word for word in VERDICTS if word in words), WITHOUT_A_TEST)


def _word(result: Result) -> str:
    """Tell which verdict of a requirement a test's verdict stands for."""
    if result.verdict == HOLDS:
        return SHOWN
    return result.verdict if result.verdict in (BROKEN_ADAPTER, VIOLATED, UNKNOWN) else NOT_TESTED


def _lines_of(one: Told, told: dict[str, str]) -> list[str]:
    """Write what is said of one requirement; what was said of another already is only named.

    Args:
        one: the requirement.
        told: by test, the requirement under which it was written out.
    """
    counted = f"{one.tests} test" if one.tests == 1 else f"{one.tests} tests"
    passed = counted if one.passed == one.tests else f"{one.passed} of {counted} passed"
    judged = f", judged {one.judged:,}" if one.judged else ""
    found = [f"{one.verdict:<12}{one.id:<14}{one.level:<7}{passed}{judged}: {one.sentence}"]
    for result in one.results:
        if result.verdict == HOLDS:
            continue
        indent = " " * 12 + ("" if _word(result) == one.verdict else f"{_word(result)}: ")
        if result.test in told:
            found.append(f"{indent}{result.where}: see {told[result.test]}")
            continue
        told[result.test] = one.id
        found.append(f"{indent}{result.where}: {result.said}")
        if result.again and _word(result) != NOT_TESTED:
            found.append(f"{' ' * 12}again: {result.again}")
    return found
