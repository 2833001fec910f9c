"""What a worker does for a sweep: one seed run, judged, counted, and where it was chosen run again by another process.

Whoever works has loaded all that a run needs, and plans a scenario once.
"""

import io
import traceback
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from time import perf_counter  # noqa: TID251 - how long a seed took is told beside the rows, and decides nothing

from msgspec import Struct, structs

from conformance.beliefs import Beliefs
from conformance.checks import judge
from conformance.collecting import uncollected
from conformance.costs import costs, prices
from conformance.figures.clients import availability
from conformance.figures.copies import lag, watched_writes
from conformance.history import History
from conformance.planning import Plan
from conformance.reading import read
from conformance.runner import lived
from conformance.sweep_gate import Told, difference, seen
from conformance.sweep_rows import Row
from conformance.touching import untouched
from conformance.verdict import UNFINISHED, VIOLATED, Finding, combine

_PACKAGES = ("anynode", "conformance", "reference", "reports", "scenarios", "simulator")
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
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.yaml")]):
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
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        row = Row(seed=run.seed, verdict=UNFINISHED, defect=f"{type(error).__name__}: {error} ({where})")
    return Answer(row, round(perf_counter() - began, 3), source())


@cache
def _planned(run: Told) -> Plan:
    """Plan a run once; its seeds share everything else."""
    return run.planned()


def _row(job: Job, decided: Plan) -> Row:
    written = io.BytesIO()
    outcome, broken = lived(decided, written)
    with uncollected():
        history = read(written.getvalue(), f"{decided.scenario.name}, seed {decided.seed}")
        findings = judge(history)
        row = _counted(history, findings)
    row.seed = decided.seed
    row.verdict = combine(
        findings, finished=history.finished, adapter_broken=broken is not None, untouched=untouched(history)
    )
    row.digest, row.events, row.messages = outcome.digest, outcome.events, outcome.messages
    row.simulated_us = outcome.simulated_us
    failed = next((finding for finding in findings if finding.traceback), None)
    if failed is not None:
        row.defect = f"the check {failed.check} failed: {failed.traceback.strip().splitlines()[-1]}"
    if job.twice and broken is None:
        row.twice = True
        row.differs = difference(job.run, seen(outcome.digest, written.getvalue()))
    return row


def _counted(history: History, findings: list[Finding]) -> Row:
    """Count in a history what is compared over seeds."""
    held = Beliefs(history)
    paid = costs(held, prices(history, held))
    asked = availability(history)["buckets"]
    faults: dict[str, int] = {}
    for fault in history.faults:
        faults[fault.fault] = faults.get(fault.fault, 0) + fault.touched
    return Row(
        seed=0,
        verdict="",
        convicted=[finding.check for finding in findings if finding.verdict == VIOLATED],
        requests=sum(number for _, number, _ in asked),
        answered=sum(number for _, _, number in asked),
        lag=lag(history, watched_writes(history)),
        lost=sum(finding.violations for finding in findings if finding.check in _LOSSES),
        sessions=paid["sessions"],
        sessions_lost=paid["sessions_lost"],
        logins=paid["logins"],
        logins_forced=paid["logins_forced"],
        faults=faults,
    )
