"""How pytest-xdist shares these tests out: what waits for real time to one process, all else by file.

Servers and browsers mostly wait. One process has all of them, so that no two wait beside each other for one machine,
and others compute meanwhile. What the tests of a file have in common is then made once.
"""

from xdist.scheduler import LoadScopeScheduling

WAITING = ("tests/live/", "tests/browser/")
LONG = (
    "tests/conformance/test_suites.py",
    "tests/test_determinism.py",
    "tests/conformance/test_guides.py",
    "tests/conformance/test_broken.py",
    "tests/conformance/test_planted.py",
    "tests/test_readme.py",
)
"""The files that take longest of all are begun with, or one process would be left with one of them in the end."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """Keeps the tests of a file in one process, and those of all files that wait."""

    def _split_scope(self, nodeid: str) -> str:
        """Name what a test belongs with."""
        return "waiting" if nodeid.startswith(WAITING) else nodeid.partition("::")[0]


def place(nodeid: str) -> int:
    """Tell how early a test is begun with: those that wait first, then the long files, then all others."""
    file = nodeid.partition("::")[0]
    if nodeid.startswith(WAITING):
        return 0
    return 1 + LONG.index(file) if file in LONG else 1 + len(LONG)
