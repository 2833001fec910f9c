"""One run made in memory and judged as `anynode run` judges it, for whoever makes many. It writes nothing."""

import io
import traceback
from pathlib import Path

from msgspec import Struct

from conformance.checks import judge
from conformance.collecting import uncollected
from conformance.history import History
from conformance.planning import Plan
from conformance.reading import read
from conformance.runner import lived
from conformance.subjects.adapter import BrokenAdapter
from conformance.touching import untouched
from conformance.verdict import VIOLATED, Finding, combine
from simulator.world import Outcome


class Judgement(Struct, frozen=True):
    """What came of one run.

    Attributes:
        outcome: of its world.
        broken: what is wrong with the subject's adapter; None where nothing is.
        written: the lines of the history, as a file would hold them.
        history: what they say.
        findings: of every check.
    """

    outcome: Outcome
    broken: BrokenAdapter | None
    written: bytes
    history: History
    findings: list[Finding]

    @property
    def verdict(self) -> str:
        """The verdict of the run."""
        return combine(
            self.findings,
            finished=self.history.finished,
            adapter_broken=self.broken is not None,
            untouched=untouched(self.history),
        )

    @property
    def convicted(self) -> list[str]:
        """The checks that convicted."""
        return [finding.check for finding in self.findings if finding.verdict == VIOLATED]

    @property
    def failed(self) -> Finding | None:
        """What the first check says that raised instead of judging: a defect of anynode."""
        return next((finding for finding in self.findings if finding.traceback), None)


def judgement(decided: Plan, name: str) -> Judgement:
    """Make a run and judge it.

    Args:
        decided: the plan.
        name: what errors call its history.

    Raises:
        Exception: whatever the run raised, a defect of anynode.
    """
    kept = io.BytesIO()
    outcome, broken = lived(decided, kept)
    written = kept.getvalue()
    with uncollected():
        history = read(written, name)
        return Judgement(outcome, broken, written, history, judge(history))


def in_brief(error: Exception) -> str:
    """Say in a line what was raised, and where: a file's name and the line in it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
