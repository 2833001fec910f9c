"""Fills what README shows as printed, and its picture, by running the commands named there: `make docs`.

tests/test_readme.py holds README to it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "pictures" / "isolated-writer-behind.svg"
BLOCK = re.compile(r"(<!-- printed: (?P<command>[^\n]+) -->\n```text\n)(?P<text>.*?)(```\n)", re.DOTALL)
WALL = re.compile(r"simulated in [0-9.]+ s")


def printed(command: str, folder: Path) -> str:
    """Run an anynode command in a folder and return what it prints, under the line that asks for it."""
    ran = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "anynode", *command.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    return f"$ anynode {command}\n{ran.stdout}"


def timeless(text: str) -> str:
    """Take out how long a run took, which no two runs share."""
    return WALL.sub("simulated in …", text)


def main() -> None:
    """Run every command that README names, and put what it prints and its picture in place."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        text = BLOCK.sub(
            lambda found: found[1] + printed(found["command"], folder) + found[4], README.read_text("utf-8")
        )
        README.write_text(text, encoding="utf-8")
        shutil.copy(folder / "out" / "isolated-writer-7" / "plots" / "behind.svg", PICTURE)


if __name__ == "__main__":
    main()
