"""From what `--subject` was given to the subject: the reference, a broken store, a subject file, or a Python class."""

from difflib import get_close_matches
from pathlib import Path

from conformance.broken import BROKEN
from conformance.subjects.file import SUFFIXES, SubjectRefused, read_file
from conformance.subjects.http import HttpSubject
from conformance.subjects.in_process import InProcess
from conformance.subjects.subject import Subject
from conformance.subjects.third_party import PythonSubject, StdioSubject
from reference.node import Node

REFERENCE = "reference"
BROKEN_PREFIX = "broken:"


class UnknownSubject(SubjectRefused):
    """Nobody by that name can be put under test."""


def subject_named(name: str) -> Subject:
    """Find a subject by what was given to `--subject`; nothing is started.

    Args:
        name: "reference", "broken:NAME", the path of a subject file, or package.module:Class.

    Raises:
        UnknownSubject: nobody has that name; the message names the nearest, or lists who there is.
        SubjectRefused: the file cannot be used.
    """
    if name == REFERENCE:
        return InProcess(name, Node)
    if name.startswith(BROKEN_PREFIX):
        broken = BROKEN.get(name.removeprefix(BROKEN_PREFIX))
        if broken is not None:
            return InProcess(name, broken.node)
    elif Path(name).suffix in SUFFIXES:
        return _of_file(Path(name))
    elif ":" in name:
        return PythonSubject(name, name, folder=Path.cwd())
    known = [REFERENCE, *(BROKEN_PREFIX + bug for bug in BROKEN)]
    near = get_close_matches(name, known, n=1)
    which = f"did you mean '{near[0]}'? else write" if near else f"write one of: {', '.join(known)}; or"
    raise UnknownSubject(
        f"--subject {name}: no such subject; {which} the path of a subject file (FILE.yaml), or package.module:Class"
    )


def _of_file(path: Path) -> Subject:
    file = read_file(path)
    if file.profile == "stdio":
        return StdioSubject(str(path), file)
    if file.profile == "python":
        return PythonSubject(str(path), str(file.factory), folder=file.folder, file=file)
    return HttpSubject(str(path), file)
