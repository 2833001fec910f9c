"""What the suites would run on a subject, and why some of it would not be tested. Runs nothing."""

import importlib
import inspect
import pkgutil
from types import FunctionType

from msgspec import Struct

import conformance

FILE = {"configured", "refused"}
"""What a test is given that judges what a store makes of the product's own file."""
SIMULATED = {"pair", "heard"}
"""What a test is given that asks nodes one by one, in simulated time."""
NEEDED = {"heard": "cookie-domain"}
"""By what a test is given: the feature without which there is nothing to judge."""


class Listed(Struct, frozen=True):
    """One test of the suites.

    Attributes:
        name: suite and function.
        requirements: ids that it is about.
        scenarios: what it runs.
        check: whose finding it asks for; "" for none.
        why_not: the reason why it would not be tested, "" where it would.
        left_out: by name, why one of the scenarios would not be run.
    """

    name: str
    requirements: tuple[str, ...]
    scenarios: tuple[str, ...]
    check: str
    why_not: str
    left_out: dict[str, str] = {}


class Whom(Struct, frozen=True):
    """What of a subject decides which tests judge it.

    Attributes:
        features: what it lists.
        product: whether it reads the product's file, as the reference does.
        simulated: whether it lives in simulated time.
    """

    features: list[str]
    product: bool
    simulated: bool


def listed(subject: Whom) -> list[Listed]:
    """List every test of the suites, in order."""
    suites = sorted(name for _, name, _ in pkgutil.iter_modules(conformance.__path__) if name.startswith("test_"))
    return [test for suite in suites for test in _of(suite, subject)]


def needed_by(check: str) -> str:
    """Name the feature without which a check has nothing to judge; "" where it needs none."""
    feature: str = getattr(importlib.import_module(f"conformance.checks.{check}"), "NEEDS", "") if check else ""
    return feature


def _of(suite: str, subject: Whom) -> list[Listed]:
    found = []
    for name, function in vars(importlib.import_module(f"conformance.{suite}")).items():
        if not (name.startswith("test_") and isinstance(function, FunctionType)):
            continue
        marks = {mark.name: mark for mark in getattr(function, "pytestmark", [])}
        run = marks.get("scenario") or marks.get("by_itself")
        scenarios: tuple[str, ...] = () if run is None else run.args
        more: dict[str, str] = {} if run is None else run.kwargs
        given = set(inspect.signature(function).parameters)
        needed = {needed_by(more.get("check", "")), more.get("needs", ""), *(NEEDED.get(one, "") for one in given)}
        ids = marks["requirement"].args if "requirement" in marks else ()
        why_not = _why_not(given, needed - {""}, subject)
        found.append(Listed(f"{suite}::{name}", ids, scenarios, more.get("check", ""), why_not))
    return found


def _why_not(given: set[str], needed: set[str], subject: Whom) -> str:
    """Say why a test would judge nothing, by what it is given and the features that it needs; "" where it would."""
    if given & FILE and not subject.product:
        return "needs the feature `orchestrator`: a store that reads the product's file"
    if given & SIMULATED and not subject.simulated:
        return "needs simulated time: servers are asked over HTTP alone"
    lacking = sorted(needed - set(subject.features))
    return f"needs the feature `{lacking[0]}`, which the subject does not list" if lacking else ""
