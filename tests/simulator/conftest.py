"""A small world for the engine's own tests: toy nodes that log every turn and do what a test tells them to."""

from collections.abc import Callable
from typing import Any

import pytest

from reference.effects import Effect, Respond
from reference.protocol import Request
from simulator.chance import Chance
from simulator.clock import Loop, NodeClock
from simulator.delays import Fixed
from simulator.host import Host
from simulator.network import Network
from simulator.trace import Recorder

DELAY_US = 100
POLL_US = 5_000_000


class Toy:
    """A node that logs its turns as (instant, node, what, …) and returns what the test's `says` returns."""

    def __init__(self, stage: "ToyStage", name: str, boot: int) -> None:
        self.stage, self.name, self.boot = stage, name, boot
        self.clocks: tuple[int, int] = (0, 0)

    def _turn(self, wall: int, mono: int, what: str, *about: Any) -> list[Effect]:
        self.clocks = (wall, mono)
        self.stage.log.append((self.stage.loop.now, self.name, what, *about))
        return self.stage.says(self, what, *about)

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "start", peers)

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "discovered", peers)

    def lookup_failed(self, why: str, wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "lookup_failed", why)

    def receive(self, sender: str, channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "receive", sender, channel, message)

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "ring", alarm)

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "request", request)

    def leave(self, wall: int, mono: int) -> list[Effect]:
        return self._turn(wall, mono, "leave")


def _answer_requests(toy: Toy, what: str, *about: Any) -> list[Effect]:
    del toy
    return [Respond(about[0].id, 200, (), {})] if what == "request" else []


class ToyStage:
    """Three toy nodes n1 to n3, 100 µs apart."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.recorder = Recorder()
        self.network = Network(self.loop, ["n1", "n2", "n3"], lambda _, __: Fixed(DELAY_US), Chance(1), self.recorder)
        self.log: list[tuple[Any, ...]] = []
        self.written: list[Any] = []
        self.toys: dict[str, Toy] = {}
        self.says: Callable[..., list[Effect]] = _answer_requests
        self.peers: Callable[[], tuple[str, ...]] = tuple
        self.hosts = {name: self._host(name) for name in ("n1", "n2", "n3")}

    def _host(self, name: str) -> Host:
        def make(boot: int) -> Toy:
            self.toys[name] = Toy(self, name, boot)
            return self.toys[name]

        clock = NodeClock(offset_us=7 if name == "n2" else 0)
        return Host(self.loop, name, make, self.network, self.recorder, clock, self._found, POLL_US)

    def _found(self) -> tuple[str, ...]:
        return self.peers()

    def write(self, record: Any) -> None:
        """Keep a line of the history."""
        self.written.append(record)

    def start(self) -> None:
        """Start every node and forget that in the log."""
        for host in self.hosts.values():
            host.start()
        self.log.clear()

    def run(self, until: int) -> None:
        """Let time pass; what is due at that very instant is left out."""
        self.loop.run(until=until)


@pytest.fixture
def stage() -> ToyStage:
    """A world of three toys, not started."""
    return ToyStage()
