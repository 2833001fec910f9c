"""Runs one proposal and says whether it still fails for the same reason. It writes nothing."""

import shlex
from pathlib import Path
from typing import Any

from msgspec import Struct

from conformance.history import USER, History
from conformance.judging import judgement
from conformance.planning import Refused, plan
from conformance.shrinking.reason import Reason, convicting, reason_of
from conformance.verdict import Finding
from reference.errors import ConfigurationError
from scenarios import ScenarioRefused, parse_told


class Size(Struct, frozen=True):
    """How large a run is, in what a reader has to follow."""

    faults: int
    operations: int
    users: int
    witnesses: int
    nodes: int
    duration_us: int


class Failing(Struct, frozen=True):
    """A run that fails: the file's mapping, what came of it, and why it fails."""

    data: dict[str, Any]
    history: History
    finding: Finding
    reason: Reason

    @property
    def size(self) -> Size:
        """How large it is."""
        people = {operation.client for operation in self.history.operations if operation.by == USER}
        return Size(
            faults=len(self.data.get("faults") or []),
            operations=sum(operation.by == USER for operation in self.history.operations),
            users=len(people),
            witnesses=len({o.client for o in self.history.operations if o.by != USER and o.session is not None}),
            nodes=len(self.history.header.nodes),
            duration_us=parse_told(self.data, Path("size.yaml")).duration,
        )


class Trial(Struct):
    """Tries proposals for one subject and seed.

    Attributes:
        subject: whom to judge, as `--subject` names it.
        seed: of every run.
        place: the path that the scenario's file will have: its stem is the scenario's name.
        config: the user's own configuration file, in place of the scenario's.
        runs: how many runs were made.
        events: how many events they simulated.
    """

    subject: str
    seed: int
    place: Path
    config: Path | None = None
    runs: int = 0
    events: int = 0

    @property
    def command(self) -> str:
        """The command line that runs the file."""
        whom = [] if self.subject == "reference" else ["--subject", self.subject]
        config = [] if self.config is None else ["--config", str(self.config)]
        return shlex.join(["anynode", "run", str(self.place), *config, *whom])

    def failing(self, data: dict[str, Any], check: str | None, reason: Reason | None = None) -> Failing | None:
        """Run a scenario; None where it is none, cannot be run, does not fail so, or its adapter is broken.

        Args:
            data: the file's mapping.
            check: the check that must convict; None for any.
            reason: why it must fail; None for any reason.
        """
        try:
            decided = plan(parse_told(data, self.place), seed=self.seed, subject=self.subject, config=self.config)
        except (ScenarioRefused, ConfigurationError, Refused):
            return None
        self.runs += 1
        came = judgement(decided, str(self.place))
        self.events += came.outcome.events
        if came.broken is not None:
            return None
        finding = convicting(came.findings, check)
        if finding is None or (reason is not None and reason_of(finding) != reason):
            return None
        return Failing(data, came.history, finding, reason_of(finding))
