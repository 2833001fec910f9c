"""With routing on, what a client has seen stays seen through any one crash, join or leave, whenever it strikes.

A few clients take turns at every node, as behind a balancer without stickiness; an instant is drawn, and a fault at it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from reference.effects import Respond
from reference.settings import MILLISECOND, SECOND, Settings
from reference.timing import converge_us, detect_us
from tests.reference.cluster import SETTINGS, Cluster

ROUTED = structs.replace(SETTINGS, routing=True)
UNROUTED = structs.replace(SETTINGS, routing=False)
NODES, CLIENTS = 4, 3
PERIOD = detect_us(ROUTED, NODES) + converge_us(ROUTED, NODES)
"""For so long after the fault views may differ; the clients go on until then."""
PATIENCE = 10 * SECOND
SPREAD = 120 * MILLISECOND
"""Each message takes up to so much longer than the delay: who acknowledges first says little of when others hear."""


class Client:
    """Writes a number that grows, and reads it, at one node after another; a read must show the last one answered.

    Attributes:
        least: the number that a read must show at least: what was written with success, or seen.
    """

    def __init__(self, cluster: Cluster, number: int, pause: int) -> None:
        self.cluster = cluster
        self.turn = number
        self.pause = pause
        self.cookie: str | None = None
        self.user = f"user{number}"
        self.least = self.written = 0
        self.reads = self.failed = 0
        self.ended = False

    def node(self) -> str:
        """Choose the next node that says that it is ready."""
        self.turn += 1
        ready = [name for name, node in self.cluster.nodes.items() if node.membership.ready]
        return ready[self.turn % len(ready)]

    def act(self) -> None:
        """Do the next thing: log in, write or read."""
        if self.cookie is None:
            self.ask("POST", "/login", self.began, {"user": self.user})
        elif self.turn % 2:
            self.written += 1
            self.ask("PUT", "/session/data/k", self.wrote, {"value": self.written})
        else:
            self.ask("GET", "/session", self.read)

    def ask(self, method: str, path: str, heard: Callable[[Respond], None], body: Any = None) -> None:
        cluster, node = self.cluster, self.node()
        life, begun = cluster.boots[node], cluster.now
        request = cluster.ask(node, method, path, self.cookie, body)

        def look() -> None:
            answer = cluster.answers.get(request)
            if answer is not None and answer.status != 503:
                heard(answer)
            elif answer is not None or cluster.boots[node] != life or cluster.now - begun > PATIENCE:
                self.failed += 1  # what came of it nobody knows: the next read says it
            else:
                cluster.after(MILLISECOND, look)
                return
            cluster.after(self.pause, self.act)

        look()

    def began(self, answer: Respond) -> None:
        """Keep the cookie."""
        assert answer.status == 200
        self.cookie = dict(answer.headers)["Set-Cookie"].partition(";")[0]

    def wrote(self, answer: Respond) -> None:
        """Expect to see it from now on."""
        assert answer.status == 200, f"{self.user}: a session that was begun is denied: {answer.body}"
        self.least = self.written

    def read(self, answer: Respond) -> None:
        """Hold what is shown against what was shown before."""
        assert answer.status == 200, f"{self.user}: a session that was begun is denied: {answer.body}"
        shown = answer.body["data"].get("k", 0)
        assert shown >= self.least, f"{self.user}: {shown} is shown after {self.least} at {self.cluster.now}"
        self.least = shown
        self.reads += 1


def strike(cluster: Cluster, fault: str, node: str) -> None:
    """Let one thing happen to one node."""
    match fault:
        case "crash":
            cluster.crash(node)
        case "restart":
            cluster.restart(node)
        case "leave":
            cluster.leave(node)
        case "join":
            cluster.boot(cluster.names[-1])


def run(fault: str, at: int, node: str, delay: int, pause: int, configured: Settings = ROUTED) -> list[Client]:
    """Let clients act, have a fault strike, and look at every answer until its consequences are over."""
    cluster = Cluster(NODES, configured, delay=delay)
    cluster.jitter = SPREAD
    cluster.start(*(cluster.names[:-1] if fault == "join" else cluster.names))
    cluster.run(SECOND)
    clients = [Client(cluster, number, pause) for number in range(CLIENTS)]
    for client in clients:
        client.act()
    cluster.run(at)
    strike(cluster, fault, node)
    cluster.run(PERIOD)
    return clients


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    fault=st.sampled_from(["crash", "restart", "leave", "join"]),
    at=st.integers(1, 3 * SECOND),
    node=st.sampled_from(["n1", "n2", "n3"]),
    delay=st.sampled_from([MILLISECOND, 40 * MILLISECOND]),
    pause=st.sampled_from([10 * MILLISECOND, 150 * MILLISECOND]),
)
def test_no_client_is_shown_less_than_before_through_any_one_crash_restart_leave_or_join(
    fault: str, at: int, node: str, delay: int, pause: int
) -> None:
    clients = run(fault, at, node, delay, pause)
    for client in clients:
        assert client.reads > 5, "enough to judge, also where every answer crosses an ocean"


@pytest.mark.parametrize("fault", ["crash", "join"])
def test_these_clients_notice_where_nobody_routes(fault: str) -> None:
    """What they look at must be able to convict: without routing a copy is on its way when the next node is asked."""
    with pytest.raises(AssertionError, match=r"is shown after|is denied"):
        run(fault, SECOND, "n2", MILLISECOND, 10 * MILLISECOND, UNROUTED)
