"""The summary fits a pull request, and what a store answered stays text in it."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.verdict import HOLDS, VIOLATED, Evidence, Finding
from reports import page as pages
from reports.rendering import block, code, escaped
from reports.summary import summary
from tests.reports import violations


def test_the_summary_has_verdict_checks_faults_and_command(run: Any, written: Any) -> None:
    text = summary(written(run))
    assert text.startswith("### ✓ holds: A writer cut off from the majority\n")
    assert "```text\nanynode run isolated-writer --seed 7\n```" in text
    assert (
        "| convergence (expected) | ✓ holds | All nodes agree within 3 s of the healing. | "
        "The slowest agreed after 1.8 s. | 1,500 observers' reads |"
    ) in text
    assert "| 1 n1 cut from n2 n3 n4 n5 | 60 s to 180 s | 412 messages stopped |" in text
    assert "- read your writes: not promised." in text
    assert "nothing of the product's own binary" in text


def test_a_violated_run_names_the_operations_and_their_lines(violated_run: Any, written: Any) -> None:
    text = summary(written(violated_run))
    assert "- `c4-16`, line 811 of history.jsonl: logout by c4" in text
    assert text.index("✗ violated |") < text.index("✓ holds |")


def test_a_violated_run_tells_the_end_of_its_story(run: Any, tmp_path: Path) -> None:
    folder = violations.write(run, tmp_path)
    pages.make(folder)
    text = (folder / "summary.md").read_text()
    story = text.split("How it came about:\n\n")[1].split("\n\n")[0].splitlines()
    assert len(story) == 7
    assert story[-1] == (
        "- 76 s: c4 asked n1 to read (c4-5). After 2 ms it answered: ok, k1 = c4-3. This contradicts c4-4. (line 6)"
    )
    assert not [line for line in story if not line.startswith("- ")]


def test_of_a_long_story_the_end_is_kept_and_how_much_is_left_out_is_said(run: Any, tmp_path: Path) -> None:
    run.faults = [msgspec.structs.replace(run.faults[0], begin=72_000_000 + at) for at in range(8)]
    folder = violations.write(run, tmp_path)
    pages.make(folder)
    text = (folder / "summary.md").read_text()
    assert text.count("\n- 7") == 10
    assert "more sentences of the story" in text


def test_an_unfinished_run_has_no_verdict(run: Any, written: Any) -> None:
    run.footer = None
    text = summary(written(run))
    assert text.startswith("### … unfinished: ")
    assert "✓" not in text


def test_a_table_has_no_line_between_its_rows(run: Any, written: Any) -> None:
    """A blank line would end it."""
    rows = summary(written(run)).split("| --- | --- | --- | --- | --- |\n")[1].split("\n\n")[0].splitlines()
    assert len(rows) == len(run.findings)
    assert all(row.startswith("| ") and row.endswith(" |") for row in rows)


def test_much_is_cut_and_said_to_be(run: Any, written: Any) -> None:
    """A comment of a pull request holds 65,536 characters."""
    evidence = [Evidence(f"c{number}", number, {"op": "read", "value": "v" * 9_000}) for number in range(50)]
    run.findings = [Finding(f"check_{n}", VIOLATED, 1, [], "p" * 9_000, "s" * 9_000, evidence) for n in range(30)]
    run.faults = run.faults * 20
    text = summary(written(run))
    assert len(text) < 65_536
    assert "10 more checks, 20 more faults" in text
    assert "1,494 more witnesses" in text
    assert f"S{'s' * 298}…" in text


HOSTILE = "**b** `c` | <script> [x](https://evil.example) @someone #12 ~~s~~ $x$ www.evil.example _e_ \\\nnew\u202e"


def test_a_hostile_text_stays_text_in_one_cell(run: Any, written: Any) -> None:
    run.findings = [Finding("convergence", HOLDS, 1, [], HOSTILE, HOSTILE, expected=True)]
    run.header.title = HOSTILE
    text = summary(written(run))
    rows = [line for line in text.splitlines() if line.startswith("| convergence")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 6
    for alive in ("<script", "https:", "@someone", " #12", "www.", "](", "**b"):
        assert alive.replace("[", "\\[") not in rows[0].replace("\\](", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("http://x", "http&#58;//x"),
        ("seed 7: held", "seed 7: held"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("1. first", "1\\. first"),
        ("106.9 s", "106\\.9 s"),
        ("two\nlines", "two lines"),
        ("@ann", "@&#8203;ann"),
    ],
)
def test_markdown_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("c4-16", "`c4-16`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a|b", "`a\\|b`"), ("", "` `")],
)
def test_a_code_span_cannot_be_closed_from_inside(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_code_block_cannot_be_closed_from_inside() -> None:
    assert block("a ``` b\nc") == "````text\na ``` b c\n````"
