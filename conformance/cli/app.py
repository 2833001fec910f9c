"""The command line: which commands there are, in which group of `--help`, and how each ends. No command lives here.

The modules of the commands are imported here, always, so each is light: what it needs to do its work (simpy, numpy,
matplotlib, pydantic) it imports when it does it. `tests/test_imports.py` holds that.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from conformance.cli import (
    check,
    cluster,
    cookie,
    doctor,
    explore,
    output,
    power,
    replay,
    report,
    run,
    scenarios,
    schema,
    serve,
    shrink,
    smoke,
    sweep,
    validate,
)

TRY, JUDGE, HUNT, READ, SERVE, COOKIES = "Try", "Judge", "Hunt", "Read", "Serve", "Cookies"

COMMANDS = (
    (TRY, "run", run.run),
    (TRY, "scenarios", scenarios.scenarios),
    (TRY, "doctor", doctor.doctor),
    (JUDGE, "smoke", smoke.smoke),
    (JUDGE, "validate", validate.validate),
    (JUDGE, "check", check.check),
    (HUNT, "explore", explore.explore),
    (HUNT, "shrink", shrink.shrink),
    (HUNT, "sweep", sweep.sweep),
    (HUNT, "replay", replay.replay),
    (READ, "report", report.report),
    (READ, "power", power.power),
    (READ, "schema", schema.schema),
    (SERVE, "serve", serve.serve),
    (SERVE, "cluster", cluster.cluster),
    (COOKIES, "cookie", cookie.cookie),
)
"""Every command, in the order of `--help`: its group, its name, its function."""
COMPLETING = "_ANYNODE_COMPLETE"
"""Set by a shell that asks for the words that may follow; Typer prints them and exits."""

app = typer.Typer(
    help="Puts a cluster session store through the failures that it will meet, and says what it kept of its promises.",
    epilog="Exit codes: 0 held, 1 violated, 2 wrong arguments or file, 3 nothing shown, 4 broken adapter, 5 defect.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # anynode.__main__ answers for what escapes
)
for group, name, command in COMMANDS:
    app.command(name, rich_help_panel=group)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.say(f"anynode {installed_version('anynode')} on Python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


def execute(arguments: Sequence[str]) -> int:
    """Carry out one command line.

    Args:
        arguments: what stands after `anynode`; none asks for the help.

    Returns:
        The exit code: what the command returned or exited with, 0 where that was nothing.

    Raises:
        Exception: whatever no command foresaw, our own defect; so is an exit, whose code would pass for a verdict.
    """
    try:
        code = app(list(arguments) or ["--help"], prog_name="anynode", standalone_mode=False)
    except output.Failure as error:
        return output.report_failure(error, arguments)
    except typer.TyperException as error:
        return output.report_failure(output.Failure(_usage(error, arguments)), arguments)
    except SystemExit as error:
        if COMPLETING in os.environ:
            raise
        if "--help" in arguments and isinstance(error.__context__, BrokenPipeError):
            return output.HELD  # who read the help has read enough
        raise RuntimeError(f"a command ended with sys.exit({error.code!r}) in place of a verdict") from error
    if code == output.INTERRUPTED:  # Typer's answer to Ctrl-C
        return output.report_failure(output.Failure("interrupted", output.INTERRUPTED), arguments)
    return code if isinstance(code, int) else output.HELD


def _usage(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """Say what was wrong with the arguments and where to read how they should be."""
    names = [name for _, name, _ in COMMANDS]
    help_for = ["anynode", *[argument for argument in arguments[:1] if argument in names], "--help"]
    return f"{error.format_message().rstrip('.')}; see: {' '.join(help_for)}"
