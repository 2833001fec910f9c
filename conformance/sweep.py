"""Many seeds of one scenario: what is to be done, kept as it comes, gone on with after a stop. It prints nothing."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path

from msgspec import Struct, structs

from conformance import sweep_gate
from conformance.planning import Plan, Refused, plan
from conformance.subjects.http import HttpSubject
from conformance.sweep_inputs import inputs_of
from conformance.sweep_pool import Killed, Place, as_finished
from conformance.sweep_rows import VERSION, Head, Row, Rows
from conformance.sweep_work import Job, run_seed, source
from conformance.verdict import UNFINISHED
from scenarios.schema import Scenario


class OtherSource(Exception):
    """A worker is of another anynode than this; its row was not kept."""


class Asked(Struct, frozen=True):
    """A sweep that can be done: the plan of its first seed, and the head of its rows."""

    plan: Plan
    head: Head
    twice: int

    def jobs(self, seeds: Sequence[int]) -> list[Job]:
        """Give the jobs of seeds, in their order; files are named so that a worker in another folder finds them."""
        scenario, subject = self.plan.scenario, self.head.subject
        if Path(subject).suffix in (".yaml", ".yml"):
            subject = str(Path(subject).absolute())
        whole = sweep_gate.told(scenario, 0, subject)
        if whole.text:
            whole = structs.replace(whole, scenario=str(Path(whole.scenario).absolute()))
        return [
            Job(structs.replace(whole, seed=seed), sweep_gate.chosen(scenario.name, seed, self.twice)) for seed in seeds
        ]


def asked(scenario: Scenario, seed: int, subject: str, twice: int = sweep_gate.PERCENT) -> Asked:
    """Make sure that a sweep is possible.

    Args:
        scenario: what happens.
        seed: the first one.
        subject: as `--subject` names it.
        twice: how many of a hundred runs are run twice.

    Raises:
        Refused: the subject is real servers, whose runs nothing repeats.
        ScenarioRefused, ConfigurationError, SubjectRefused, BrokenAdapter: as `conformance.planning.plan`.
    """
    decided = plan(scenario, seed=seed, subject=subject)
    if isinstance(decided.subject, HttpSubject):
        raise Refused(
            f"--subject {subject}: found real servers, expected a subject in simulated time: real time has no seeds; "
            f"to judge servers by all scenarios: anynode validate {subject}"
        )
    head = Head(
        sweep=VERSION,
        scenario=scenario.name,
        text=sha256(scenario.text.encode()).hexdigest(),
        subject=subject,
        subject_version=decided.subject.version,
        anynode=installed_version("anynode"),
        source=source(),
        twice=twice,
        inputs=inputs_of(decided),
    )
    return Asked(decided, head, twice)


def carried_out(jobs: Sequence[Job], place: Place, rows: Rows, progress: Callable[[Row], None]) -> dict[int, float]:
    """Do the jobs and keep what comes of each as soon as it is there.

    Args:
        jobs: what to run.
        place: where.
        rows: where the rows go.
        progress: told each row once it is kept.

    Returns:
        How long each seed took where it was run, in seconds.

    Raises:
        CannotWrite: the rows cannot be written any more.
        OtherSource: a worker is of another anynode.
        Gone: nobody is left to do them.
        Exception: what `run_seed` refuses.
    """
    took: dict[int, float] = {}
    for number, came in as_finished(run_seed, jobs, place):
        seed = jobs[number].run.seed
        if isinstance(came, Killed):
            row = Row(seed=seed, verdict=UNFINISHED, defect=str(came))
        elif came.source != source():
            raise OtherSource(
                f"the worker that ran seed {seed}: found anynode of source {came.source}, expected {source()} as here; "
                "install the same everywhere and start the workers anew"
            )
        else:
            row = came.row
            took[seed] = came.wall_s
        rows.add(row)
        progress(row)
    return took
