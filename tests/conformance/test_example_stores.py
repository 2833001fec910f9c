"""The example stores are what their README says: short, built from one file, and convicted of what its table names."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.checks import CHECKS
from conformance.planning import plan
from conformance.replaying import recorded, replay
from conformance.subjects.file import read_file
from conformance.verdict import HOLDS
from scenarios import load

STORES = Path(__file__).parents[2] / "examples" / "stores"
LINES = 200


def loaded() -> ModuleType:
    """Load the script that fills the table; examples/ is no package."""
    spec = importlib.util.spec_from_file_location("verdicts", STORES / "verdicts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERDICTS = loaded()
NAMES = VERDICTS.stores()


def table() -> dict[str, dict[str, str]]:
    written: dict[str, dict[str, str]] = VERDICTS.read_table(VERDICTS.README.read_text("utf-8"))
    return written


NEEDS = {
    "go": ("go",),
    "java": ("java", "javac"),
    "javascript": ("node",),
    "python": ("python3",),
    "python-object": (),
    "rust": ("rustc",),
    "shell": ("sh", "jq"),
}
"""The programs that build and run each store: without them it is skipped, and with CI=true a skip is a failure."""


LIFE = {"lifetime": {"maxTimeout": "0s", "idleTimeout": "1h30m"}, "cookie": {"name": "sid"}}
CLOCKS = {"now": 1_767_225_600_000_000, "mono": 0}
ASKED: list[dict[str, Any]] = [
    {"op": "hello", "id": {"a": [1, "x"]}, "protocol": 1},
    {"op": "init", "id": "two", **CLOCKS, "node": "n1", "boot": 1, "peers": ["n2"], "seed": None}
    | {"cluster": "c", "config": {"session": LIFE}},
    {"op": "dance", "id": 3, **CLOCKS, "what": {"nobody": ["knows"]}},
    {"op": "discovered", "id": 4, **CLOCKS, "error": "lookup failed"},
    {"op": "discovered", "id": 5, **CLOCKS, "peers": []},
    {
        "op": "request",
        "id": 6,
        **CLOCKS,
        "request": "c1",
        "method": "GET",
        "host": "app.example.com",
        "path": "/session",
    }
    | {"secure": True, "cookie": "other=1; sid=none; more=2", "headers": [["Accept", "*/*"]], "body": None},
    {"op": "stop", "id": 7.5, **CLOCKS, "how": "leave"},
]
"""Ids of every type, blanks between members, null, members that nobody knows: what the harness itself seldom writes."""


def answers(store: str) -> list[dict[str, Any]]:
    """Let a store that is built answer ASKED, outside the harness."""
    command = read_file(STORES / f"{store}.yaml").command
    assert command is not None
    asked = "".join(json.dumps(line) + "\n" for line in ASKED)
    said = subprocess.run(command, cwd=STORES, input=asked, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def needed(store: str) -> None:
    """Skip a test of a store whose programs are not here."""
    missing = [program for program in NEEDS[store] if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{store} needs {', '.join(missing)}, which is not installed here")


@pytest.mark.parametrize("store", NAMES)
def test_a_store_speaks_the_protocol_gets_the_verdicts_of_the_table_and_a_seed_is_one_run(
    store: str, tmp_path: Path
) -> None:
    """In one test, so that no two processes build one store at once."""
    needed(store)
    runs = {column: VERDICTS.judged(store, column, tmp_path / column) for column in VERDICTS.QUICK}
    shown = table()[store]
    assert {column: VERDICTS.cell(run) for column, run in runs.items()} == {
        column: shown[column] for column in VERDICTS.QUICK
    }
    assert replay(recorded(tmp_path / VERDICTS.QUICK[-1]), tmp_path / "again").same
    if read_file(STORES / f"{store}.yaml").profile == "stdio":
        said = answers(store)
        assert [line["done"] for line in said if "done" in line] == [line["id"] for line in ASKED]
        assert [line["re"] for line in said if "re" in line] == [ASKED[0]["id"]]
        assert [line["unsupported"] for line in said if "unsupported" in line] == ["dance"]
        asks_others_first = any("send" in line for line in said)
        assert [line["status"] for line in said if "respond" in line] == [503 if asks_others_first else 401]
        assert {"stopped": True} in said


def test_the_table_has_every_store_in_every_scenario() -> None:
    assert list(table()) == NAMES == sorted(NEEDS)
    for store, cells in table().items():
        assert list(cells) == [*VERDICTS.QUICK, *VERDICTS.WHOLE]
        assert "–" not in cells.values(), f"{store}: run examples/stores/verdicts.py {store}"


def test_every_store_manages_where_nothing_fails() -> None:
    """A verdict about what a store does in trouble says nothing while it cannot do without."""
    assert {(cells["quiet-minute"], cells["steady-lan"]) for cells in table().values()} == {(HOLDS, HOLDS)}


def test_every_conviction_is_explained() -> None:
    """Each store's section names exactly the checks that convict it somewhere in the table."""
    _, _, sections = VERDICTS.README.read_text("utf-8").partition("## Why they are convicted\n")
    told = {part.partition("\n")[0]: set(re.findall(r"`([a-z_]+)`", part)) for part in sections.split("### ")[1:]}
    convicted = {
        store: {check for said in cells.values() for check in said.split(", ") if check in CHECKS}
        for store, cells in table().items()
    }
    assert told == {store: checks for store, checks in convicted.items() if checks}


def test_a_store_can_be_read_in_one_sitting() -> None:
    sources = (".go", ".java", ".js", ".py", ".rs", ".sh")
    programs = [file for file in STORES.rglob("*") if file.suffix in sources and ".build" not in file.parts]
    lengths = {file.name: len(file.read_text("utf-8").splitlines()) for file in programs}
    assert len(lengths) >= len(NEEDS)
    assert {name: length for name, length in lengths.items() if length >= LINES} == {}


def test_every_store_says_what_it_is_called_in_its_subject_file() -> None:
    names = [read_file(STORES / f"{store}.yaml").name for store in NAMES]
    assert len(set(names)) == len(NAMES)


def test_what_a_subject_file_builds_is_built_once_in_a_process_and_in_those_that_it_starts(tmp_path: Path) -> None:
    """A suite plans a run for every test, and a sweep in every process, beside nodes that are running."""
    (tmp_path / "python.py").write_bytes((STORES / "python.py").read_bytes())
    file = tmp_path / "store.yaml"
    file.write_text(
        "name: once\nprofile: stdio\nbuild: [sh, -c, 'echo built >> log']\ncommand: [python3, python.py]\n", "utf-8"
    )
    for _ in range(2):
        plan(load("steady-lan"), subject=str(file))
    again = f"""
from conformance.planning import plan
from scenarios import load
plan(load("steady-lan"), subject={str(file)!r})
"""
    subprocess.run([sys.executable, "-c", again], check=True)
    assert (tmp_path / "log").read_text("utf-8") == "built\n"
