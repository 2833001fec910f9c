"""A flood of logins and logouts, from within: what a node holds of it at every second, and what is left in the end."""

from typing import Any, cast

from conformance.planning import plan
from conformance.runner import world_of
from reference.lifetime import forget_at
from reference.node import Node
from reference.records import Records
from scenarios import load
from simulator.clock import EPOCH_US, SECOND_US


def test_in_a_flood_ends_are_scrubbed_at_once_kept_as_long_as_needed_and_then_forgotten() -> None:
    world = world_of(plan(load("logout-flood"), seed=1))
    seen: dict[str, int] = {"ended": 0, "most": 0}
    began: dict[str, int] = {}

    def look(now: int) -> None:
        for name, records in records_of(world).items():
            if world.hosts[name].paused:
                continue
            seen["most"] = max(seen["most"], len(records.sessions))
            for session in records.sessions.values():
                began[session.id] = session.created
                if session.end is not None:
                    seen["ended"] += 1
                    assert (session.user, session.cells) == ("", {}), "an end holds nothing of what its session held"
                late = EPOCH_US + now - forget_at(session.created, records.settings)
                assert late < SECOND_US, f"{name} holds a record {late} µs after it could be forgotten"

    world.run(progress=look)
    assert len(began) > 2_000
    assert seen["ended"] > 10 * len(began)
    assert seen["most"] < len(began) // 2, "what is held follows the last limit's worth of logins, not all there were"
    held = records_of(world)
    for records in held.values():
        assert records.sessions == held["n1"].sessions
        assert len(records._oldest) == len(records.sessions) + len(records.revocations)
        assert sum(map(len, records._owned.values())) == len(records.sessions)


def records_of(world: Any) -> dict[str, Records]:
    return {name: cast("Node", host._machine).records for name, host in world.hosts.items()}
