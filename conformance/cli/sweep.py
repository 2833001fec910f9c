"""`anynode sweep`: many seeds of one scenario, here or on other machines; how they differ, and which did not hold."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic  # noqa: TID251 - how long it takes is told beside the rows, and decides nothing
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output
from conformance.cli.seeds import seeds_asked

if TYPE_CHECKING:  # sweeping loads the whole engine
    from conformance.sweep import Asked
    from conformance.sweep_pool import Place
    from conformance.sweep_rows import Row, Rows
    from conformance.sweep_summary import Summary

ROWS, SUMMARY, TIMES = "seeds.jsonl", "summary.md", "times.json"
TOLD_MOST = 10
"""Failing seeds that the terminal shows."""


def sweep(
    scenario: Annotated[
        str, typer.Argument(help="Name of a scenario (anynode scenarios), or the path of a YAML file.")
    ],
    seeds: Annotated[str, typer.Option(help="How many seeds, from 1 on, or a range.", metavar="N|A-B")] = "100",
    subject: Annotated[
        str, typer.Option(help="Whom to judge: reference, broken:NAME, a subject FILE.yaml, or package.module:Class.")
    ] = "reference",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes of this machine; what comes of it is the same.", show_default="one a core"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="A Dask scheduler whose workers run the seeds; needs the extra cluster.", metavar="tcp://HOST:PORT"
        ),
    ] = None,
    twice: Annotated[
        int, typer.Option(min=0, max=100, help="Of a hundred seeds, how many run twice and must be one run.")
    ] = 2,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the rows that are kept in the folder.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the sweep; default out/sweep-NAME[-SUBJECT].", metavar="DIR"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Run many seeds of one scenario, and say how they differ and which did not hold.

    Every seed becomes a row of seeds.jsonl in the order of the seeds, the same bytes wherever it was run. A sweep that
    was stopped goes on with --resume. To measure what a verdict is worth: power.
    """
    from conformance import folder
    from conformance.planning import Refused
    from conformance.subjects.adapter import BrokenAdapter
    from conformance.subjects.file import SubjectRefused
    from conformance.sweep import asked
    from conformance.sweep_dask import NoScheduler
    from conformance.sweep_rows import CannotWrite, NoRows
    from reference.errors import ConfigurationError
    from scenarios import ScenarioRefused, load

    chosen = seeds_asked(seeds)
    if workers is not None and scheduler is not None:
        raise output.failure("--workers", "--scheduler beside it", "one of them", "leave one of them out")
    refused = (ScenarioRefused, ConfigurationError, SubjectRefused, Refused, NoRows, NoScheduler)
    with output.refusing(*refused), output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER):
        wanted = asked(load(scenario), chosen[0], subject, twice)
        short = "" if subject == "reference" else f"-{folder.short(subject)}"
        place = out if out is not None else Path("out") / f"sweep-{wanted.head.scenario}{short}"
        with (
            output.refusing(CannotWrite, code=output.UNDECIDED),
            _workers(workers, scheduler) as where,
        ):
            rows = _rows(wanted, place, resume=resume)
            took_s = _run(wanted, chosen, where, rows, shown=not as_json)
    return _report(wanted, scenario, rows, took_s, as_json=as_json)


def _run(wanted: "Asked", chosen: list[int], where: "Place", rows: "Rows", *, shown: bool) -> float:
    """Run the seeds that are not kept yet, and leave the rows in order whatever happens; give how long it took, s."""
    from msgspec import json

    from conformance.sweep import OtherSource, carried_out
    from conformance.sweep_pool import Gone

    left = [seed for seed in chosen if seed not in rows.found or rows.found[seed].defect]
    began = monotonic()
    took: dict[int, float] = {}
    try:
        with _progress(rows, chosen, left, shown=shown) as advance:
            took = carried_out(wanted.jobs(left), where, rows, advance)
    except KeyboardInterrupt:
        raise output.Failure(_stopped("interrupted", rows, chosen), output.INTERRUPTED) from None
    except (Gone, OtherSource) as error:
        raise output.Failure(_stopped(str(error), rows, chosen), output.UNDECIDED) from error
    finally:
        rows.close()
    took_s = round(monotonic() - began, 3)
    times = {"wall_s": took_s, "runs": len(took), "runs_s": round(sum(took.values()), 3), "seeds": took}
    with _writing(rows.path.with_name(TIMES)) as path:
        path.write_bytes(json.format(json.encode(times), indent=1) + b"\n")
    return took_s


@contextmanager
def _writing(path: Path) -> "Iterator[Path]":
    """Say in a sentence that a file beside the rows cannot be written."""
    try:
        yield path
    except OSError as error:
        said = f"{path}: cannot be written ({error.strerror}); all rows are kept: make room and write --resume"
        raise output.Failure(said, output.UNDECIDED) from error


def _stopped(why: str, rows: "Rows", chosen: list[int]) -> str:
    kept = sum(seed in rows.found for seed in chosen)
    return f"{why}; {kept:,} of {len(chosen):,} seeds are kept in {rows.path}; go on with --resume"


@contextmanager
def _workers(workers: int | None, scheduler: str | None) -> "Iterator[Place]":
    from conformance.sweep_pool import place_of

    if scheduler is None:
        yield place_of(workers or os.cpu_count() or 1)
        return
    from conformance.sweep_dask import workers_of

    with workers_of(scheduler) as place:
        yield place


