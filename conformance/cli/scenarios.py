"""`anynode scenarios`: what can be run, by name."""

from typing import Annotated

import typer

from conformance.cli import output


def scenarios(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list and nothing else.")] = False,
) -> None:
    """List the scenarios that come with anynode. To run one: run."""
    from scenarios import names

    entries = names()
    if as_json:
        output.print_json(
            [{"name": entry.name, "title": entry.title, "requirements": entry.requirements} for entry in entries]
        )
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        output.say(f"{entry.name:{width}}  {entry.title}")
        output.say(f"{'':{width}}  shows {', '.join(entry.requirements)}")
