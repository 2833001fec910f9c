"""`anynode doctor`: what is wrong with configuration files, and what to write instead."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output

if TYPE_CHECKING:  # both are made with pydantic, which is loaded when the command runs
    from reference.diagnose import Diagnosis
    from reference.errors import Finding, Unreadable

_EXITS = {"clean": output.HELD, "warnings": output.HELD, "refused": output.VIOLATED, "unreadable": output.WRONG_INPUT}
_CLOSING = {
    "clean": "nothing stands in the way of shared sessions",
    "warnings": "it runs, and whether as meant the warnings ask",
    "refused": "it does not run like this: mend the refusals",
    "unreadable": "not everything could be judged",
}
_COUNTED = {"refusal": "refusals", "warning": "warnings", "hint": "hints"}


def doctor(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="The product's YAML; several are compared as the nodes of one cluster."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A host that users visit, judged against session.cookie.domain. Repeatable."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each finding why it matters and where that is written.")
    ] = False,
    rule: Annotated[
        str | None, typer.Option(metavar="NAME", help="Explain one rule, and read no file; 'all' explains every rule.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for failures too.")] = False,
) -> int:
    """Find what keeps sessions from being shared: flag, cluster, key, discovery, cookie domain.

    Placeholders such as {{ env.CLUSTER_PSK }} are filled from the environment; one that is not set is a warning.
    To see what a configuration does under failures: run.

    For example:

    anynode doctor maverics.yaml

    anynode doctor node1.yaml node2.yaml node3.yaml

    anynode doctor maverics.yaml --host https://shop.example.com --host https://pay.example.com

    anynode doctor maverics.yaml --explain

    anynode doctor --rule routing-off

    Exit codes: 0 clean or warnings, 1 refusals, 2 a file or host that cannot be read.
    """
    from reference.diagnose import diagnose

    if rule is not None:
        return _tell_rules(rule, as_json=as_json)
    if not files:
        raise output.Failure(
            "FILE: none is named; write anynode doctor maverics.yaml, or --rule all for what is looked at"
        )
    diagnosis = diagnose([(str(file), _text(file)) for file in files], environment=os.environ, hosts=host or ())
    explaining = ["--explain"] if explain else []
    hosts = [part for url in host or () for part in ("--host", url)]
    command = output.repeating(["doctor", *map(str, files), *hosts, *explaining])
    if as_json:
        output.print_json(
            {
                "verdict": diagnosis.verdict,
                "files": diagnosis.files,
                "findings": [_in_full(finding) for finding in diagnosis.findings] if explain else diagnosis.findings,
                "not_read": diagnosis.not_read,
                "command": f"{command} --json",
            }
        )
    else:
        _tell(diagnosis, command, explain=explain)
    return _EXITS[diagnosis.verdict]


def _text(file: Path) -> "str | Unreadable":
    """Read a file, or say why it cannot be read."""
    from reference.yaml_text import unreadable

    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        what = (error.strerror or "an error").lower()
        return unreadable(str(file), what, "name the Orchestrator's YAML file")
    except UnicodeDecodeError as error:
        return unreadable(str(file), f"bytes that are no UTF-8 (at {error.start})", "save it as UTF-8")


def _tell(diagnosis: "Diagnosis", command: str, *, explain: bool) -> None:
    for finding in diagnosis.findings:
        _tell_one(finding, explain=explain)
    if diagnosis.not_read:
        output.say(f"not read: {', '.join(diagnosis.not_read)}\n")
    output.say(f"{diagnosis.verdict}: {_closing(diagnosis)}")
    if _EXITS[diagnosis.verdict] != output.HELD:
        output.say(f"again: {command}")


def _tell_one(finding: "Finding", *, explain: bool) -> None:
    complaint = f'"{finding.complaint}" in the source document' if finding.complaint else ""
    reasons = "; ".join(part for part in (finding.because, complaint, finding.requirement) if part)
    output.say(f"{finding.level:8} {finding.place}")
    output.say(f"  found  {finding.found}")
    output.say(f"  mend   {finding.write}")
    if reasons:
        output.say(f"  why    {reasons}")
    if explain:
        _tell_rule(finding.rule, finding.requirement)
    output.say()


def _tell_rules(name: str, *, as_json: bool) -> int:
    """Explain one rule, or every one."""
    from reference.explained import EXPLAINED
    from reference.notation import nearest

    if name != "all" and name not in EXPLAINED:
        near = nearest(name, list(EXPLAINED)) or "all"
        raise output.Failure(f"--rule: found '{name}', which is no rule of doctor's; write --rule {near}")
    named = list(EXPLAINED) if name == "all" else [name]
    if as_json:
        output.print_json({"rules": [{"rule": one, **_explained(one)} for one in named]})
        return output.HELD
    for one in named:
        _tell_rule(one, "")
        output.say()
    return output.HELD


def _tell_rule(name: str, requirement: str) -> None:
    """Say why a rule is there, where that is written, and what is required."""
    explained = _explained(name)
    output.say(f"  rule   {name}: {explained['text']}")
    output.say(f"  source {explained['source']}")
    if requirement:
        from conformance.requirements import requirements

        one = requirements()[requirement]
        output.say(f"  {one.level:6} {one.id}: {one.sentence}")


def _explained(name: str) -> dict[str, str]:
    from reference.explained import EXPLAINED

    return {"text": EXPLAINED[name].text, "source": EXPLAINED[name].source}


def _in_full(finding: "Finding") -> dict[str, object]:
    """Give a finding as JSON has it, and with it why its rule is there."""
    from msgspec import to_builtins

    return {**to_builtins(finding), "explained": _explained(finding.rule)}


def _closing(diagnosis: "Diagnosis") -> str:
    """Close in a sentence: how much was found in how many files, and what follows."""
    counts = Counter(finding.level for finding in diagnosis.findings)
    found = ", ".join(_counted(counts[level], level, many) for level, many in _COUNTED.items() if counts[level])
    files = _counted(len(diagnosis.files), "file", "files")
    return f"{found or 'nothing found'} in {files}; {_CLOSING[diagnosis.verdict]}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
