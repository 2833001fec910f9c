"""A whole verdict on one subject: the suites, by requirement, and whether a run of it can be replayed.

The suites run in a process of their own, as `pytest --pyargs conformance` does; this reads what they leave. It prints
nothing.
"""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from conformance import folder, tally
from conformance.expecting import Expected
from conformance.planning import Plan, plan
from conformance.runner import lived
from conformance.subjects.http import HttpSubject, Servers
from conformance.subjects.naming import subject_named
from conformance.verdict import BROKEN_ADAPTER, HOLDS, NOT_TESTED, UNKNOWN, VIOLATED
from reports.badge import badge_json, badge_svg
from reports.document import RunDocument, read
from reports.validation import page
from scenarios import around_faults, load

REPLAYED = "crash-and-return-empty"
"""The scenario that is run twice to see whether runs can be replayed: lives end and begin in it."""
FIRST = "steady-lan"
"""The scenario under whose configuration servers are tried before any is run on them."""
SUMMARY = "requirements.json"
RUNS = "runs"
REPORT = "report.html"
ENDED_WITHIN_S = 30
"""So long an interrupted run may take to end its nodes before it is told again."""
TOLD_TIMES = 3
USAGE_ERROR = 4
"""How pytest ends when its arguments cannot be used."""


class Judged(Struct):
    """What is said of one requirement.

    Attributes:
        id, level: as in the catalogue.
        verdict: holds, violated, unknown, broken adapter or not tested.
        reason: why nothing better can be said; "" where it holds.
        evidence: of tests that it failed: what was seen, the operations, and the command that repeats the run.
        expected: the link of a failure that was expected, "" else.
    """

    id: str
    level: str
    verdict: str
    reason: str
    evidence: list[dict[str, Any]]
    expected: str = ""


class Validation(Struct):
    """The verdict on a subject, as `anynode validate --json` prints it.

    Attributes:
        subject: its name.
        verdict: the worst of all requirements; holds if any was shown and none broken.
        replayable: whether one scenario, run twice, gave one digest.
        digest: over the digests of all runs.
        requirements: of the catalogue, those that some test names.
        checks: by check, in how many runs it gave which verdict.
        not_tested: by reason, the requirements of which nothing was shown.
        unexpected: requirements that hold although their failure was expected.
        report: the page; beside it are JUnit, badge, and the folder of every run with its own page.
        command: what does the same again.
    """

    subject: str
    verdict: str
    replayable: bool
    digest: str
    requirements: list[Judged]
    checks: dict[str, dict[str, int]]
    not_tested: list[dict[str, Any]]
    unexpected: list[str]
    report: str
    command: str


