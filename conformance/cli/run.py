"""`anynode run`: one scenario, one subject, one verdict, and the folder with the page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.cli import output
from conformance.cli.telling import line, tell_findings

if TYPE_CHECKING:  # the runner loads the whole engine
    from conformance.runner import Run


def run(
    scenario: Annotated[
        str, typer.Argument(help="Name of a scenario (anynode scenarios), or the path of a YAML file.")
    ],
    config: Annotated[
        Path | None, typer.Option(help="Your own configuration file, in place of the scenario's.", metavar="FILE")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Decides all chance; the scenario's own seed, else 1.", show_default=False)
    ] = None,
    subject: Annotated[
        str, typer.Option(help="Whom to judge: reference, broken:NAME, a subject FILE.yaml, or package.module:Class.")
    ] = "reference",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the run; default out/NAME-SEED[-SUBJECT]. A run's folder is replaced.", metavar="DIR"
        ),
    ] = None,
    traffic: Annotated[
        str | None,
        typer.Option(
            help="A recorded day in place of the scenario's users: an access log, a CSV, or nasa-day.", metavar="FILE"
        ),
    ] = None,
    delays: Annotated[
        str | None,
        typer.Option(help="Round trips between hosts in ms, a square CSV; the first are the nodes.", metavar="FILE"),
    ] = None,
    around_faults: Annotated[
        bool, typer.Option("--around-faults", help="Tell a scenario of hours in ten minutes around its faults.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Run a scenario and say what was kept.

    Judges a simulated store; to judge a recorded history: check. To repeat a run and compare: replay.
    """
    import time  # noqa: TID251 - how long the page took is told to the user

    from conformance import folder, runner
    from conformance.live_fitting import NotTested
    from conformance.planning import Refused, plan
    from conformance.subjects.adapter import BrokenAdapter
    from conformance.subjects.file import SubjectRefused
    from conformance.subjects.http import HttpSubject
    from reference.errors import ConfigurationError
    from reports import page
    from scenarios import ScenarioRefused, load

    with (
        output.refusing(ScenarioRefused, ConfigurationError, SubjectRefused, Refused, folder.NotARun),
        output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER),
        output.refusing(NotTested, code=output.UNDECIDED),
    ):
        decided = plan(
            load(scenario),
            seed=seed,
            subject=subject,
            config=config,
            environment=os.environ,
            traffic=traffic,
            delays=delays,
            short=around_faults,
        )
        place = out if out is not None else folder.default(decided.scenario.name, decided.seed, subject)
        folder.refuse_foreign(place)
    for said in decided.inputs.notes:
        output.note(f"note: {said}")
    total = decided.scenario.duration
    with (
        output.refusing(SubjectRefused),
        output.progress(f"{decided.scenario.name}, seed {decided.seed}", total, shown=not as_json) as advance,
    ):
        result = runner.carry_out(decided, place, lambda now: advance(min(now, total)))
    began = time.perf_counter()
    page.make(place)
    report_s = round(time.perf_counter() - began, 3)
    report = place / "report.html"
    if as_json:
        output.print_json(runner.as_json(result, report=report, report_s=report_s))
    else:
        _tell(result, report, live=isinstance(decided.subject, HttpSubject))
    if any(finding.traceback for finding in result.checks):
        return output.OUR_DEFECT
    return output.exit_code(result.verdict)


def _tell(result: "Run", report: Path, *, live: bool) -> None:
    """Say for people what was run, what was found, and how to repeat it; of real servers nothing is simulated."""
    span = "of real time" if live else "simulated"
    output.say(
        f"{result.scenario}: {result.title}\n"
        f"seed {result.seed}, {result.subject}, {result.nodes} nodes, {result.simulated_s:.0f} s {span} in "
        f"{result.wall_s:.1f} s, {result.requests:,} requests, digest {result.digest[:12]}\n"
    )
    for fault in result.faults:
        line("fault", f"{fault.title}: touched {fault.touched:,}")
    line("costs", _priced(result.costs))
    if result.adapter:
        output.say(f"the adapter is broken, so nothing is said of the store:\n{result.adapter}")
    else:
        tell_findings(result.checks, "history.jsonl")
    output.say(f"\nverdict: {result.verdict}\npage:    {report}\nagain:   {result.command}")


def _priced(costs: dict[str, Any]) -> str:
    """Say what the run cost its users."""

    def share(count: int, total: int, causes: dict[str, int]) -> str:
        why = ", ".join(f"{cause} {number:,}" for cause, number in causes.items())
        return f"{count:,} of {total:,}" + (f" ({why})" if why else "")

    lost = share(costs["sessions_lost"], costs["sessions"], costs["lost_by_cause"])
    forced = share(costs["logins_forced"], costs["logins"], costs["forced_by_cause"])
    return f"sessions lost {lost}, logins forced {forced}"
