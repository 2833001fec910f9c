"""The record that comes with anynode: what was measured last, whether or not something has changed since.

To renew it with its page: make power.
"""

from pathlib import Path

import pytest

from conformance.power import MEDIAN_MOST, SEEDS_MOST, failing
from conformance.power_table import filled
from conformance.worth import Record, recorded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def record() -> Record:
    found = recorded()
    assert found is not None
    return found


def test_every_broken_store_was_convicted_by_its_own_check_soon(record: Record) -> None:
    assert failing(record) == []
    assert record.first_seed == 1
    assert record.seeds >= SEEDS_MOST
    assert len(record.broken) > 10
    for store in record.broken:
        assert store.seeds_until is not None
        assert store.seeds_until <= SEEDS_MOST, store.name
        assert store.seeds_median is not None
        assert store.seeds_median <= MEDIAN_MOST, store.name


def test_the_reference_was_convicted_by_no_check(record: Record) -> None:
    assert record.reference.convicted == []
    assert record.reference.doubted == []
    assert record.reference.runs >= len(record.reference.scenarios) > 10


def test_no_kind_of_fault_that_struck_failed_to_touch_something(record: Record) -> None:
    assert any(reach.struck for reach in record.faults.values())
    for kind, reach in record.faults.items():
        assert bool(reach.runs) == bool(reach.struck) == bool(reach.scenarios), kind


def test_its_page_shows_it(record: Record) -> None:
    document = (ROOT / "docs" / "power.md").read_text(encoding="utf-8")
    assert filled(document, record) == document