def validate(
    subject: str,
    out: Path,
    *,
    command: str,
    seed: int | None = None,
    short: bool = False,
    requirements: Sequence[str] = (),
    expected: Expected | None = None,
    heard: Callable[[str], None] = lambda _line: None,
) -> Validation:
    """Judge a subject by all suites.

    Args:
        subject: whom, as `--subject` names it; it has answered `hello` already.
        out: the folder of the report; an earlier report there is replaced.
        command: what does the same again.
        seed: decides all chance; each scenario's own when None.
        short: whether long scenarios are told around their faults.
        requirements: judge these alone; all when empty.
        expected: failures that are known.
        heard: told each line that pytest prints.

    Raises:
        BrokenAdapter: servers do not answer as the probe application does: tried once, in place of in every run.
        NothingToJudge: no test shows a requirement that was asked for.
        RuntimeError: pytest left no summary, which is our own defect; what it printed last is in the message.
    """
    if is_live(subject):
        greet(plan(load(FIRST), subject=subject))
    more = [word for id_ in requirements for word in ("--requirement", id_)]
    code, printed = _run_suites(suites_command(subject, out, seed, short=short, more=more), heard)
    if code == USAGE_ERROR:
        raise NothingToJudge(next((line.removeprefix("ERROR: ") for line in printed if "--" in line), printed[-1]))
    try:
        tallied = msgspec.json.decode((out / SUMMARY).read_bytes(), type=tally.Tally)
    except (OSError, msgspec.DecodeError) as error:
        raise RuntimeError("the suites left no summary; pytest said:\n" + "\n".join(printed[-30:])) from error
    by_folder = _documents(out / RUNS)
    documents = list(by_folder.values())
    judged, unexpected = weighed([_judged(one) for one in tallied.requirements if one.results], expected)
    digests = "\n".join(f"{one.header.scenario} {one.footer.digest if one.footer else ''}" for one in documents)
    verdict = _worst(judged)
    name = documents[0].header.subject if documents else subject_named(subject).name
    (out / "badge.svg").write_text(badge_svg(name, verdict), encoding="utf-8")
    (out / "badge.json").write_text(json.dumps(badge_json(name, verdict)) + "\n", encoding="utf-8")
    result = Validation(
        subject=name,
        verdict=verdict,
        replayable=verdict != BROKEN_ADAPTER and not is_live(subject) and _replayable(subject, seed),
        digest=blake2b(digests.encode(), digest_size=32).hexdigest(),
        requirements=judged,
        checks=_counted([(check.check, check.verdict) for one in documents for check in one.checks]),
        not_tested=_gaps(judged),
        unexpected=unexpected,
        report=str(out / REPORT),
        command=command,
    )
    (out / REPORT).write_text(page(msgspec.to_builtins(result), by_folder, live=is_live(subject)), encoding="utf-8")
    (out / "validation.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    return result


def is_live(subject: str) -> bool:
    """Say whether time is real there: then no run is ever the same again, and none is tried."""
    return isinstance(subject_named(subject), HttpSubject)


def greet(decided: Plan) -> None:
    """Start servers once, ask for a login, and end them.

    Raises:
        SubjectRefused: they cannot be started.
        BrokenAdapter: one is not ready in time, or answers with something else.
    """
    from conformance.live_smoke import LivePair  # noqa: PLC0415 - only real servers need HTTP

    crew = decided.prepared.enter(None)
    assert isinstance(crew, Servers)  # noqa: S101 - whoever is live has servers
    pair = LivePair(crew, decided.prepared, decided.configuration)
    try:
        pair.ready()
        pair.ask(next(iter(pair.hosts)), "POST", "/login", body={"user": "ann"})
    finally:
        pair.close()


class NothingToJudge(ValueError):
    """What was asked for cannot be judged; the text says why."""


def suites_command(subject: str, out: Path, seed: int | None, *, short: bool, more: Sequence[str]) -> list[str]:
    """Write the command that runs the suites as they are installed, whatever project the current folder holds."""
    command = [sys.executable, "-P", "-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider"]
    command += ["-v", "--no-header", "--tb=short", "--import-mode=importlib", "--pyargs", "conformance", *more]
    command += ["--subject", subject, "--anynode-report", str(out.resolve())]
    if seed is not None:
        command += ["--seed", str(seed)]
    return [*command, "--anynode-short"] if short else command


def _run_suites(command: Sequence[str], heard: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run pytest, and return its exit code and what it printed."""
    printed: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own suites
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as suites:
        assert suites.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        try:
            for line in suites.stdout:
                printed.append(line.rstrip())
                heard(line.rstrip())
        except KeyboardInterrupt:
            _interrupt(suites)
            raise
    return suites.returncode, printed


def _interrupt(suites: subprocess.Popen[str]) -> None:
    """Have pytest end its runs, and those their nodes, before whoever interrupted is told that all is over.

    Where shells have SIGINT ignored, in the background, children ignore it too; SIGTERM ends a run on servers alike.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    for _ in range(TOLD_TIMES):  # what a signal raises where nobody can catch it, such as in a finalizer, is lost
        suites.send_signal(signal.SIGTERM if ignored else signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            suites.communicate(timeout=ENDED_WITHIN_S)
            return
    suites.kill()


def _documents(runs: Path) -> dict[str, RunDocument]:
    """Read every run, by its folder; there is none where all that was asked for asks nodes without a scenario."""
    folders = sorted(path for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []
    return {path.name: read(path / folder.DOCUMENT) for path in folders}


def _judged(one: tally.Told) -> Judged:
    verdict = HOLDS if one.verdict == tally.SHOWN else one.verdict
    failed = [result for result in one.results if result.verdict in (VIOLATED, UNKNOWN, BROKEN_ADAPTER)]
    evidence = [
        {
            "test": result.test,
            "scenario": result.scenario,
            "seed": result.seed,
            "check": result.check,
            "promise": result.promise,
            "seen": result.seen,
            "folder": result.folder,
            "again": result.again,
        }
        for result in failed
    ]
    reason = "" if verdict == HOLDS else "; ".join(dict.fromkeys(r.seen for r in failed or one.results))
    return Judged(one.id, one.level, verdict, reason, evidence)


def weighed(judged: list[Judged], expected: Expected | None) -> tuple[list[Judged], list[str]]:
    """Mark the failures that were expected, and list what holds although its failure was."""
    if expected is None:
        return judged, []
    links = {known.requirement: known.link for known in expected.expected}
    for one in judged:
        if one.verdict == VIOLATED:
            one.expected = links.get(one.id, "")
    return judged, [one.id for one in judged if one.id in links and one.verdict == HOLDS]


def _worst(judged: list[Judged]) -> str:
    """Make one verdict of all; a failure that was expected is no surprise and decides nothing."""
    words = {one.verdict for one in judged if not one.expected}
    for word in (BROKEN_ADAPTER, VIOLATED, UNKNOWN, HOLDS):
        if word in words:
            return word
    return NOT_TESTED


def _counted(pairs: list[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for check, verdict in pairs:
        of_check = counts.setdefault(check, {})
        of_check[verdict] = of_check.get(verdict, 0) + 1
    return counts


def _gaps(judged: list[Judged]) -> list[dict[str, Any]]:
    reasons: dict[str, list[str]] = {}
    for one in judged:
        if one.verdict == NOT_TESTED:
            reasons.setdefault(one.reason, []).append(one.id)
    return [{"reason": reason, "requirements": ids} for reason, ids in reasons.items()]


def _replayable(subject: str, seed: int | None) -> bool:
    """Run one scenario twice and compare the digests; what it shows is judged elsewhere."""
    digests = set()
    for _ in range(2):
        outcome, _broken = lived(plan(around_faults(load(REPLAYED)), seed=seed, subject=subject), io.BytesIO())
        digests.add(outcome.digest)
    return len(digests) == 1
