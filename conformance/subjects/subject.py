"""What a subject is to the runner: a name, what it promises under a configuration, and a way to start its nodes."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from conformance.history import Contract
from reference.config import Configuration
from reference.protocol import Init
from simulator.host import Machine


class Prepared(Struct, frozen=True):
    """A subject under one configuration and one size of cluster.

    Attributes:
        features: those that count under this configuration (protocol, part 2); what is not listed is not tested.
        contract: the subject's own bounds, in microseconds.
        make: starts one life of one node.
    """

    features: list[str]
    contract: Contract
    make: Callable[[Init], Machine]


class Subject(Protocol):
    """An implementation that can be put under test."""

    name: str
    version: str

    def prepare(self, configuration: Configuration, members: int) -> Prepared:
        """Take a configuration for a cluster of that many members."""
        ...
