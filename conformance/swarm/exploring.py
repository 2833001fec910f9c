"""Many drawn runs: known failures first, then seed by seed; what failed, what was touched, what occurred.

Prints nothing. Where the runs are made is `conformance.sweep_pool`; which are made twice, `conformance.sweep_gate`.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from conformance.subjects.http import HttpSubject
from conformance.subjects.naming import subject_named
from conformance.subjects.subject import Subject
from conformance.swarm.behaviours import Behaviours, counted
from conformance.swarm.troubles import KINDS
from conformance.swarm.trying import DEFECT, Failed, Job, Tried, fallen, tried
from conformance.sweep_pool import Killed, Place, as_finished
from conformance.verdict import UNFINISHED, worst_of
from scenarios import load, names

REGRESSIONS = "regressions"
"""The folder of known failures, each a scenario."""
KILLED = "process"
"""In place of a check: a run whose process was killed each time."""


class Explored(Struct, frozen=True):
    """What came of all runs, in the order of the seeds whatever the order in which they ended.

    Attributes:
        seeds: how many drawn runs were made.
        known: names of the known failures that were tried first.
        verdicts: how many runs ended how.
        failures: one entry a run and check.
        twice: how many runs were made a second time and compared.
        faults: by kind, how many runs it touched something in.
    """

    seeds: int
    subject: str
    verdict: str
    known: list[str]
    verdicts: dict[str, int]
    failures: list[Failed]
    twice: int
    faults: dict[str, int]
    behaviours: Behaviours


def jobs_of(subject: str, seeds: Sequence[int]) -> list[Job]:
    """List what is to be run: known failures first.

    Args:
        subject: whom to judge, as `--subject` names it.
        seeds: those that are drawn.

    Raises:
        SubjectRefused: there is no such subject.
    """
    small = subject_named(subject).foreign
    known = [Job(subject, load(name).seed or 1, name, small) for name in known_failures()]
    return known + [Job(subject, seed, small=small) for seed in seeds]


def known_failures() -> list[str]:
    """Name the scenarios that were once found and shrunk."""
    return [entry.name for entry in names() if entry.path.parent.name == REGRESSIONS]


def in_simulated_time(subject: Subject) -> bool:
    """Say whether many runs of a subject are worth drawing: real servers live in real time."""
    return not isinstance(subject, HttpSubject)


def explored(jobs: Sequence[Job], place: Place) -> Iterator[tuple[int, Tried]]:
    """Make all runs and give what came of each as soon as it is there, with its place in the list.

    A run whose process was killed each time has failed; all others are made nevertheless.
    """
    for number, came in as_finished(tried, jobs, place):
        yield number, fallen(jobs[number], KILLED, UNFINISHED, str(came)) if isinstance(came, Killed) else came


def summed_up(subject: str, runs: Sequence[Tried]) -> Explored:
    """Put what came of runs together.

    Args:
        subject: whom they judge.
        runs: at least one, in the order of their jobs.
    """
    verdicts: dict[str, int] = {}
    faults = dict.fromkeys(KINDS, 0)
    for run in runs:
        verdicts[run.verdict] = verdicts.get(run.verdict, 0) + 1
        for kind, touched in run.touched.items():
            faults[kind] = faults.get(kind, 0) + bool(touched)
    drawn = [run for run in runs if not run.job.scenario]
    return Explored(
        seeds=len(drawn),
        subject=subject,
        verdict=verdict_of(verdicts),
        known=[run.job.scenario for run in runs if run.job.scenario],
        verdicts=dict(sorted(verdicts.items())),
        failures=[failed for run in runs for failed in run.failures],
        twice=sum(run.twice for run in runs),
        faults=faults,
        behaviours=counted(run.behaviours for run in drawn),
    )


def verdict_of(verdicts: dict[str, int]) -> str:
    """Make one verdict of those of all runs: a defect, else the worst one; a drawn world may have nothing to judge."""
    return DEFECT if DEFECT in verdicts else worst_of(verdicts, one_suffices=True)
