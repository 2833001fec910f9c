"""What stands beside a verdict: only what concerns the run, and never in silence when it no longer fits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import worth
from conformance.broken import BROKEN
from conformance.checks import CHECKS
from conformance.power import REFERENCE, Job, Ran, record_of, subject_of
from conformance.power_table import BEGIN, END, NoPlace, filled, terminal
from conformance.verdict import HOLDS, NOT_PROMISED, VACUOUS, VIOLATED, Finding
from conformance.worth import Record, as_json, beside, fingerprint, recorded, stale, worth_of
from scenarios import names

ROOT = Path(__file__).parents[2]


@pytest.fixture
def record() -> Record:
    """A record of two seeds in which each store was convicted by its own check, and by isolation with the first."""

    def ran(name: str, seed: int) -> Ran:
        convicted = [BROKEN[name].convicted_by] if seed == 2 else ["isolation", BROKEN[name].convicted_by]
        return Ran(Job(subject_of(name), BROKEN[name].scenario, seed), VIOLATED, list(dict.fromkeys(convicted)), {})

    own = [Ran(Job(REFERENCE, entry.name, seed), HOLDS, [], {}) for entry in names() for seed in (1, 2)]
    return record_of([*own, *(ran(name, seed) for name in BROKEN for seed in (1, 2))], "a1b2c3")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what a record is measured with, to be changed."""
    for package in ("conformance", "scenarios"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(worth, "_folder", tmp_path.joinpath)
    worth._kept.cache_clear()
    yield tmp_path
    worth._kept.cache_clear()


def found(check: str, verdict: str) -> Finding:
    return Finding(check, verdict, 1, [], "", "")


def test_what_is_written_by_hand_around_the_tables_stays(record: Record) -> None:
    made = filled(f"before\n{BEGIN}\nmade before\n{END}\nafter\n", record)
    assert made.startswith(f"before\n{BEGIN}\n")
    assert made.endswith(f"\n{END}\nafter\n")
    assert "made before" not in made
    for store in record.broken:
        assert f"| `{store.name}` |" in made


def test_a_document_without_a_place_for_the_tables_is_refused(record: Record) -> None:
    for text in ("", BEGIN, END, f"{END}\n{BEGIN}"):
        with pytest.raises(NoPlace, match="write both"):
            filled(text, record)


def test_the_matrix_has_every_store_and_marks_the_check_meant_for_it(record: Record) -> None:
    lines = {line.split()[0]: line.split() for line in terminal(record).splitlines() if line}
    checks = list(record.checks)
    for store in record.broken:
        cells = lines[store.name][1 : 1 + len(checks)]
        told = dict(zip(checks, cells, strict=True))
        assert told.pop(store.check) == f"{store.by_check[store.check]}*"
        assert {check: int(cell) for check, cell in told.items() if cell != "."} == {
            check: number for check, number in store.by_check.items() if check != store.check
        }


def test_of_the_record_only_the_checks_that_judged_stand_beside_a_run(packages: Path, record: Record) -> None:
    (packages / "conformance" / worth.NAME).write_bytes(as_json(record))
    said = beside([found("durability", HOLDS), found("isolation", VIOLATED), found("idle_band", VACUOUS)])
    assert said is not None
    assert list(said.checks) == ["durability", "isolation"]
    assert {one.name for one in said.checks["durability"]} == set(record.checks["durability"])
    meant = [store.name for store in record.broken if store.check == "durability"]
    assert [one.name for one in said.checks["durability"]][: len(meant)] == meant
    assert {one.seeds for one in said.checks["durability"]} == {2}
    assert {one.name: one.seeds for one in said.checks["isolation"]} == {
        name: 2 if row.convicted_by == "isolation" else 1 for name, row in BROKEN.items()
    }
    assert (said.commit, said.stale, said.alarms) == ("a1b2c3", [], 0)
    assert said.runs == record.reference.runs
    assert beside([found("durability", NOT_PROMISED)]).checks == {}  # type: ignore[union-attr]


def test_without_a_record_nothing_stands_beside_a_run(packages: Path) -> None:
    file = packages / "conformance" / worth.NAME
    file.write_text('{"broken": "of another format"}', encoding="utf-8")
    assert recorded() is None
    file.unlink()
    assert recorded() is None, "nor without any file"
    assert beside([found("durability", HOLDS)]) is None


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("conformance/checks/linearizability/search.py", "checks"),
        ("conformance/broken/forgets_ends.py", "broken stores"),
        ("scenarios/partitions/isolated-writer.yaml", "scenarios"),
    ],
)
def test_a_record_is_stale_once_what_it_was_measured_with_has_changed(
    file: str, part: str, packages: Path, record: Record
) -> None:
    assert stale(record) == []
    with (packages / file).open("a", encoding="utf-8") as opened:
        opened.write("\n# changed\n")
    assert stale(record) == [part]
    (packages / file).unlink()
    assert stale(record) == [part]


@pytest.mark.parametrize(
    "file", ["conformance/runner.py", "scenarios/data/maverics.yaml", "scenarios/partitions/a-new-one.yaml"]
)
def test_a_record_is_not_stale_for_what_it_does_not_rest_on(file: str, packages: Path, record: Record) -> None:
    with (packages / file).open("a", encoding="utf-8") as opened:
        opened.write("\n# changed\n")
    assert stale(record) == []


def test_the_fingerprint_covers_every_check_and_every_broken_store(packages: Path) -> None:
    before = fingerprint([])
    for folder, part, files in (("checks", "checks", list(CHECKS)), ("broken", "broken stores", list(BROKEN))):
        for name in files:
            file = packages / "conformance" / folder / f"{name}.py"
            text = file.read_bytes()
            file.write_bytes(text + b"#")
            assert fingerprint([])[part] != before[part], name
            file.write_bytes(text)
    assert fingerprint([]) == before


def test_one_clean_seed_says_nearly_nothing_and_a_hundred_say_three_in_a_hundred() -> None:
    one, hundred = worth_of(1), worth_of(100)
    assert (one.exact, one.rule_of_three) == (0.95, 1.0)
    assert (hundred.exact, hundred.rule_of_three) == (0.029513, 0.03)


@given(st.integers(1, 10_000))
def test_a_bug_as_frequent_as_clean_seeds_leave_room_for_is_missed_once_in_twenty(seeds: int) -> None:
    found = worth_of(seeds)
    assert (1 - found.exact) ** seeds == pytest.approx(0.05, rel=0.01)
    assert found.exact <= found.rule_of_three
