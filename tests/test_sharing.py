"""How these tests are shared out among processes: what is named for it is there."""

from pathlib import Path

from tests.sharing import LONG, WAITING, place

ROOT = Path(__file__).parents[1]


def test_what_waits_and_what_takes_long_is_there() -> None:
    """A file of another name would be begun with last, and nobody would notice but by the time."""
    assert [name for name in (*WAITING, *LONG) if not (ROOT / name).exists()] == []


def test_what_waits_is_begun_with_then_what_takes_long() -> None:
    tests = ["tests/test_imports.py::a", f"{LONG[1]}::b", f"{LONG[0]}::c", "tests/live/test_live.py::d"]
    assert sorted(tests, key=place) == tests[::-1]
