"""What the checks can convict, measured: every broken store in its scenario, and the reference as its control.

Each run is judged from its history as `anynode run` would judge it, in memory. It prints nothing and writes
nothing; the shape of what comes of it stands in `conformance.worth`.
"""

import shlex
from collections.abc import Callable, Sequence
from importlib.metadata import version as installed_version

from msgspec import Struct

from conformance.broken import BROKEN
from conformance.checks import CHECKS
from conformance.judging import judgement
from conformance.planning import plan
from conformance.sweep_pool import in_order, place_of
from conformance.touching import touched_of
from conformance.verdict import HOLDS, VACUOUS
from conformance.worth import Doubted, Reach, Record, Reference, Store, fingerprint, worth_of
from reports.words import count
from scenarios import Scenario, load
from scenarios.faults import KINDS
from scenarios.shortened import LARGE, around_faults

REFERENCE = "reference"
ELSEWHERE = 2
"""So many seeds the reference runs where no broken store does."""
SEEDS_MOST = 10
"""Within so many seeds a broken store must be convicted."""
MEDIAN_MOST = 3
"""And so many must do, wherever one begins."""


class CheckFailed(Exception):
    """A check raised instead of judging: a defect of anynode, and nothing is measured."""


class Job(Struct, frozen=True):
    """One run to make and judge.

    Attributes:
        short: whether a long scenario is told in ten minutes around its faults.
    """

    subject: str
    scenario: str
    seed: int
    short: bool = False

    @property
    def command(self) -> str:
        """The command line that does the same."""
        whom = [] if self.subject == REFERENCE else ["--subject", self.subject]
        how = ["--around-faults"] if self.short else []
        return shlex.join(["anynode", "run", self.scenario, "--seed", str(self.seed), *how, *whom])


class Ran(Struct, frozen=True):
    """What came of a job: its verdict, the checks that convicted, and how much each kind of fault touched."""

    job: Job
    verdict: str
    convicted: list[str]
    touched: dict[str, int]


class Failing(Struct, kw_only=True):
    """Something that is not as it must be, and the command that repeats it."""

    what: str
    again: str


def subject_of(name: str) -> str:
    """Name a broken store as a subject."""
    return f"broken:{name}"


def jobs_of(broken: Sequence[str], scenarios: Sequence[str], seeds: Sequence[int]) -> list[Job]:
    """List what is to be run: the reference first, since its scenarios are the longest.

    Args:
        broken: the broken stores, each in its own scenario.
        scenarios: those of the reference. Where a broken store runs too it is the control, and runs all that is run
            there; in the others it runs the first few seeds, since looking for false alarms is what `--reference`, with
            no broken store, and `make soak` are for.
        seeds: of every one. A scenario of more than ten minutes is told around its faults; of the reference in a
            cluster above 20 nodes the first is run alone.
    """
    controlled = {BROKEN[name].scenario for name in broken}
    found = []
    for name in scenarios:
        scenario = load(name)
        chosen = seeds if name in controlled or not broken else seeds[:ELSEWHERE]
        chosen = chosen[:1] if scenario.cluster.nodes > LARGE else chosen
        found += [Job(REFERENCE, name, seed, short=_is_long(scenario)) for seed in chosen]
    found += [
        Job(subject_of(name), BROKEN[name].scenario, seed, short=_is_long(load(BROKEN[name].scenario)))
        for name in broken
        for seed in seeds
    ]
    return found


def _is_long(scenario: Scenario) -> bool:
    return around_faults(scenario) is not scenario


def judged(job: Job) -> Ran:
    """Run a job and judge its history.

    Raises:
        CheckFailed: a check raised.
        Exception: whatever the run raised, with the command that repeats it as a note.
    """
    try:
        came = judgement(plan(load(job.scenario), seed=job.seed, subject=job.subject, short=job.short), job.command)
    except Exception as error:
        error.add_note(f"in: {job.command}")
        raise
    if came.failed is not None:
        raise CheckFailed(f"{came.failed.check} in {job.command}: {came.failed.seen}\n{came.failed.traceback}")
    return Ran(job, came.verdict, came.convicted, touched_of(came.history))


def carried_out(jobs: Sequence[Job], processes: int, progress: Callable[[int], None]) -> list[Ran]:
    """Do all jobs, in so many processes at a time; what comes of them is in the order of the jobs whatever the number.

    Args:
        jobs: what to run.
        processes: 1 runs everything in this process.
        progress: told how many are done.
    """
    done = []
    for ran in in_order(judged, jobs, place_of(processes)):
        done.append(ran)
        progress(len(done))
    return done


