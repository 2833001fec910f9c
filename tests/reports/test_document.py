"""The run document: what is written is read back, and what cannot be read is refused in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.verdict import UNFINISHED, VIOLATED
from reports.document import UnreadableRun, Writer, json_schema, read
from reports.shapes import Lag


def lines(run: Any, folder: Path) -> list[bytes]:
    return (run.write(folder) / "run.jsonl").read_bytes().splitlines(keepends=True)


def test_what_is_written_is_read_back(run: Any, written: Callable[[Any], Any]) -> None:
    document = written(run)
    assert document.header == run.header
    assert document.checks == run.findings
    assert document.faults == run.faults
    assert document.footer == run.footer
    assert list(document.figures) == list(run.figures)
    assert document.steps("behind") == run.figures["behind"][2]
    assert document.lag() == msgspec.convert(run.figures["lag"][2], Lag)
    assert document.membership()["n1"]["n2"][1] == (64_000_000, "suspect")


def test_a_run_without_footer_is_unfinished_whatever_its_checks_said(violated_run: Any, written: Any) -> None:
    """The checks may have judged half a history."""
    violated_run.footer = None
    document = written(violated_run)
    assert not document.finished
    assert document.verdict == UNFINISHED


def test_a_footer_that_says_interrupted_is_no_verdict(violated_run: Any, written: Any) -> None:
    assert written(violated_run).verdict == VIOLATED
    violated_run.footer.finished = False
    assert written(violated_run).verdict == UNFINISHED


def test_a_last_line_cut_off_in_the_middle_counts_as_not_written(run: Any, tmp_path: Path) -> None:
    """The program died while it wrote: what stands before is still good."""
    whole = lines(run, tmp_path)
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(whole[:-1]) + whole[-1][:40])
    document = read(path)
    assert document.footer is None
    assert len(document.checks) == len(run.findings)


@given(keep=st.integers(min_value=1, max_value=2_000))
def test_a_document_cut_anywhere_after_its_header_reads_as_unfinished(
    tmp_path_factory: pytest.TempPathFactory, keep: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    header = {
        "run": 1, "anynode": "0", "scenario": "s", "title": "t", "seed": 1, "subject": "x", "subject_version": "",
        "nodes": ["n1"], "features": [], "contract": {}, "expect": [], "requirements": [], "routing": False,
        "store": "local", "lifetime": {"absolute_us": 1, "idle_us": 0}, "config_source": "", "duration_us": 1,
        "healed_us": 1, "command": "c",
    }  # fmt: skip
    fault = {"fault": {"fault": "cut", "nodes": [], "from": 0, "to": 1, "touched": 1, "title": "ü"}}
    first = json.dumps(header).encode() + b"\n"
    rest = b"".join(json.dumps(fault, ensure_ascii=False).encode() + b"\n" for _ in range(10))
    (folder / "run.jsonl").write_bytes(first + rest[:keep])
    assert read(folder / "run.jsonl").verdict == UNFINISHED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the first line is no header of a run document"),
        (b"not json\n", "the first line is no header of a run document"),
        (b'{"history": 1}\n', "the first line is no header of a run document"),
        (b'{"run": 2, "new": true}\n', "version 2 of the run document, expected 1"),
        (b'{"run": "1"}\n', 'version "1" of the run document, expected 1'),
        (b'{"run": 1}\n', "line 1: Object missing required field `anynode`"),
    ],
)
def test_what_is_no_run_document_is_refused_with_place_and_mend(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(UnreadableRun) as refused:
        read(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRun, match="cannot be read"):
        read(tmp_path / "run.jsonl")


@pytest.mark.parametrize(
    ("place", "line", "said"),
    [
        (2, b'{"check": {"name": 7}}\n', "line 3: Expected `str`, got `int`"),
        (2, b"{broken\n", "line 3: found no line of a run document"),
        (2, b"\n", "line 3: found no line of a run document"),
        (3, b'{"verdict": "holds"}\n', "line 4: found no line of a run document"),
        (3, b'{"figure": "behind", "unit": "", "source": "", "value": {"n1": 3}}\n', "figure 'behind'"),
        (3, b'{"figure": "lag", "unit": "", "source": "", "value": {}}\n', "figure 'lag'"),
        (99, b'{"footer": {}}\n', "after the footer"),
    ],
)
def test_a_broken_line_is_named_by_its_number(run: Any, tmp_path: Path, place: int, line: bytes, said: str) -> None:
    whole = lines(run, tmp_path)
    whole.insert(place, line)
    (tmp_path / "run.jsonl").write_bytes(b"".join(whole))
    with pytest.raises(UnreadableRun, match=said):
        read(tmp_path / "run.jsonl")


def test_a_figure_that_stands_twice_is_refused(run: Any, tmp_path: Path) -> None:
    whole = lines(run, tmp_path)
    figure = next(line for line in whole if line.startswith(b'{"figure"'))
    whole.insert(-1, figure)
    (tmp_path / "run.jsonl").write_bytes(b"".join(whole))
    with pytest.raises(UnreadableRun, match="twice"):
        read(tmp_path / "run.jsonl")


def test_a_figure_of_a_name_that_nobody_knows_is_kept(run: Any, written: Any) -> None:
    """A newer runner may measure more; an older page shows what it knows."""
    run.figures["memory"] = ("bytes", "world", {"n1": [1, 2]})
    assert written(run).figures["memory"].value == {"n1": [1, 2]}


def test_every_line_is_on_the_disk_before_the_next_is_made(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Writer(path) as writer:
        writer.header(run.header)
        assert read(path).header == run.header
        writer.check(run.findings[0])
        assert read(path).checks == run.findings[:1]


def test_every_line_of_a_run_follows_the_published_schema(violated_run: Any, tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for line in lines(violated_run, tmp_path):
        validator.validate(json.loads(line))


@pytest.mark.parametrize(
    "line",
    [
        {"run": 2},
        {"check": {"name": "convergence"}},
        {"figure": "behind", "unit": "copies", "source": "observers", "value": {"n1": [["soon", 3]]}},
        {"footer": {}},
        {"something": "else"},
    ],
)
def test_the_published_schema_turns_down_what_is_no_line(line: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(line)
