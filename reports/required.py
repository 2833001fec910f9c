"""What a run says of the requirements of the catalogue, as plain text: each with its sentence, level and verdict.

Nothing is judged here: the verdicts are those of the checks that name a requirement.
"""

from typing import Final

from msgspec import Struct

from conformance import verdict
from conformance.requirements import requirements
from conformance.verdict import Finding
from reports import words
from reports.document import RunDocument

_WORST_FIRST: Final = (verdict.VIOLATED, verdict.UNKNOWN, verdict.NOT_TESTED, verdict.UNFINISHED, words.SHOWN)


class Required(Struct, frozen=True):
    """One requirement, what is said of it, and which checks said so."""

    id: str
    level: str
    sentence: str
    verdict: str
    symbol: str
    tone: str
    checks: str


def required(document: RunDocument, *, own: bool) -> list[Required]:
    """Give every requirement that the run says something of, the worst first.

    Args:
        document: the run.
        own: whether those that the scenario is about, or those that its checks show besides.
    """
    catalogue = requirements()
    judged: dict[str, list[Finding]] = {id_: [] for id_ in document.header.requirements}
    for finding in document.checks:
        for id_ in finding.requirements:
            judged.setdefault(id_, []).append(finding)
    found = []
    for id_, findings in judged.items():
        if (id_ in document.header.requirements) != own:
            continue
        entry = catalogue.get(id_)
        word = _word(findings, finished=document.finished)
        found.append(
            Required(
                id=id_,
                level=entry.level if entry else "",
                sentence=entry.sentence if entry else "The catalogue of this version does not have it.",
                verdict=word,
                symbol=words.SYMBOLS[word],
                tone=words.TONES[word],
                checks=words.listed([words.spoken(finding.check) for finding in findings]),
            )
        )
    place = {id_: number for number, id_ in enumerate(catalogue)}
    return sorted(found, key=lambda one: (_WORST_FIRST.index(one.verdict), place.get(one.id, len(place)), one.id))


def _word(findings: list[Finding], *, finished: bool) -> str:
    """Make one word for a requirement of the verdicts of the checks that name it (as `conformance.tally` does)."""
    if not finished:
        return verdict.UNFINISHED
    found = {finding.verdict for finding in findings}
    if verdict.HOLDS in found and not found & {verdict.VIOLATED, verdict.UNKNOWN}:
        return words.SHOWN
    return next((word for word in (verdict.VIOLATED, verdict.UNKNOWN) if word in found), verdict.NOT_TESTED)
