"""Which scenarios servers are put through where time is real and dear: the fewest that show what can be shown there.

Nothing is run here, but a subject's `build`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from conformance.listing import needed_by
from conformance.live_fitting import NotTested
from conformance.planning import plan
from conformance.subjects.http import HttpSubject
from conformance.subjects.naming import subject_named
from scenarios import load


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
    names = dict.fromkeys(name for scenarios, _ in tests.values() for name in scenarios)
    can = {name for name in names if _can(subject, name)}
    shown = {
        test: [name for name in scenarios if name in can]
        for test, (scenarios, check) in tests.items()
        if not lacking(subject, check)
    }
    chosen = set(fewest(shown.values()))
    return {(test, name) for test, scenarios in shown.items() for name in scenarios if name not in chosen}


def _can(subject: str, scenario: str) -> bool:
    try:
        plan(load(scenario), subject=subject, short=True)
    except NotTested:
        return False
    return True
