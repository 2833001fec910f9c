"""What holds for every test of the project."""

import os
from collections.abc import Generator
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests import sharing

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
NO_FIREFOX = "needs Firefox ESR: apt-get install firefox-esr"
"""The reason of the one skip that is no failure anywhere, in tests that are marked `where_installed`."""


settings.register_profile("anynode", parent=settings.default, deadline=None)  # a busy machine is no failure
settings.load_profile("anynode")


def _failed_where_ci_runs(report: Report) -> Report:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    # What is tried in Firefox, where it is installed, is tried in Chromium too: its skip hides nothing.
    lacks_firefox = "where_installed" in getattr(report, "keywords", ()) and reason == f"Skipped: {NO_FIREFOX}"
    excused = hasattr(report, "wasxfail") or lacks_firefox
    if report.skipped and not excused and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and with CI=true a skip is a failure: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skipped test a failure where CI runs: what is skipped there, nobody ever sees fail.

    What these tests show stands in docs/requirements.md; what the plugin tells at the end is about subjects of suites.
    """
    report = yield
    vars(report).pop("anynode", None)
    return _failed_where_ci_runs(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that is skipped whole."""
    return _failed_where_ci_runs((yield))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what takes longest, where several processes share the tests."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: sharing.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests out by file, in their order, unless another way is asked for (`--dist`)."""
    if config.getoption("dist") != "load":
        return None
    config.option.loadscopereorder = False
    return sharing.ByFile(config, log)
