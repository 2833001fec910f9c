"""The schemas that are printed, and the copies of them in docs/schemas."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.app import execute
from conformance.cli.schema import FORMATS

STORED = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", FORMATS)
def test_the_stored_schema_is_what_the_command_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """To renew it: anynode schema NAME > docs/schemas/NAME.json."""
    assert execute(["schema", name]) == 0
    assert capsys.readouterr().out == (STORED / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_every_schema_is_a_valid_one_and_refuses_something(name: str) -> None:
    schema = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert not Draft202012Validator(schema).is_valid({"no": "such thing"})


def test_no_schema_is_stored_that_no_command_prints() -> None:
    assert sorted(path.stem for path in STORED.iterdir()) == sorted(FORMATS)


def test_an_unknown_format_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["schema", "histories"]) == 2
    assert f"expected one of {', '.join(FORMATS)}" in capsys.readouterr().err
