"""The suites as pytest sees them: options, markers, and the summary by requirement at the end.

Loaded by every pytest where anynode is installed (entry point pytest11), so it imports nothing of the project before a
test of the suites asks for it. What is judged stands in the suites (`conformance/test_*.py`), how often a scenario is
run in `conformance.shared_runs`, what a test is given in `conformance.fixtures`, what the tests together say in
`conformance.tally`.

A promise that was not judged (not promised, vacuous, a feature that the subject lacks) is a skipped test whose reason
begins with "not tested": a verdict on the subject, no failing of the machine, and never a pass.
"""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.fixtures import (
    JUDGEMENT,
    OWN_RUN,
    RUNS,
    configured,
    judgement,
    own_run,
    pair,
    refused,
    report_of,
    runs,
    subject,
)

if TYPE_CHECKING:
    from conformance.shared_runs import SharedRun
    from conformance.tally import Result

__all__ = ["configured", "judgement", "own_run", "pair", "refused", "runs", "subject"]  # pytest finds them here

REFERENCE = "reference"
SUMMARY = "requirements.json"
JUNIT = "junit.xml"
MISSING = "anynode-missing"

MARKERS = (
    "requirement(*ids): what a test shows, by the ids of conformance/requirements.yaml",
    "scenario(*names, check): the scenarios that a test is run on, and the check whose finding it is about",
    "by_itself(*names, needs): what a test runs that asks no check, and the feature without which it judges nothing",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suites, in a group of their own."""
    group = parser.getgroup("anynode", "anynode: whom the suites judge (pytest conformance)")
    group.addoption(
        "--subject",
        default=REFERENCE,
        metavar="NAME",
        help="whom to judge: reference, broken:NAME, a subject FILE.yaml, or package.module:Class",
    )
    group.addoption(
        "--requirement",
        action="append",
        default=[],
        metavar="ID",
        help="judge this requirement only, written whole (REQ-REPL-10); may be given several times",
    )
    group.addoption("--seed", type=int, metavar="N", help="decides all chance; each scenario's own seed if not given")
    group.addoption(
        "--anynode-short",
        action="store_true",
        help="tell a long scenario in ten minutes around its faults; of servers, run the fewest that show all",
    )
    group.addoption("--anynode-bare", action="store_true", help="make no pages: a report without pictures is quicker")
    group.addoption(
        "--anynode-report",
        metavar="DIR",
        help="keep requirements.json, junit.xml and the folder of every run there; an earlier report is replaced",
    )


@pytest.hookimpl(tryfirst=True)  # before pytest's own JUnit file is opened
def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, and refuse what cannot be judged before anything is collected."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if hasattr(config, "workerinput"):
        return
    _refuse_nonsense(config)
    report = report_of(config)
    if report is not None:
        _prepare(report, config.getoption("--anynode-report"))
        if getattr(config.option, "xmlpath", JUNIT) is None:
            config.option.xmlpath = str(report / JUNIT)
    config.pluginmanager.register(_Summary(config), "anynode-summary")


def _refuse_nonsense(config: pytest.Config) -> None:
    name, ids, seed = config.getoption("--subject"), config.getoption("--requirement"), config.getoption("--seed")
    if seed is not None and seed < 0:
        raise pytest.UsageError(f"--seed: found {seed}, expected 0 or more; write --seed 1")
    if name != REFERENCE:
        from conformance.subjects.file import SubjectRefused
        from conformance.subjects.naming import subject_named

        try:
            subject_named(name)
        except SubjectRefused as error:
            raise pytest.UsageError(str(error)) from error
    if ids:
        from conformance.requirements import UnknownRequirement, refuse_unknown

        try:
            refuse_unknown(ids)
        except UnknownRequirement as error:
            raise pytest.UsageError(str(error)) from error


def _prepare(report: Path, written: str) -> None:
    """Make the folder of the report, and take away an earlier one.

    Raises:
        pytest.UsageError: it holds something else; it is left untouched.
    """
    import shutil

    if report.is_dir() and any(report.iterdir()) and not (report / SUMMARY).is_file():
        raise pytest.UsageError(f"--anynode-report {written}: is not empty and no earlier report; name another folder")
    if report.exists() and not report.is_dir():
        raise pytest.UsageError(f"--anynode-report {written}: is a file, expected a folder; name another one")
    report.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(report / RUNS, ignore_errors=True)
    (report / SUMMARY).write_text("{}\n", encoding="utf-8")  # from here on the folder is a report's


# ----------------------------------------------------------------------------------------------------- what is judged


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each scenario that a test of the suites names."""
    marker = metafunc.definition.get_closest_marker("scenario")
    if marker is not None and "judgement" in metafunc.fixturenames:
        metafunc.parametrize("judgement", marker.args, ids=[Path(name).stem for name in marker.args], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was selected.

    Raises:
        pytest.UsageError: no test shows a requirement that was asked for; a process of pytest-xdist tells the main one.
    """
    if config.getoption("--anynode-short"):
        _spare(config, items)
    wanted: list[str] = config.getoption("--requirement")
    if not wanted:
        return
    kept = [item for item in items if set(wanted) & set(_requirements_of(item))]
    if kept != items:
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    missing = sorted(set(wanted) - {id_ for item in items for id_ in _requirements_of(item)})
    items[:] = [] if missing else kept
    if missing and not hasattr(config, "workerinput"):
        raise pytest.UsageError(_nothing_matches(missing))
    if missing:  # the main process has collected nothing, and tells it for all
        config.workeroutput[MISSING] = missing  # type: ignore[attr-defined]  # pytest-xdist's


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have all tests of one scenario in one process (`--dist loadgroup`); tests of others are left alone."""
    if config.getoption("dist") != "loadgroup":
        return None
    from conformance.distribution import ByScenario

    return ByScenario(config, log)


def _spare(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what costs minutes of real time and shows nothing that another run does not show."""
    from conformance.live_choice import spared

    tests: dict[str, tuple[list[str], str]] = {}
    named: dict[pytest.Item, tuple[str, str]] = {}
    for item in items:
        marker = item.get_closest_marker("scenario")
        if marker is not None and isinstance(item, pytest.Function):
            test = f"{item.module.__name__}::{item.originalname}"
            scenario = str(item.callspec.params["judgement"])
            tests.setdefault(test, ([], marker.kwargs["check"]))[0].append(scenario)
            named[item] = (test, scenario)
    left_out = spared(config.getoption("--subject"), tests)
    over = [item for item, names in named.items() if names in left_out]
    config.hook.pytest_deselected(items=over)
    items[:] = [item for item in items if item not in over]


def _nothing_matches(ids: list[str]) -> str:
    return f"--requirement {' '.join(ids)}: no test that was collected shows it; collect all suites: pytest conformance"


def _requirements_of(item: pytest.Item) -> list[str]:
    """Give the ids that a test names; another project may mean others by the same marker, and those are not ours."""
    ids = [id_ for marker in item.iter_markers("requirement") for id_ in marker.args]
    if not ids:
        return []
    from conformance.requirements import requirements

    return [id_ for id_ in ids if id_ in requirements()]


# -------------------------------------------------------------------------------------------------- what the tests say


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the test says of its requirements on its report, which pytest-xdist carries to the main process.

    One that failed names them below its own words, each with its level: a SHOULD may be broken for a reason.
    """
    report = yield
    ids = _requirements_of(item)
    if ids and (report.when == "call" or (report.when == "setup" and not report.passed)):
        from msgspec import to_builtins

        result = _result(item, ids, report, call)
        report.anynode = to_builtins(result)  # type: ignore[attr-defined]
        if report.failed:
            from conformance.tally import named

            report.sections.append(("what it is about", named(ids)))
            if not result.check:  # a check's own words end with it
                report.sections.append(("again", result.again))
    return report


def _result(item: pytest.Item, ids: list[str], report: pytest.TestReport, call: pytest.CallInfo[None]) -> "Result":
    from conformance.tally import Result

    made = item.stash.get(JUDGEMENT, None)
    if made is None or not made.verdict:
        return _of_itself(item, ids, report, call)
    run, found = made.run, made.finding
    return Result(
        test=report.nodeid,
        requirements=ids,
        verdict=made.verdict,
        seen=made.seen,
        promise=found.promise,
        scenario=run.scenario,
        seed=run.document.header.seed,
        check=found.check,
        judged=found.judged,
        folder=str(run.folder),
        again=run.command,
    )


def _of_itself(item: pytest.Item, ids: list[str], report: pytest.TestReport, call: pytest.CallInfo[None]) -> "Result":
    """Tell what a test says that has asked no check, or never came to its finding."""
    from conformance import verdict
    from conformance.requirements import requirements
    from conformance.tally import Result

    own = item.stash.get(OWN_RUN, None)
    word, seen = _verdict(own, report, call)
    told = Result(test=report.nodeid, requirements=ids, verdict=word, seen=seen)
    if own is not None:
        told.scenario, told.seed, told.folder = own.scenario, own.document.header.seed, str(own.folder)
    if word == verdict.VIOLATED:
        told.promise = " ".join(requirements()[id_].sentence for id_ in ids)
    if report.failed:
        told.again = _again(item, ids[0])
    return told


def _verdict(own: "SharedRun | None", report: pytest.TestReport, call: pytest.CallInfo[None]) -> tuple[str, str]:
    from conformance import verdict

    said = "" if call.excinfo is None else call.excinfo.exconly(tryshort=True)
    if report.passed:
        return verdict.HOLDS, said
    if report.skipped:
        return verdict.NOT_TESTED, said.removeprefix("Skipped: ").removeprefix("not tested: ")
    error, broken = call.excinfo, "" if own is None else own.broken
    if broken or (error is not None and error.errisinstance(_broken_adapter())):
        return verdict.BROKEN_ADAPTER, broken or said
    asserted = error is not None and error.errisinstance((AssertionError, pytest.fail.Exception))
    if asserted and report.when == "call":
        return verdict.VIOLATED, said.removeprefix("Failed: ")
    return verdict.UNKNOWN, said or report.longreprtext  # without an error: one that was to fail has passed


def _again(item: pytest.Item, requirement: str) -> str:
    """Write the command that runs one test again; those of the suites are found wherever they are installed."""
    import shlex

    words = ["pytest", item.nodeid]
    if item.path.parent == Path(__file__).parent:
        test = item.originalname if isinstance(item, pytest.Function) else item.name
        words = ["pytest", "--pyargs", "conformance", "--requirement", requirement, "-k", test]
    words += ["--subject", item.config.getoption("--subject")]
    seed, short = item.config.getoption("--seed"), item.config.getoption("--anynode-short")
    words += ["--seed", str(seed)] if seed is not None else []
    return shlex.join([*words, "--anynode-short"] if short else words)


def _broken_adapter() -> type[Exception]:
    from conformance.subjects.adapter import BrokenAdapter

    return BrokenAdapter


class _Summary:
    """Collects what the tests say, in the main process alone, and tells it by requirement at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._said: list[dict[str, Any]] = []
        self._missing: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what one test says."""
        said = getattr(report, "anynode", None)
        if said is not None:
            self._said.append(said)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a process of pytest-xdist which requirements no test shows."""
        self._missing = getattr(node, "workeroutput", {}).get(MISSING, self._missing)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Make a selection that matched nothing an error there too."""
        if self._missing:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary, and write the report where one was asked for."""
        report = report_of(self._config)
        if self._missing:
            terminalreporter.write_line(f"ERROR: {_nothing_matches(self._missing)}", red=True)
        if not self._said and report is None:
            return
        from msgspec import convert

        from conformance import tally, verdict

        tallied = tally.tally(
            convert(self._said, list[tally.Result]),
            subject=self._config.getoption("--subject"),
            seed=self._config.getoption("--seed"),
        )
        terminalreporter.section(f"what {tallied.subject} was shown to keep")
        colours: dict[str, dict[str, bool]] = {
            tally.SHOWN: {"green": True},
            verdict.VIOLATED: {"red": True},
            verdict.UNKNOWN: {"red": True},
            verdict.BROKEN_ADAPTER: {"red": True},
        }
        for word, line in tally.lines(tallied):
            terminalreporter.write_line(line, **colours.get(word, {"yellow": True}))
        if report is not None:
            (report / SUMMARY).write_bytes(tally.as_json(tallied))
            terminalreporter.write_line(f"report: {report / SUMMARY}, {JUNIT}, {RUNS}/")
