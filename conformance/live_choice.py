"""Which scenarios servers are put through where time is real and dear: the fewest that show what can be shown there.

Nothing is run here, but a subject's `build`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from conformance.listing import Listed, needed_by
from conformance.live_fitting import NotTested
from conformance.planning import plan
from conformance.subjects.http import HttpSubject
from conformance.subjects.naming import subject_named
from scenarios import load

ELSEWHERE = "left out with --short: another scenario shows the same"


def lacking(subject: str, check: str) -> str:
    """Name the feature without which a check judges nothing, where servers lack it: then nothing need be run for it.

    Args:
        subject: whom to judge, as `--subject` names it.
        check: whose finding is asked for.

    Returns:
        The feature; "" where nothing is lacking, and for whoever lives in simulated time.
    """
    judged = subject_named(subject)
    needed = needed_by(check) if isinstance(judged, HttpSubject) else ""
    return needed if isinstance(judged, HttpSubject) and needed not in (judged.file.features or []) else ""


def fewest(promises: Iterable[Iterable[str]]) -> list[str]:
    """Choose scenarios, so that of each promise one is chosen: again and again the one that shows most of what is left.

    Args:
        promises: for each, the scenarios that can show it; one that none can is left out.

    Returns:
        Those chosen, in the order of choice; of two that show as many the first by name.
    """
    left = [frozenset(promise) for promise in promises if promise]
    chosen: list[str] = []
    while left:
        shown = Counter(name for promise in left for name in promise)
        chosen.append(min(shown, key=lambda name: (-shown[name], name)))
        left = [promise for promise in left if chosen[-1] not in promise]
    return chosen


def spared(subject: str, tests: Mapping[str, tuple[list[str], str]]) -> set[tuple[str, str]]:
    """Tell what need not be asked of servers, since another scenario shows the same.

    Args:
        subject: whom to judge, as `--subject` names it.
        tests: by name, the scenarios and the check of each.

    Returns:
        Pairs of test and scenario; none for whoever lives in simulated time. What cannot be run is not among them: it
        says what it needs.

    Raises:
        SubjectRefused: the subject's file cannot be used, or it cannot be built.
    """
    if not isinstance(subject_named(subject), HttpSubject):
        return set()
    return _over(
        subject, tests, _beyond(subject, (name for scenarios, _ in tests.values() for name in scenarios), short=True)
    )


def _over(subject: str, tests: Mapping[str, tuple[list[str], str]], cannot: Mapping[str, str]) -> set[tuple[str, str]]:
    shown = {
        test: [name for name in scenarios if name not in cannot]
        for test, (scenarios, check) in tests.items()
        if not lacking(subject, check)
    }
    chosen = set(fewest(shown.values()))
    return {(test, name) for test, scenarios in shown.items() for name in scenarios if name not in chosen}


def _beyond(subject: str, scenarios: Iterable[str], *, short: bool) -> dict[str, str]:
    """Tell which scenarios real servers cannot be put through, and what each needs: `not tested (needs …)`."""
    told = {name: _refusal(subject, name, short=short) for name in dict.fromkeys(scenarios)}
    return {name: why for name, why in told.items() if why}


def as_servers_can(tests: Sequence[Listed], subject: str, *, short: bool) -> list[Listed]:
    """Say of each test which of its scenarios servers would be put through, and why not the others.

    Args:
        tests: of the suites.
        subject: whom to judge, as `--subject` names it.
        short: whether the fewest are run.

    Returns:
        The tests, unchanged for whoever lives in simulated time.

    Raises:
        SubjectRefused: the subject's file cannot be used, or it cannot be built.
    """
    if not isinstance(subject_named(subject), HttpSubject):
        return list(tests)
    cannot = _beyond(subject, (name for test in tests for name in test.scenarios), short=short)
    named = {test.name: (list(test.scenarios), test.check) for test in tests if test.check}
    over = _over(subject, named, cannot) if short else set()
    said = []
    for test in tests:
        left_out = {name: cannot[name] for name in test.scenarios if name in cannot}
        none = bool(left_out) and len(left_out) == len(test.scenarios)
        left_out |= {name: ELSEWHERE for name in test.scenarios if (test.name, name) in over}
        why_not = test.why_not or ("none of its scenarios can be run on these servers" if none else "")
        said.append(structs.replace(test, why_not=why_not, left_out=left_out))
    return said


def _refusal(subject: str, scenario: str, *, short: bool) -> str:
    try:
        plan(load(scenario), subject=subject, short=short)
    except NotTested as refused:
        return str(refused).partition(f": {scenario} on ")[0]
    return ""
