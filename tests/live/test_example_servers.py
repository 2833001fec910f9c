"""The subject files of examples/servers: each can be read, what it names is there, and our own cluster answers."""

import json
from pathlib import Path

import pytest

from conformance.checks import CHECKS
from conformance.cli.app import execute
from conformance.live_fitting import fitted
from conformance.subjects.file import read_file
from conformance.verdict import HOLDS, VACUOUS
from scenarios import load

FOLDER = Path(__file__).parents[2] / "examples" / "servers"
FILES = sorted(FOLDER.glob("*.yaml"))
ATTACHED = ("orchestrator",)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_subject_file_can_be_read_and_names_what_is_there(path: Path) -> None:
    file = read_file(path)
    assert file.profile == "http"
    commands = [file.build or [], *(server.start or [] for server in (file.nodes or {}).values())]
    scripts = [word for command in commands for word in command if word.endswith((".sh", ".py"))]
    assert [script for script in scripts if not (FOLDER / script).is_file()] == []
    assert file.build is None or scripts


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_without_faults_can_be_run_on_each_of_them(path: Path) -> None:
    file = read_file(path)
    fit = fitted(load("steady-lan"), file, file.features or [])
    assert fit.scenario.cluster.nodes == len(file.nodes or {})
    assert fit.scenario.duration <= 120_000_000


def test_the_readme_tells_of_every_file() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FILES if path.name not in told] == []


def test_each_cell_of_the_table_is_a_verdict_or_names_what_convicted() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = told.partition("<!-- verdicts")[2].partition("\n\n")[0].splitlines()[1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert [row[0] for row in rows[2:]] == sorted(path.stem for path in FILES if path.stem not in ATTACHED)
    words = {HOLDS, VACUOUS, "not tested", *CHECKS}
    wrong = [cell for row in rows[2:] for cell in row[1:] if not set(cell.split(", ")) <= words]
    assert wrong == []
    assert len({len(row) for row in rows}) == 1


def test_our_own_cluster_speaks_the_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    code = execute(["smoke", str(FOLDER / "our-cluster.yaml"), "--json"])
    assert code == 0, json.loads(capsys.readouterr().out)
