"""`anynode replay`: run a recorded run again and compare, event by event where the digests differ."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli import output


def replay(
    run: Annotated[Path, typer.Argument(help="Folder of a run, made by anynode run.", metavar="RUN")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Run a run's scenario, seed and subject again and compare digests.

    Exit 0 if the digests agree; 5 if not (4 for a subject of yours, which then is not replayable), with the first
    event that differs. To judge a recorded history: check.
    """
    from conformance import replaying
    from conformance.planning import Refused
    from conformance.subjects.adapter import BrokenAdapter
    from conformance.subjects.file import SubjectRefused
    from reference.errors import ConfigurationError
    from reports.document import UnreadableRun
    from scenarios import ScenarioRefused

    with (
        output.refusing(
            UnreadableRun, ScenarioRefused, ConfigurationError, SubjectRefused, Refused, replaying.CannotReplay
        ),
        output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER),
    ):
        recorded = replaying.recorded(run)
        with (
            tempfile.TemporaryDirectory(prefix="anynode-replay-") as scratch,
            output.progress(f"replaying {run}", recorded.plan.scenario.duration, shown=not as_json) as advance,
        ):
            outcome = replaying.replay(recorded, Path(scratch), advance)
    if as_json:
        output.print_json(outcome)
    elif outcome.same:
        output.say(f"same digest {outcome.digest}: {outcome.events:,} events, verdict {outcome.verdict}")
    else:
        output.say(
            f"another digest: recorded {outcome.recorded}, now {outcome.digest}\n"
            f"first difference: {outcome.first_difference}\nagain: anynode replay {run}"
        )
    if outcome.same:
        return output.HELD
    return output.BROKEN_ADAPTER if recorded.plan.subject.foreign else output.OUR_DEFECT
