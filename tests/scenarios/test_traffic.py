"""Days of traffic: what is read from a log or a CSV, and what is said of the rest."""

import gzip
from itertools import accumulate
from pathlib import Path

import pytest

from scenarios import ScenarioRefused
from scenarios.traffic import FIGURES, figures, read_recording, write_recording

COMMON = '{host} - - [01/Aug/1995:{clock} -0400] "GET {path} HTTP/1.0" 200 1839'


def logged(host: str, clock: str, path: str = "/") -> str:
    return COMMON.format(host=host, clock=clock, path=path)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "day"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_log_gives_the_second_and_the_visitor_of_every_page(tmp_path: Path) -> None:
    lines = (
        logged("a", "00:00:04"),
        logged("b", "00:01:00"),
        logged("a", "01:00:04", "/shuttle/missions.html?x=1.gif"),
    )
    recording = read_recording(written(tmp_path, *lines))
    assert recording.pages == ((0, 1), (56, 2), (3600, 1))
    assert (recording.visitors, recording.embedded, recording.unread) == (2, 0, 0)


def test_a_combined_log_and_other_methods_are_read_too(tmp_path: Path) -> None:
    line = '::1 - ann smith [10/Oct/2025:13:55:36 +0200] "POST /login HTTP/2.0" 302 - "https://a.example/" "Agent [x]"'
    assert read_recording(written(tmp_path, line)).pages == ((0, 1),)


@pytest.mark.parametrize("path", ["/images/NASA.GIF", "/a.css?v=2", "/deep/b.js", "/sound.wav", "/font.woff2"])
def test_what_a_page_brings_along_is_left_out_of_a_log(tmp_path: Path, path: str) -> None:
    recording = read_recording(written(tmp_path, logged("a", "00:00:04", path), logged("a", "00:00:05")))
    assert (recording.pages, recording.embedded) == (((0, 1),), 1)


def test_what_only_looks_like_a_picture_is_a_page(tmp_path: Path) -> None:
    lines = [logged("a", "00:00:04", path) for path in ("/gif", "/x.gif/", "/news?img=x.gif", "/jpg.html")]
    assert read_recording(written(tmp_path, *lines)).embedded == 0


def test_offsets_from_utc_count(tmp_path: Path) -> None:
    """A log over the change to summer time changes its offset within an hour."""
    before = 'a - - [30/Mar/2025:01:59:59 +0100] "GET / HTTP/1.1" 200 1'
    after = 'a - - [30/Mar/2025:03:00:01 +0200] "GET / HTTP/1.1" 200 1'
    assert read_recording(written(tmp_path, before, after)).pages == ((0, 1), (2, 1))


def test_a_day_that_is_a_little_out_of_order_is_put_in_order(tmp_path: Path) -> None:
    lines = (logged("a", "00:00:09"), logged("b", "00:00:04"), logged("c", "00:00:09"))
    assert read_recording(written(tmp_path, *lines)).pages == ((0, 1), (5, 2), (5, 3))


def test_a_csv_says_itself_what_is_embedded(tmp_path: Path) -> None:
    path = written(tmp_path, "second,visitor,embedded", "4,7,0", "5,7,1", "6,9,0")
    recording = read_recording(path)
    assert (recording.pages, recording.embedded) == (((0, 1), (2, 2)), 1)


def test_columns_of_a_csv_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    path = written(tmp_path, "Visitor,page,second,embedded", "x,/a,4,0", "y,/b,2,0")
    assert read_recording(path).pages == ((0, 1), (2, 2))


def test_lines_that_cannot_be_read_are_counted_and_the_first_few_are_named(tmp_path: Path) -> None:
    lines = ["second,visitor,embedded", "1,a,0", *["soon,a,0"] * 6, "", "-1,a,0", "2,a", "3,,0", "4,a,2", "5,a,0"]
    recording = read_recording(written(tmp_path, *lines))
    assert (len(recording.pages), recording.unread) == (2, 10)
    assert recording.unread_lines == (3, 4, 5, 6, 7)
    assert recording.notes("day.csv")[1] == (
        "traffic of day.csv: 10 lines cannot be read and count for nothing: line 3, 4, 5, 6, 7 and more"
    )


@pytest.mark.parametrize(
    "line",
    ["", "not a log", 'a - - [32/Aug/1995:00:00:00 -0400] "GET / HTTP/1.0" 200 1', 'a - - [01/Aug/1995] "GET /" 200 1',
     'a - - [01/Xyz/1995:00:00:00 -0400] "GET / HTTP/1.0" 200 1', 'a - - [01/Aug/1995:00:00:00 -0400] "-" 408 -'],
)  # fmt: skip
def test_a_line_of_a_log_that_says_no_page_counts_for_nothing(tmp_path: Path, line: str) -> None:
    recording = read_recording(written(tmp_path, logged("a", "00:00:04"), line))
    assert recording.pages == ((0, 1),)
    assert recording.unread_lines == ((2,) if line else ())


def test_a_compressed_recording_is_read_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "access.log.1"
    path.write_bytes(gzip.compress(logged("a", "00:00:04").encode()))
    assert read_recording(path).pages == ((0, 1),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it has 0 lines and none can be read"),
        (b"a\nb\n", "it has 2 lines and none can be read"),
        (b"second,visitor,embedded\n1,a,1\n", "all 1 requests in it are for parts of a page"),
        (b"second,embedded,host\n1,0,a\n", "line 1 names the columns second, embedded, host, and visitor is missing"),
        (b"\x1f\x8bnothing", "is damaged where it is compressed|cannot be read"),
        (bytes(range(256)), "none can be read"),
    ],
)
def test_a_file_without_a_page_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "day"
    path.write_bytes(content)
    with pytest.raises(ScenarioRefused, match=said) as refused:
        read_recording(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    pages = ((0, 1), (0, 2), (7, 1), (7, 3))
    write_recording(pages, tmp_path / "day.csv")
    assert read_recording(tmp_path / "day.csv").pages == pages


def test_the_figures_of_the_day_agree_with_each_other() -> None:
    day = figures()
    assert sum(day.pages_by_hour) == day.pages == 9801
    assert len(day.levels_percent) == len(day.page_gap_s) == len(day.pages_per_visitor)
    assert (day.levels_percent[0], day.levels_percent[-1]) == (0, 100)
    for values in (day.levels_percent, day.page_gap_s, day.pages_per_visitor):
        assert list(accumulate(values, max)) == list(values)
    assert (len(day.pages_by_hour) - 1) * 3_600 < day.span_s <= len(day.pages_by_hour) * 3_600
    assert "NASA-HTTP" in FIGURES.read_text(encoding="utf-8")
