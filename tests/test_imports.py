"""What starting costs, and which package may know which."""

import subprocess
import sys
from pathlib import Path

import pytest

import anynode

ROOT = Path(__file__).parents[1]
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
        "from conformance.cli.app import execute; execute(['--help'])",
        "from conformance.cli.app import execute; execute(['run', '--help'])",
    ],
)
def test_starting_loads_no_heavy_package(program: str) -> None:
    """A person who asks for help waits for none of what only a run needs."""
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
    return subprocess.run(
        [lint, "--config", ROOT / "pyproject.toml", "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_packages_import_only_what_they_may() -> None:
    """The contracts in pyproject.toml: the judge does not know the judged, the core knows no clock."""
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout
