"""`anynode shrink`: a failing run in, the smallest scenario that still fails for the same reason out."""

import time  # noqa: TID251 - how long it took is told to the user, and decides nothing
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output
from conformance.cli.telling import line
from conformance.shrinking import TRIES

if TYPE_CHECKING:  # running loads the whole engine
    from conformance.shrinking.trial import Failing, Size, Trial


def shrink(
    run: Annotated[Path, typer.Argument(help="Folder of a run that failed.", metavar="RUN")],
    out: Annotated[
        Path | None, typer.Option(help="The scenario file to write; default RUN-small.yaml.", metavar="FILE")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            help="The check that must go on convicting; default one that the scenario expects, the earliest.",
            metavar="NAME",
        ),
    ] = None,
    tries: Annotated[int, typer.Option(min=1, help="How many runs may be made; fewer where they are large.")] = TRIES,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Make a failing run small: few requests, faults and nodes, short, in round numbers.

    The same check must go on convicting for the same reason. The smallest so far is written as it is found, so that
    an interruption loses nothing. To find failing runs: explore.
    """
    from conformance.planning import Refused
    from conformance.replaying import CannotReplay
    from conformance.shrinking.shrinking import Shrinking
    from conformance.subjects.adapter import BrokenAdapter
    from conformance.subjects.file import SubjectRefused
    from reference.errors import ConfigurationError
    from reports.document import UnreadableRun
    from scenarios import ScenarioRefused

    place = out if out is not None else run.with_name(f"{run.name}-small.yaml")
    if place.suffix not in (".yaml", ".yml"):
        raise output.failure(f"--out {place}", "no name of a YAML file", "FILE.yaml", "write --out small.yaml")
    began = time.monotonic()
    with (
        output.refusing(CannotReplay, UnreadableRun, ScenarioRefused, ConfigurationError, SubjectRefused, Refused),
        output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER),
    ):
        trial, failing = _reproduced(run, place, check)
    origin = f"{run.name} of {trial.subject}: {_sized(failing.size)}"
    _keep(place, failing, trial, origin)
    with output.progress(f"up to {tries} runs", tries, shown=not as_json) as advance:

        def keep(smaller: "Failing") -> None:
            _keep(place, smaller, trial, origin)
            advance(trial.runs)

        smallest = Shrinking(trial, failing, keep, tries).run()
    _report(failing, smallest, trial, round(time.monotonic() - began, 3), as_json=as_json)
    return output.HELD


def _reproduced(run: Path, place: Path, check: str | None) -> "tuple[Trial, Failing]":
    """Run it again, and refuse what does not fail."""
    import yaml

    from conformance import folder
    from conformance.planning import OWN
    from conformance.replaying import recorded
    from conformance.shrinking.trial import Trial
    from conformance.subjects.file import SubjectRefused

    planned = recorded(run).plan
    scenario = planned.scenario
    data = yaml.safe_load(scenario.text)
    for part, key in (("workload", "traffic"), ("network", "delay")):
        named = (data.get(part) or {}).get(key)
        if isinstance(named, str) and (run / named).is_file():
            data[part][key] = str((run / named).absolute())
    config = None if planned.config_source == OWN else run / folder.CONFIGURATION
    trial = Trial(planned.subject.source, planned.seed, place, config)
    with output.refusing(SubjectRefused):
        failing = trial.failing(data, check)
    if failing is None:
        which = "no check convicts" if check is None else f"{check} does not convict"
        raise output.failure(
            str(run), f"a run in which {which}", "one that fails", "name a run whose verdict is violated"
        )
    return trial, failing


def _keep(place: Path, failing: "Failing", trial: "Trial", origin: str) -> None:
    """Write the smallest so far in one step, so that whoever interrupts finds a whole file."""
    from conformance.shrinking.telling import told

    fresh = place.with_name(f".{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(told(failing, origin, trial.seed), encoding="utf-8")
        fresh.replace(place)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise output.Failure(f"{place}: cannot be written ({error}); name a file in a folder with room") from error


def _report(first: "Failing", last: "Failing", trial: "Trial", wall_s: float, *, as_json: bool) -> None:
    from msgspec import to_builtins

    before, after = first.size, last.size
    if as_json:
        output.print_json(
            {
                "file": str(trial.place),
                "subject": trial.subject,
                "check": last.reason.check,
                "reason": last.reason.kind,
                "seen": last.finding.seen,
                **to_builtins(after),
                "before": to_builtins(before),
                "runs": trial.runs,
                "wall_s": wall_s,
                "command": trial.command,
            }
        )
        return
    line("was", _sized(before))
    line("is", _sized(after))
    line("fails", f"{last.reason.check}: {last.finding.seen}")
    output.say(f"\n{trial.runs:,} runs in {wall_s:.1f} s\nfile:    {trial.place}\nagain:   {trial.command}")


def _sized(size: "Size") -> str:
    from reports.words import count

    return (
        f"{count(size.faults, 'fault')}, {count(size.operations, 'request')} of {count(size.users, 'user')}, "
        f"{count(size.witnesses, 'witness', 'witnesses')}, {count(size.nodes, 'node')}, "
        f"{size.duration_us / 1_000_000:,.0f} s"
    )
