"""What decides a sweep beside anynode is seen by its content: files that a scenario names, and those of a store."""

from pathlib import Path

import pytest

from conformance import sweep_work
from conformance.planning import plan
from conformance.sweep_inputs import inputs_of
from scenarios import load

WORLD = """\
title: A small world of recorded people
shows: [REQ-REPL-2]
duration: 15s
cluster: {nodes: 2}
network: {delay: delays.csv}
workload: {traffic: day.csv}
expect: {checks: [structure]}
"""
STORE = "name: a-store\nprofile: stdio\ncommand: [python3, python.py, LONG]\n".replace("LONG", "x" * 5_000)
STORES = Path(__file__).parents[2] / "examples" / "stores"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario that names two files, and a store whose subject file names one."""
    (tmp_path / "world.yaml").write_text(WORLD, encoding="utf-8")
    (tmp_path / "delays.csv").write_text("0,10\n10,0\n", encoding="utf-8")
    (tmp_path / "day.csv").write_text("second,visitor,embedded\n1,a,0\n2,b,0\n", encoding="utf-8")
    (tmp_path / "store.yaml").write_text(STORE, encoding="utf-8")
    (tmp_path / "python.py").write_bytes((STORES / "python.py").read_bytes())
    return tmp_path


def seen(folder: Path, subject: str) -> dict[str, str]:
    return inputs_of(plan(load(str(folder / "world.yaml")), seed=1, subject=subject))


@pytest.mark.parametrize(
    ("name", "file", "more"),
    [
        ("delay delays.csv", "delays.csv", "\n"),
        ("traffic day.csv", "day.csv", "3,c,0\n"),
        ("subject store.yaml", "store.yaml", "version: '2'\n"),
        ("program python.py", "python.py", "# another\n"),
    ],
)
def test_a_file_that_changes_is_seen_and_no_other(name: str, file: str, more: str, folder: Path) -> None:
    before = seen(folder, str(folder / "store.yaml"))
    assert before == seen(folder, str(folder / "store.yaml"))
    with (folder / file).open("a", encoding="utf-8") as changed:
        changed.write(more)
    after = seen(folder, str(folder / "store.yaml"))
    assert before.keys() == after.keys()
    assert [each for each in before if before[each] != after[each]] == [name]


def test_stores_of_anynode_are_covered_by_the_digest_of_its_files(folder: Path) -> None:
    assert list(seen(folder, "reference")) == list(seen(folder, "broken:forgets_ends"))
    assert list(seen(folder, "reference")) == ["delay delays.csv", "traffic day.csv"]


def test_what_decides_a_row_is_in_the_digest_of_anynode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_work, "files", lambda package: tmp_path / package)
    (tmp_path / "scenarios").mkdir()
    found = []
    for name in ("page.html.j2", "code.py", "world.yaml", "day.csv.gz"):
        (tmp_path / "scenarios" / name).write_text("", encoding="utf-8")
        found.append(sweep_work.source.__wrapped__())
    assert len(set(found)) == 4
    (tmp_path / "scenarios" / "page.html.j2").write_text("of a page", encoding="utf-8")
    assert sweep_work.source.__wrapped__() == found[-1]
