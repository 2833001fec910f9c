"""How tests without a check fail: in words that name the node, the request, what was expected and what was seen.

What pytest makes of an `assert` shows objects of ours, cuts values short, and differs from run to run.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import json

from conformance.pair import READY_WITHIN_US, Pair
from reference.effects import Respond
from simulator.clock import SECOND_US

OK = 200
NAMED = 3
"""So many of several faults a message tells; the others it counts."""


def must(kept: object, seen: str) -> None:
    """Fail the test with what was seen instead, unless the promise was kept."""
    if not kept:
        pytest.fail(seen, pytrace=False)


def must_be(found: Any, expected: Any, what: str) -> None:
    """Fail unless something is as expected; `what` names it."""
    must(found == expected, f"{what}: found {shown(found)}, expected {shown(expected)}")


def must_name(refusal: str, place: str) -> None:
    """Fail unless a refusal names the place in the file that is wrong."""
    must(place in refusal, f"the configuration was refused with {shown(refusal)}, expected words that name {place}")


def must_be_without(faults: list[str]) -> None:
    """Fail if there is any fault."""
    must(not faults, listed(faults))


def must_be_ready(pair: Pair, *names: str) -> None:
    """Start nodes, both if none is named, and fail unless they say in time that they are up."""
    within = READY_WITHIN_US // SECOND_US
    up = pair.ready(*names)
    late = [name for name in names or pair.hosts if not pair.hosts[name].probe_ready()] if not up else []
    must(up, f"{' and '.join(late)}: GET /status was not answered 200 within {within} {pair.time} of the start")


def must_answer(
    pair: Pair,
    node: str,
    method: str,
    path: str,
    cookie: str | None = None,
    body: Any = None,
    *,
    status: int = OK,
    whose: str = "",
) -> Respond:
    """Ask a node something, and fail unless it answers with that status; `whose` says in words what the cookie is."""
    asked = pair.loop.now / SECOND_US
    answer = pair.ask(node, method, path, cookie, body)
    request = f"{method} {path}{f' with the cookie of {whose}' if whose else ''} (asked {asked:.3f} s)"
    must(
        answer.status == status,
        f"{node}: {request} was answered {answer.status} {shown(answer.body)}, expected {status}",
    )
    return answer


def differing(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """List the members that are not as expected, with both values; 0 and false, or 1 and 1.0, are not the same."""
    told = []
    for key in dict.fromkeys([*expected, *found]):
        one, other = (shown(side[key]) if key in side else "nothing" for side in (found, expected))
        if one != other:
            told.append(f"{key}: found {one}, expected {other}")
    return told


def listed(faults: list[str]) -> str:
    """Name the first of several faults and count the rest."""
    more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    return "; ".join(faults[:NAMED]) + more


def shown(value: Any) -> str:
    """Write a value as JSON."""
    return json.encode(value, order="deterministic").decode()
