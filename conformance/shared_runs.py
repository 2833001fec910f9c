"""Each scenario is run once for all tests that ask about it, also when several processes share the tests.

Knows no pytest. What came of a run is read from its folder, so that a process may read what another has run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from conformance import folder
from conformance.planning import plan
from conformance.runner import carry_out
from conformance.verdict import BROKEN_ADAPTER, Finding
from reports import page
from reports.document import RunDocument, read
from scenarios import load

try:
    import fcntl
except ImportError:  # not on every system: there each process runs for itself, as `place` says
    fcntl = None  # type: ignore[assignment]

SHARED = fcntl is not None
"""Whether several processes can share one place."""


class SharedRun(Struct, frozen=True):
    """What came of one run, and how to do it again.

    Attributes:
        scenario: its name.
        document: its run document.
        folder: where it was kept.
        command: the command line that repeats it.
    """

    scenario: str
    document: RunDocument
    folder: Path
    command: str

    def finding(self, check: str) -> Finding:
        """Give what one check found.

        Raises:
            LookupError: there is no check of that name.
        """
        for finding in self.document.checks:
            if finding.check == check:
                return finding
        known = ", ".join(finding.check for finding in self.document.checks)
        raise LookupError(f"{self.scenario}: no check is called '{check}'; write one of: {known}")

    @property
    def broken(self) -> str:
        """How the subject broke the protocol, so that nothing can be read out of the run; "" where it did not."""
        footer = self.document.footer
        return footer.adapter if footer is not None and footer.verdict == BROKEN_ADAPTER else ""

    @property
    def untouched(self) -> str:
        """The first fault that touched nothing, in words; "" where each did something."""
        return next((fault.title for fault in self.document.faults if not fault.touched), "")


class Runs:
    """The runs of one subject, made when they are first asked for.

    Args:
        place: where their folders go; processes that share it share the runs.
        subject: whom to judge, as `--subject` names it.
        seed: decides all chance; each scenario's own when None.
        short: whether a long scenario is told around its faults alone.
        pages: whether each run gets its page.
    """

    def __init__(self, place: Path, subject: str, seed: int | None, *, short: bool, pages: bool) -> None:
        self._place = place
        self._subject = subject
        self._seed = seed
        self._short = short
        self._pages = pages
        self._known: dict[str, SharedRun] = {}

    def of(self, scenario: str) -> SharedRun:
        """Give the run of a scenario, by name or path; it is run if nobody has yet.

        Raises:
            ScenarioRefused, ConfigurationError, UnknownSubject, Refused, NotARun: before anything is run.
        """
        known = self._known.get(scenario)
        if known is None:
            known = self._known[scenario] = self._find_or_run(scenario)
        return known

    def _find_or_run(self, scenario: str) -> SharedRun:
        decided = plan(load(scenario), seed=self._seed, subject=self._subject, short=self._short)
        out = self._place / folder.default(decided.scenario.name, decided.seed, self._subject).name
        self._place.mkdir(parents=True, exist_ok=True)
        with _alone(out.with_suffix(".lock")):
            if not _is_over(out / folder.DOCUMENT):
                carry_out(decided, out)
                if self._pages:
                    page.make(out)
        return SharedRun(decided.scenario.name, read(out / folder.DOCUMENT), out, decided.command)


def _is_over(document: Path) -> bool:
    """Say whether a run came to its end: the world's, or that of an adapter that broke."""
    return document.is_file() and read(document).footer is not None


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process is here; whoever dies in here lets the next one in."""
    if fcntl is None:
        yield
        return
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
