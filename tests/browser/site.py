"""A site of several hosts before a live cluster: a balancer that ends TLS, and two visitors who take the same steps.

One visitor is a real browser. The other is the world's browser, which hands what it asks for to the same balancer.
"""

import json
import time  # noqa: TID251 - real nodes live in real time
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from typing import Any

from msgspec import Struct, structs

from simulator import browser
from simulator.visits import TYPED, visit
from tests.browser.engines import Engine, Kept, Missed, steadily
from tests.browser.player import ASK, told
from tests.browser.stage import Asked, Said, page

PATIENCE_S = 15
HOME = "/home"
"""A page of every host that the balancer answers by itself: where its forms stand."""


class Balancer:
    """Hands a request to the first node that answers.

    Attributes:
        nodes: addresses, in the order in which they are tried.
        answered: by host and path, the `Cookie` header of the last request and what was answered.
    """

    def __init__(self, nodes: list[str]) -> None:
        self.nodes = nodes
        self.answered: dict[tuple[str, str], tuple[str, Said]] = {}

    def answer(self, asked: Asked) -> Said:
        """Answer a request, whoever made it."""
        if asked.path == HOME:
            return Said(page())
        if asked.path == "/favicon.ico":
            return Said(status=404)
        said = self._handed_on(asked)
        self.answered[asked.host, asked.path] = asked.cookie, said
        return said

    def _handed_on(self, asked: Asked) -> Said:
        for node in self.nodes:
            connection = HTTPConnection(node.removeprefix("http://"), timeout=PATIENCE_S)
            headers = {"Host": asked.host, **({"Cookie": asked.cookie} if asked.cookie else {})}
            try:
                connection.request(asked.method, asked.path, asked.body or None, headers)
                answer = connection.getresponse()
                lines = tuple(("Set-Cookie", line) for line in answer.headers.get_all("Set-Cookie", []))
                return Said(answer.read(), answer.status, lines, "application/json")
            except (OSError, HTTPException):
                continue
            finally:
                connection.close()
        return Said(status=503)


class Step(Struct, frozen=True):
    """One request of a visitor.

    `kind` is how it is made, and `of` the host whose page makes it; "" for an address that is typed.
    """

    host: str
    method: str = "GET"
    path: str = "/session"
    body: Any = None
    kind: str = TYPED
    of: str = ""

    @property
    def url(self) -> str:
        """Where it goes."""
        return f"https://{self.host}{self.path}"


class Outcome(Struct, frozen=True):
    """What a request carried and what came of it: names of sessions in the order in which this visitor met them."""

    carried: str
    status: int
    user: str | None


class Sessions:
    """Gives sessions names, so that two visitors' can be compared."""

    def __init__(self, cookie: str) -> None:
        self._cookie = cookie
        self._met: dict[str, str] = {}

    def named(self, header: str) -> str:
        """Write a `Cookie` header with names in place of ids."""
        pairs = [pair.partition("=") for pair in header.split("; ")] if header else []
        assert all(name == self._cookie for name, _, _ in pairs), header
        return ", ".join(self._met.setdefault(value, f"session {len(self._met) + 1}") for _, _, value in pairs)

    def outcome(self, step: Step, balancer: Balancer) -> Outcome:
        """Say what came of a step.

        Raises:
            Missed: the visitor did not ask.
        """
        if (step.host, step.path) not in balancer.answered:
            raise Missed(f"{step.url} was not asked for")
        carried, said = balancer.answered.pop((step.host, step.path))
        return Outcome(self.named(carried), said.status, json.loads(said.body).get("user"))


class Real:
    """A visitor with a real browser."""

    def __init__(self, engine: Engine, balancer: Balancer, cookie: str) -> None:
        self._engine = engine
        self._balancer = balancer
        self._sessions = Sessions(cookie)
        engine.clear()

    def take(self, step: Step) -> Outcome:
        """Take a step, and say what came of it."""
        return steadily(lambda: self._take(step))

    def _take(self, step: Step) -> Outcome:
        if step.kind != TYPED:
            self._engine.goto(f"https://{step.of}{HOME}")
        self._balancer.answered.clear()  # of an attempt that was missed, for one
        if step.kind == "fetch":
            call = "([path, method, body]) => fetch(path, {method, body}).then(() => null)"
            self._engine.run(call, [step.path, step.method, None if step.body is None else json.dumps(step.body)])
        elif step.kind == "iframe":
            self._engine.run(ASK["iframe"], step.url)
        elif step.kind == "link":
            self._engine.follow(ASK["link"], step.url)
        else:
            self._engine.goto(step.url)
        return self._sessions.outcome(step, self._balancer)

    def kept(self) -> list[Kept]:
        """List the cookies that it keeps, without their values."""
        return _without_values(self._engine.kept())


class Simulated:
    """A visitor with the world's browser."""

    def __init__(self, balancer: Balancer, cookie: str) -> None:
        self._browser = browser.Browser()
        self._balancer = balancer
        self._sessions = Sessions(cookie)

    def take(self, step: Step) -> Outcome:
        """Take a step, and say what came of it."""
        asked = visit(step.url, step.kind, f"https://{step.of}{HOME}" if step.of else "")
        now = time.time_ns() // 1_000
        carried = self._browser.header(asked, now)
        headers = {} if carried is None else {"cookie": carried}
        body = b"" if step.body is None else json.dumps(step.body).encode()
        said = self._balancer.answer(Asked("https", step.method, step.host, step.path, "", headers, body))
        for _, line in said.headers:
            self._browser.store(line, asked, now)
        return self._sessions.outcome(step, self._balancer)

    def kept(self) -> list[Kept]:
        """List the cookies that it keeps, without their values."""
        return _without_values(map(told, self._browser.kept.values()))


def _without_values(kept: Iterable[Kept]) -> list[Kept]:
    return sorted((structs.replace(one, value="") for one in kept), key=lambda one: one.domain)
