"""How findings are told on a terminal, by every command alike: a line a check, and under a violation where to look."""

from collections.abc import Sequence

from conformance.cli import output
from conformance.verdict import UNKNOWN, VIOLATED, Finding

VERDICT_WIDTH = 14


def tell_findings(findings: Sequence[Finding], history: str) -> None:
    """Print what was expected, and what convicts or failed, a line a check; of the rest the names, by verdict.

    Args:
        findings: of one history.
        history: its file, as its lines are named.
    """
    told = [finding for finding in findings if finding.expected or finding.verdict in (VIOLATED, UNKNOWN)]
    width = max((len(finding.check) for finding in told), default=0) + 2
    for finding in told:
        line(finding.verdict, f"{finding.check:<{width}}{finding.seen}")
        if finding.evidence:
            indent = " " * (VERDICT_WIDTH + width)
            output.say(f"{indent}promised: {finding.promise} ({', '.join(finding.requirements)})")
            for evidence in finding.evidence:
                output.say(f"{indent}line {evidence.line} of {history}: {evidence.id}")
        if finding.traceback:
            output.note(finding.traceback)
    _tell_aside([finding for finding in findings if finding not in told])


def line(word: str, text: str) -> None:
    """Print one line whose first word stands in the column of verdicts."""
    output.say(f"{word:<{VERDICT_WIDTH}}{text}")


def _tell_aside(findings: list[Finding]) -> None:
    """Name the checks that the scenario does not expect, by verdict; the page says what each of them saw."""
    by_verdict: dict[str, list[str]] = {}
    for finding in findings:
        by_verdict.setdefault(finding.verdict, []).append(finding.check)
    if by_verdict:
        line("besides", "; ".join(f"{verdict} {', '.join(names)}" for verdict, names in by_verdict.items()))
