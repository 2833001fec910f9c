"""How seeds are named on a command line: a number, or a range."""

import re

from conformance.cli import output


def seeds_of(text: str) -> list[int]:
    """Read `20` as 1 to 20, and `5-9` as 5 to 9.

    Raises:
        ValueError: it is neither; the message says what was found and what to write.
    """
    found = re.fullmatch(r"(?:(\d+)-)?(\d+)", text)
    first, last = (int(found[1] or 1), int(found[2])) if found else (1, 0)
    if last < first:
        raise ValueError(f"found '{text}', expected a number or a range; write 20 or 5-9")
    return list(range(first, last + 1))


def seeds_asked(text: str) -> list[int]:
    """Read what was given to `--seeds`.

    Raises:
        output.Failure: it names no seed.
    """
    try:
        return seeds_of(text)
    except ValueError as error:
        raise output.Failure(f"--seeds: {error}") from error
