"""`anynode report`: the page and all else that is made from a run's folder, made again from what it recorded."""

from pathlib import Path
from typing import Annotated

import typer

from conformance.cli import output


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> None:
    """Make page, summary, JUnit file and plots of a run, without running or judging it again. To judge: check."""
    from reports.document import NAME, UnreadableRun, read
    from reports.page import make
    from reports.words import sentence

    if not run.is_dir():
        found = "a file" if run.exists() else "nothing"
        raise output.failure(str(run), found, "the folder of a run", f"give the folder that holds {NAME}")
    with output.refusing(UnreadableRun, OSError):
        document = read(run / NAME)
        page, *others = make(run)
    if as_json:
        output.print_json(
            {
                "run": str(run),
                "scenario": document.header.scenario,
                "seed": document.header.seed,
                "verdict": document.verdict,
                "finished": document.finished,
                "report": str(page),
                "files": [str(path) for path in others],
                "command": document.header.command,
            }
        )
        return
    output.say(f"{document.verdict}: {document.header.title}")
    output.say(sentence(document))
    output.say(f"page: {page}")
    output.say(f"also: {', '.join(_named(run, others))}")
    output.say(f"run again: {document.header.command}")


def _named(run: Path, files: list[Path]) -> list[str]:
    """Name the files of a run's folder, and of folders inside it how many there are: "plots/ (18)"."""
    inside = [path.relative_to(run) for path in files]
    folders = {path.parent: sum(other.parent == path.parent for other in inside) for path in inside}
    plain = [str(path) for path in inside if path.parent == Path()]
    return [*plain, *(f"{folder}/ ({count})" for folder, count in folders.items() if folder != Path())]
