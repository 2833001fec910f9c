"""`anynode power`: what a verdict is worth, measured on stores that are wrong on purpose and one that must be right."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output
from conformance.cli.seeds import seeds_asked

if TYPE_CHECKING:  # measuring loads the whole engine
    from conformance.power import Failing
    from conformance.worth import Record

ROOT = Path(__file__).parents[2]
"""The checkout, where there is one."""
DOCUMENT = Path("docs") / "power.md"


def power(
    seeds: Annotated[str, typer.Option(help="How many seeds of every row, or a range.", metavar="N|A-B")] = "10",
    broken: Annotated[
        list[str] | None,
        typer.Option(
            help="This broken store only, beside the reference in its scenario; may be given several times.",
            metavar="NAME",
        ),
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="The reference only, in every scenario: a sweep for false alarms.")
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=1, help="Runs at a time; what comes of it is the same.", show_default="one a core")
    ] = os.cpu_count() or 1,
    write: Annotated[
        bool, typer.Option("--write", help="Keep it for the pages of runs and in docs/power.md of this checkout.")
    ] = False,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Measure nothing: print what was kept last, and whether it is stale.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Measure what the checks convict: what a verdict is worth.

    Runs every broken store in its scenario with every seed, and the reference beside it; in all other scenarios the
    reference runs the first two. "until" is how many seeds it takes, from the first, until the check meant for a broken
    store convicts it; "median" is the median of that over every seed to begin with, where seeds that run out without a
    conviction count as longest.

    Exit codes: 1 where a broken store got away or the reference was convicted, 3 where the reference was not judged.
    """
    if recorded:
        if broken or reference or write:
            raise output.failure("--recorded", "another choice beside it", "it alone", "leave the others out")
        return _report(*_recorded(), as_json=as_json)
    chosen = seeds_asked(seeds)
    if broken and reference:
        raise output.failure("--reference", "--broken beside it", "one of them", "leave one of them out")
    if write and (broken or reference or chosen[0] != 1):
        raise output.failure("--write", "a part of the whole", "every row, from seed 1", "leave the other choices out")
    if write:
        _refuse_elsewhere()
    record = _measured(chosen, None if reference else broken or [], jobs, shown=not as_json)
    if write:
        _keep(record)
    return _report(record, [], as_json=as_json)


def _measured(seeds: list[int], broken: list[str] | None, jobs: int, *, shown: bool) -> "Record":
    """Run everything that was asked for and put it together.

    Args:
        seeds: of every row.
        broken: the broken stores, beside the reference in their scenarios; all, and every scenario, where it is empty;
            None for the reference in every scenario alone.
        jobs: how many runs at a time.
        shown: whether a person may see how far it has come.
    """
    from conformance import power as measuring
    from conformance.broken import BROKEN
    from scenarios import names

    stores = [] if broken is None else _known(broken or list(BROKEN), list(BROKEN))
    scenarios = [entry.name for entry in names()]
    if broken:
        scenarios = [name for name in scenarios if name in {BROKEN[store].scenario for store in stores}]
    planned = measuring.jobs_of(stores, scenarios, seeds)
    with output.progress(f"{len(planned)} runs", len(planned), shown=shown) as advance:
        ran = measuring.carried_out(planned, jobs, advance)
    return measuring.record_of(ran, _commit())


def _recorded() -> "tuple[Record, list[str]]":
    """Give the record that comes with anynode, and what has changed since."""
    from conformance import worth

    record = worth.recorded()
    if record is None:
        raise output.failure(
            str(worth.place()), "no record of this format", "what --write keeps", "measure: anynode power"
        )
    return record, worth.stale(record)


def _report(record: "Record", stale: list[str], *, as_json: bool) -> int:
    """Print a record, what has changed since it was measured, and whether all is as it must be; give the exit code."""
    from msgspec import to_builtins

    from conformance.power import failing
    from conformance.power_table import terminal

    found = failing(record)
    if as_json:
        output.print_json({**to_builtins(record), "failing": to_builtins(found), "stale": stale})
    else:
        output.say(terminal(record))
        _tell(record, found)
        if stale:
            output.say(f"stale: {', '.join(stale)} have changed since\nagain: anynode power --seeds {record.seeds}")
    return _exit_code(record, found)


def _tell(record: "Record", failing: "list[Failing]") -> None:
    """Say at the end whether all is as it must be, and how to repeat what is not."""
    from reports.words import count

    output.say()
    for one in failing:
        output.say(f"not as it must be: {one.what}\nagain: {one.again}")
    if not failing:
        own = record.reference
        short = f", of which {own.fell_short:,} were too short for all that is expected" if own.fell_short else ""
        stores = (
            "" if not record.broken else f"of {len(record.broken)} broken stores each was convicted by its own check; "
        )
        output.say(f"as it must be: {stores}the reference by none, in {count(own.runs, 'run')}{short}")


def _exit_code(record: "Record", failing: "list[Failing]") -> int:
    """Only doubt about the reference is no answer; all else that fails is one."""
    if not failing:
        return output.HELD
    undecided = len(failing) == len(record.reference.doubted) and not record.reference.convicted
    return output.UNDECIDED if undecided else output.VIOLATED


def _known(asked: list[str], known: list[str]) -> list[str]:
    """Keep the broken stores that were asked for, in the order of the table; refuse a name that is none."""
    for name in asked:
        if name not in known:
            raise output.failure(
                "--broken", f"'{name}'", "the name of a broken store", f"write one of: {', '.join(known)}"
            )
    return [name for name in known if name in asked]


def _refuse_elsewhere() -> None:
    """Make sure before anything is run that there is a checkout to write into."""
    if not (ROOT / DOCUMENT).is_file():
        raise output.failure("--write", f"no {DOCUMENT} in {ROOT}", "a checkout of anynode", "leave --write out")


def _keep(record: "Record") -> None:
    from conformance import worth
    from conformance.power_table import NoPlace, filled

    document = ROOT / DOCUMENT
    with output.refusing(NoPlace):
        text = filled(document.read_text(encoding="utf-8"), record)
    worth.place().write_bytes(worth.as_json(record))
    document.write_text(text, encoding="utf-8", newline="\n")
    output.note(f"written: {worth.place()}, {document}")


def _commit() -> str:
    """Name the commit of the checkout, "-dirty" where it has changes; "" where there is none, or no git."""
    import subprocess

    if not (ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no input of a user
    except OSError:
        return ""
    return ran.stdout.strip()
