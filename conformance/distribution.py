"""How pytest-xdist shares the suites out: all tests of a scenario to one process, since each waits for its run.

Imported only where pytest-xdist is used, with `--dist loadgroup`. That goes by markers and a suffix of the test's name;
with pytest 9.2 pytest-xdist 3.8 adds none any more, and would share out one test at a time without a word.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadGroupScheduling

from scenarios import names

OF_ONE = re.compile(r"(?P<file>[^:]+)::\w+\[(?P<name>[\w.-]{1,100})\]\Z")
"""A test that was made from one value, as those of the suites are from their scenario."""


class ByScenario(LoadGroupScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """Keeps the tests of a scenario together; every other test goes with its group, or by itself, as without this."""

    def _split_scope(self, nodeid: str) -> str:
        """Name what a test belongs with."""
        group: str = super()._split_scope(nodeid)
        return scenario_of(nodeid, self.config.rootpath) or group if group == nodeid else group


@cache
def scenario_of(test: str, root: Path) -> str:
    """Give the scenario that a test is named after: one of ours, or a file beside the test; "" if it is neither."""
    made = OF_ONE.match(test)
    if made is None:
        return ""
    name, beside = made["name"], root / Path(made["file"]).parent
    return name if name in _ours() or (beside / f"{name}.yaml").is_file() else ""


@cache
def _ours() -> frozenset[str]:
    return frozenset(entry.name for entry in names())
