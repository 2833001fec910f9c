"""The page of a validation: the verdict on one subject over all suites, by requirement, with links to its runs.

One self-contained file without script or network. It judges nothing: verdicts come as they are.
"""

from typing import Any

from conformance import verdict
from conformance.requirements import requirements
from conformance.verdict import VIOLATED
from reports import words
from reports.document import RunDocument
from reports.rendering import html
from reports.style import style

_SENTENCES = {
    verdict.HOLDS: "Every requirement that could be judged was kept, in these runs and no further.",
    verdict.VIOLATED: "At least one requirement was broken; each has its evidence below.",
    verdict.UNKNOWN: "At least one check found no answer; that is no pass.",
    verdict.BROKEN_ADAPTER: "The subject did not speak the protocol, so nothing is said of its store.",
    verdict.NOT_TESTED: "No requirement could be judged, which is no pass.",
}


def page(said: dict[str, Any], documents: dict[str, RunDocument], *, live: bool) -> str:
    """Write the page.

    Args:
        said: a validation as `anynode validate --json` prints it.
        documents: its runs, by the folder of each beside the page.
        live: whether real servers were judged, in real time.

    Returns:
        One HTML file.
    """
    word = said["verdict"]
    counted = [one["verdict"] for one in said["requirements"]]
    facts = [
        ("requirements", f"{counted.count(verdict.HOLDS)} of {len(counted)} kept"),
        ("broken", str(counted.count(VIOLATED))),
        ("not tested", str(counted.count(verdict.NOT_TESTED))),
        ("runs", str(len(documents))),
        ("replayable", "no: time is real" if live else "yes" if said["replayable"] else "no"),
        ("digest", said["digest"][:12]),
    ]
    where = "of real servers in real time" if live else "in a simulated network"
    values = {
        "subject": said["subject"],
        "verdict": word,
        "tone": words.TONES[word],
        "symbol": words.SYMBOLS[word],
        "sentence": _SENTENCES[word],
        "facts": facts,
        "honesty": f"Judged by what its clients saw, {where}. What was not tested is no pass.",
        "command": said["command"],
        "requirements": [_row(one) for one in sorted(said["requirements"], key=_how_bad)],
        "unexpected": said["unexpected"],
        "runs": [_run(folder, document) for folder, document in documents.items()],
        "style": style(),
    }
    return html("validation.html.j2", values)


def _how_bad(one: dict[str, Any]) -> int:
    """Say where a requirement's row stands: the worst first, as somebody must do something about it, then by id."""
    return verdict.WORST_FIRST.index(one["verdict"])


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "level": one["level"],
        "sentence": requirements()[one["id"]].sentence,
        "verdict": one["verdict"],
        "tone": words.TONES[one["verdict"]],
        "symbol": words.SYMBOLS[one["verdict"]],
        "why": one["reason"],
        "expected": one["expected"],
    }


def _run(folder: str, document: RunDocument) -> dict[str, Any]:
    return {
        "href": f"runs/{folder}/report.html",
        "scenario": document.header.scenario,
        "seed": document.header.seed,
        "verdict": document.verdict,
        "tone": words.TONES[document.verdict],
        "symbol": words.SYMBOLS[document.verdict],
        "violated": ", ".join(words.spoken(one.check) for one in document.checks if one.verdict == VIOLATED),
    }
