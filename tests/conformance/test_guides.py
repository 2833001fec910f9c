"""The guides, done as they say: their store is written, tried and judged, and the lines of their workflow are run."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from conformance.cli.app import execute
from scenarios import configuration, load, names

ROOT = Path(__file__).parents[2]
DOCS, STORES = ROOT / "docs", ROOT / "examples" / "stores"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NO_PERL = "perl is not installed, in whose language the guide's store is written"


def blocks(page: str, kind: str) -> list[str]:
    return [text for language, text in BLOCK.findall((DOCS / page).read_text()) if language == kind]


@pytest.fixture
def guided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the guide's files have been written, and the current one."""
    if shutil.which("perl") is None:
        pytest.skip(NO_PERL)
    (tmp_path / "store.pl").write_text(blocks("bring-your-own.md", "perl")[0])
    (tmp_path / "store.yaml").write_text(blocks("bring-your-own.md", "yaml")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(page: str) -> list[str]:
    lines = [line.partition("  #")[0].strip() for block in blocks(page, "sh") for line in block.splitlines()]
    workflow = [line.strip().removeprefix("- run: ") for block in blocks(page, "yaml") for line in block.splitlines()]
    return [line for line in [*lines, *workflow] if line.startswith("anynode ")]


def run(command: str) -> int:
    return execute(shlex.split(command)[1:])


@pytest.mark.usefixtures("guided")
def test_the_guides_store_speaks_and_is_convicted_of_what_the_guide_says(capsys: pytest.CaptureFixture[str]) -> None:
    smoke, _, isolated, listing, whole = commands("bring-your-own.md")
    assert [run(smoke), run(listing)] == [0, 0]
    assert run(isolated) == 1
    said = capsys.readouterr().out
    for line in blocks("bring-your-own.md", "text")[1].splitlines():
        assert line in said
    assert whole == "anynode validate store.yaml --short"


@pytest.mark.usefixtures("guided")
def test_the_guides_store_takes_the_first_of_two_cookies_as_the_guide_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("anynode run planted-cookies --subject store.yaml") == 1
    assert "violated      durability " in capsys.readouterr().out


def test_the_guide_names_what_scenarios_write_of_a_sessions_life_and_cookie() -> None:
    sessions = [configuration(load(entry.name))["session"] for entry in names()]
    written = {f"session.{part}.{key}" for one in sessions for part in ("lifetime", "cookie") for key in one[part]}
    assert written == set(
        re.findall(r"^\| `(session\.\S+)` \|", (DOCS / "bring-your-own.md").read_text(), re.MULTILINE)
    )


def test_the_lines_of_the_workflow_do_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed, which the example store runs on")
    shutil.copy(STORES / "javascript.js", tmp_path)
    shutil.copy(STORES / "javascript.yaml", tmp_path / "store.yaml")
    monkeypatch.chdir(tmp_path)
    assert [run(command) for command in commands("in-your-ci.md")] == [0, 0, 0]
    assert (tmp_path / "report" / "idle" / "junit.xml").is_file()
    workflow = blocks("in-your-ci.md", "yaml")[0].splitlines()
    assert len(workflow) <= 17
