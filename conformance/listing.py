"""What the suites would run on a subject, and why some of it would not be tested. Runs nothing."""

import importlib
import pkgutil
from types import FunctionType

from msgspec import Struct

import conformance


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


def listed(features: list[str], *, product: bool) -> list[Listed]:
    """List every test of the suites, in order.

    Args:
        features: what the subject lists.
        product: whether it reads the product's file, as the reference does.
    """
    suites = sorted(name for _, name, _ in pkgutil.iter_modules(conformance.__path__) if name.startswith("test_"))
    return [test for suite in suites for test in _of(suite, features, product=product)]


def needed_by(check: str) -> str:
    """Name the feature without which a check has nothing to judge; "" where it needs none."""
    feature: str = getattr(importlib.import_module(f"conformance.checks.{check}"), "NEEDS", "") if check else ""
    return feature


def _of(suite: str, features: list[str], *, product: bool) -> list[Listed]:
    found = []
    for name, function in vars(importlib.import_module(f"conformance.{suite}")).items():
        if not (name.startswith("test_") and isinstance(function, FunctionType)):
            continue
        marks = {mark.name: mark for mark in getattr(function, "pytestmark", [])}
        scenario = marks.get("scenario")
        check = "" if scenario is None else scenario.kwargs["check"]
        needed = needed_by(check)
        if needed and needed not in features:
            why_not = f"needs the feature `{needed}`, which the subject does not list"
        elif scenario is None and not product:
            why_not = "needs the feature `orchestrator`: a store that reads the product's file"
        else:
            why_not = ""
        ids = marks["requirement"].args if "requirement" in marks else ()
        found.append(Listed(f"{suite}::{name}", ids, () if scenario is None else scenario.args, check, why_not))
    return found
