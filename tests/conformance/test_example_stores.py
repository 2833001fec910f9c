"""The example stores are what their README says: short, built from one file, and convicted of what its table names."""

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from conformance.checks import CHECKS
from conformance.replaying import recorded, replay
from conformance.subjects.file import read_file
from conformance.verdict import HOLDS

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


@pytest.mark.parametrize("store", NAMES)
def test_a_store_gets_the_verdicts_that_the_table_shows_and_a_seed_is_one_run(store: str, tmp_path: Path) -> None:
    """In one test, so that no two processes build one store at once."""
    missing = [program for program in NEEDS[store] if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{store} needs {', '.join(missing)}, which is not installed here")
    runs = {column: VERDICTS.judged(store, column, tmp_path / column) for column in VERDICTS.QUICK}
    shown = table()[store]
    assert {column: VERDICTS.cell(run) for column, run in runs.items()} == {
        column: shown[column] for column in VERDICTS.QUICK
    }
    assert replay(recorded(tmp_path / VERDICTS.QUICK[-1]), tmp_path / "again").same


def test_the_table_has_every_store_in_every_scenario() -> None:
    assert list(table()) == NAMES == sorted(NEEDS)
    for cells in table().values():
        assert list(cells) == [*VERDICTS.QUICK, *VERDICTS.WHOLE]


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
