"""Requests that are broken off once a node has them: what is only read is asked again, of the rest nobody hears."""

from typing import Any

import pytest

from conformance.history import BROKEN_OFF, Operation
from simulator.balancer import make_balancer
from simulator.chance import MILLION, Chance
from simulator.clients import USER, Clients
from simulator.health import Health
from simulator.users import READ, WRITE, Answer, Ask

NODES = ["n1", "n2", "n3"]


def ready(*nodes: str) -> Health:
    made = Health(NODES, 0, 0)
    for node in nodes:
        made.saw(node, healthy=True, now=0)
    return made


def asked(stage: Any, op: str, midway: Any) -> tuple[list[Answer], list[str], Operation]:
    """Ask once over a balancer that has chosen n1; return what was heard, who was asked, and what was written down."""
    stage.start()
    clients = Clients(
        stage.loop, stage.hosts, lambda _, __: "n1", stage.write, "s", "app.example.com", 1_000, midway=midway
    )
    heard: list[Answer] = []
    ask = Ask("u1-1", op, "GET" if op == READ else "PUT", "/session" if op == READ else "/session/data/k")
    stage.loop.after(1, lambda: clients.ask("u1", USER, ask, heard.append))
    stage.run(1_000_000)
    assert clients.open == 0
    return heard, [entry[1] for entry in stage.log if entry[2] == "request"], stage.written[-1]


def test_what_is_only_read_is_asked_again_of_another_node(stage: Any) -> None:
    heard, nodes, operation = asked(stage, READ, lambda *_: "n3")
    assert [answer.status for answer in heard] == [200]
    assert nodes == ["n1", "n3"]
    assert (operation.node, operation.outcome, operation.why) == ("n3", "ok", None)


def test_of_what_changes_something_nobody_hears_though_the_node_has_done_it(stage: Any) -> None:
    heard, nodes, operation = asked(stage, WRITE, lambda *_: "n3")
    assert [answer.status for answer in heard] == [None]
    assert nodes == ["n1"]
    assert (operation.node, operation.outcome) == ("n1", "unknown")
    assert (operation.answered, operation.why) == (None, BROKEN_OFF), "nobody can blame the node for that"


@pytest.mark.parametrize("midway", [None, lambda *_: None])
def test_all_else_is_left_where_it_is(stage: Any, midway: Any) -> None:
    heard, nodes, operation = asked(stage, WRITE, midway)
    assert [answer.status for answer in heard] == [200]
    assert (nodes, operation.outcome, operation.why) == (["n1"], "ok", None)


def test_a_share_of_the_requests_is_broken_off_and_their_client_stays_where_it_was_sent() -> None:
    balancer = make_balancer("sticky", ready(*NODES), Chance(1), midway=MILLION // 4)
    moved = 0
    for now in range(1_000):
        node = balancer.pick("u1", now)
        other = balancer.midway("u1", node, now)
        assert other != node
        moved += other is not None
        assert balancer.pick("u1", now) == (other or node)
    assert 200 < moved < 300


def test_nobody_is_moved_where_no_other_node_is_believed_ready() -> None:
    balancer = make_balancer("sticky", ready("n2"), Chance(1), midway=MILLION)
    assert [balancer.midway("u1", balancer.pick("u1", now), now) for now in range(50)] == [None] * 50


def test_a_balancer_that_moves_nobody_leaves_every_request_where_it_is() -> None:
    balancer = make_balancer("round-robin", ready(*NODES), Chance(1))
    assert balancer.midway("u1", "n1", 5) is None
