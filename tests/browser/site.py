"""A site of several hosts before a live cluster: a balancer that ends TLS, and two visitors who take the same steps.

One visitor is a real Chromium. The other is the world's browser, which hands what it asks for to the same balancer.
"""

import json
import time  # noqa: TID251 - real nodes live in real time
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from typing import Any

from msgspec import Struct, structs
from playwright.sync_api import BrowserContext

from simulator import browser
from simulator.visits import TYPED, visit
from tests.browser.chromium import steadily
from tests.browser.player import ASK, Kept, kept_by, told
from tests.browser.stage import Asked, Said, page

PATIENCE_S = 15
HOME = "/home"
"""A page of every host that the balancer answers by itself: where its forms stand."""


class Balancer:
    """Hands a request to the first node that answers.

    Attributes:
        nodes: addresses, in the order in which they are tried.
        carried: the `Cookie` header of what was handed on last.
    """

    def __init__(self, nodes: list[str]) -> None:
        self.nodes = nodes
        self.carried = ""

    def answer(self, asked: Asked) -> Said:
        """Answer a request, whoever made it."""
        if asked.path == HOME:
            return Said(page())
        if asked.path == "/favicon.ico":
            return Said(status=404)
        self.carried = asked.cookie
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


class Real:
    """A visitor with a real Chromium."""

    def __init__(self, context: BrowserContext, balancer: Balancer, cookie: str) -> None:
        self._context = context
        self._page = context.pages[0]
        self._balancer = balancer
        self._sessions = Sessions(cookie)
        context.clear_cookies()

    def take(self, step: Step) -> Outcome:
        """Take a step, and say what came of it."""
        return steadily(lambda: self._take(step))

    def _take(self, step: Step) -> Outcome:
        if step.kind != TYPED:
            self._page.goto(f"https://{step.of}{HOME}")
        if step.kind == "fetch":
            call = "([path, method, body]) => fetch(path, {method, body}).then(async r => [r.status, await r.text()])"
            body = None if step.body is None else json.dumps(step.body)
            status, text = self._page.evaluate(call, [step.path, step.method, body])
        elif step.kind == "iframe":
            with self._page.expect_response(step.url) as framed:
                self._page.evaluate(ASK["iframe"], step.url)
            status, text = framed.value.status, framed.value.text()
        elif step.kind == "link":
            with self._page.expect_navigation() as followed:
                self._page.evaluate(ASK["link"], step.url)
            status, text = followed.value.status, followed.value.text()
        else:
            answer = self._page.goto(step.url)
            assert answer is not None
            status, text = answer.status, answer.text()
        return Outcome(self._sessions.named(self._balancer.carried), status, json.loads(text).get("user"))

    def kept(self) -> list[Kept]:
        """List the cookies that it keeps, without their values."""
        return _without_values(kept_by(self._context))


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
        return Outcome(self._sessions.named(self._balancer.carried), said.status, json.loads(said.body).get("user"))

    def kept(self) -> list[Kept]:
        """List the cookies that it keeps, without their values."""
        return _without_values(map(told, self._browser.kept.values()))


def _without_values(kept: Iterable[Kept]) -> list[Kept]:
    return sorted((structs.replace(one, value="") for one in kept), key=lambda one: one.domain)
