"""`anynode check`: judges recorded histories, from the files alone."""

import difflib
from pathlib import Path
from typing import Annotated, Any

import typer

from conformance import verdict
from conformance.cli import models, output
from conformance.cli.telling import tell_findings
from conformance.touching import untouched

HISTORY = "history.jsonl"


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Histories, or folders of runs.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="Judge for linearizability instead: register (a Jepsen log) or kv (maps with keys).",
            show_default=False,
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="Let an optional check judge too: causal, linearizability. May be given several times.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Judge recorded histories, each from its file alone. To run a store: run."""
    optional = also or []
    if model is not None:
        if optional:
            mend = "judge logs by --model, histories --with a check, one at a time"
            raise output.failure("--with", optional[0], "no --model beside it", mend)
        return models.check_model(files, model, as_json=as_json)
    _refuse_unknown(optional)
    return _check_histories(files, optional, as_json=as_json)


def _refuse_unknown(optional: list[str]) -> None:
    from conformance.checks import CHECKS, OPTIONAL

    for name in optional:
        if name not in OPTIONAL:
            near = difflib.get_close_matches(name, OPTIONAL, 1, cutoff=0)[0]
            mend = f"leave it out: {name} always judges" if name in CHECKS else f"write --with {near}"
            raise output.failure("--with", name, f"one of {', '.join(OPTIONAL)}", mend)


def _check_histories(files: list[Path], optional: list[str], *, as_json: bool) -> int:
    judged, broken = [], []
    for path in files:
        try:
            judged.append(_judge(path, optional))
        except output.Failure as error:
            if len(files) == 1:
                raise
            broken.append({"file": str(path), "error": str(error)})
    word = verdict.worst_of(entry["verdict"] for entry in judged) if judged else None
    if as_json:
        whole: dict[str, Any] = {"verdict": word, "files": [*judged, *broken]}
        if len(files) == 1:
            whole |= {"checks": judged[0]["checks"], "operations": judged[0]["operations"]}
        output.print_json(whole)
    else:
        for entry in judged:
            _tell(entry, named=len(files) > 1)
        for entry in broken:
            output.note(f"error: {entry['error']}")
        output.say(f"verdict: {word}" if word else "verdict: none, no history could be judged")
    if broken:
        return output.WRONG_INPUT
    if any(finding.traceback for entry in judged for finding in entry["checks"]):
        return output.OUR_DEFECT
    return output.exit_code(word or verdict.NOT_TESTED)


def _judge(path: Path, optional: list[str]) -> dict[str, Any]:
    """Judge one file, with optional checks: its verdict, findings and number of operations."""
    from conformance.checks import judge
    from conformance.collecting import uncollected
    from conformance.reading import BrokenHistory, read

    file = _history(path)
    try:
        with uncollected():
            history = read(file, str(file))
            findings = judge(history, optional)
    except BrokenHistory as error:
        parts = {"file": error.file, "line": str(error.line), "member": error.member, "rule": error.rule}
        raise output.Failure(str(error), output.WRONG_INPUT, parts) from error
    except OSError as error:
        raise output.failure(
            str(file), error.strerror or str(error), "a history", "name a history.jsonl, or the folder of a run"
        ) from error
    return {
        "file": str(path),
        "verdict": verdict.combine(findings, finished=history.finished, untouched=untouched(history)),
        "checks": findings,
        "operations": len(history.operations),
    }


def _history(path: Path) -> Path:
    return path / HISTORY if path.is_dir() else path


def _tell(entry: dict[str, Any], *, named: bool) -> None:
    """Print what was found in one history."""
    if named:
        output.say(f"{entry['file']}: {entry['verdict']}, {entry['operations']:,} operations")
    if entry["verdict"] == verdict.UNFINISHED:
        output.say("the history has no last line: the run did not finish, so what was found so far is no verdict")
    tell_findings(entry["checks"], _history(Path(entry["file"])).name)
