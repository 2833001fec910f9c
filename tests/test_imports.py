"""What starting costs, and which package may know which."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import anynode

ROOT = Path(__file__).parents[1]
PACKAGES = ("anynode", "conformance", "reference", "reports", "scenarios", "simulator")
HEAVY = ("simpy", "numpy", "matplotlib", "pydantic", "cryptography")


def loaded_by(program: str) -> list[str]:
    """List the heavy packages that a program leaves loaded in a Python of its own."""
    listing = f"import sys; print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", f"try:\n    {program}\nfinally:\n    {listing}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stderr.split()


@pytest.mark.parametrize(
    "program",
    [
        "import anynode",
        "import anynode.__main__",
        "import conformance.cli.app",
        "import conformance.plugin",
        "from conformance.cli.app import execute; execute(['--help'])",
    ],
)
def test_starting_loads_no_heavy_package(program: str) -> None:
    """A person who asks for help waits for none of what only a run needs.

    The help of a single command does load pydantic: Typer itself reads arguments with it.
    """
    assert loaded_by(program) == []


@pytest.mark.parametrize("heavy", HEAVY[:4])
def test_a_heavy_package_would_be_noticed(heavy: str) -> None:
    """The test above sees what it looks for."""
    assert heavy in loaded_by(f"import {heavy}")


def test_every_name_that_anynode_offers_is_there() -> None:
    """Lazy names are strings until somebody asks for them."""
    assert all(getattr(anynode, name) is not None for name in anynode.__all__)
    assert dir(anynode) == anynode.__all__


def test_a_name_that_anynode_does_not_offer_is_refused_with_those_that_it_does() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'runn'; it offers .*load_scenario"):
        anynode.runn  # noqa: B018


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the project against the packages in a folder."""
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([lint, "--no-cache"], capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.requirement("REQ-REPL-14")
def test_packages_import_only_what_they_may() -> None:
    """The contracts in pyproject.toml: the judge does not know the judged, the core knows no clock."""
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("module", "breach", "named"),
    [
        ("conformance/checks/__init__.py", "import reference.session", "conformance.checks -> reference.session"),
        ("conformance/verdict.py", "import simulator", "conformance.verdict -> simulator"),
        ("reports/__init__.py", "import conformance.checks", "reports -> conformance.checks"),
        ("reference/session.py", "import time", "reference.session -> time"),
        ("reference/node.py", "import reference.config", "reference.node -> reference.config"),
        ("simulator/__init__.py", "import conformance.runner", "simulator -> conformance.runner"),
    ],
)
def test_a_planted_breach_is_named(module: str, breach: str, named: str, tmp_path: Path) -> None:
    """The contracts see what they are there for."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{breach}\n")
    run = lint_imports(tmp_path)
    assert run.returncode == 1
    assert named in run.stdout
