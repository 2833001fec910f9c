"""A live cluster behind several hosts and TLS, visited by a real browser and by the world's, step by step.

Both log in on one host, go on to the others, lose a node, log out on one and look at the other: what is sent and who
is logged in is the same for both, whether `session.cookie.domain` is right or wrong.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from reference.live.trial import OWN
from tests.browser.conftest import KINDS, Staged
from tests.browser.engines import Kept
from tests.browser.site import Balancer, Outcome, Real, Simulated, Step
from tests.live.trials import Trial, trial

SHOP, PAY, APEX, DEEP = "shop.example.com", "pay.example.com", "example.com", "eu.shop.example.com"
BLOG, PORTAL = "blog.example.com", "portal.test"
COOKIE = "maverics_session"
NOBODY = 401
IN_ONE = pytest.mark.parametrize("kind", KINDS[:1], ids=["chromium"], indirect=True)
"""What a browser does here is among the recorded cases, which all play; a cluster takes seconds to start."""
KEPT = Kept(
    name=COOKIE, value="", domain=".example.com", path="/", secure=True, http_only=True, same_site="none", expires=-1
)


class Pair(NamedTuple):
    """A cluster, and its two visitors."""

    nodes: Trial
    real: Real
    simulated: Simulated

    def take(self, *steps: Step) -> list[Outcome]:
        """Have both take the steps, and give what came of them for both."""
        outcomes = []
        for step in steps:
            real, simulated = self.real.take(step), self.simulated.take(step)
            assert real == simulated, step
            outcomes.append(real)
        return outcomes

    def visit(self, *hosts: str) -> list[str | None]:
        """Have both type the address of each host's page, and say who is logged in there."""
        return [outcome.user for outcome in self.take(*map(Step, hosts))]

    def kept(self) -> list[Kept]:
        """List what both keep."""
        assert self.real.kept() == self.simulated.kept()
        return self.real.kept()

    def kill(self, node: str) -> None:
        """End a node as a power cut does."""
        os.kill(self.nodes.pids[node], signal.SIGKILL)


@contextmanager
def visited(domain: str | None, staged: Staged, folder: Path, nodes: int = 2) -> Iterator[Pair]:
    """Run a cluster with that domain of the session's cookie, and send two visitors there."""
    cluster = {
        "name": "trial",  # which puts its own addresses in place of these
        "addresses": {"membership": "/ip4/127.0.0.1/tcp/9450", "data": "/ip4/127.0.0.1/tcp/9451"},
        "discovery": {"method": "static", "static": {"nodes": ["127.0.0.1:9450"]}},
        "encryption": {"psk": "{{ env.CLUSTER_PSK }}"},
    }
    session = {**OWN["session"], "cookie": {} if domain is None else {"domain": domain}}
    file = folder / "maverics.yaml"
    values = {**OWN, "clusters": [cluster], "session": session, "x-anynode": {}}
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    key = {"CLUSTER_PSK": os.urandom(32).hex()}
    with trial(folder, "--nodes", str(nodes), "--config", str(file), environment=key) as running:
        balancer = Balancer(list(running.urls.values()))
        staged.stage.answer = balancer.answer
        yield Pair(running, Real(staged.engine, balancer, COOKIE), Simulated(balancer, COOKIE))


def login(host: str) -> Step:
    return Step(host, "POST", "/login", {"user": "ann"}, kind="fetch", of=host)


def logout(host: str) -> Step:
    return Step(host, "POST", "/logout", kind="fetch", of=host)


@pytest.mark.requirement("COOK-68", "COOK-69", "REQ-COOK-8", "REQ-FAIL-2")
def test_with_the_parent_domain_one_session_goes_along_outlives_its_node_and_ends_everywhere(
    staged: Staged, tmp_path: Path
) -> None:
    with visited(".example.com", staged, tmp_path, nodes=3) as pair:
        assert pair.visit(SHOP) == [None]
        assert pair.take(login(SHOP)) == [Outcome("", 200, "ann")]
        assert pair.take(Step(PAY, kind="link", of=SHOP)) == [Outcome("session 1", 200, "ann")]
        assert pair.kept() == [KEPT]
        pair.kill("n1")  # who gave the session
        assert pair.visit(APEX, PAY, SHOP, DEEP) == ["ann"] * 4
        stranger = Step(BLOG)  # too wide where this host is another's: it is sent the session as well (COOK-82)
        linked, framed = Step(SHOP, kind="link", of=PORTAL), Step(PAY, kind="iframe", of=PORTAL)
        assert pair.take(stranger, linked, framed) == [Outcome("session 1", 200, "ann")] * 3
        assert pair.take(Step("badexample.com"), Step("example.com.evil.test")) == [Outcome("", NOBODY, None)] * 2
        assert pair.take(logout(PAY)) == [Outcome("session 1", 200, None)]
        assert pair.kept() == []
        assert pair.visit(SHOP, PAY, APEX) == [None] * 3


@pytest.mark.requirement("COOK-67", "COOK-69", "REQ-COOK-5")
def test_without_a_domain_each_host_has_a_session_of_its_own_through_the_loss_of_a_node(
    staged: Staged, tmp_path: Path
) -> None:
    with visited(None, staged, tmp_path) as pair:
        pair.take(login(SHOP))
        assert pair.visit(SHOP, PAY, APEX, DEEP) == ["ann", None, None, None]
        pair.take(login(PAY))
        assert [kept.domain for kept in pair.kept()] == [PAY, SHOP]
        assert pair.take(Step(SHOP), Step(PAY)) == [Outcome("session 1", 200, "ann"), Outcome("session 2", 200, "ann")]
        pair.take(logout(PAY))
        pair.kill("n1")
        assert pair.visit(SHOP, PAY) == ["ann", None]


@IN_ONE
@pytest.mark.requirement("COOK-69")
def test_with_a_siblings_domain_nobody_stays_logged_in_elsewhere(staged: Staged, tmp_path: Path) -> None:
    with visited("pay.example.com", staged, tmp_path) as pair:
        assert pair.take(login(SHOP)) == [Outcome("", 200, "ann")]
        assert pair.kept() == []
        assert pair.visit(SHOP, PAY) == [None, None]
        pair.take(login(PAY))
        pair.kill("n1")
        assert pair.visit(PAY, f"eu.{PAY}", SHOP, APEX) == ["ann", "ann", None, None]


@IN_ONE
def test_with_a_public_suffix_as_domain_nobody_is_ever_logged_in(staged: Staged, tmp_path: Path) -> None:
    with visited("com", staged, tmp_path, nodes=1) as pair:
        assert pair.take(login(SHOP)) == [Outcome("", 200, "ann")]
        assert pair.visit(SHOP, APEX) == [None, None]
        assert pair.kept() == []
