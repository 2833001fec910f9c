"""Opening the files that a scenario or a user names: text, perhaps compressed; refused in one sentence. No formats."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GZIP = b"\x1f\x8b"


class ScenarioRefused(ValueError):
    """A scenario that cannot be run, or a file that it names; the text says the file, the place, the find, the mend."""


def lines_of(path: Path) -> Iterator[str]:
    """Read a text file line by line, without ends of lines; gzip is recognised by its first bytes.

    Bytes that are not UTF-8 read as a replacement character: an old log is no reason to refuse.

    Raises:
        ScenarioRefused: it cannot be read, or its compression is damaged.
    """
    try:
        with path.open("rb") as opened:
            packed = opened.read(len(_GZIP)) == _GZIP
        opening: Any = gzip.open if packed else open
        with opening(path, "rt", encoding="utf-8-sig", errors="replace") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except OSError as trouble:
        what = "there is no such file" if isinstance(trouble, FileNotFoundError) else f"cannot be read ({trouble})"
        raise ScenarioRefused(f"{path}: {what}; name a file that can be read") from trouble
    except (EOFError, zlib.error) as trouble:
        raise ScenarioRefused(f"{path}: is damaged where it is compressed ({trouble}); name a whole file") from trouble
