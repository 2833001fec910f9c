"""What a subject is to the runner: a name, what it promises under a configuration, and a way to start its nodes."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Protocol

from msgspec import Struct, field

from conformance.history import Contract
from reference.config import Configuration
from reference.protocol import Init
from simulator.host import Machine


class Crew(Protocol):
    """The nodes of one run: who starts their lives, and who sees to it that nothing is left of them."""

    def make(self, init: Init) -> Machine:
        """Start one life of one node."""

    def ended(self, node: str) -> None:
        """Take note that the life of that node is over: killed, or stopped."""

    def close(self) -> None:
        """End whatever is left; the run is over."""


class Prepared(Struct, frozen=True):
    """A subject under one configuration and one size of cluster.

    Attributes:
        features: those that count under this configuration (protocol, part 2); what is not listed is not tested.
        contract: the subject's own bounds, in microseconds.
        enter: begins a run; the folder is where the nodes may leave what they said, None for nowhere.
        notes: what a reader should know besides.
        own: whether a module is the subject's, where its nodes live in this process: they may not look at the machine.
        cookie_name, absolute_us, idle_us: where they are not those of the configuration, which it does not honour.
    """

    features: list[str]
    contract: Contract
    enter: Callable[[Path | None], Crew]
    notes: list[str] = field(default_factory=list)
    own: Callable[[ModuleType], bool] | None = None
    cookie_name: str | None = None
    absolute_us: int | None = None
    idle_us: int | None = None


class Subject(Protocol):
    """An implementation that can be put under test.

    Attributes:
        name: what reports call it.
        version: its own.
        source: what `--subject` was given.
        foreign: whether it is somebody else's, so that it is not known whether a run can be replayed.
    """

    name: str
    version: str
    source: str
    foreign: bool

    def prepare(self, configuration: Configuration, members: int) -> Prepared:
        """Take a configuration for a cluster of that many members.

        Raises:
            SubjectRefused: it cannot be started.
            BrokenAdapter: it does not say who it is.
        """
        ...
