"""Plays cases of cookies in a real browser: each request made as the case says, and what it carried written down.

The same cases are played by the world's browser in `conformance.cookie_cases`, whose form they have.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import UNSET, Struct
from playwright.sync_api import BrowserContext, Page

from conformance.cookie_cases import Case, Context
from simulator.visits import TOP_LEVEL, TYPED
from tests.browser import chromium
from tests.browser.stage import Asked, Said, Stage, page

WITHIN_MS = 20_000
HOPS_MOST = 18
"""Of redirects; Chromium follows 20."""
_ADD = "document.body.append(e)"
ASK = {
    "link": f"url => {{ const e = document.createElement('a'); e.href = url; {_ADD}; e.click() }}",
    "form-get": f"url => {{ const e = document.createElement('form'); e.action = url; {_ADD}; e.submit() }}",
    "form-post": "url => { const e = document.createElement('form'); e.action = url; e.method = 'post';"
    f" {_ADD}; e.submit() }}",
    "window-open": "url => { window.open(url) }",
    "fetch": "url => fetch(url, {mode: 'no-cors', credentials: 'include'}).then(() => null)",
    "img": "url => new Promise(done => { const e = new Image(); e.onload = e.onerror = () => done(); e.src = url })",
    "iframe": "url => new Promise(done => { const e = document.createElement('iframe'); e.onload = () => done();"
    f" e.src = url; {_ADD} }})",
}
"""How a page makes each kind of request; promises end when it is answered."""


class Sent(Struct, frozen=True):
    """What a request carried, and what a script of its page saw ("" where that was not asked)."""

    cookie: str
    script: str = ""


class Request(Struct, frozen=True):
    """A request to be made, the lines that its answer sets, and whether a script of its page is asked."""

    url: str
    lines: tuple[str, ...] = ()
    context: Context = Context(TYPED)
    asks_script: bool = False


class _Hop(Struct, frozen=True):
    """What is to be asked for next, what is answered, and where that leads on to."""

    url: str
    lines: tuple[str, ...]
    leads_to: str
    counts: bool


class Player:
    """A browser, and the port that is every host to it."""

    def __init__(self, stage: Stage, context: BrowserContext) -> None:
        self._context = context
        self._page: Page = context.pages[0]
        self._page.set_default_timeout(WITHIN_MS)
        self._hops: deque[_Hop] = deque()
        self._carried: list[str] = []
        stage.answer = self._answer

    def play(self, case: Case) -> list[Sent]:
        """Play a case from an empty cookie jar on; the first request is not among what is given back."""
        self._context.clear_cookies()
        first = Request(case.request_url, case.set_cookie_headers, case.request_context)
        steps = [
            Request(step.url, step.set_cookie_headers, step.context, step.expect_document_cookie is not UNSET)
            for step in case.then
        ]
        return self.send([first, *steps])[1:]

    def send(self, requests: list[Request]) -> list[Sent]:
        """Make requests in order; typed ones lead on to each other, which browsers judge by where they come to."""
        sent: list[Sent] = []
        chain: list[Request] = []
        for request, following in pairwise([*requests, None]):
            assert request is not None
            chain.append(request)
            if _is_typed(request) and _is_typed(following) and not request.asks_script and len(chain) < HOPS_MOST:
                continue
            carried = self._typed(chain) if _is_typed(request) else self._made_by_page(request)
            script = self._page.evaluate("document.cookie") if request.asks_script else ""
            sent += [*map(Sent, carried[:-1]), Sent(carried[-1], script)]
            chain = []
        return sent

    def _typed(self, chain: list[Request]) -> list[str]:
        leads_to = [*(request.url for request in chain[1:]), ""]
        self._begin(_Hop(one.url, one.lines, to, counts=True) for one, to in zip(chain, leads_to, strict=True))
        self._page.goto(chain[0].url)
        return self._end(len(chain))

    def _made_by_page(self, request: Request) -> list[str]:
        context = request.context
        self._page.goto(context.initiator)
        chain = [*context.redirect_via, request.url]
        via = [_Hop(at, (), to, counts=False) for at, to in pairwise(chain)]
        self._begin([*via, _Hop(request.url, request.lines, "", counts=True)])
        if context.kind == "window-open":
            with self._context.expect_page() as opened:
                self._page.evaluate(ASK[context.kind], chain[0])
            opened.value.wait_for_url(request.url)
            opened.value.close()
        elif context.kind in TOP_LEVEL:
            with self._page.expect_navigation():
                self._page.evaluate(ASK[context.kind], chain[0])
        else:
            self._page.evaluate(ASK[context.kind], chain[0])
        return self._end(1)

    def _begin(self, hops: Iterable[_Hop]) -> None:
        self._hops, self._carried = deque(hops), []

    def _end(self, requests: int) -> list[str]:
        assert not self._hops, f"{self._hops[0].url} was not asked for"
        assert len(self._carried) == requests
        return self._carried

    def _answer(self, asked: Asked) -> Said:
        if not self._hops or _place(self._hops[0].url) != (asked.scheme, asked.host.lower(), asked.path):
            return Said(page())  # of the page that makes the request
        hop = self._hops.popleft()
        if hop.counts:
            self._carried.append(asked.cookie)
        headers = [("Set-Cookie", line) for line in hop.lines]
        if hop.leads_to:
            return Said(status=307, headers=(*headers, ("Location", hop.leads_to)))
        return Said(page(), headers=tuple(headers))


@contextmanager
def player(folder: Path) -> Iterator[Player]:
    """Launch Chromium for cases."""
    with Stage(folder, lambda _asked: Said(page())) as stage:
        profile = folder / "profile"
        profile.mkdir()
        with chromium.with_profile(profile, stage.port) as context:
            yield Player(stage, context)


def _place(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, f"[{host}]" if ":" in host else host, parts.path or "/"


def _is_typed(request: Request | None) -> bool:
    return request is not None and request.context.kind == TYPED
