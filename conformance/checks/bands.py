"""What the two expiry bands share: who denied for expiry, what else explains a denial, how far off each node was.

A deadline lies `2 · clock_skew` to either side of where true time puts it: one clock stamped the login or the activity,
another was read when it was compared, and each may be off by the contract's bound. Exactly at the edge of a band both
answers are right.
"""

from operator import attrgetter
from typing import Any

from conformance.checks.findings import Convictions, conclude
from conformance.checks.index import Index, Session, answered
from conformance.checks.settling import NEVER
from conformance.history import DENIED, EXPIRED, PEEK, UNKNOWN, Operation
from conformance.verdict import Finding

IN_ORDER = attrgetter("asked", "id")


class Skews:
    """How far from the deadline of true time each node denied and admitted: figures, which decide nothing.

    Args:
        index: the history.
        band_us: how far to either side the contract allows it.
    """

    def __init__(self, index: Index, band_us: int) -> None:
        self._band_us = band_us
        self._by_node: dict[str, dict[str, Any]] = {
            node: {"denials": 0, "earliest_denial_us": None, "latest_admission_us": None, "clock_off": 0}
            for node in index.header.nodes
        }

    def denied(self, denial: Operation, deadline: int) -> None:
        """Take note of a denial for expiry."""
        seen = self._by_node[denial.node]
        after = answered(denial) - deadline
        seen["denials"] += 1
        if seen["earliest_denial_us"] is None or after < seen["earliest_denial_us"]:
            seen["earliest_denial_us"] = after

    def admitted(self, admission: Operation, deadline: int) -> None:
        """Take note of an answer from the session."""
        seen = self._by_node[admission.node]
        after = admission.asked - deadline
        if seen["latest_admission_us"] is None or after > seen["latest_admission_us"]:
            seen["latest_admission_us"] = after

    def clock_off(self, answer: Operation) -> None:
        """Count an answer of a node whose clock was off by more than the contract's bound: it decides nothing."""
        self._by_node[answer.node]["clock_off"] += 1

    def figures(self) -> dict[str, Any]:
        """Give what was measured, by node, with the band beside it; negative is before the deadline."""
        return {"band_us": self._band_us, "by_node": self._by_node}


class Denials:
    """The denials of one session that are final, and what else than its limits may have ended it.

    Args:
        index: the history.
        session: one of its sessions.
    """

    def __init__(self, index: Index, session: Session) -> None:
        self._timeline = index.timeline
        self.otherwise = min((o.asked for o in index.ends(session) if o.outcome != DENIED), default=NEVER)
        unheard = [o for o in session.operations if o.outcome == UNKNOWN and o.op != PEEK]
        self._unheard = min((o.asked for o in unheard), default=NEVER)
        self._final = NEVER

    def explained(self, denial: Operation) -> bool:
        """Say whether something else explains a denial: another end, an earlier final denial, or one that nobody heard.

        What was asked for and has an unknown outcome may have been denied, and have ended the session.
        """
        return min(self.otherwise, self._unheard, self._final) <= answered(denial)

    def accept(self, denial: Operation) -> None:
        """Take note of a final denial that convicted nobody: whoever denies after it only says the same."""
        if not self.off(denial):
            self._final = min(self._final, denial.asked)

    def off(self, operation: Operation) -> bool:
        """Say whether the answering node's clock was off by more than the contract's bound."""
        return self._timeline.clock_off(operation.node, operation.asked, answered(operation))


def says_expired(operation: Operation) -> bool:
    """Say whether an answer denies for expiry, whoever's clock it was."""
    return operation.outcome == DENIED and operation.why == EXPIRED and operation.op != PEEK


def conclude_band(
    index: Index,
    check: str,
    requirements: list[str],
    feature: str,
    promise: str,
    convictions: Convictions,
    skews: Skews,
    *,
    limit_us: int,
    judged: int,
    figures: dict[str, Any],
) -> Finding:
    """Make the finding of a band; not promised where the subject's configuration gives the limit no say."""
    promised = feature in index.header.features
    if promised:
        held = f"{judged:,} answers near the limit or past it, and denials for expiry, lay on the right side"
    else:
        held = f"'{feature}' is not among the features: a hook decides, or the subject promises nothing"
    return conclude(
        index,
        check,
        requirements,
        promise,
        convictions,
        judged=judged,
        held=held,
        promised=promised or not limit_us,
        figures={**figures, **skews.figures()},
    )
