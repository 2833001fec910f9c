"""Doctor: what is to be said of configuration files, as values. Nothing is printed and no environment is read here.

The rules stand in tables, one function a rule: `refusals` and `rules_file` (one file), `rules_beside` (what stands
beside the store), `rules_cookie` (the cookie and the hosts that users visit), `rules_nodes` (several files as nodes of
one cluster). To add one, write it, add its line, and say in `explained` why it matters.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from reference import rules_beside, rules_cookie, rules_file, rules_nodes
from reference.errors import REFUSAL, WARNING, Finding, Malformed, Unreadable
from reference.hosts import Host, parse_host
from reference.reading import Reading
from reference.refusals import examine
from reference.yaml_text import parse, unreadable

CLEAN = "clean"
WARNINGS = "warnings"
REFUSED = "refused"
UNREADABLE = "unreadable"


class Diagnosis(Struct, frozen=True):
    """What doctor says.

    Attributes:
        verdict: `clean` (hints at most), `warnings`, `refused`, or `unreadable` when a file or a host was not judged.
        files: the files, as they were named.
        findings: everything that was found, file by file in the order of the lines.
        not_read: the key paths that were left alone, in any of the files.
    """

    verdict: str
    files: list[str]
    findings: list[Finding]
    not_read: list[str]


def diagnose(
    files: Sequence[tuple[str, str | Unreadable]], *, environment: Mapping[str, str], hosts: Sequence[str] = ()
) -> Diagnosis:
    """Judge configuration files.

    Args:
        files: name and text of each; instead of the text the error of a file that could not even be opened. Several are
            compared as the nodes of one cluster.
        environment: what `{{ env.NAME }}` stands for; what is not set is a warning, its value unknown.
        hosts: URLs of the hosts that users visit, to be judged against the cookie's domain.

    Returns:
        Every finding, and the verdict that follows.
    """
    failed: list[Finding] = []
    visited = _visited(hosts, failed)
    readings: list[Reading] = []
    for name, text in files:
        try:
            if isinstance(text, Unreadable):
                raise text
            source = parse(text, name)
        except Unreadable as error:
            failed.extend(error.findings)
        else:
            readings.append(examine(source, name=name, environment=environment, unset="warn"))
    findings = failed + _judged(readings, visited)
    levels = [finding.level for finding in findings]
    verdict = REFUSED if REFUSAL in levels else WARNINGS if WARNING in levels else CLEAN
    left_alone = dict.fromkeys(path for reading in readings for path in reading.not_read)
    return Diagnosis(UNREADABLE if failed else verdict, [name for name, _ in files], findings, list(left_alone))


def _judged(readings: Sequence[Reading], visited: Sequence[Host]) -> list[Finding]:
    """Apply every table, after the rules that refuse a file by itself."""
    judged: list[Finding] = []
    for reading in readings:
        judged.extend(reading.findings)
        judged.extend(finding for rule in (*rules_file.RULES, *rules_beside.RULES) for finding in rule(reading))
        judged.extend(finding for rule in rules_cookie.RULES for finding in rule(reading, visited))
    if len(readings) > 1:
        judged.extend(finding for rule in rules_nodes.RULES for finding in rule(readings))
    order = [reading.name for reading in readings]
    return sorted(judged, key=lambda finding: (order.index(finding.file), finding.line, finding.path))


def _visited(urls: Sequence[str], failed: list[Finding]) -> list[Host]:
    visited = []
    for url in urls:
        try:
            visited.append(parse_host(url))
        except Malformed as error:
            failed.extend(unreadable(f"--host {url}", error.problem, error.write).findings)
    return visited
