"""README and the guide to exploring show what the commands that they name really print and write."""

import importlib.util
import shlex
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent


def loaded() -> ModuleType:
    """Load the script that fills README; docs/ is no package."""
    spec = importlib.util.spec_from_file_location("printed", ROOT / "docs" / "printed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme_shows_what_its_commands_print(tmp_path: Path) -> None:
    """Renew it with `make docs`."""
    docs = loaded()
    blocks = list(docs.BLOCK.finditer(docs.README.read_text("utf-8")))
    assert len(blocks) >= 2
    for block in blocks:
        now = docs.printed(block["command"], tmp_path)
        assert docs.timeless(now) == docs.timeless(block["text"]), shlex.join(["anynode", block["command"]])


def test_a_small_failure_is_the_one_that_its_commands_write(tmp_path: Path) -> None:
    """Renew it with `make docs`."""
    docs = loaded()
    page = docs.EXPLORE.read_text("utf-8")
    (found,) = docs.WRITTEN.finditer(page)
    assert docs.written(page, found, tmp_path) == found["text"]


def test_readme_names_no_file_that_is_not_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = [part.split(")")[0] for part in text.split("](")[1:]]
    missing = [name for name in named if "://" not in name and not (ROOT / name.partition("#")[0]).exists()]
    assert not missing


def test_a_number_that_nobody_printed_would_be_seen() -> None:
    docs = loaded()
    held = docs.timeless("619 s simulated in 2.8 s, 39,522 requests")
    assert held == docs.timeless("619 s simulated in 7.1 s, 39,522 requests")
    assert held != docs.timeless("619 s simulated in 2.8 s, 39,523 requests")
