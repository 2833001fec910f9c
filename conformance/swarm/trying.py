"""One drawn run: made, judged, and told in a few words. Prints nothing and writes nothing."""

import shlex
import traceback

from msgspec import Struct

from conformance.judging import in_brief, judgement
from conformance.planning import plan
from conformance.subjects.adapter import BrokenAdapter
from conformance.subjects.file import SubjectRefused
from conformance.swarm.behaviours import behaviours_of
from conformance.swarm.drawing import drawn, name_of
from conformance.sweep_gate import chosen, difference, seen, told
from conformance.touching import touched_of
from conformance.verdict import BROKEN_ADAPTER, UNKNOWN, VIOLATED, Finding
from scenarios import load
from scenarios.schema import Scenario

REFERENCE = "reference"
ADAPTER, DETERMINISM, RAISED = "adapter", "determinism", "exception"
"""In place of a check: what else a run can fail by."""
DEFECT = "defect"
"""In place of a verdict: anynode is wrong."""


class Job(Struct, frozen=True):
    """One run to make.

    Attributes:
        subject: whom to judge.
        seed: of the run, and of the drawing where nothing else is named.
        scenario: a known failure by its name; "" to draw one.
        small: whether to draw few people, where each turn of a node is dear.
        gate: whether some of these runs are made twice.
    """

    subject: str
    seed: int
    scenario: str = ""
    small: bool = False
    gate: bool = True

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return self.scenario or name_of(self.seed)

    @property
    def command(self) -> str:
        """The command line that does the same."""
        whom = [] if self.subject == REFERENCE else ["--subject", self.subject]
        what = ["run", self.scenario] if self.scenario else ["explore", "--seeds", f"{self.seed}-{self.seed}"]
        return shlex.join(["anynode", *what, *whom])


class Failed(Struct, frozen=True):
    """One way in which a run failed.

    Attributes:
        check: what convicts, or could not judge; ADAPTER or DETERMINISM.
        requirement: the first that the check shows, "" for none.
        repeat: the command line that does the same again.
        traceback: where anynode failed, "" where it did not.
    """

    seed: int
    scenario: str
    check: str
    verdict: str
    requirement: str
    requirements: list[str]
    seen: str
    repeat: str
    traceback: str = ""


class Tried(Struct, frozen=True):
    """What came of one run.

    Attributes:
        twice: whether it was made a second time, to be compared.
        touched: how much each kind of fault touched, by its word in scenario files.
        behaviours: what it did that another may not have done.
    """

    job: Job
    digest: str
    verdict: str
    failures: list[Failed]
    touched: dict[str, int]
    behaviours: list[str]
    twice: bool


def scenario_of(job: Job) -> Scenario:
    """Draw the scenario of a job, or load it."""
    return load(job.scenario) if job.scenario else drawn(job.seed, small=job.small)


def tried(job: Job) -> Tried:
    """Make a run and judge its history; what goes wrong in anynode is a way to fail, and takes no other run with it.

    Raises:
        SubjectRefused, BrokenAdapter: whom to judge is not there, or does not say who it is.
    """
    try:
        return _tried(job)
    except (SubjectRefused, BrokenAdapter):
        raise
    except Exception as error:  # noqa: BLE001 - our own defect, whatever it is
        return fallen(job, RAISED, DEFECT, in_brief(error), traceback.format_exc())


def fallen(job: Job, why: str, verdict: str, seen: str, traced: str = "") -> Tried:
    """Tell of a run that left no history.

    Args:
        job: what was to be done.
        why: what stands in place of a check.
        verdict: of the run.
        seen: what happened instead, in a line.
        traced: the traceback where there is one.
    """
    failed = Failed(job.seed, job.name, why, verdict, "", [], seen, job.command, traced)
    return Tried(job, "", verdict, [failed], {}, [], twice=False)


def _tried(job: Job) -> Tried:
    scenario = scenario_of(job)
    decided = plan(scenario, seed=job.seed, subject=job.subject)
    came = judgement(decided, job.command)
    failures = [_failed(job, finding) for finding in came.findings if finding.verdict in (VIOLATED, UNKNOWN)]
    verdict = came.verdict
    if came.broken is not None:
        failures = [Failed(job.seed, job.name, ADAPTER, verdict, "", [], str(came.broken), job.command)]
    twice = job.gate and came.broken is None and chosen(job.name, job.seed)
    if twice:
        parting = difference(told(scenario, job.seed, job.subject), seen(came.outcome.digest, came.written))
        if parting:
            verdict = BROKEN_ADAPTER if decided.subject.foreign else DEFECT
            failures.append(Failed(job.seed, job.name, DETERMINISM, verdict, "", [], parting, job.command))
    touched = touched_of(came.history)
    return Tried(
        job,
        came.outcome.digest,
        verdict if came.failed is None else DEFECT,
        failures,
        touched,
        behaviours_of(came.history, touched, came.outcome.noted),
        twice,
    )


def _failed(job: Job, finding: Finding) -> Failed:
    first = finding.requirements[0] if finding.requirements else ""
    return Failed(
        job.seed,
        job.name,
        finding.check,
        finding.verdict,
        first,
        finding.requirements,
        finding.seen,
        job.command,
        finding.traceback,
    )
