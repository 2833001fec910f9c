"""How pytest-xdist shares the suites out: all tests of a scenario to one process, since each waits for its run.

Imported only where pytest-xdist is used, with `--dist loadgroup`. That goes by markers and a suffix of the test's name;
with pytest 9.2 pytest-xdist 3.8 adds none any more, and would share out one test at a time without a word.
"""

from xdist.scheduler import LoadGroupScheduling


class ByScenario(LoadGroupScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """Keeps tests together that were made from one value, as those of the suites are from their scenario."""

    def _split_scope(self, nodeid: str) -> str:
        """Name what a test belongs with: its group if it says one, its scenario, or itself alone."""
        group: str = super()._split_scope(nodeid)
        return scenario_of(nodeid) if group == nodeid else group


def scenario_of(test: str) -> str:
    """Give what a test was made from, as its name says it in brackets; its whole name if it says nothing."""
    return test[test.index("[") :] if test.endswith("]") else test
