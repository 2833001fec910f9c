"""`anynode scenarios`: the list for people and the list for programs."""

import json

import pytest

from conformance.cli.app import execute


def test_the_json_list_has_name_title_and_requirements_of_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["scenarios", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {"steady-lan", "isolated-writer", "one-way-cut", "crash-under-writes"} <= set(rows)
    assert all(row["title"] and row["requirements"] for row in rows.values())


def test_the_list_for_people_names_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    execute(["scenarios", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert execute(["scenarios"]) == 0
    printed = capsys.readouterr().out
    for row in rows:
        assert row["name"] in printed
        assert row["title"] in printed
