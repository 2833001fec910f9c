"""What a worker does for a sweep: one seed run, judged, counted, and where it was chosen run again by another process.

Whoever works has loaded all that a run needs, and plans a scenario once.
"""

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from time import perf_counter  # noqa: TID251 - how long a seed took is told beside the rows, and decides nothing

from msgspec import Struct, structs

from conformance.beliefs import Beliefs
from conformance.collecting import uncollected
from conformance.costs import costs, prices
from conformance.figures.clients import availability
from conformance.figures.copies import lag, watched_writes
from conformance.history import History
from conformance.judging import in_brief, judgement
from conformance.planning import Plan
from conformance.sweep_gate import Told, difference, seen
from conformance.sweep_rows import Row
from conformance.touching import touched_of
from conformance.verdict import UNFINISHED, Finding

_PACKAGES = ("anynode", "conformance", "reference", "reports", "scenarios", "simulator")
_DECIDE = ("*.py", "*.yaml", "*.gz")
"""Code, scenarios and the recorded day; templates of pages decide no row."""
_LOSSES = ("durability", "lost_updates")


class Job(Struct, frozen=True):
    """One seed to run, and whether to run it twice."""

    run: Told
    twice: bool


class Answer(Struct, frozen=True):
    """What came of a job: its row, how long it took, and of what source the worker was."""

    row: Row
    wall_s: float
    source: str


@cache
def source() -> str:
    """Digest the files of anynode, by which two workers know that they are of one kind: 16 hexadecimal digits."""
    whole = blake2b(digest_size=8)
    for package in _PACKAGES:
        folder = Path(str(files(package)))
        for path in sorted(path for pattern in _DECIDE for path in folder.rglob(pattern)):
            content = path.read_bytes()
            whole.update(f"{package}/{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
            whole.update(content)
    return whole.hexdigest()


def run_seed(job: Job) -> Answer:
    """Run one seed; what goes wrong in the run becomes part of its row.

    Raises:
        ScenarioRefused, ConfigurationError, SubjectRefused, Refused: what is to be run is not there, where this is.
    """
    began = perf_counter()
    run = job.run
    decided = structs.replace(_planned(structs.replace(run, seed=0)), seed=run.seed)
    try:
        row = _row(job, decided)
    except Exception as error:  # noqa: BLE001 (one seed's defect is told, and takes no other seed with it)
        row = Row(seed=run.seed, verdict=UNFINISHED, defect=in_brief(error))
    return Answer(row, round(perf_counter() - began, 3), source())


@cache
def _planned(run: Told) -> Plan:
    """Plan a run once; its seeds share everything else."""
    return run.planned()


def _row(job: Job, decided: Plan) -> Row:
    came = judgement(decided, f"{decided.scenario.name}, seed {decided.seed}")
    outcome = came.outcome
    with uncollected():
        row = _counted(came.history, came.findings)
    row.seed, row.verdict, row.convicted = decided.seed, came.verdict, came.convicted
    row.digest, row.events, row.messages = outcome.digest, outcome.events, outcome.messages
    row.simulated_us = outcome.simulated_us
    if came.failed is not None:
        row.defect = f"the check {came.failed.check} failed: {came.failed.traceback.strip().splitlines()[-1]}"
    if job.twice and came.broken is None:
        row.twice = True
        row.differs = difference(job.run, seen(outcome.digest, came.written))
    return row


def _counted(history: History, findings: list[Finding]) -> Row:
    """Count in a history what is compared over seeds."""
    held = Beliefs(history)
    paid = costs(held, prices(history, held))
    asked = availability(history)["buckets"]
    return Row(
        seed=0,
        verdict="",
        requests=sum(number for _, number, _ in asked),
        answered=sum(number for _, _, number in asked),
        lag=lag(history, watched_writes(history)),
        lost=sum(finding.violations for finding in findings if finding.check in _LOSSES),
        sessions=paid["sessions"],
        sessions_lost=paid["sessions_lost"],
        logins=paid["logins"],
        logins_forced=paid["logins_forced"],
        faults=touched_of(history),
    )
