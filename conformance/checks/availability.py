"""Availability: where nothing has changed for a while, a request is answered."""

from typing import Any, Final

from conformance.checks.copies import Copies
from conformance.checks.findings import Convictions, at, conclude, counted, quantiles, seconds
from conformance.checks.index import Index
from conformance.history import (
    BROKEN_OFF,
    CLUSTER,
    DELETE,
    DENIED,
    LOGIN,
    LOGOUT,
    OBSERVER,
    OK,
    READ,
    REVOKE,
    WRITE,
    Operation,
)
from conformance.verdict import VIOLATED, Finding

NAME = "availability"
REQUIREMENTS = ["REQ-FAIL-2", "REQ-FAIL-7", "REQ-FAIL-8", "REQ-ROUT-4"]
WITHIN_US: Final = 2_000_000
"""An answer that comes later is none (protocol, part 4); in real time it may be later by the noise of the machine."""
ONE_IN: Final = 1_000
"""Of so many requests one may fail: 99.9 %, three hours a year less than what is commonly promised for one machine.

The protocol defines the share and leaves the bound open. In a quiet cluster of this store none fails; of real ones a
share is lost with a connection now and then, and a bound of all would convict them of that."""
ASKED: Final = frozenset({LOGIN, READ, WRITE, DELETE, LOGOUT, REVOKE})


def availability(index: Index) -> Finding:
    """Measure the share of requests that were answered, definitely and rightly, within 2 s (protocol, part 4).

    Counted are the requests of users that reached a node which was up, ready, unpaused and no further off with its
    clock than `clock_skew`, when no fault had begun or ended, and no node had come or gone, for `detect` before and
    until 2 s after. A long cut or absence counts once the others have had `detect` to find it out: each side serves
    what it has. Not counted is a node some of whose ways out carry nothing though it hears the others: it cannot know
    whether anybody holds its writes, and whoever is in doubt answers 503. Nor is a request that a balancer broke off:
    its node may have answered, with nobody there to hear. Fails: what has no answer within 2 s, a 5xx, a 4xx that
    refuses, and a denial of a session that the node must know and nothing can have ended (see durability). What an
    answer shows is other checks' business.

    No contract gives a bound, and a network can be too lossy for any. So only a history whose `expect` names this
    check, or none, is judged by one; elsewhere the share is a figure. Convicts if more than one in 1,000 failed, and
    more than one in all: what is seen of fewer than 1,000 requests is counted as if all others up to there had gone
    well. Unknown outcomes are what is counted here: each is one request without an answer, never evidence of more.

    Judged: requests counted. Figures: the share, errors near changes of faults, latency. Cost: O(n log n).
    """
    convictions, copies = Convictions(), Copies(index)
    judged = elsewhere = errors_elsewhere = 0
    within_us = _within_us(index)
    latency: list[int] = []
    failed: dict[str, int] = dict.fromkeys(index.header.nodes, 0)
    for operation in index.history.operations:
        if operation.by == OBSERVER or operation.op not in ASKED or _broken_off(operation):
            continue
        fails = _fails(operation, copies, within_us)
        if not _counts(index, operation):
            elsewhere += 1
            errors_elsewhere += fails is not None
            continue
        judged += 1
        if operation.answered is not None:
            latency.append(operation.answered - operation.asked)
        if fails is not None:
            failed[operation.node] += 1
            text = "{} {}, though {} was up and no fault near"
            convictions.add((operation,), text, at(operation), fails, operation.node)
    share = (judged - convictions.count) * 1_000_000 // judged if judged else 0
    failures = f"{counted(convictions.count, 'request')} of {judged:,} failed"
    figures: dict[str, Any] = {
        "answered_ppm": share,
        "failed": convictions.count,
        "failed_by_node": failed,
        "requests_near_faults": elsewhere,
        "errors_near_faults": errors_elsewhere,
        **quantiles("latency_us", latency),
    }
    if convictions.count * ONE_IN <= max(judged, ONE_IN):
        convictions = Convictions()
    finding = conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Of requests to a node that is up and ready, {seconds(index.contract.detect_us)} after the last change of"
        f" faults, 99.9 % are answered, definitely and rightly, within {seconds(_within_us(index))}.",
        convictions,
        judged=judged,
        promised=_expected(index),
        held=f"{failures}; {errors_elsewhere:,} of {elsewhere:,} near changes of faults",
        figures=figures,
    )
    if finding.verdict == VIOLATED:
        finding.seen = f"{failures}; first, {finding.seen}"
    return finding


def _expected(index: Index) -> bool:
    """Say whether the scenario stakes its verdict on this check: it names it, or names none."""
    expect = index.header.expect
    names = expect.get("checks") if isinstance(expect, dict) else expect
    return not names or NAME in names


def _counts(index: Index, operation: Operation) -> bool:
    timeline, asked = index.timeline, operation.asked
    if timeline.changed_within(asked - index.contract.detect_us, asked + WITHIN_US):
        return False
    node = operation.node
    return (
        timeline.serving(node, asked)
        and not timeline.unheard(node, asked)
        and not timeline.clock_off(node, asked, asked + WITHIN_US)
    )


def _broken_off(operation: Operation) -> bool:
    """Say whether its answer was taken away between node and client; an answer that says so was heard all the same."""
    return operation.answered is None and operation.why == BROKEN_OFF


def _within_us(index: Index) -> int:
    return WITHIN_US + index.header.noise_us


def _fails(operation: Operation, copies: Copies, within_us: int) -> str | None:
    """Say what is wrong with an answer; None if nothing is."""
    if operation.answered is None:
        return "had no answer"
    if operation.answered - operation.asked > within_us:
        return "had its answer late"
    if operation.outcome == OK:
        return None
    if operation.outcome != DENIED:
        return f"was answered with {operation.status or operation.outcome}"
    session = copies.index.sessions.get(operation.session or "")
    if session is None or copies.index.header.store != CLUSTER or copies.missing(session, operation) is None:
        return None
    return "was denied though its session lived"
