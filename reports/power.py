"""What a run's verdict is worth, in words: what the checks used there have convicted, what clean seeds leave room for.

Read from the run document, where the runner has put it (`conformance.worth`); nothing is measured here.
"""

from msgspec import Struct

from conformance.verdict import VIOLATED
from conformance.worth import Beside, Worth
from reports import words
from reports.document import RunDocument


class Power(Struct, frozen=True):
    """What stands beside the verdict.

    Attributes:
        brief: all of it in one sentence, for beside the verdict.
        lead: what was measured, with which commit.
        stale: what has changed since, "" where nothing has.
        checks: each that judged something in the run, with the broken stores that it has convicted.
        stores: each broken store that is named there, with its bug.
        clean: what clean seeds are worth, a sentence each; none beside a violation.
    """

    brief: str
    lead: str
    stale: str
    checks: list[tuple[str, str]]
    stores: list[tuple[str, str]]
    clean: list[str]


def told(document: RunDocument) -> Power | None:
    """Say what the verdict of a run is worth; None where that was not measured, or the run did not finish."""
    found = document.power()
    if found is None or not document.finished:
        return None
    stores = {one.name: f"{one.bug} ({one.scenario})" for convicted in found.checks.values() for one in convicted}
    return Power(
        brief=_brief(found, len(stores)),
        lead=_lead(found),
        stale=_stale(found),
        checks=[
            (words.spoken(check), ", ".join(f"{one.name} {one.seeds}" for one in convicted) or "none")
            for check, convicted in found.checks.items()
        ],
        stores=sorted(stores.items()),
        clean=[] if document.verdict == VIOLATED else [_clean(one) for one in found.worth],
    )


def _brief(found: Beside, stores: int) -> str:
    checks = words.count(len(found.checks), "check")
    stale = " (measured before something changed)" if found.stale else ""
    return (
        f"The {checks} used here convicted {words.count(stores, 'broken store')}, and "
        f"{words.count(found.alarms, 'run')} of {found.runs:,} of the reference{stale}."
    )


def _lead(found: Beside) -> str:
    commit = f"at commit {found.commit}" if found.commit else "outside of a checkout"
    convicted = f"{found.alarms:,}" if found.alarms else "none"
    return (
        f"Stores that are wrong on purpose were run with {words.count(found.seeds, 'seed')} each, {commit}, and judged "
        "by these checks; the number beside each is that of the seeds in which it was convicted. Of "
        f"{words.count(found.runs, 'run')} of the reference, which must hold, they convicted {convicted}."
    )


def _stale(found: Beside) -> str:
    if not found.stale:
        return ""
    changed = words.listed([f"the {part}" for part in found.stale])
    return f"Stale: {changed} have changed since this was measured. To measure again: anynode power --seeds 10 --write"


def _clean(one: Worth) -> str:
    seeds = words.count(one.seeds, "clean seed")
    leaves = "leaves" if one.seeds == 1 else "leave"
    return (
        f"{seeds} of a scenario {leaves} room, at {one.confidence * 100:.0f} % confidence, for a bug that shows in up "
        f"to {one.exact * 100:.3g} % of its seeds."
    )
