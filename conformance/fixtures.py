"""What the tests of the suites are given: whom they judge, the runs, and what a check found in one of them.

Every pytest loads it by `conformance.plugin`, so it imports nothing of the project before a test asks for a fixture.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from conformance.pair import Pair
    from conformance.shared_runs import Runs, SharedRun
    from conformance.subjects.subject import Subject
    from conformance.verdict import Finding
    from reference.config import Configuration

RUNS = "runs"
"""The folder of a report in which the folder of every run lies."""


def report_of(config: pytest.Config) -> Path | None:
    """Give the folder of the report; the option itself stays text, which pytest-xdist can carry."""
    written: str | None = config.getoption("--anynode-report")
    return None if written is None else config.invocation_params.dir / written


class Judgement:
    """What one check found on one scenario, for the test that is about it.

    Attributes:
        run: the run; shared with every other test of that scenario.
        finding: what the check found.
    """

    def __init__(self, run: "SharedRun", check: str) -> None:
        self.run = run
        self.finding: Finding = run.finding(check)
        self.verdict = ""
        self.seen = self.finding.seen

    def must_hold(self, *, met: str = "") -> None:
        """Pass if the promise was judged and kept; fail where it was broken; else skip the test as not tested.

        A fault that touched nothing shows nothing, whatever the check found in that run (protocol, part 6).

        Args:
            met: a figure of the check that must be more than none for the test to have met what it is about.
        """
        from conformance import verdict

        self.verdict = self.finding.verdict
        if self.run.broken:
            self.verdict, self.seen = verdict.BROKEN_ADAPTER, self.run.broken
            _fail_for_the_adapter(self.run)
        if self.verdict == verdict.VIOLATED:
            pytest.fail(self._story(), pytrace=False)
        if self.verdict == verdict.UNKNOWN:
            pytest.fail(f"{self.seen}\n{self.finding.traceback}\nagain: {self.run.command}", pytrace=False)
        if self.verdict == verdict.HOLDS and self.run.untouched:
            self.verdict, self.seen = verdict.VACUOUS, f"the fault '{self.run.untouched}' touched nothing"
        if self.verdict == verdict.HOLDS and met and not self.finding.figures[met]:
            self.verdict, self.seen = verdict.VACUOUS, f"{self.seen}; it met none of what the test is about ({met})"
        if self.verdict != verdict.HOLDS:
            reason = self.seen if self.verdict == verdict.NOT_TESTED else f"{self.verdict}: {self.seen}"
            pytest.skip(f"not tested: {self.finding.check} in {self.run.scenario}: {reason}")

    def _story(self) -> str:
        finding, header = self.finding, self.run.document.header
        history = self.run.folder / "history.jsonl"
        return "\n".join(
            [
                f"{header.subject} violated {finding.check} in {self.run.scenario}, seed {header.seed}",
                f"promised: {finding.promise} ({', '.join(finding.requirements)})",
                f"seen:     {finding.seen}",
                *(f"evidence: line {one.line} of {history}: {one.id}" for one in finding.evidence),
                f"again:    {self.run.command}",
            ]
        )


def _fail_for_the_adapter(run: "SharedRun") -> NoReturn:
    pytest.fail(f"the adapter is broken: {run.broken}\nagain: {run.command}", pytrace=False)


JUDGEMENT = pytest.StashKey[Judgement]()
"""Where a test keeps what it judged."""
OWN_RUN = pytest.StashKey["SharedRun"]()
"""Where a test that asks no check keeps its run."""


@pytest.fixture(scope="session")
def subject(request: pytest.FixtureRequest) -> "Subject":
    """Whom the suites judge."""
    from conformance.subjects.naming import subject_named

    return subject_named(request.config.getoption("--subject"))


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Runs":
    """Run a scenario once for all who ask, in whichever process of pytest-xdist they are."""
    from conformance.shared_runs import SHARED, Runs

    config = request.config
    report = report_of(config)
    base = tmp_path_factory.getbasetemp()
    worker = hasattr(config, "workerinput")
    place = (base.parent if worker and SHARED else base) / RUNS if report is None else report / RUNS
    if worker and not SHARED:
        place = place / base.name
    return Runs(
        place,
        config.getoption("--subject"),
        config.getoption("--seed"),
        short=config.getoption("--anynode-short"),
        pages=report is not None and not config.getoption("--anynode-bare"),
    )


@pytest.fixture
def judgement(request: pytest.FixtureRequest, runs: "Runs") -> Judgement:
    """What the check named by the test's `scenario` marker found on one of its scenarios."""
    marker = request.node.get_closest_marker("scenario")
    from conformance.live_choice import lacking
    from conformance.live_fitting import NotTested

    _skip_without(lacking(request.config.getoption("--subject"), marker.kwargs["check"]), [])
    try:
        made = Judgement(runs.of(request.param), marker.kwargs["check"])
    except NotTested as reason:
        pytest.skip(str(reason))
    request.node.stash[JUDGEMENT] = made
    return made


