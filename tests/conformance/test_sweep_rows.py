"""The rows of a sweep: whole after a stop, in order at the end, and kept when the disk is full."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import structs

from conformance.sweep_rows import CannotWrite, Head, NoRows, Row, Rows, read_rows

HEAD = Head(
    sweep=1, scenario="a-world", text="", subject="reference", subject_version="1", anynode="1", source="s", twice=2
)


def row(seed: int, verdict: str = "holds") -> Row:
    return Row(seed=seed, verdict=verdict)


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as a full disk would not."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_rows_are_there_as_they_come_and_in_order_at_the_end(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "seeds.jsonl", HEAD)
    for seed in (3, 1, 2):
        rows.add(row(seed))
    assert [each.seed for each in read_rows(rows.path)[1]] == [3, 1, 2]
    rows.close()
    assert read_rows(rows.path) == (HEAD, [row(1), row(2), row(3)])


def test_a_line_that_was_cut_off_is_left_out_and_written_over(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "seeds.jsonl", HEAD)
    for seed in (2, 1):
        rows.add(row(seed))
    whole = rows.path.read_bytes()
    rows.path.write_bytes(whole[:-9])
    head, found = read_rows(rows.path)
    assert found == [row(2)]
    again = Rows(rows.path, head, found)
    again.add(row(1))
    again.close()
    rows.close()
    assert read_rows(again.path)[1] == [row(1), row(2)]


def test_a_seed_that_was_run_again_has_its_latest_row(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "seeds.jsonl", HEAD, [row(1, "unfinished")])
    rows.add(row(1))
    rows.close()
    assert read_rows(rows.path)[1] == [row(1)]


def test_on_a_full_disk_what_is_kept_stays_whole(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "seeds.jsonl", HEAD)
    rows.add(row(2))
    with full_after(rows.path.stat().st_size + 40):
        with pytest.raises(
            CannotWrite, match=r"seeds\.jsonl: cannot be written \(File too large\); seeds kept there: 1; make room"
        ):
            rows.add(row(1))
        assert read_rows(rows.path)[1] == [row(2)]
    rows.add(row(1))
    with full_after(100), pytest.raises(CannotWrite, match="seeds kept there: 2"):
        rows.close()
    assert read_rows(rows.path)[1] == [row(2), row(1)]
    assert [path.name for path in tmp_path.iterdir()] == ["seeds.jsonl"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"seeds\.jsonl:1: is no line of a sweep"),
        ('{"run":1}\n', r"seeds\.jsonl:1: is no line of a sweep"),
        ("HEAD\nnothing\n{}\n", r"seeds\.jsonl:2: is no line of a sweep .* take it out"),
    ],
)
def test_what_is_no_sweep_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    rows = Rows(tmp_path / "seeds.jsonl", HEAD)
    head = rows.path.read_text(encoding="utf-8").strip()
    rows.close()
    rows.path.write_text(text.replace("HEAD", head), encoding="utf-8")
    with pytest.raises(NoRows, match=said):
        read_rows(rows.path)


def test_without_rows_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    with pytest.raises(NoRows, match="leave --resume out"):
        read_rows(tmp_path / "seeds.jsonl")


def test_a_row_tells_no_time_of_the_machine() -> None:
    """That would make two sweeps differ."""
    names = [each.name for each in structs.fields(Row)]
    assert "simulated_us" in names
    assert not any("wall" in name for name in names)
