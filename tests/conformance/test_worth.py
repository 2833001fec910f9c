"""What stands beside a verdict: only what concerns the run, and never in silence when it no longer fits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from conformance import worth
from conformance.broken import BROKEN
from conformance.checks import CHECKS
from conformance.power import failing
from conformance.power_table import BEGIN, END, NoPlace, filled, terminal
from conformance.verdict import HOLDS, NOT_PROMISED, VACUOUS, VIOLATED, Finding
from conformance.worth import Record, beside, fingerprint, recorded, stale, worth_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def record() -> Record:
    """The record that comes with anynode."""
    found = recorded()
    assert found is not None
    return found


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


def test_the_record_says_that_all_is_as_it_must_be(record: Record) -> None:
    assert failing(record) == []
    assert record.seeds >= 10
    assert record.first_seed == 1
    assert record.reference.convicted == []
    assert len(record.broken) > 10
    assert all(store.check in store.convicted for store in record.broken)


def test_the_page_of_the_record_shows_the_record(record: Record) -> None:
    """To renew both: make power."""
    text = (ROOT / "docs" / "power.md").read_text(encoding="utf-8")
    assert filled(text, record) == text


def test_what_is_written_by_hand_around_the_tables_stays(record: Record) -> None:
    made = filled(f"before\n{BEGIN}\nold\n{END}\nafter\n", record)
    assert made.startswith(f"before\n{BEGIN}\n")
    assert made.endswith(f"\n{END}\nafter\n")
    assert "old" not in made
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


def test_of_the_record_only_the_checks_that_judged_stand_beside_a_run(record: Record) -> None:
    said = beside([found("durability", HOLDS), found("isolation", VIOLATED), found("idle_band", VACUOUS)])
    assert said is not None
    assert list(said.checks) == ["durability", "isolation"]
    assert {one.name for one in said.checks["durability"]} == set(record.checks["durability"])
    meant = [store.name for store in record.broken if store.check == "durability"]
    assert [one.name for one in said.checks["durability"]][: len(meant)] == meant
    assert all(one.bug and one.scenario and one.seeds for one in said.checks["isolation"])
    assert said.runs == record.reference.runs
    assert beside([found("durability", NOT_PROMISED)]).checks == {}  # type: ignore[union-attr]


def test_without_a_record_nothing_stands_beside_a_run(packages: Path) -> None:
    file = packages / "conformance" / worth.NAME
    file.write_text('{"broken": "of another format"}', encoding="utf-8")
    assert recorded() is None
    file.unlink()
    assert recorded() is None
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
    used = [*record.reference.scenarios, *(store.scenario for store in record.broken)]
    fresh = structs.replace(record, fingerprint=fingerprint(used))
    assert stale(fresh) == []
    with (packages / file).open("a", encoding="utf-8") as opened:
        opened.write("\n# changed\n")
    assert stale(fresh) == [part]
    (packages / file).unlink()
    assert stale(fresh) == [part]


@pytest.mark.parametrize(
    "file", ["conformance/runner.py", "scenarios/data/maverics.yaml", "scenarios/partitions/a-new-one.yaml"]
)
def test_a_record_is_not_stale_for_what_it_does_not_rest_on(file: str, packages: Path, record: Record) -> None:
    fresh = structs.replace(record, fingerprint=fingerprint(record.reference.scenarios))
    with (packages / file).open("a", encoding="utf-8") as opened:
        opened.write("\n# changed\n")
    assert stale(fresh) == []


def test_the_fingerprint_covers_every_check_and_every_broken_store(packages: Path) -> None:
    before = fingerprint([])
    for folder, part, names in (("checks", "checks", list(CHECKS)), ("broken", "broken stores", list(BROKEN))):
        for name in names:
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
