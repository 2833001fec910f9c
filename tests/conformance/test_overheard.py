"""What the cookie suite asks for itself is asked with the session's cookie, and fails who does otherwise."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import structs

from conformance import test_cookie_domain as suite
from conformance.broken import BROKEN
from conformance.overheard import Overheard, overhear
from conformance.pair import NODES, Pair, usual
from conformance.subjects.in_process import InProcess
from reference.effects import Effect, Respond
from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request
from reference.session import LOGGED_OUT, Session

BALANCER = "lb=n1; Max-Age=3600; Path=/"
CLAIMS = {
    name: claim
    for name, claim in vars(suite).items()
    if name.startswith("test_") and list(inspect.signature(claim).parameters) == ["heard"]
}
"""The tests of the suite that are about what was heard."""


def altered(node: type[Node], change: Callable[[Respond], Respond]) -> type[Node]:
    """Put something between a node and its clients that changes its answers."""

    def changed(effects: list[Effect]) -> list[Effect]:
        return [change(effect) if isinstance(effect, Respond) else effect for effect in effects]

    class Altered(node):  # type: ignore[misc, valid-type] # whichever is given
        """That node, behind it."""

        def request(self, *given: Any) -> list[Effect]:
            return changed(super().request(*given))

        def receive(self, *given: Any) -> list[Effect]:
            return changed(super().receive(*given))

        def ring(self, *given: Any) -> list[Effect]:
            return changed(super().ring(*given))

    return Altered


def balanced(node: type[Node]) -> type[Node]:
    """Put a balancer before a node, which adds its own cookie to every answer, before the session's."""
    return altered(node, lambda told: structs.replace(told, headers=(("Set-Cookie", BALANCER), *told.headers)))


def with_gateway(gateway: type[Gateway]) -> type[Node]:
    class Other(Node):
        """The reference with another probe application."""

        gateway_class = gateway

    return Other


def heard(node: type[Node], name: str = "__Host-id", domain: str | None = None) -> Overheard:
    return overhear(InProcess("altered", node), name, domain)


def red(overheard: Overheard) -> set[str]:
    """Name the requirements of the claims that fail."""

    def failing() -> Iterator[str]:
        for claim in CLAIMS.values():
            try:
                claim(overheard)
            except pytest.fail.Exception:
                yield from next(mark.args for mark in claim.pytestmark if mark.name == "requirement")

    return set(failing())


class LeavesTheOldId(Gateway):
    """A login ends nothing."""

    def _login(self, request: Request) -> None:
        super()._login(structs.replace(request, cookie=None))


class FirstOfTheLiving(Gateway):
    """Of two cookies that live it trusts the one that stands first."""

    def _chosen(self, named: list[str]) -> str | None:
        alive = [one for one in named if one in self.records.sessions and self.records.sessions[one].end is None]
        return (alive or named)[0]


class EndsOneOfTwo(Gateway):
    """Of two cookies that live it trusts neither, and ends one of them."""

    def _find(self, request: Request) -> Session | None:
        found = super()._find(request)
        if found is None and len(self._named(request)) > 1:
            session = self.records.sessions.get(self._named(request)[0])
            if session is not None:
                self._ended(session, LOGGED_OUT)
        return found


@pytest.mark.parametrize(("name", "domain"), suite.SETTINGS)
def test_a_balancers_cookie_before_the_sessions_is_nobodys_fault_but_is_to_be_secure(
    name: str, domain: str | None
) -> None:
    assert red(heard(Node, name, domain)) == set()
    assert red(heard(balanced(Node), name, domain)) == {"COOK-55"}


@pytest.mark.parametrize(
    ("node", "rows"),
    [
        (with_gateway(LeavesTheOldId), {"COOK-56"}),
        (BROKEN["adopts_unknown_id"].node, {"COOK-65"}),
        (BROKEN["trusts_first_cookie"].node, {"COOK-52", "COOK-70"}),
        (BROKEN["removal_forgets_domain"].node, {"COOK-66", "COOK-67", "COOK-68"}),
    ],
)
def test_who_does_otherwise_is_red_behind_a_balancer_too(node: type[Node], rows: set[str]) -> None:
    assert red(heard(node, *suite.SETTINGS[1])) == rows
    assert red(heard(balanced(node), *suite.SETTINGS[1])) == rows | {"COOK-55"}


def test_somebody_who_logs_in_behind_a_balancer_is_given_the_sessions_cookie() -> None:
    configuration = usual("pair")
    prepared = InProcess("altered", balanced(Node)).prepare(configuration, len(NODES))
    pair = Pair(prepared.enter(None), prepared, configuration)
    pair.ready()
    cookie = pair.login("n1")
    assert cookie.startswith("maverics_session=")
    assert pair.ask("n2", "GET", "/session", cookie).status == 200


def test_a_login_that_is_refused_in_one_round_of_many_is_seen() -> None:
    logins = iter(range(1, 1_000))

    def third_refused(told: Respond) -> Respond:
        gives = any("Max-Age" not in line for _, line in told.headers)
        return structs.replace(told, status=503) if gives and next(logins) == 3 else told

    assert "REQ-COOK-8" in red(heard(altered(Node, third_refused)))


@pytest.mark.parametrize("gateway", [FirstOfTheLiving, EndsOneOfTwo])
def test_of_two_living_cookies_neither_may_be_trusted_and_neither_ended_alone(gateway: type[Gateway]) -> None:
    assert red(heard(with_gateway(gateway))) == {"COOK-52", "COOK-70"}