def median_wait(convicted: Sequence[bool]) -> int | None:
    """Take the median of how many seeds one runs until a conviction, over every seed to begin with.

    The wait of a seed is the number of seeds from it on, itself counted, up to the first that convicts. Where the seeds
    run out first it counts as longer than all others, since nobody knows how long it is.

    Args:
        convicted: for each seed in order, whether it convicted; at least one.

    Returns:
        The smallest number by which more than half of the beginnings have led to a conviction; None where it is
        longer than the seeds that there are.
    """
    waits: list[int] = []
    wait: int | None = None
    for here in reversed(convicted):
        wait = 1 if here else None if wait is None else wait + 1
        if wait is not None:
            waits.append(wait)
    middle = len(convicted) // 2
    return sorted(waits)[middle] if middle < len(waits) else None


def record_of(ran: Sequence[Ran], commit: str) -> Record:
    """Put what came of all jobs together.

    Args:
        ran: at least one, each subject's and scenario's seeds in order.
        commit: of the checkout, "" where there is none.
    """
    seeds = sorted({one.job.seed for one in ran})
    by_subject: dict[str, list[Ran]] = {}
    for one in ran:
        by_subject.setdefault(one.job.subject, []).append(one)
    own = by_subject.pop(REFERENCE, [])
    broken = [_store(subject.partition(":")[2], found) for subject, found in by_subject.items()]
    reference = _reference(own)
    return Record(
        anynode=installed_version("anynode"),
        commit=commit,
        fingerprint=fingerprint({*reference.scenarios, *(store.scenario for store in broken)}),
        first_seed=seeds[0],
        seeds=len(seeds),
        broken=broken,
        reference=reference,
        checks={check: [store.name for store in broken if check in store.by_check] for check in CHECKS},
        faults={kind: _reach(kind, own) for kind in KINDS},
        worth=worth_of(len(seeds)),
    )


def _store(name: str, ran: Sequence[Ran]) -> Store:
    row = BROKEN[name]
    by_check = {check: sum(check in one.convicted for one in ran) for check in CHECKS}
    own = [row.convicted_by in one.convicted for one in ran]
    first, last = ran[0].job.seed, ran[-1].job.seed
    seeds = str(last) if first == 1 else f"{first}-{last}"
    return Store(
        name=name,
        bug=row.bug,
        seen_in=row.seen_in,
        check=row.convicted_by,
        scenario=row.scenario,
        convicted=[check for check, number in by_check.items() if number],
        seeds_convicted=sum(own),
        seeds_until=own.index(True) + 1 if any(own) else None,
        seeds_median=median_wait(own),
        by_check={check: number for check, number in by_check.items() if number},
        again=shlex.join(["anynode", "power", "--broken", name, "--seeds", seeds]),
    )


def _reference(ran: Sequence[Ran]) -> Reference:
    convicting = {check for one in ran for check in one.convicted}
    return Reference(
        convicted=[check for check in CHECKS if check in convicting],
        runs=len(ran),
        fell_short=sum(map(_fell_short, ran)),
        scenarios=list(dict.fromkeys(one.job.scenario for one in ran)),
        doubted=[
            Doubted(
                scenario=one.job.scenario,
                seed=one.job.seed,
                verdict=one.verdict,
                checks=one.convicted,
                again=one.job.command,
            )
            for one in ran
            if one.verdict != HOLDS and not _fell_short(one)
        ],
    )


def _fell_short(one: Ran) -> bool:
    return one.job.short and one.verdict == VACUOUS


def _reach(kind: str, ran: Sequence[Ran]) -> Reach:
    struck = [one for one in ran if kind in one.touched]
    touched = [one for one in struck if one.touched[kind]]
    scenarios = list(dict.fromkeys(one.job.scenario for one in touched))
    return Reach(scenarios=scenarios, runs=len(touched), struck=len(struck))


def failing(record: Record) -> list[Failing]:
    """List all that is not as it must be: a broken store that got away, a reference that was convicted or not judged.

    A broken store must be convicted by its own check within the first 10 seeds; where there are as many, the median of
    the wait (`median_wait`) must be at most 3 too.
    """
    found = []
    for store in record.broken:
        within = min(record.seeds, SEEDS_MOST)
        if store.seeds_until is None or store.seeds_until > within:
            what = f"{store.name} was not convicted by {store.check} in {store.scenario} within {count(within, 'seed')}"
            found.append(Failing(what=what, again=store.again))
        elif record.seeds >= SEEDS_MOST and (store.seeds_median is None or store.seeds_median > MEDIAN_MOST):
            median = f"more than {record.seeds}" if store.seeds_median is None else str(store.seeds_median)
            what = f"{store.name} is convicted by {store.check} after {median} seeds (median), expected {MEDIAN_MOST}"
            found.append(Failing(what=what, again=store.again))
    for run in record.reference.doubted:
        by = f" by {', '.join(run.checks)}" if run.checks else ""
        what = f"the reference in {run.scenario}, seed {run.seed}: {run.verdict}{by}, expected {HOLDS}"
        found.append(Failing(what=what, again=run.again))
    return found
