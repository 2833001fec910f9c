"""`anynode serve`: one node of the reference store on real sockets."""

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output

if TYPE_CHECKING:  # made with pydantic, which is loaded when the command runs
    from reference.config import Configuration

EXTRA = "pip install 'anynode[live]'"


def serve(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The product's YAML.")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the other nodes call it. Without it: a name of its own.")
    ] = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where to answer, in place of http.address.")
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Serve the probe application too; on the loopback only, for trials.")
    ] = False,
    while_stdin: Annotated[bool, typer.Option("--while-stdin", hidden=True)] = False,
) -> int:
    """Run one node of the reference store on real sockets, until SIGINT or SIGTERM.

    A trial, not a product: it answers /status and /metrics, and with --probe the probe application. Logs are JSON lines
    on stderr. Several nodes on this machine: cluster.

    For example:

    CLUSTER_PSK=$(openssl rand -hex 32) anynode serve --config examples/maverics.yaml

    Exit codes: 0 it has left as told, 2 it cannot be started.
    """
    serving = live_modules()
    configuration = read(config)
    try:
        plan = serving.plan(configuration, os.environ, name, probe=probe, http=http)
        if not while_stdin:
            output.note(f"{plan.name} answers at {plan.url}; Ctrl-C ends it")
        return int(serving.serve(plan, while_stdin=while_stdin))
    except serving.CannotServe as error:
        raise output.failure(error.thing, error.found, error.expected, error.mend) from error


def live_modules() -> ModuleType:
    """Import what the extra `live` brings, or say how to get it."""
    try:
        from reference.live import serving
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in {"starlette", "uvicorn", "dns", "anyio"}:
            raise
        found = f"no package '{package}'"
        raise output.failure("this installation", found, "the extra 'live'", f"run: {EXTRA}") from error
    return serving


def read(file: Path) -> "Configuration":
    """Read a configuration as `doctor` does, and refuse what breaks a rule."""
    from reference.config import read as read_text
    from reference.errors import Refused, Unreadable

    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        what = (error.strerror or "an error").lower()
        raise output.failure(str(file), what, "a readable file", "name the Orchestrator's YAML file") from error
    except UnicodeDecodeError as error:
        raise output.failure(str(file), "bytes that are no UTF-8", "UTF-8", "save it as UTF-8") from error
    with output.refusing(Refused, Unreadable):
        return read_text(text, environment=os.environ, name=str(file))
