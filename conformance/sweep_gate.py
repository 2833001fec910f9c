"""The determinism gate: some runs are run twice, the second time in a process of its own, and must be one run.

Which ones is decided by a hash of scenario and seed, so that it is the same wherever and however often they are run.
What differs is named: the first event, or the first line of the history, in which the two part.
"""

import gzip
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from hashlib import blake2b, sha256
from itertools import zip_longest
from pathlib import Path

import msgspec
from msgspec import Struct

from conformance import folder
from conformance.planning import Plan, plan
from conformance.runner import lived
from scenarios import load, parse
from scenarios.schema import Scenario

PERCENT = 2
"""So many of a hundred runs are run twice."""
_HASH_SEEDS = ("977", "1")
"""The second process takes the first of them that is not the first process's."""
_CHILD = "from conformance.sweep_gate import second; second()"
_LAST_LINES = 3
"""Of what a second process said when it failed."""
_CHECKPOINT = b'["d",'
_SHOWN_MOST = 300
"""Characters of an event that are told."""


class Told(Struct, frozen=True):
    """All that decides a run, as another process can be told it.

    Attributes:
        scenario: the name of a packaged scenario, or the path of a file.
        text: the scenario's YAML where it is none of the packaged ones, else "".
        seed: decides all chance.
        subject: as `--subject` names it.
    """

    scenario: str
    text: str
    seed: int
    subject: str

    def planned(self) -> Plan:
        """Plan the run; the errors are those of `conformance.planning.plan`."""
        scenario = parse(self.text, Path(self.scenario)) if self.text else load(self.scenario)
        return plan(scenario, seed=self.seed, subject=self.subject)


class Seen(Struct, frozen=True):
    """What two runs are compared by: the digest of all that happened, and the SHA-256 of what clients saw."""

    digest: str
    history: str


def told(scenario: Scenario, seed: int, subject: str) -> Told:
    """Put a run in the form in which another process can be told it.

    Args:
        scenario: as it was loaded or parsed; one that was made in memory has no text and cannot be told.
        seed: decides all chance.
        subject: as `--subject` names it.

    Raises:
        ValueError: the scenario has no text.
    """
    path = scenario.path
    if path is None or not scenario.text:
        raise ValueError(f"{scenario.name}: found a scenario without text, expected one of a file; parse its text")
    if folder.is_packaged(path):
        return Told(scenario.name, "", seed, subject)
    return Told(str(path), scenario.text, seed, subject)


def chosen(scenario: str, seed: int, percent: int = PERCENT) -> bool:
    """Say whether a run is one of those that are run twice.

    Args:
        scenario: its name.
        seed: of the run.
        percent: how many of a hundred, in the long run: 0 to 100.
    """
    drawn = blake2b(f"{scenario} {seed}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") % 100 < percent


def seen(digest: str, history: bytes) -> Seen:
    """Put what a run left in the form in which it is compared.

    Args:
        digest: of its outcome.
        history: its history's lines.
    """
    return Seen(digest, sha256(history).hexdigest())


def difference(run: Told, first: Seen) -> str:
    """Run it again in another process, with another hash seed, and compare.

    Args:
        run: what was run.
        first: what came of it here.

    Returns:
        "" if they are one run; else the first event in which they part. To find it both are run once more, with their
        traces. Cost: one run and the start of a process, where they agree.
    """
    with tempfile.TemporaryDirectory(prefix="anynode-gate-") as scratch:
        place = Path(scratch)
        again = _elsewhere(run, None)
        if isinstance(again, str):
            return again
        if again == first:
            return ""
        here, there = place / "here", place / "there"
        here.mkdir()
        there.mkdir()
        _run(run, here)
        again = _elsewhere(run, there)
        return again if isinstance(again, str) else _parting(here, there)


def second() -> None:
    """Be the second process: read what to run from stdin, run it, and write what came of it to stdout.

    Whatever the subject prints goes to stderr meanwhile: stdout is for the answer alone.
    """
    told, place = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Told, str | None])
    with open(os.dup(1), "wb") as answer:  # noqa: PTH123 - a descriptor has no path
        os.dup2(2, 1)
        came = _run(told, None if place is None else Path(place))
        answer.write(msgspec.json.encode(came))


def _elsewhere(run: Told, place: Path | None) -> Seen | str:
    """Run in another process that finds the same modules; what it said where it failed."""
    other = next(seed for seed in _HASH_SEEDS if seed != os.environ.get("PYTHONHASHSEED"))
    environment = {**os.environ, "PYTHONHASHSEED": other, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(  # noqa: S603 - this Python, and our own line
        [sys.executable, "-c", _CHILD],
        input=msgspec.json.encode((run, None if place is None else str(place))),
        env=environment,
        capture_output=True,
        check=False,
    )
    if ran.returncode or not ran.stdout:
        said = " ".join(ran.stderr.decode(errors="replace").strip().splitlines()[-_LAST_LINES:])
        return f"the second run did not end (exit {ran.returncode}): {said}"
    return msgspec.json.decode(ran.stdout, type=Seen)


def _run(run: Told, place: Path | None) -> Seen:
    """Run; where a folder is named, leave there the history, and a trace with a checkpoint after every event."""
    if place is None:
        history = io.BytesIO()
        outcome, _ = lived(run.planned(), history)
        return seen(outcome.digest, history.getvalue())
    with (place / folder.HISTORY).open("wb") as kept, (place / folder.TRACE).open("wb") as trace:
        outcome, _ = lived(run.planned(), kept, trace, batch=1)
    return seen(outcome.digest, (place / folder.HISTORY).read_bytes())


def _parting(here: Path, there: Path) -> str:
    """Name the first event in which two runs differ, else the first line of their histories."""
    with gzip.open(here / folder.TRACE, "rb") as one, gzip.open(there / folder.TRACE, "rb") as other:
        event = first_event(one, other)
    if event:
        return event
    with (here / folder.HISTORY).open("rb") as one_told, (there / folder.HISTORY).open("rb") as other_told:
        for was, now in zip_longest(one_told, other_told):
            if was != now:
                return f"first line of the histories that differs: {_shown(was)} here, {_shown(now)} elsewhere"
    return "they differed, and were one run when both were run once more: it does not happen every time"


def first_event(one: Iterable[bytes], other: Iterable[bytes]) -> str:
    """Name the first event in which two traces differ that have a checkpoint after every event; "" where none does.

    Args:
        one: the lines of the first. Where an event has the same line in both and the checkpoint after it differs, they
            differ in its content; where it has no line, it is what a node asked for.
        other: those of the second.
    """
    latest: bytes | None = None
    showing = False
    for was, now in zip_longest(one, other):
        if was == now:
            showing = not was.startswith(_CHECKPOINT)
            latest = was if showing else latest
        elif not (was and now and was.startswith(_CHECKPOINT) and now.startswith(_CHECKPOINT)):
            return f"first event that differs: {_shown(was)} here, {_shown(now)} elsewhere"
        elif showing:
            return f"first event that differs, in its content: {_shown(latest)}"
        else:
            return f"first event that differs: something that a node asked for, after {_shown(latest)}"
    return ""


def _shown(line: bytes | None) -> str:
    text = "nothing" if line is None else line.decode(errors="replace").strip()
    return text if len(text) <= _SHOWN_MOST else text[: _SHOWN_MOST - 1] + "…"
