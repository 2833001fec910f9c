"""What the wheel holds, and what the lock says."""

import re
import subprocess
import sys
import tomllib
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("anynode", "conformance", "reference", "reports", "scenarios", "simulator")
DATA = {".gz", ".json", ".py", ".typed", ".yaml", ".j2", ".js"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Build the wheel from the checkout, once."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (path,) = folder.glob("anynode-*.whl")
    return ZipFile(path)


@pytest.fixture(scope="session")
def metadata(wheel: ZipFile) -> Message:
    """What the wheel says of itself."""
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(wheel.read(name))


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: ZipFile) -> None:
    """Tests, documents and examples would land beside every other package of the user's environment."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert sorted(top for top in tops if not top.endswith(".dist-info")) == list(PACKAGES)
    assert len(tops) == len(PACKAGES) + 1


def test_the_wheel_holds_every_file_of_the_packages(wheel: ZipFile) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == files


def test_the_wheel_holds_only_the_kinds_of_files_that_a_package_needs(wheel: ZipFile) -> None:
    kinds = {Path(name).suffix for name in wheel.namelist() if ".dist-info/" not in name}
    assert kinds == DATA


@pytest.mark.parametrize(
    "needed",
    [
        *(f"{package}/py.typed" for package in PACKAGES),
        "scenarios/partitions/isolated-writer.yaml",
        "scenarios/data/ibm-cloud-2024-03.yaml",
        "scenarios/data/maverics.yaml",
        "scenarios/data/nasa-day-drawn.csv.gz",
        "scenarios/data/nasa-day.yaml",
        "conformance/power.json",
        "conformance/requirements.yaml",
        "reports/templates/causes.js",
        "reports/templates/page.html.j2",
    ],
)
def test_the_wheel_holds_what_is_read_at_run_time(needed: str, wheel: ZipFile) -> None:
    assert needed in wheel.namelist()


def test_the_wheel_carries_its_licence_and_its_sources(wheel: ZipFile) -> None:
    names = [name.split(".dist-info/")[1] for name in wheel.namelist() if ".dist-info/" in name]
    assert {"licenses/LICENSE", "licenses/NOTICE", "entry_points.txt"} <= set(names)


def test_the_wheel_cannot_be_published_by_mistake(metadata: Message) -> None:
    """Plain top-level names would overwrite other distributions' (docs/decisions/0001-plain-packages.md)."""
    assert "Private :: Do Not Upload" in metadata.get_all("Classifier", [])


def test_the_wheel_asks_for_no_tool_of_ours(metadata: Message) -> None:
    asked = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    always = {one.name for one in asked if one.marker is None}
    assert always == {Requirement(line).name for line in PROJECT["project"]["dependencies"]}


@pytest.mark.parametrize("name", ["live", "cluster"])
def test_what_only_live_nodes_or_other_machines_need_is_asked_for_by_the_extra_alone(
    name: str, metadata: Message
) -> None:
    asked = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    extra = {one.name for one in asked if one.marker is not None and one.marker.evaluate({"extra": name})}
    assert extra == {Requirement(line).name for line in PROJECT["project"]["optional-dependencies"][name]}


def test_the_lock_pins_everything_with_hashes_and_names_no_host() -> None:
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).strip())
    assert len(blocks) > 40
    for block in blocks:
        assert re.match(r"[a-zA-Z0-9._-]+==\S+( ; [^\\]+)? \\\n", block), block
        assert "--hash=sha256:" in block
    assert "://" not in LOCK
    assert not re.search(r"^-", LOCK, flags=re.MULTILINE)


def test_the_lock_satisfies_what_pyproject_asks_for() -> None:
    locked = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE)
    }
    project = PROJECT["project"]
    extras = (line for lines in project["optional-dependencies"].values() for line in lines)
    asked = [*project["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]
    assert [
        line
        for line in asked
        if not Requirement(line).specifier.contains(locked.get(canonicalize_name(Requirement(line).name), "0"))
    ] == []


def test_the_lock_can_install_the_project_itself_without_a_network() -> None:
    """`make env` builds without isolation: the build's own needs come from the lock."""
    locked = set(re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE))
    assert {Requirement(line).name for line in PROJECT["build-system"]["requires"]} | {"editables"} <= locked
