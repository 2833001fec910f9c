"""What a verdict is worth: the record that `anynode power --write` keeps, and what of it stands beside one run.

Nothing is run here. The record comes with anynode (power.json); whether it still fits is told by fingerprints of what
it was measured with, so that no version control is needed to know.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from conformance.verdict import HOLDS, VIOLATED, Finding

NAME = "power.json"
CONFIDENCE_PERCENT = 95


class Worth(Struct, frozen=True, kw_only=True):
    """What a number of clean seeds is worth at 95 % confidence: in what share of seeds a bug unseen in them may show.

    Attributes:
        seeds: how many were run, and clean.
        confidence: 0.95.
        exact: the greatest share: 1 - 0.05 ** (1 / seeds).
        rule_of_three: 3 / seeds, at most 1: what one reckons in the head.
    """

    seeds: int
    confidence: float
    exact: float
    rule_of_three: float


def worth_of(seeds: int) -> Worth:
    """Say what so many clean seeds are worth.

    Args:
        seeds: how many, at least 1; each of one scenario, with chance of its own.

    Source: Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983).
    """
    missed = (100 - CONFIDENCE_PERCENT) / 100
    return Worth(
        seeds=seeds,
        confidence=CONFIDENCE_PERCENT / 100,
        exact=round(1 - missed ** (1 / seeds), 6),
        rule_of_three=round(min(1.0, 3 / seeds), 6),
    )


class Store(Struct, kw_only=True):
    """One broken store, and who convicted it in its scenario.

    Attributes:
        name, bug, seen_in, check, scenario: its row in `conformance.broken`; `check` is the one that must convict it.
        convicted: every check that convicted it in some seed, in the order in which they judge.
        seeds_convicted: in how many seeds its own check did.
        seeds_until: how many seeds had to be run, from the first, until its own check did; None where it never did.
        seeds_median: the median of that over every seed to begin with (`conformance.power.median_wait`); None where for
            half of them the seeds ran out first.
        by_check: in how many seeds each check convicted it; those that did in none are left out.
        again: the command that measures this row again.
    """

    name: str
    bug: str
    seen_in: str
    check: str
    scenario: str
    convicted: list[str]
    seeds_convicted: int
    seeds_until: int | None
    seeds_median: int | None
    by_check: dict[str, int]
    again: str


class Doubted(Struct, kw_only=True):
    """A run of the reference that did not end as it must, the checks to blame, and the command that repeats it."""

    scenario: str
    seed: int
    verdict: str
    checks: list[str]
    again: str


class Reference(Struct, kw_only=True):
    """What came of the reference, which no check may convict.

    Attributes:
        convicted: the checks that did.
        runs: how many runs were judged.
        scenarios: what was run, by name.
        doubted: each run that was convicted, or in which nothing was shown; of a long scenario the whole run must show
            what is expected, those around its faults need only not be convicted.
        fell_short: how many of those around their faults were acquitted, but too short to show all that is expected;
            None in a record that did not count them.
    """

    convicted: list[str]
    runs: int
    scenarios: list[str]
    doubted: list[Doubted]
    fell_short: int | None = None


class Reach(Struct, kw_only=True):
    """Where one kind of fault really touched something while the reference ran.

    Attributes:
        scenarios: in which it did, with any seed.
        runs: in how many runs it did.
        struck: in how many runs it struck at all.
    """

    scenarios: list[str]
    runs: int
    struck: int


class Record(Struct, kw_only=True):
    """All that was measured, and with what.

    Attributes:
        power: the version of this format.
        anynode: the version of the program that measured.
        commit: of the checkout, with "-dirty" where it had changes; "" where there was none.
        fingerprint: of the checks, the broken stores and the scenarios, by those words.
        first_seed, seeds: which seeds were run: so many, from the first.
        broken: a row a broken store.
        reference: what came of the reference.
        checks: by check, the broken stores that it convicted in some seed.
        faults: by kind, as scenarios name it.
        worth: of a clean run of so many seeds.
    """

    power: Literal[1] = 1
    anynode: str
    commit: str
    fingerprint: dict[str, str]
    first_seed: int
    seeds: int
    broken: list[Store]
    reference: Reference
    checks: dict[str, list[str]]
    faults: dict[str, Reach]
    worth: Worth


class Convicted(Struct, kw_only=True):
    """One broken store that a check has convicted, as it stands beside a run."""

    name: str
    bug: str
    scenario: str
    seeds: int


class Beside(Struct, kw_only=True):
    """What stands beside the verdict of one run: the part of the record that concerns the checks used there.

    Attributes:
        commit, seeds: as in the record.
        stale: what has changed since it was measured, in words; empty where nothing has.
        checks: by check that judged something in the run, the broken stores that it has convicted.
        runs, alarms: of the reference: how many runs were judged, and how many of them convicted it.
        worth: of one clean seed, and of as many as were measured.
    """

    commit: str
    seeds: int
    stale: list[str]
    checks: dict[str, list[Convicted]]
    runs: int
    alarms: int
    worth: list[Worth]


def place() -> Path:
    """Name the file of the record that comes with anynode."""
    return _folder("conformance") / NAME


def recorded() -> Record | None:
    """Read the record that comes with anynode; None where there is none, or one of another format."""
    try:
        return msgspec.json.decode(place().read_bytes(), type=Record)
    except (FileNotFoundError, msgspec.ValidationError):
        return None


def as_json(record: Record) -> bytes:
    """Write a record as JSON that people can read too."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def fingerprint(scenarios: Iterable[str]) -> dict[str, str]:
    """Digest what a record is measured with: the source of the checks and of the broken stores, and the scenarios.

    Args:
        scenarios: the names of those that were run; what is not there is left out.

    Returns:
        By "checks", "broken stores" and "scenarios", 16 hexadecimal digits of SHA-256.
    """
    judge = _folder("conformance")
    wanted = {f"{name}.yaml" for name in scenarios}
    worlds = _folder("scenarios")
    return {
        "checks": _digest(judge / "checks", (judge / "checks").rglob("*.py")),
        "broken stores": _digest(judge / "broken", (judge / "broken").rglob("*.py")),
        "scenarios": _digest(worlds, (path for path in worlds.rglob("*.yaml") if path.name in wanted)),
    }


def stale(record: Record) -> list[str]:
    """Name what has changed since a record was measured, as words for a sentence; empty where nothing has."""
    used = {*record.reference.scenarios, *(store.scenario for store in record.broken)}
    now = fingerprint(used)
    return [part for part, digest in now.items() if record.fingerprint.get(part) != digest]


def beside(findings: Sequence[Finding]) -> Beside | None:
    """Choose what of the record concerns one run.

    Args:
        findings: of every check; those that judged something are the ones used.

    Returns:
        What stands beside the verdict; None where anynode comes without a record.
    """
    kept = _kept()
    if kept is None:
        return None
    record, changed = kept
    used = [finding.check for finding in findings if finding.verdict in (HOLDS, VIOLATED)]
    return Beside(
        commit=record.commit,
        seeds=record.seeds,
        stale=changed,
        checks={check: _convicted_by(check, record) for check in used},
        runs=record.reference.runs,
        alarms=sum(run.verdict == VIOLATED for run in record.reference.doubted),
        worth=[worth_of(1), record.worth],
    )


@cache
def _kept() -> tuple[Record, list[str]] | None:
    """Read the record once a process; neither it nor the sources change under a running program."""
    record = recorded()
    return None if record is None else (record, stale(record))


def _convicted_by(check: str, record: Record) -> list[Convicted]:
    """List the broken stores that a check convicted, those that it is meant for first."""
    found = sorted(
        (store for store in record.broken if check in store.by_check), key=lambda store: store.check != check
    )
    return [
        Convicted(name=store.name, bug=store.bug, scenario=store.scenario, seeds=store.by_check[check])
        for store in found
    ]


def _folder(package: str) -> Path:
    return Path(str(files(package)))


def _digest(folder: Path, paths: Iterable[Path]) -> str:
    whole = sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()[:16]
