"""One drawn run: made, judged, and told in a few words. Prints nothing and writes nothing."""

import io
import shlex

from msgspec import Struct

from conformance.checks import judge
from conformance.collecting import uncollected
from conformance.planning import plan
from conformance.reading import read
from conformance.runner import lived
from conformance.swarm.behaviours import behaviours_of
from conformance.swarm.drawing import drawn, name_of
from conformance.sweep_gate import chosen, difference, seen, told
from conformance.touching import kind_of
from conformance.verdict import BROKEN_ADAPTER, UNKNOWN, VIOLATED, Finding, combine
from scenarios import load
from scenarios.schema import Scenario

REFERENCE = "reference"
ADAPTER, DETERMINISM = "adapter", "determinism"
"""In place of a check: what else a run can fail by."""
DEFECT = "defect"
"""In place of a verdict: anynode is wrong, or the subject is not one run a seed."""


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
    """

    seed: int
    scenario: str
    check: str
    verdict: str
    requirement: str
    requirements: list[str]
    seen: str
    repeat: str


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
    """Make a run and judge its history.

    Raises:
        Exception: whatever the run raised, our own defect, with the command that repeats it as a note.
    """
    try:
        return _tried(job)
    except Exception as error:
        error.add_note(f"in: {job.command}")
        raise


def _tried(job: Job) -> Tried:
    scenario = scenario_of(job)
    written = io.BytesIO()
    outcome, broken = lived(plan(scenario, seed=job.seed, subject=job.subject), written)
    with uncollected():
        history = read(written.getvalue(), job.command)
        findings = judge(history)
    failures = [_failed(job, finding) for finding in findings if finding.verdict in (VIOLATED, UNKNOWN)]
    if broken is not None:
        failures = [Failed(job.seed, job.name, ADAPTER, BROKEN_ADAPTER, "", [], str(broken), job.command)]
    verdict = combine(findings, finished=history.finished, adapter_broken=broken is not None)
    twice = job.gate and broken is None and chosen(job.name, job.seed)
    if twice:
        parting = difference(told(scenario, job.seed, job.subject), seen(outcome.digest, written.getvalue()))
        if parting:
            failures.append(Failed(job.seed, job.name, DETERMINISM, DEFECT, "", [], parting, job.command))
            verdict = DEFECT
    touched: dict[str, int] = {}
    for fault in history.faults:
        touched[kind_of(fault)] = touched.get(kind_of(fault), 0) + fault.touched
    return Tried(
        job,
        outcome.digest,
        DEFECT if any(finding.traceback for finding in findings) else verdict,
        failures,
        touched,
        behaviours_of(history, touched, outcome.noted),
        twice,
    )


def _failed(job: Job, finding: Finding) -> Failed:
    first = finding.requirements[0] if finding.requirements else ""
    return Failed(
        job.seed, job.name, finding.check, finding.verdict, first, finding.requirements, finding.seen, job.command
    )
