"""`anynode scenarios`: what can be run, by name."""

from typing import Annotated

import typer

from conformance.cli import output


def scenarios(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list and nothing else.")] = False,
) -> None:
    """List the scenarios that come with anynode. To run one: run."""
    from scenarios import load, names

    rows = []
    for name in names():
        scenario = load(name)
        rows.append({"name": name, "title": scenario.title, "requirements": list(scenario.shows)})
    if as_json:
        output.print_json(rows)
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        output.say(f"{row['name']:{width}}  {row['title']}")
        output.say(f"{'':{width}}  shows {', '.join(row['requirements'])}")
