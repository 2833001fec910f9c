"""`anynode explore`: many drawn worlds, each failure as it comes with the command that repeats it."""

import os
import time  # noqa: TID251 - how long it took is told to the user, and decides nothing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.cli import output
from conformance.cli.seeds import seeds_asked
from conformance.cli.telling import line

if TYPE_CHECKING:  # drawing and running load the whole engine
    from conformance.swarm.exploring import Explored
    from conformance.swarm.trying import Job, Tried


def explore(
    seeds: Annotated[
        str, typer.Option(help="How many seeds, or a range: a world is drawn from each.", metavar="N|A-B")
    ],
    subject: Annotated[
        str, typer.Option(help="Whom to judge: reference, broken:NAME, a subject FILE.yaml, or package.module:Class.")
    ] = "reference",
    workers: Annotated[
        int, typer.Option(min=1, help="Runs at a time; what comes of it is the same.", show_default="one a core")
    ] = os.cpu_count() or 1,
    write: Annotated[
        Path | None,
        typer.Option(help="Write each drawn world there as a scenario, for anynode run to repeat.", metavar="DIR"),
    ] = None,
    until_first: Annotated[bool, typer.Option("--until-first", help="Stop at the first run that fails.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Hunt for what nobody thought of: draw a world from each seed, run it and judge it.

    Cluster, delays, faults, people, balancer and settings come from the seed. Failures that are known
    (scenarios/regressions) are tried first. Some runs are made twice, and must be one run.

    To make a failure small: shrink. To run one scenario with many seeds: sweep.
    """
    from conformance.subjects.adapter import BrokenAdapter
    from conformance.subjects.file import SubjectRefused
    from conformance.subjects.naming import subject_named
    from conformance.swarm import exploring
    from conformance.sweep_pool import place_of

    chosen = seeds_asked(seeds)
    with output.refusing(SubjectRefused), output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER):
        if not exploring.in_simulated_time(subject_named(subject)):
            raise output.failure(
                f"--subject {subject}", "real servers", "a store in simulated time", "run them: anynode validate"
            )
        jobs = exploring.jobs_of(subject, chosen)
    if write is not None:
        _write(write, jobs)
    began = time.monotonic()
    done: dict[int, Tried] = {}
    with (
        output.refusing(SubjectRefused),
        output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER),
        output.progress(f"{len(jobs)} runs", len(jobs), shown=not as_json) as advance,
    ):
        for number, came in exploring.explored(jobs, place_of(workers)):
            done[number] = came
            advance(len(done))
            if came.failures and not as_json:
                _tell_failures(came)
            if came.failures and until_first:
                break
    found = exploring.summed_up(subject, [done[number] for number in sorted(done)])
    wall_s = round(time.monotonic() - began, 3)
    if as_json:
        output.print_json(_as_json(found, wall_s))
    else:
        _tell(found, wall_s)
    return output.OUR_DEFECT if found.verdict == "defect" else output.exit_code(found.verdict)


def _write(folder: Path, jobs: "list[Job]") -> None:
    """Write the drawn worlds as files before anything is run, so that none is lost."""
    from conformance.swarm import drawing

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for job in jobs:
            if not job.scenario:
                text = drawing.told(job.seed, small=job.small)
                (folder / f"{job.name}.yaml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise output.Failure(f"--write {folder}: cannot be written ({error}); name a folder with room") from error
    output.note(f"written: {folder}/{jobs[-1].name}.yaml and the others; run one: anynode run FILE")


def _tell_failures(came: "Tried") -> None:
    """Say how a run failed, and how to repeat it."""
    for failed in came.failures:
        shown = f" ({failed.requirement})" if failed.requirement else ""
        line(failed.verdict, f"{failed.scenario}: {failed.check}{shown}: {failed.seen}\n{'':14}again: {failed.repeat}")
        if failed.traceback:
            output.say(failed.traceback.rstrip())


def _tell(found: "Explored", wall_s: float) -> None:
    from reports.words import count

    drawn, known = count(found.seeds, "drawn run"), count(len(found.known), "known failure")
    verdicts = ", ".join(f"{number:,} {word}" for word, number in found.verdicts.items())
    touched = ", ".join(f"{kind} {number:,}" for kind, number in found.faults.items())
    behaviours = found.behaviours
    output.say(
        f"{found.subject}: {drawn} and {known} in {wall_s:.1f} s: {verdicts}; {found.twice:,} made twice\n"
        f"faults touched something in so many runs: {touched}\n"
        f"behaviours: {behaviours.distinct:,} seen, {behaviours.once:,} of them in one run, the last new one in run "
        f"{behaviours.last_new_at:,}; the next run may show about {behaviours.expected_new:.1f} more\n"
    )
    output.say(f"verdict: {found.verdict}")


def _as_json(found: "Explored", wall_s: float) -> dict[str, Any]:
    from msgspec import to_builtins

    value: dict[str, Any] = to_builtins(found)
    return {"seeds": value.pop("seeds"), "verdict": value.pop("verdict"), "wall_s": wall_s, **value}