@pytest.fixture
def own_run(request: pytest.FixtureRequest, subject: "Subject", runs: "Runs") -> "SharedRun":
    """The run of the scenario that the test's `by_itself` marker names, for what no check judges."""
    from conformance.live_fitting import NotTested
    from conformance.pair import NODES, usual

    _skip_without(_needed_by(request), subject.prepare(usual("features"), len(NODES)).features)
    (scenario,) = request.node.get_closest_marker("by_itself").args
    try:
        run = runs.of(scenario)
    except NotTested as reason:
        pytest.skip(str(reason))
    request.node.stash[OWN_RUN] = run
    if run.broken:
        _fail_for_the_adapter(run)
    return run


def _needed_by(request: pytest.FixtureRequest) -> str:
    marker = request.node.get_closest_marker("by_itself")
    return "" if marker is None else marker.kwargs.get("needs", "")


def _skip_without(feature: str, features: list[str]) -> None:
    if feature and feature not in features:
        pytest.skip(f"not tested: needs the feature `{feature}`, which the subject does not list")


@pytest.fixture
def pair(request: pytest.FixtureRequest, subject: "Subject") -> "Iterator[Pair]":
    """Two nodes in simulated time, not started yet, for what is asked of nodes one by one."""
    from conformance.pair import NODES, Pair, usual
    from conformance.subjects.http import HttpSubject

    if isinstance(subject, HttpSubject):
        pytest.skip(f"not tested: {subject.name} is asked over HTTP alone (needs simulated time)")
    configuration = usual("pair")
    prepared = subject.prepare(configuration, len(NODES))
    _skip_without(_needed_by(request), prepared.features)
    crew = prepared.enter(None)
    try:
        yield Pair(crew, prepared, configuration)
    finally:
        crew.close()


def let_agree(pair: "Pair", us: int) -> None:
    """Let a time pass that a contract allows; where no session lives for so long, nothing can be shown after it."""
    if us > pair.patience_us:
        allowed, waited = us / 1_000_000, pair.patience_us / 1_000_000
        pytest.skip(f"not tested: vacuous: the contract allows {allowed:,.10g} s, and {waited:,.10g} s are waited for")
    pair.wait(us)


@pytest.fixture
def configured(subject: "Subject") -> Callable[..., "Configuration"]:
    """Read the scenarios' own configuration after edits, as the subject reads the product's file.

    Edits are values by key path (`clusters.0.name`); None takes a key away. Keywords are environment variables.
    """
    from conformance.subjects.in_process import InProcess
    from reference.config import Configuration, read_mapping
    from scenarios import configuration, load

    if not isinstance(subject, InProcess):
        pytest.skip(f"not tested: {subject.name} does not read the product's file (feature `orchestrator`)")

    def read(edits: dict[str, Any], **environment: str) -> Configuration:
        mapping = configuration(load("steady-lan"))
        for path, value in edits.items():
            _edit(mapping, path.split("."), value)
        return read_mapping(mapping, environment=environment)

    return read


@pytest.fixture
def refused(configured: Callable[..., "Configuration"]) -> Callable[..., str]:
    """Do the same where a refusal is expected, and give its words."""
    from reference.errors import ConfigurationError

    def read(edits: dict[str, Any], **environment: str) -> str:
        try:
            configured(edits, **environment)
        except ConfigurationError as error:
            return str(error)
        pytest.fail(f"the configuration was taken, expected a refusal: {edits}", pytrace=False)

    return read


def _edit(value: Any, path: list[str], new: Any) -> None:
    for step in path[:-1]:
        value = value[int(step)] if isinstance(value, list) else value.setdefault(step, {})
    if new is None:
        value.pop(path[-1], None)
    else:
        value[path[-1]] = new
