"""`anynode cluster`: several nodes of the reference store on this machine's loopback."""

import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.cli import output
from conformance.cli.serve import live_modules, read

if TYPE_CHECKING:
    from reference.live.trial import Trial

MOST = 9
LEVELS = "debug, info, warn, error"


def cluster(
    nodes: Annotated[int, typer.Option(metavar="N", min=1, max=MOST, help="How many.")] = 3,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The product's YAML; addresses and discovery are the trial's own."),
    ] = None,
    log: Annotated[str, typer.Option(metavar="LEVEL", help=f"What nodes log on stderr: {LEVELS}.")] = "warn",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON once all are ready: addresses and process ids.")
    ] = False,
) -> int:
    """Run several nodes of the reference store on the loopback, until SIGINT or SIGTERM.

    A trial: every node serves the probe application (docs/subject-protocol.md, part 1), which needs no password.
    Without --config it makes its own configuration and key. A node that dies is reported, and the others go on.

    For example:

    anynode cluster --nodes 3

    Exit codes: 0 all have left as told, 2 they cannot be started.
    """
    live_modules()
    from reference.live.refusals import CannotServe
    from reference.live.trial import OWN, Trial

    if log not in LEVELS.split(", "):
        raise output.failure("--log", f"'{log}'", f"one of {LEVELS}", "write 'warn'")
    base = OWN if config is None else _values(config)
    stop = _Stop()
    trial = Trial(base, nodes, log)
    try:
        trial.start()
        if trial.wait_until_ready(lambda: stop.asked):
            _tell(trial, as_json=as_json)
            _watch(trial, stop)
    except CannotServe as error:
        raise output.failure(error.thing, error.found, error.expected, error.mend) from error
    finally:
        trial.end()
    return output.HELD


class _Stop:
    """Whether a signal has asked for the end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True


def _values(file: Path) -> dict[str, Any]:
    """Read the file's values, placeholders left for the nodes; what breaks a rule is refused here, once."""
    from reference.yaml_text import parse

    read(file)
    return parse(file.read_bytes().decode("utf-8-sig"), str(file)).values


def _tell(trial: "Trial", *, as_json: bool) -> None:
    pids = {name: process.pid for name, process in trial.processes.items()}
    if as_json:
        output.print_line({"nodes": trial.urls, "pids": pids})
        return
    for name, url in trial.urls.items():
        output.say(f"{name}  {url}  pid {pids[name]}")
    first, last = next(iter(trial.urls.values())), list(trial.urls.values())[-1]
    output.say("\nready; log in on one, read on another:")
    output.say(f"  curl -c jar -H 'Content-Type: application/json' -d '{{\"user\": \"ann\"}}' {first}/login")
    output.say(f"  curl -b jar {last}/session")
    output.say("Ctrl-C ends them")


def _watch(trial: "Trial", stop: _Stop) -> None:
    from reference.live.trial import ended

    while not stop.asked:
        for name, pid, code in trial.newly_gone():
            left = trial.left()
            rest = f"{', '.join(left)} go on" if len(left) > 1 else f"{left[0]} goes on" if left else "none is left"
            output.note(f"{name} (pid {pid}) {ended(code)}; {rest}")
        trial.wait()
