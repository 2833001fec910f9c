"""Writes a scenario as a person would: a line a part, faults one below the other, short mappings in one line.

What may be written is in `schema.py`; this file knows no key but `faults` and `script`, which are lists of entries.
"""

from typing import Any

import yaml

WIDTH = 118
LISTS = ("faults", "script")
"""Keys whose entries stand one below the other."""

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def as_text(data: dict[str, Any], comment: str = "") -> str:
    """Write a scenario.

    Args:
        data: the file's mapping in the words of the schema, lengths of time and shares as text. What is None or empty
            at the top is left out.
        comment: sentences that stand above it, in lines without their `#`.

    Returns:
        YAML that `scenarios.parse` reads.
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    for key, value in said(data).items():
        lines += _entry(key, value, "")
    return "\n".join(lines) + "\n"


def said(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a file would not say: what is None or empty at its top."""
    return {key: value for key, value in data.items() if value is not None and value not in ({}, [])}


def _entry(key: str, value: Any, indent: str) -> list[str]:
    short = f"{indent}{key}: {_flow(value)}"
    if key in LISTS and isinstance(value, list) and value:
        return [f"{indent}{key}:", *(f"{indent}  - {_flow(entry)}" for entry in value)]
    listed = isinstance(value, dict) and any(known in value for known in LISTS)
    if not isinstance(value, dict) or (len(short) <= WIDTH and not listed):
        return [short]
    lines = [f"{indent}{key}:"]
    for inner, held in value.items():
        lines += _entry(inner, held, indent + "  ")
    return lines


def _flow(value: Any) -> str:
    """Write a value in one line."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()
