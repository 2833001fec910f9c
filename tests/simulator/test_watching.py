"""Looks at what nodes hold, as they are performed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from simulator.chance import Chance
from simulator.clock import Loop
from simulator.observers import Change, Watch
from simulator.users import WRITE, Answer, Ask
from simulator.watching import Watching, _Observed

CHANGE = Change(WRITE, "s=1", "o1-2", key="k", value="o1-2")
OLD = Answer(200, {"data": {}, "ended": False})


class Slow:
    """Clients of a node that says nothing until it is told to."""

    def __init__(self) -> None:
        self.heard: list[Callable[[Answer], None]] = []

    def ask(self, _client: str, _by: str, _ask: Ask, heard: Callable[[Answer], None]) -> None:
        self.heard.append(heard)


@pytest.mark.parametrize(("patient", "looks"), [(False, [5, 6]), (True, [1, 2])])
def test_where_time_is_real_a_node_that_has_not_answered_a_look_is_not_looked_at_again(
    patient: bool,  # noqa: FBT001
    looks: list[int],
) -> None:
    loop, clients, chance = Loop(), Slow(), Chance(1)
    hosts: dict[str, Any] = {"n1": SimpleNamespace(up=True, paused=False)}
    watching = Watching(loop, clients, hosts, ["peek"], chance, 1, "localhost")  # type: ignore[arg-type]
    watching.patient = patient
    witness: Any = SimpleNamespace(change=CHANGE, user="ann")
    observed = _Observed("o1", witness, chance.stream("looks"), ["n1"])
    watching._look_later(observed, Watch(CHANGE, ["n1"], 0, chance.stream("watch")))
    for _ in range(5):
        loop.step()
    assert len(clients.heard) == looks[0]
    for heard in clients.heard:
        heard(OLD)
    loop.step()
    assert len(clients.heard) == looks[1]
