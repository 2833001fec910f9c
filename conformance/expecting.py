"""Failures that are known: a file that names them, each with a link, so that only what is new is a surprise."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from conformance.requirements import requirements
from scenarios.strict import Strict, nearest
from scenarios.strict_yaml import read_strict


class ExpectationRefused(ValueError):
    """A file of expected failures that cannot be used; the text says the place and the mend."""


class Known(Strict):
    """One failure that is known: of which requirement, why, and where that is told."""

    requirement: str
    because: Annotated[str, Field(min_length=1)]
    link: Annotated[str, Field(pattern=r"^https?://")]


class Expected(Strict):
    """A file of expected failures."""

    expected: list[Known]


def read_expected(path: Path) -> Expected:
    """Read a file of expected failures.

    Args:
        path: YAML: `expected: [{requirement: REQ-FAIL-1, because: …, link: https://…}]`.

    Raises:
        ExpectationRefused: it cannot be read, does not fit, or names no requirement.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExpectationRefused(f"--expected {path}: cannot be read ({error}); name a YAML file") from error
    read = read_strict(Expected, text, path, ExpectationRefused)
    for known in read.expected:
        if known.requirement not in requirements():
            near = nearest(known.requirement, list(requirements()))
            raise ExpectationRefused(f"{path}: '{known.requirement}' is no requirement; {near}")
    return read
