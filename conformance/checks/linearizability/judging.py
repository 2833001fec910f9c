"""Judges calls against a model: split by key, zones where they apply, else searches in growing slices on one budget."""

from typing import Any

from msgspec import Struct

from conformance.checks.linearizability import zones
from conformance.checks.linearizability.models import Model
from conformance.checks.linearizability.operations import Call
from conformance.checks.linearizability.search import Search
from conformance.verdict import HOLDS, UNKNOWN, VACUOUS, VIOLATED

BUDGET = 2_000_000
"""Model steps for all keys together, about four seconds; a number of steps and not a time, so that it repeats."""
FIRST_SLICE = 1_000


class Judgement(Struct):
    """What was found: a word of `conformance.verdict`, the steps it took, and the calls that contradict each other.

    `undecided` counts the keys whose search the budget did not finish.
    """

    verdict: str
    steps: int
    calls: int
    keys: int
    evidence: list[Call]
    undecided: int = 0


def linearizable(calls: list[Call], model: Model, budget: int = BUDGET) -> Judgement:
    """Judge whether the calls could have been those of one copy.

    Every key is searched a little, then every undecided one twice as long, and so on: a violation in a small key is
    found before a large key has eaten the budget.

    Args:
        calls: in any order.
        model: what one copy does.
        budget: the greatest number of model steps for all keys together.

    Returns:
        `violated` as soon as one key has no order; `unknown` if the budget ended before all were decided; `vacuous`
        without any call.
    """
    by_key: dict[str, list[Call]] = {}
    for call in calls:
        by_key.setdefault(call.key, []).append(call)
    searches: list[Search] = []
    for of_key in by_key.values():
        if model.name == "register" and zones.applies(of_key):
            evidence = zones.contradiction(of_key, model.initial)
            if evidence:
                return Judgement(VIOLATED, 0, len(calls), len(by_key), evidence)
        else:
            searches.append(Search(model, of_key))
    return _search(searches, budget, calls, len(by_key))


def _search(searches: list[Search], budget: int, calls: list[Call], keys: int) -> Judgement:
    steps, share = 0, FIRST_SLICE
    while searches:
        undecided: list[Search] = []
        for search in searches:
            before = search.steps
            verdict: Any = search.run(min(share, budget - steps))
            steps += search.steps - before
            if verdict is False:
                return Judgement(VIOLATED, steps, len(calls), keys, search.stuck)
            if verdict is None:
                undecided.append(search)
        if undecided and steps >= budget:
            return Judgement(UNKNOWN, steps, len(calls), keys, [], len(undecided))
        searches, share = undecided, 2 * share
    return Judgement(HOLDS if calls else VACUOUS, steps, len(calls), keys, [])
