"""When nodes are asked whether they are ready, and what the history and the balancer hear of it."""

from typing import Any

from conformance.history import Ready, Unready
from reference.effects import Effect, Respond
from reference.protocol import Request
from simulator.readiness import SELDOM_US, SOON_US, Readiness

SECOND = 1_000_000


class Site:
    """Answers `/status` as `ready` says, and everything else with `status`."""

    def __init__(self) -> None:
        self.ready = True
        self.status = 200
        self.probes = 0

    def __call__(self, toy: Any, what: str, *about: Any) -> list[Effect]:
        if what != "request":
            return []
        probe = about[0].path == "/status"
        self.probes += probe and toy.name == "n1"
        return [Respond(about[0].id, (200 if self.ready else 503) if probe else self.status, (), {})]


def watched(stage: Any) -> tuple[Site, Readiness, list[tuple[str, bool, int]]]:
    """Start the toys and ask them whether they are ready."""
    site, seen = Site(), []
    stage.says = site
    readiness = Readiness(
        stage.loop, stage.hosts, stage.write, lambda node, healthy, now: seen.append((node, healthy, now))
    )
    stage.start()
    readiness.begin()
    return site, readiness, seen


def test_a_ready_node_is_asked_seldom_and_one_that_is_not_soon(stage: Any) -> None:
    site, readiness, _ = watched(stage)
    site.ready = False
    stage.run(SECOND)
    assert site.probes == SECOND // SOON_US
    assert not readiness.all_up_are_ready()
    site.ready = True
    stage.run(SECOND + 1)
    assert readiness.all_up_are_ready()
    probes = site.probes
    stage.run(SECOND + 4 * SELDOM_US)
    assert site.probes == probes + 3
    assert next((line.ready, line.t) for line in stage.written if isinstance(line, Ready)) == ("n1", SECOND)


def test_a_node_that_turns_a_client_away_is_asked_at_once(stage: Any) -> None:
    site, _, seen = watched(stage)
    stage.run(SECOND)
    stage.written.clear()
    site.ready, site.status = False, 503
    stage.loop.after(1, lambda: stage.hosts["n1"].request(Request("r1", "GET", "/session", "h"), lambda _: None))
    stage.run(SECOND + 2)
    assert [(line.unready, line.t) for line in stage.written if isinstance(line, Unready)] == [("n1", SECOND + 1)]
    assert seen[-1] == ("n1", False, SECOND + 1)


def test_a_node_that_answers_well_is_not_asked_more_often(stage: Any) -> None:
    site, _, _ = watched(stage)
    stage.run(SECOND)
    probes = site.probes
    stage.loop.after(1, lambda: stage.hosts["n1"].request(Request("r1", "GET", "/session", "h"), lambda _: None))
    stage.run(2 * SECOND)
    assert site.probes == probes


def test_a_node_that_stands_still_is_unhealthy_at_once_and_stays_ready(stage: Any) -> None:
    _, readiness, seen = watched(stage)
    stage.run(SECOND)
    stage.loop.after(1, stage.hosts["n2"].pause)
    stage.run(2 * SECOND)
    assert seen[-1] == ("n2", False, SECOND + 1)
    assert readiness.ready["n2"]
    stage.loop.after(1, stage.hosts["n2"].resume)
    stage.run(3 * SECOND)
    node, healthy, at = seen[-1]
    assert (node, healthy) == ("n2", True)
    assert at <= 2 * SECOND + 1 + SOON_US


def test_a_node_that_died_is_seen_at_once(stage: Any) -> None:
    _, readiness, seen = watched(stage)
    stage.run(SECOND)
    stage.loop.after(1, stage.hosts["n3"].crash)
    stage.run(SECOND + 2)
    assert seen[-1] == ("n3", False, SECOND + 1)
    assert readiness.all_up_are_ready()
