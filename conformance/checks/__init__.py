"""The checks: one rule a file, a history in, a finding out; here the table of them, and how a history is judged.

A check is a pure function of the index of a history. Adding one: a file, a row in CHECKS (in OPTIONAL where it asks for
more than the protocol promises), tests/histories/NAME/ok and bad, one broken store that it must convict.
"""

import difflib
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from conformance.checks.absolute_band import absolute_band
from conformance.checks.availability import availability
from conformance.checks.bounded_staleness import bounded_staleness
from conformance.checks.causal import causal
from conformance.checks.cold_join import cold_join
from conformance.checks.convergence import convergence
from conformance.checks.cookie_scope import cookie_scope
from conformance.checks.durability import durability
from conformance.checks.false_death import false_death
from conformance.checks.findings import seconds
from conformance.checks.id_renewal import id_renewal
from conformance.checks.idle_band import idle_band
from conformance.checks.index import Index
from conformance.checks.isolation import isolation
from conformance.checks.linearizable_sessions import linearizability
from conformance.checks.lost_updates import lost_updates
from conformance.checks.membership import membership
from conformance.checks.monotonic_reads import monotonic_reads
from conformance.checks.monotonic_writes import monotonic_writes
from conformance.checks.no_resurrection import no_resurrection
from conformance.checks.parts import parts_of, together
from conformance.checks.read_your_writes import read_your_writes
from conformance.checks.revocation_lag import revocation_lag
from conformance.checks.sealing import sealing
from conformance.checks.separation import separation
from conformance.checks.structure import structure
from conformance.checks.writes_follow_reads import writes_follow_reads
from conformance.history import History
from conformance.reading import BrokenHistory, read
from conformance.verdict import NOT_TESTED, UNKNOWN, VIOLATED, Finding

Check = Callable[[Index], Finding]

CHECKS: dict[str, Check] = {
    "structure": structure,
    "isolation": isolation,
    "convergence": convergence,
    "durability": durability,
    "lost_updates": lost_updates,
    "bounded_staleness": bounded_staleness,
    "no_resurrection": no_resurrection,
    "read_your_writes": read_your_writes,
    "monotonic_reads": monotonic_reads,
    "monotonic_writes": monotonic_writes,
    "writes_follow_reads": writes_follow_reads,
    "absolute_band": absolute_band,
    "idle_band": idle_band,
    "id_renewal": id_renewal,
    "cookie_scope": cookie_scope,
    "revocation_lag": revocation_lag,
    "cold_join": cold_join,
    "availability": availability,
    "membership": membership,
    "false_death": false_death,
    "separation": separation,
    "sealing": sealing,
}
"""Every check by its name, in the order in which they judge: structure first, since the others trust what it holds."""

OF_ALL = ("structure", "separation", "sealing")
"""Checks that look at all clusters of a history at once, where there are several; the others judge each by itself."""
TIMELESS: Final = frozenset({"structure", "isolation", "id_renewal", "cookie_scope", "sealing"})
"""Checks in whose rules no bound of the contract stands: what they convict depends on no machine."""
NOISE_MOST_US: Final = 2_000_000
"""Where the machine alone may have added more than this to an answer, as long as the longest that is one, nothing is
acquitted, and convicted only by what is TIMELESS."""

OPTIONAL: dict[str, Check] = {
    "causal": causal,
    "linearizability": linearizability,
}
"""Checks of more than the protocol promises, by name: they judge only where `expect`, or whoever asks, names them."""


