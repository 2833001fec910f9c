"""Fills what README and docs/explore.md show as printed, and a picture, by running what they name: `make docs`.

tests/test_readme.py holds them to it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXPLORE = ROOT / "docs" / "explore.md"
PICTURE = ROOT / "docs" / "pictures" / "isolated-writer-behind.svg"
BLOCK = re.compile(r"(<!-- printed: (?P<command>[^\n]+) -->\n```text\n)(?P<text>.*?)(```\n)", re.DOTALL)
WRITTEN = re.compile(r"(<!-- written: (?P<file>\S+) -->\n```yaml\n)(?P<text>.*?)(```\n)", re.DOTALL)
"""A file, that the last commands before it have written."""
COMMANDS = re.compile(r"```sh\n((?:anynode [^\n]+\n)+)```")
WALL = re.compile(r"simulated in [0-9.]+ s")


def printed(command: str, folder: Path) -> str:
    """Run an anynode command in a folder and return what it prints, under the line that asks for it."""
    ran = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "anynode", *command.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    return f"$ anynode {command}\n{ran.stdout}"


def written(page: str, found: re.Match[str], folder: Path) -> str:
    """Run the commands that stand last before such a file in a page, and return what it holds then."""
    commands = COMMANDS.findall(page[: found.start()])[-1]
    for line in commands.splitlines():
        printed(line.removeprefix("anynode "), folder)
    return (folder / found["file"]).read_text("utf-8")


def timeless(text: str) -> str:
    """Take out how long a run took, which no two runs share."""
    return WALL.sub("simulated in …", text)


def main() -> None:
    """Run every command that is named, and put in place what it prints or writes, and the picture."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        text = BLOCK.sub(
            lambda found: found[1] + printed(found["command"], folder) + found[4], README.read_text("utf-8")
        )
        README.write_text(text, encoding="utf-8")
        page = EXPLORE.read_text("utf-8")
        filled = WRITTEN.sub(lambda found: found[1] + written(page, found, folder) + found[4], page)
        EXPLORE.write_text(filled, encoding="utf-8")
        shutil.copy(folder / "out" / "isolated-writer-7" / "plots" / "behind.svg", PICTURE)


if __name__ == "__main__":
    main()
