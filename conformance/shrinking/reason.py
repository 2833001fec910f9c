"""Why a run fails: a check and the kind of what it saw, without the names and numbers of that one run."""

import re
from collections.abc import Sequence

from msgspec import Struct

from conformance.verdict import VIOLATED, Finding

_KINDS = (
    (re.compile(r"\S+ \((\w+)[^()]*, asked [^()]*\)"), r"a \1"),  # u8-36 (write of 'k1' on n1, asked …)
    (re.compile(r"'u\d+-\d+'|'o\d+-\w+'|'k\d+'"), "'it'"),
    (re.compile(r"\b(session|user) \S+"), r"\1"),
    (re.compile(r"\b[no]\d+\b|\buser\d+\b|\bu\d+\b"), "one"),
    (re.compile(r"-?\d[\d,.]* ?(µs|us|ms|s|min|h|days?)\b"), "a time"),
    (re.compile(r"\d[\d,.]*"), "#"),
    (re.compile(r"\bone(, one)*( and one)?\b"), "one"),
)
"""What is left out of a finding's text, in this order."""


COUNTING = "availability"


class Reason(Struct, frozen=True):
    """A check, and the kind of what it saw (`kind_of`)."""

    check: str
    kind: str


def reason_of(finding: Finding) -> Reason:
    """Tell why a history is convicted."""
    return Reason(finding.check, kind_of(finding.seen))


def kind_of(seen: str) -> str:
    """Take the names and numbers of one run out of a finding's text."""
    for pattern, kind in _KINDS:
        seen = pattern.sub(kind, seen)
    return seen


def convicting(findings: Sequence[Finding], check: str | None = None) -> Finding | None:
    """Choose the finding that a shrunk run must keep.

    Args:
        findings: of one run.
        check: the check that is meant; None takes, of those that the scenario expects where one of them convicts, the
            one whose evidence is complete first: what else went wrong is often what came of it. Availability comes
            last: it counts, and takes many requests to convict, where another check takes two.
    """
    found = [finding for finding in findings if finding.verdict == VIOLATED and check in (None, finding.check)]
    return min(found, key=lambda one: (one.check == COUNTING, not one.expected, _seen_by(one)), default=None)


def _seen_by(finding: Finding) -> int:
    return max((item.operation.get("asked") or 0 for item in finding.evidence), default=0)
