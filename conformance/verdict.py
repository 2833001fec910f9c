"""Verdicts and findings: what a check says, and how one verdict is made of many.

Imports nothing of the project; no rule of any check lives here.
"""

from collections.abc import Collection, Iterable
from typing import Any

from msgspec import Struct, field

HOLDS = "holds"
VIOLATED = "violated"
UNKNOWN = "unknown"
VACUOUS = "vacuous"
NOT_PROMISED = "not promised"
NOT_TESTED = "not tested"
UNFINISHED = "unfinished"
BROKEN_ADAPTER = "broken adapter"

WORST_FIRST = (BROKEN_ADAPTER, VIOLATED, UNFINISHED, UNKNOWN, VACUOUS, NOT_TESTED, NOT_PROMISED, HOLDS)
"""Of several runs, histories or clusters the first of these words that one of them has is said of all (`worst_of`)."""
_NOTHING_JUDGED = {VACUOUS, NOT_TESTED, NOT_PROMISED}


class Evidence(Struct):
    """One operation of a witness: its id, its line in the history (from 1), and the record itself."""

    id: str
    line: int
    operation: dict[str, Any]


class Finding(Struct):
    """What one check says of one history.

    Attributes:
        check: name of the check; `name` in JSON.
        verdict: one of the words of this module.
        judged: operations that the check used; ended sessions for no_resurrection; observers' reads for convergence.
        requirements: ids that the check shows, whole (REQ-REPL-10).
        promise: the rule in one sentence, with its bound.
        seen: what was seen instead, or that all of it was kept.
        evidence: the smallest witness of a violation, empty otherwise.
        violations: how many contradictions were found.
        figures: measurements that decide nothing (rates, longest staleness), by name with the unit last.
        expected: whether the scenario named this check in its `expect`.
        traceback: where the check itself failed, "" where it did not; the verdict is `unknown` then.
    """

    check: str = field(name="name")
    verdict: str
    judged: int
    requirements: list[str]
    promise: str
    seen: str
    evidence: list[Evidence] = field(default_factory=list)
    violations: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    expected: bool = False
    traceback: str = ""


def combine(
    findings: Iterable[Finding],
    *,
    finished: bool = True,
    adapter_broken: bool = False,
    untouched: Collection[str] = (),
) -> str:
    """Make one verdict of many (design: violated, then unknown, then what the scenario expects).

    Args:
        findings: the findings of every check that ran, `expected` set on those that the scenario names.
        finished: whether the history has its last line.
        adapter_broken: whether the subject's adapter failed, which comes before all else.
        untouched: faults that the scenario relies on and that touched nothing.

    Returns:
        `violated` if any finding is; else `unknown` if any is; else `vacuous` if an expected check met nothing, or a
        fault that counts touched nothing; else `not tested` if no expected check was judged; else `holds`. Other checks
        that met nothing change nothing.
    """
    if adapter_broken:
        return BROKEN_ADAPTER
    if not finished:
        return UNFINISHED
    found = list(findings)
    verdicts = {finding.verdict for finding in found}
    for worst in (VIOLATED, UNKNOWN):
        if worst in verdicts:
            return worst
    expected = [finding.verdict for finding in found if finding.expected]
    if VACUOUS in expected or untouched:
        return VACUOUS
    if HOLDS not in expected:
        return NOT_TESTED
    return HOLDS


def worst_of(verdicts: Iterable[str], *, one_suffices: bool = False) -> str:
    """Say one verdict of several: the worst.

    Args:
        verdicts: at least one.
        one_suffices: whether what holds for one makes up for others that had nothing to judge.
    """
    found = set(verdicts)
    if one_suffices and HOLDS in found:
        found -= _NOTHING_JUDGED
    return min(found, key=WORST_FIRST.index)
