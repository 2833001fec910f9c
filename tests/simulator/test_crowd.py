"""How people come into the world, and how what they ask is performed."""

from typing import Any

import pytest

from conformance.history import Operation
from reference.effects import Effect, Respond
from simulator.chance import Chance
from simulator.clients import Clients
from simulator.crowd import bring_users, bring_visitors
from simulator.users import LOGIN, Habits

SECOND = 1_000_000
END = 1_000 * SECOND


def habits(tabs: int = 0) -> Habits:
    return Habits(
        hosts=("app.example.com",), keys=("k1",), think_us=SECOND, pages=(4, 12), writes=500_000, deletes=0, logouts=0,
        stale=(0, 0), rest_us=SECOND, revokes=0, tabs=tabs,
    )  # fmt: skip


def welcoming(toy: Any, what: str, *about: Any) -> list[Effect]:
    """Let everybody in, with one session a request to log in."""
    del toy
    if what != "request":
        return []
    cookies = (("Set-Cookie", f"s={about[0].id}; Path=/"),) if about[0].path == "/login" else ()
    return [Respond(about[0].id, 200, cookies, {})]


@pytest.fixture
def clients(stage: Any) -> Clients:
    """The connections of a world whose nodes let everybody in."""
    stage.says = welcoming
    stage.start()
    return Clients(stage.loop, stage.hosts, lambda _, __: "n1", stage.write, "s", "app.example.com", 1_000)


def operations(stage: Any) -> list[Operation]:
    return [line for line in stage.written if isinstance(line, Operation)]


def test_a_day_is_not_put_on_the_loop(stage: Any, clients: Clients) -> None:
    """Who comes has the next one come: two thousand waits would make every step of the loop dearer."""
    day = [(second * SECOND, (second + 300) * SECOND) for second in range(200)]
    before = len(stage.loop.queue)
    bring_visitors(stage.loop, clients, habits(), Chance(1), day, SECOND, END)
    assert len(stage.loop.queue) == before + 1
    stage.run(END)
    asked = operations(stage)
    assert len({operation.client for operation in asked}) == 200
    pages = sorted(operation.asked for operation in asked if operation.op != LOGIN)
    assert len(pages) == 400
    assert all(abs(at - SECOND - due) < 10_000 for at, due in zip(pages, sorted(sum(day, ())), strict=True))


def test_who_comes_at_the_same_instant_as_another_comes_too(stage: Any, clients: Clients) -> None:
    bring_visitors(stage.loop, clients, habits(), Chance(1), [(5,), (5,), (5, 6)], 0, END)
    stage.run(SECOND)
    assert len([operation for operation in operations(stage) if operation.op != LOGIN]) == 4


def test_nobody_comes_on_an_empty_day(stage: Any, clients: Clients) -> None:
    bring_visitors(stage.loop, clients, habits(), Chance(1), [], 0, END)
    stage.run(SECOND)
    assert operations(stage) == []


@pytest.mark.parametrize("tabs", [0, 1_000_000])
def test_operations_of_two_tabs_overlap_in_one_session_and_those_of_one_tab_never(
    stage: Any, clients: Clients, tabs: int
) -> None:
    bring_users(stage.loop, clients, habits(tabs), Chance(1), 3, 0, 60 * SECOND)
    stage.run(60 * SECOND)
    found = operations(stage)
    overlapping = 0
    for one in found:
        beside = [
            other
            for other in found
            if other is not one and other.client == one.client and other.asked <= one.asked < (other.answered or END)
        ]
        overlapping += len(beside)
        assert all(other.session == one.session for other in beside)
    assert (overlapping > 0) is (tabs > 0)
