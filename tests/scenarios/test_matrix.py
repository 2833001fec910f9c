"""Round trips in a file: what is read, what is filled in, what is refused."""

import gzip
from pathlib import Path

import pytest

from scenarios import ScenarioRefused
from scenarios.matrix import read_matrix

THREE = "0,10.5,20\n11,0,0.0004\n20,30.25,0\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "rtt.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_row_and_column_are_from_and_to_in_whole_microseconds(tmp_path: Path) -> None:
    matrix = read_matrix(written(tmp_path, THREE), 2)
    assert matrix.hosts == 3
    assert (matrix.round_trip_us(0, 1), matrix.round_trip_us(1, 0), matrix.round_trip_us(2, 1)) == (
        10_500,
        11_000,
        30_250,
    )


@pytest.mark.parametrize("absent", ["", "0", "0.0", "-", "NaN", "null", "0.0004"])
def test_what_nobody_measured_is_taken_from_the_way_back(tmp_path: Path, absent: str) -> None:
    matrix = read_matrix(written(tmp_path, f"0,{absent}\n12,0\n"), 2)
    assert (matrix.round_trip_us(0, 1), matrix.filled) == (12_000, 1)
    assert "1 round trips are missing and taken from the way back" in matrix.notes("rtt.csv", 2)[1]
    assert len(read_matrix(written(tmp_path, "0,12\n12,0\n"), 2).notes("rtt.csv", 2)) == 1


def test_what_is_missing_both_ways_matters_only_between_nodes(tmp_path: Path) -> None:
    text = "0,1,\n1,0,2\n,2,0\n"
    assert read_matrix(written(tmp_path, text), 2).round_trip_us(0, 1) == 1_000
    with pytest.raises(ScenarioRefused, match="between host 1 and host 3 is missing or zero in both directions"):
        read_matrix(written(tmp_path, text), 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "measures 0 hosts, and the cluster has 2 nodes"),
        ("0\n", "measures 1 host, and the cluster has 2 nodes"),
        ("0,1\n1,0,3\n", "row 2 has 3 columns in a file of 2 rows"),
        ("0,1\n1,0\n2,2\n", "row 1 has 2 columns in a file of 3 rows"),
        ("0,fast\n1,0\n", "row 1, column 2 is 'fast'; write a round trip in milliseconds: 12.5"),
        ("0,-3\n1,0\n", "row 1, column 2 is '-3'"),
        ("0,1e3\n1,0\n", "row 1, column 2 is '1e3'"),
        ("a,b\n0,1\n", "row 1, column 1 is 'a'"),
    ],
)
def test_a_file_that_is_no_matrix_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ScenarioRefused) as refused:
        read_matrix(path, 2)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioRefused, match=r"rtt\.csv: there is no such file"):
        read_matrix(tmp_path / "rtt.csv", 2)


def test_a_compressed_matrix_is_read_and_one_that_is_written_is_read_back(tmp_path: Path) -> None:
    packed = tmp_path / "rtt.csv.gz"
    packed.write_bytes(gzip.compress(b"0,12.345\n0,0\n"))
    matrix = read_matrix(packed, 2)
    matrix.write(tmp_path / "delays.csv", 2)
    assert read_matrix(tmp_path / "delays.csv", 2).rtt_us == matrix.rtt_us
