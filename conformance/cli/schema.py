"""`anynode schema`: the formats of anynode's files, as JSON Schemas."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from conformance.cli import output


def _scenario() -> dict[str, Any]:
    from scenarios import json_schema

    return json_schema()


def _history() -> dict[str, Any]:
    from conformance.history import json_schema

    return json_schema()


def _run() -> dict[str, Any]:
    from reports.document import json_schema

    return json_schema()


def _trace() -> dict[str, Any]:
    import msgspec

    from conformance.trace import Line

    return msgspec.json.schema(Line)


def _input() -> dict[str, Any]:
    from conformance.subjects.lines import input_schema

    return input_schema()


def _output() -> dict[str, Any]:
    from conformance.subjects.lines import output_schema

    return output_schema()


def _subject() -> dict[str, Any]:
    from conformance.subjects.file import SubjectFile

    return SubjectFile.model_json_schema()


FORMATS: dict[str, Callable[[], dict[str, Any]]] = {
    "scenario": _scenario,
    "history": _history,
    "run": _run,
    "trace": _trace,
    "subject": _subject,
    "subject-input": _input,
    "subject-output": _output,
}
"""Every format that has a schema; `docs/schemas/NAME.json` is what the command prints."""


def schema(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of: {', '.join(FORMATS)}.")],
) -> None:
    """Print the JSON Schema of a format.

    scenario and subject are files; the others are one line: of a history, a run document, a trace, and of what a store
    of yours is told (subject-input) and says (subject-output).
    """
    if name not in FORMATS:
        raise output.failure("schema", f"the format {name!r}", f"one of {', '.join(FORMATS)}", "name one of them")
    output.print_json(_dedented(FORMATS[name]()))


def _dedented(schema: Any) -> Any:
    """Take the source's indentation out of descriptions, as Python 3.13 does by itself: one text on every version."""
    if isinstance(schema, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _dedented(value)
            for key, value in schema.items()
        }
    return [_dedented(value) for value in schema] if isinstance(schema, list) else schema
