"""Running a recorded run again from its own folder, and finding the first event that differs. It prints nothing."""

import gzip
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct

from conformance import folder
from conformance.planning import OWN, Plan, plan
from conformance.runner import carry_out
from conformance.subjects.http import HttpSubject
from reports.document import Footer, RunDocument, read
from scenarios import parse


class CannotReplay(ValueError):
    """The folder does not hold all that a replay needs."""


class Recorded(Struct, frozen=True):
    """A run as it was recorded, and the plan that repeats it."""

    folder: Path
    footer: Footer
    plan: Plan


class Replayed(Struct):
    """What came of a replay; `first_difference` is None when the digests agree."""

    same: bool
    recorded: str
    digest: str
    events: int
    verdict: str
    first_difference: str | None


def recorded(run: Path) -> Recorded:
    """Read a run's folder and plan the same run again.

    Raises:
        CannotReplay: the run is unfinished, or its scenario file is missing.
        UnreadableRun: there is no run document that this program can read.
    """
    document = read(run / folder.DOCUMENT)
    if document.footer is None or not document.footer.finished:
        raise CannotReplay(
            f"{run}: the run is unfinished and has no digest to compare with; run it anew: {_again(document)}"
        )
    scenario = run / "scenario.yaml"
    if not scenario.is_file():
        raise CannotReplay(f"{run}: scenario.yaml is missing; run it anew: {_again(document)}")
    config = run / folder.CONFIGURATION
    header = document.header
    decided = plan(
        parse(scenario.read_text(encoding="utf-8"), scenario.with_stem(header.scenario)),
        seed=header.seed,
        subject=header.subject_source or header.subject,
        config=None if header.config_source == OWN else config,
    )
    if isinstance(decided.subject, HttpSubject):
        raise CannotReplay(
            f"{run}: was made on real servers, in real time, which never happens twice; judge it again with "
            f"anynode check {run / folder.HISTORY}, or run it anew: {_again(document)}"
        )
    return Recorded(run, document.footer, decided)


def replay(run: Recorded, scratch: Path, progress: Callable[[int], None] | None = None) -> Replayed:
    """Run it again into a scratch folder and compare.

    Args:
        run: the recorded run.
        scratch: an empty folder.
        progress: told now and then how far simulated time has come, in microseconds.
    """
    again = carry_out(run.plan, scratch, progress)
    same = again.digest == run.footer.digest
    return Replayed(
        same=same,
        recorded=run.footer.digest,
        digest=again.digest,
        events=again.events,
        verdict=again.verdict,
        first_difference=None if same else first_difference(run.folder / folder.TRACE, scratch / folder.TRACE),
    )


def first_difference(one: Path, other: Path) -> str:
    """Name the first line in which two traces differ; a checkpoint that differs alone means that contents do."""
    with gzip.open(one, "rb") as recorded_lines, gzip.open(other, "rb") as lines:
        for number, (was, now) in enumerate(zip_longest(recorded_lines, lines), start=1):
            if was != now:
                return f"trace line {number}: recorded {_shown(was)}, now {_shown(now)}"
    return "none in the traces: the digest covers contents that this trace does not show"


def _shown(line: bytes | None) -> str:
    return "nothing" if line is None else line.decode().strip()


def _again(document: RunDocument) -> str:
    return document.header.command