def _rows(wanted: "Asked", place: Path, *, resume: bool) -> "Rows":
    """Open the rows of a sweep: new ones, or those that are there and go on.

    Raises:
        NoRows: there is nothing to go on from, or something else.
    """
    from conformance.sweep_rows import Rows, read_rows, refuse_other

    path = place / ROWS
    if resume:
        head, found = read_rows(path)
        refuse_other(path, head, wanted.head)
        return Rows(path, head, found)
    try:
        _refuse(place)
        place.mkdir(parents=True, exist_ok=True)
        for old in (place / SUMMARY, place / TIMES, *sorted(place.glob("*.svg"))):
            old.unlink(missing_ok=True)
    except OSError as error:
        raise output.Failure(f"--out {place}: cannot be written ({error}); name a folder with room") from error
    return Rows(path, wanted.head)


def _refuse(place: Path) -> None:
    """Make sure that a folder is new, empty, or that of a sweep which came to its end."""
    if place.exists() and not place.is_dir():
        raise output.failure(f"--out {place}", "a file", "a folder", "name another one")
    if not place.is_dir() or not any(place.iterdir()):
        return
    rows = place / ROWS
    if not rows.is_file():
        raise output.failure(f"--out {place}", "a folder of something else", "a sweep's", "name another one")
    if not (place / SUMMARY).is_file():
        kept = rows.read_bytes().count(b"\n") - 1
        raise output.failure(
            f"--out {place}",
            f"a sweep that was stopped, with {kept:,} seeds",
            "none",
            "write --resume, or name another one",
        )


@contextmanager
def _progress(rows: "Rows", chosen: list[int], left: list[int], *, shown: bool) -> "Iterator[Callable[[Row], None]]":
    """Show on stderr how far it has come, what the verdicts were, and about how long it still takes."""
    verdicts = Counter(rows.found[seed].verdict for seed in chosen if seed in rows.found and seed not in left)
    begun, before = monotonic(), sum(verdicts.values())
    with output.progress(f"{len(chosen):,} seeds", len(chosen), shown=shown) as advance:

        def told(row: "Row") -> None:
            verdicts[row.verdict] += 1
            done = sum(verdicts.values())
            rest_s = (monotonic() - begun) / max(done - before, 1) * (len(chosen) - done)
            counts = ", ".join(f"{number:,} {verdict}" for verdict, number in sorted(verdicts.items()))
            advance(done, f"{done:,} done: {counts}; about {_span(rest_s)} left")

        yield told


def _span(seconds: float) -> str:
    """Write a time that is only guessed: "40 s", "12 min", "3 h"."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _report(wanted: "Asked", scenario: str, rows: "Rows", took_s: float, *, as_json: bool) -> int:
    """Write the summary and its pictures, print what it came to, and give the exit code."""
    from msgspec import to_builtins

    from conformance.sweep_summary import summary_of
    from conformance.verdict import worst_of
    from reports import sweep as pages
    from reports.svg import standalone

    kept, place = [row for _, row in sorted(rows.found.items())], rows.path.parent
    found = summary_of(rows.head, kept, scenario)
    pictures = pages.drawn(kept)
    for picture in pictures:
        with _writing(place / f"{picture.name}.svg") as path:
            path.write_text(standalone(picture.desk), encoding="utf-8")
    with _writing(place / SUMMARY) as path:
        path.write_text(pages.summary(found, pictures), encoding="utf-8")
    verdict = worst_of(row.verdict for row in kept)
    if as_json:
        told = to_builtins(found)
        output.print_json(
            {**told.pop("head"), "verdict": verdict, **told, "wall_s": took_s, "rows": str(rows.path)},
        )
    else:
        _tell(found, verdict, took_s, place)
    if any(row.defect or (row.differs and not wanted.plan.subject.foreign) for row in kept):
        return output.OUR_DEFECT
    return output.BROKEN_ADAPTER if any(row.differs for row in kept) else output.exit_code(verdict)


def _tell(found: "Summary", verdict: str, took_s: float, place: Path) -> None:
    """Say for people what the sweep came to, and how to repeat what did not hold."""
    from reports import sweep as pages

    counts = ", ".join(f"{number:,} {word}" for word, number in found.verdicts.items())
    output.say(f"{found.head.scenario}, {found.head.subject}: seeds {found.first} to {found.last}, {took_s:.0f} s\n")
    output.say(f"verdicts: {counts}")
    for check, number in found.convicted.items():
        output.say(f"  {check} convicted {number:,}")
    output.say(f"\n{'over seeds':<42}{'least':>10}{'half':>10}{'95 %':>10}{'99 %':>10}{'most':>10}   worst seed")
    for line in pages.lines(found):
        cells = "".join(f"{cell:>10}" for cell in (line.least, line.p50, line.p95, line.p99, line.most))
        output.say(f"{line.title:<42}{cells}   {line.worst}")
    output.say(f"\n{pages.twice(found)}")
    if found.worth is not None:
        output.say(pages.worth(found))
    for one in found.failing[:TOLD_MOST]:
        output.say(f"seed {one.seed}: {one.why}\nagain: {one.again}")
    if len(found.failing) > TOLD_MOST:
        output.say(f"{len(found.failing) - TOLD_MOST:,} more seeds did not hold: {place / SUMMARY}")
    output.say(f"\nverdict: {verdict}\nrows:    {place / ROWS}\npage:    {place / SUMMARY}")