def judge(history: History, also: Iterable[str] = ()) -> list[Finding]:
    """Let every check judge a history.

    Args:
        history: as `conformance.reading.read` made it.
        also: names of OPTIONAL that judge too, as if the history's `expect` named them.

    Returns:
        A finding a check, in the order of CHECKS, then of OPTIONAL those that are asked for; `expected` set on those
        that the history's `expect` names (on all where it names none). A check that raises gives `unknown` with its
        traceback; the others still judge.

    Raises:
        BrokenHistory: `expect` names a check that does not exist.
        LookupError: `also` names none of OPTIONAL.

    Of a history without its last line nothing is judged: every finding is `not tested`. So is, where time was real and
    the machine noisier than NOISE_MOST_US, whatever is no conviction by TIMELESS.
    """
    also = list(also)
    for name in also:
        if name not in OPTIONAL:
            raise LookupError(f"also names {name!r}; the optional checks are {', '.join(OPTIONAL)}")
    expected = {*expected_checks(history), *also}
    judging = CHECKS | {name: check for name, check in OPTIONAL.items() if name in expected}
    try:
        index = Index(history)
        parts = {cluster: Index(part) for cluster, part in parts_of(history).items()}
    except Exception as error:  # noqa: BLE001 (our own defect: it must not look like the subject's)
        findings = [_defect(name, error) for name in judging]
    else:
        findings = [_judged_by(name, check, index, {} if name in OF_ALL else parts) for name, check in judging.items()]
    for finding in findings:
        finding.expected = finding.check in expected
        if not history.finished and finding.verdict != UNKNOWN:
            _withdraw(finding, "the history has no last line: the run did not finish, and nothing is judged")
        elif history.header.noise_us > NOISE_MOST_US and not _stands(finding):
            _withdraw(finding, f"host too noisy: {_too_noisy(history.header.noise_us)}")
    return findings


def check(source: Path | str | bytes | History) -> list[Finding]:
    """Read a history, unless it has been read already, and judge it.

    Args:
        source: the path of a file, the bytes of one, or a history.

    Raises:
        BrokenHistory: the history contradicts itself, or its `expect` names a check that does not exist.
        OSError: when the file cannot be read.
    """
    return judge(source if isinstance(source, History) else read(source))


def expected_checks(history: History) -> list[str]:
    """Tell which checks the history's scenario names; all of them where it names none.

    `expect` is a list of names, or a mapping whose `checks` is one.

    Raises:
        BrokenHistory: for a name that is no check's, with the nearest that is one.
    """
    expect: Any = history.header.expect
    if isinstance(expect, dict):
        expect = expect.get("checks")
    if not expect:
        return list(CHECKS)
    if not isinstance(expect, list) or not all(isinstance(name, str) for name in expect):
        raise BrokenHistory(history.file, 1, "expect", f"found {expect!r}; expected a list of names of checks")
    names = [name.replace("-", "_").replace(" ", "_") for name in expect]
    for name in names:
        if name not in CHECKS and name not in OPTIONAL:
            raise BrokenHistory(history.file, 1, "expect", f"found {name!r}, which is no check; {nearest_check(name)}")
    return names


def nearest_check(name: str) -> str:
    """Say which check is called most like a name that none has, and which there are."""
    known = [*CHECKS, *OPTIONAL]
    near = difflib.get_close_matches(name, known, 1, cutoff=0)
    return f"the nearest is {near[0]!r} (there are {', '.join(known)})"


def _withdraw(finding: Finding, why: str) -> None:
    """Take back what a history seemed to show: what would excuse it may not be known."""
    finding.verdict, finding.judged, finding.violations, finding.evidence = NOT_TESTED, 0, 0, []
    finding.seen = why


def _stands(finding: Finding) -> bool:
    """Say whether a finding is worth the same on a machine that is too busy."""
    return finding.verdict == UNKNOWN or (finding.verdict == VIOLATED and finding.check in TIMELESS)


def _too_noisy(noise_us: int) -> str:
    return (
        f"this machine alone may have made anything {seconds(noise_us)} late, more than {seconds(NOISE_MOST_US)}; "
        "repeat it on one with less to do"
    )


def _judged_by(name: str, check: Check, index: Index, parts: dict[str, Index]) -> Finding:
    try:
        if parts:
            return together({cluster: check(part) for cluster, part in parts.items()})
        return check(index)
    except Exception as error:  # noqa: BLE001 (see judge)
        return _defect(name, error)


def _defect(name: str, error: Exception) -> Finding:
    seen = f"the check itself failed, which says nothing about the store: {type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    return Finding(name, UNKNOWN, 0, [], "A check judges every history.", seen, traceback=text)
