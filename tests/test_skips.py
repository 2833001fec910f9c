"""The rule of tests/conftest.py: where CI runs, a skip is a failure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NO_FIREFOX

OF_FIREFOX = "import pytest\n\n\n@pytest.mark.where_installed\ndef test_second():\n    pytest.skip({!r})\n"
SKIPPING = {
    "test_one.py": "import pytest\n\n\n@pytest.mark.skip(reason='no data')\ndef test_one():\n    pass\n",
    "test_inside.py": "import pytest\n\n\ndef test_inside():\n    pytest.skip('no data')\n",
    "test_file.py": "import pytest\n\npytest.skip('no data', allow_module_level=True)\n",
    "test_known.py": "import pytest\n\n\n@pytest.mark.xfail(reason='known')\ndef test_known():\n    assert False\n",
    "test_second.py": OF_FIREFOX.format(NO_FIREFOX),
    "test_second_without.py": OF_FIREFOX.format("no data"),
}


def run_pytest(folder: Path, file: str, ci: str) -> str:
    """Run one file beside the project's conftest and give what pytest printed."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / file).write_text(SKIPPING[file], encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"CI": ci}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), file]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("file", ["test_one.py", "test_inside.py", "test_file.py", "test_second_without.py"])
def test_a_skip_fails_where_ci_runs(file: str, tmp_path: Path) -> None:
    printed = run_pytest(tmp_path, file, "true")
    assert "with CI=true a skip is a failure" in printed
    assert "no data" in printed
    assert "skipped in" not in printed


@pytest.mark.parametrize("file", ["test_one.py", "test_inside.py", "test_file.py"])
def test_a_skip_is_a_skip_on_a_machine_that_lacks_something(file: str, tmp_path: Path) -> None:
    assert "1 skipped in" in run_pytest(tmp_path, file, "")


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert "1 xfailed in" in run_pytest(tmp_path, "test_known.py", "true")


def test_what_is_tried_in_firefox_may_be_skipped_anywhere_where_that_is_not_installed(tmp_path: Path) -> None:
    assert "1 skipped, 1 warning in" in run_pytest(
        tmp_path, "test_second.py", "true"
    )  # of a mark that nobody registered
