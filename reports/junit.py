"""The findings of a run as JUnit XML: one test case a check, so that a build server shows them beside its tests."""

import re
import xml.etree.ElementTree as ET
from typing import Final

from conformance import verdict
from conformance.verdict import Finding
from reports import words
from reports.document import RunDocument

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0, 2.2 allows in no document."""

_SKIPPED: Final = (verdict.VACUOUS, verdict.NOT_PROMISED, verdict.NOT_TESTED)


def junit(document: RunDocument) -> str:
    """Write the JUnit XML of a run.

    A violated check is a failure with what was seen and the command that repeats the run. One without an answer is an
    error. One that met nothing, is not promised or was not tested is skipped, with the reason. A run that did not
    finish, or whose adapter broke, has an error of its own, and its checks are skipped.
    """
    head, footer = document.header, document.footer
    suite = ET.Element("testsuite", name=_clean(f"anynode {head.scenario}"))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("seed", str(head.seed)),
        ("subject", head.subject),
        ("verdict", document.verdict),
        ("digest", footer.digest if footer is not None else ""),
        ("command", head.command),
    ):
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    judged = document.finished and document.verdict != verdict.BROKEN_ADAPTER
    if not judged:
        _problem(_case(suite, document, "run"), "error", document.verdict, words.sentence(document), head.command)
    for finding in document.checks:
        _add(_case(suite, document, finding.check), finding, judged=judged, command=head.command)
    for gap in footer.not_tested if footer is not None else []:
        if gap.check is not None and gap.check not in {finding.check for finding in document.checks}:
            _skip(_case(suite, document, gap.check), f"{verdict.NOT_TESTED}: {gap.reason}")
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    for element in (suite, whole := ET.Element("testsuites", name="anynode")):
        for name, number in counts.items():
            element.set(name, str(number))
        element.set("time", f"{footer.wall_s if footer is not None else 0:.3f}")
    whole.append(suite)
    ET.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(whole, encoding="unicode") + "\n"


def _case(suite: ET.Element, document: RunDocument, name: str) -> ET.Element:
    group = _clean(f"anynode.{document.header.scenario}")
    return ET.SubElement(suite, "testcase", classname=group, name=_clean(name), time="0")


def _add(case: ET.Element, finding: Finding, *, judged: bool, command: str) -> None:
    if not judged:
        _skip(case, "the run has no verdict")
        return
    if finding.verdict == verdict.VIOLATED:
        _problem(case, "failure", finding.verdict, _story(finding), command)
    elif finding.verdict in _SKIPPED:
        _skip(case, f"{finding.verdict}: {finding.seen}")
    elif finding.verdict != verdict.HOLDS:
        _problem(case, "error", finding.verdict, finding.seen, command)


def _story(finding: Finding) -> str:
    evidence = [f"history.jsonl line {piece.line}, {piece.id}: {words.told(piece)}" for piece in finding.evidence]
    return "\n".join([finding.seen, f"promised: {finding.promise}", *evidence])


def _problem(case: ET.Element, kind: str, word: str, text: str, command: str) -> None:
    element = ET.SubElement(case, kind, type=_clean(word), message=_clean(text.splitlines()[0] if text else word))
    element.text = _clean(f"{text}\nagain: {command}")


def _skip(case: ET.Element, reason: str) -> None:
    ET.SubElement(case, "skipped", message=_clean(reason))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
