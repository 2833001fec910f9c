"""The rows of a sweep: what is kept of each seed, and the file that keeps them. No run is made and none is judged here.

The first line names what was swept; then comes a line a seed. While a sweep lasts, a row is added as soon as it is
there; at the end, and wherever it stops, they are put in the order of the seeds. A line is the same wherever its seed
was run: it tells no times of the machine.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, structs

VERSION = 1


class Head(Struct, frozen=True, kw_only=True):
    """What was swept; two sweeps with one head may go on from each other.

    Attributes:
        sweep: the version of this format.
        scenario: its name; `text` is the SHA-256 of its YAML.
        subject: what `--subject` was given; `subject_version` is its own.
        anynode: the version of anynode; `source` digests its files (`conformance.sweep_work.source`).
        twice: how many of a hundred runs were to be run twice.
        inputs: digests of the files that scenario and subject name, by name (`conformance.sweep_inputs`).
    """

    sweep: int
    scenario: str
    text: str
    subject: str
    subject_version: str
    anynode: str
    source: str
    twice: int
    inputs: dict[str, str] = {}


class Row(Struct, kw_only=True):
    """What came of one seed.

    Attributes:
        seed: of the run.
        verdict: of the run; "unfinished" where there is a defect.
        convicted: the checks that convicted.
        digest: of all that happened.
        events, messages, requests: how much happened, the requests being those of users.
        answered: how many of the requests had a definite answer within 2 s.
        lag: the time from the answer to a write to its last copy, as in the figure of that name, µs.
        lost: contradictions that `durability` and `lost_updates` found: acknowledged operations that were gone.
        sessions, sessions_lost, logins, logins_forced: what it cost users (`conformance.costs`).
        faults: how much each kind of fault touched.
        simulated_us: how long it was in the world.
        twice: whether it was run twice; `differs` says where the two parted, "" where they were one run.
        defect: what went wrong in anynode itself, or that its process was killed; "" where nothing did.
    """

    seed: int
    verdict: str
    convicted: list[str] = []
    digest: str = ""
    events: int = 0
    messages: int = 0
    requests: int = 0
    answered: int = 0
    lag: dict[str, int | None] = {}
    lost: int = 0
    sessions: int = 0
    sessions_lost: int = 0
    logins: int = 0
    logins_forced: int = 0
    faults: dict[str, int] = {}
    simulated_us: int = 0
    twice: bool = False
    differs: str = ""
    defect: str = ""


L = TypeVar("L", Head, Row)


class CannotWrite(Exception):
    """The rows cannot be written; those that are there are whole."""


class NoRows(ValueError):
    """There is no file of rows to go on from, or it is one of another sweep; the message says what to do."""


class Rows:
    """The file of a sweep, open for more.

    Args:
        path: where it is.
        head: what is swept.
        found: the rows that are there already.

    Attributes:
        path, head: as given.
        found: all rows so far, by seed.
    """

    def __init__(self, path: Path, head: Head, found: Iterable[Row] = ()) -> None:
        self.path = path
        self.found = {row.seed: row for row in found}
        self.head = head
        self._rewrite()
        self._file = path.open("ab", buffering=0)

    def add(self, row: Row) -> None:
        """Add a row to the end.

        Raises:
            CannotWrite: it could not; what was written of it is taken back.
        """
        whole = self._file.tell()
        line = msgspec.json.encode(row) + b"\n"
        try:
            written = self._file.write(line)
            if written != len(line):
                self._file.write(line[written:])
        except OSError as error:
            self._file.truncate(whole)
            raise CannotWrite(self._said(error)) from error
        self.found[row.seed] = row

    def close(self) -> None:
        """Put the rows in order and close the file.

        Raises:
            CannotWrite: there is no room to put them in order; they are there, in the order in which they came.
        """
        self._file.close()
        self._rewrite()

    def _rewrite(self) -> None:
        """Write the whole file anew beside itself and then in its place, so that it is never there in part."""
        beside = self.path.with_suffix(".part")
        lines: list[Any] = [self.head, *(row for _, row in sorted(self.found.items()))]
        try:
            with beside.open("wb") as file:
                file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise CannotWrite(self._said(error)) from error

    def _said(self, error: OSError) -> str:
        kept = f"seeds kept there: {len(self.found):,}"
        return f"{self.path}: cannot be written ({error.strerror}); {kept}; make room and go on with --resume"


def read_rows(path: Path) -> tuple[Head, list[Row]]:
    """Read the rows of a sweep; a last line that was cut off while it was written is left out.

    Raises:
        NoRows: there is no such file, or it holds something else.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise NoRows(f"{path}: cannot be read ({error.strerror}); leave --resume out to begin") from error
    head = _decoded(lines[0] if lines else b"", Head, path, 1)
    return head, [_decoded(line, Row, path, number) for number, line in enumerate(lines[1:], start=2)]


def refuse_other(path: Path, found: Head, wanted: Head) -> None:
    """Make sure that rows may be gone on from.

    Args:
        path: where they are.
        found: their head.
        wanted: of what is to be swept now.

    Raises:
        NoRows: something else was swept; the message names the first that differs.
    """
    mend = "name another folder with --out, without --resume"
    now = structs.asdict(wanted)
    for name, was in structs.asdict(found).items():
        if name != "inputs" and was != now[name]:
            raise NoRows(f"{path}: found a sweep with {name} {was}, expected {now[name]}; {mend}")
    for name in sorted({*found.inputs, *wanted.inputs}):
        was, is_now = (head.inputs.get(name, "none") for head in (found, wanted))
        if was != is_now:
            raise NoRows(f"{path}: found a sweep with another {name} (digest {was}), expected {is_now}; {mend}")


def _decoded(line: bytes, kind: type[L], path: Path, number: int) -> L:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.DecodeError as error:
        raise NoRows(
            f"{path}:{number}: is no line of a sweep ({error}); take it out, or name another folder"
        ) from error
