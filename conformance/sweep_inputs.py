"""What the rows of a sweep hang on beside anynode: files that a scenario names, and those of a third party's store."""

import os
import sys
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

from conformance.planning import Plan
from conformance.subjects.third_party import PythonSubject, StdioSubject
from scenarios import named_files


def inputs_of(decided: Plan) -> dict[str, str]:
    """Digest the files beside anynode's own that decide the runs of a plan.

    Of a store these are its subject file, the files that its `build` and `command` name, and the modules of a Python
    class that are loaded once it is made. What those load in turn, later or in a process of their own, is not seen.

    Args:
        decided: the plan; the subject is prepared.

    Returns:
        By what the file is and its name as it was written ("traffic day.csv"), 16 hexadecimal digits.
    """
    return {name: _digest(path) for name, path in sorted(_files(decided))}


def _files(decided: Plan) -> Iterator[tuple[str, Path]]:
    for key, path in named_files(decided.scenario).items():
        yield f"{key} {path.name}", path
    subject = decided.subject
    if not isinstance(subject, StdioSubject | PythonSubject):
        return  # anynode's own, which the digest of its source covers
    file = subject.file
    if file is not None:
        yield f"subject {file.path.name}", file.path
        for word in [*(file.build or []), *(file.command or [])]:
            if os.path.isfile(file.folder / word):  # noqa: PTH113 - Path.is_file raises where a word is too long for a name
                yield f"program {word}", file.folder / word
    own = decided.prepared.own
    for name, module in list(sys.modules.items()) if own is not None else []:
        if own is not None and isinstance(module, ModuleType) and own(module) and module.__file__ is not None:
            yield f"module {name}", Path(module.__file__)


def _digest(path: Path) -> str:
    try:
        return blake2b(path.read_bytes(), digest_size=8).hexdigest()
    except OSError as error:
        return str(error.strerror)  # a program that may be started and not read is no reason to run nothing
