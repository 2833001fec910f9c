"""Plays cases of cookies in a real browser: each request made as the case says, and what it carried written down.

The same cases are played by the world's browser in `conformance.cookie_cases`, whose form they have.
"""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from msgspec import UNSET, Struct

from conformance.cookie_cases import Case, Context
from simulator.browser import NEVER, Cookie
from simulator.visits import TOP_LEVEL, TYPED, WITHIN
from tests.browser.engines import Engine, Kept, Missed, steadily
from tests.browser.stage import Asked, Said, Stage, page

MILLION = 1_000_000
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


def requests_of(case: Case) -> list[Request]:
    """List the requests of a case, the one that sets the cookies first."""
    first = Request(case.request_url, case.set_cookie_headers, case.request_context)
    steps = [
        Request(step.url, step.set_cookie_headers, step.context, step.expect_document_cookie is not UNSET)
        for step in case.then
    ]
    return [first, *steps]


class Player:
    """A browser, and the port that is every host to it."""

    def __init__(self, stage: Stage, engine: Engine) -> None:
        self._engine = engine
        self._hops_most = 1 if engine.counts_hops else HOPS_MOST
        self._at = ""
        self._hops: deque[_Hop] = deque()
        self._carried: list[str] = []
        stage.answer = self._answer

    def play(self, case: Case) -> list[Sent]:
        """Play a case from an empty cookie jar on; the first request is not among what is given back."""
        return steadily(lambda: self._from_nothing(requests_of(case)))[1:]

    def _from_nothing(self, requests: Sequence[Request]) -> list[Sent]:
        self.clear()
        return self.send(requests)

    def send(self, requests: Sequence[Request]) -> list[Sent]:
        """Make requests in order; one leads on to the next of its kind, where that is judged by its own URL alone."""
        sent: list[Sent] = []
        chain: list[Request] = []
        for request, following in pairwise([*requests, None]):
            assert request is not None
            chain.append(request)
            if len(chain) < self._hops_most and following is not None and _leads_on(request, following):
                continue
            carried = self._made(chain, request.context)
            script = self._engine.run("() => document.cookie") if request.asks_script else ""
            sent += [*map(Sent, carried[:-1]), Sent(carried[-1], script)]
            chain = []
        return sent

    def kept(self) -> list[Kept]:
        """List all that the browser keeps."""
        return self._engine.kept()

    def clear(self) -> None:
        """Begin with an empty cookie jar."""
        self._at = ""
        self._engine.clear()

    def _made(self, chain: list[Request], context: Context) -> list[str]:
        if context.kind != TYPED and self._at != context.initiator:
            self._engine.goto(context.initiator)
        self._at = context.initiator if context.kind in WITHIN | {"window-open"} else ""
        via = [*context.redirect_via, chain[0].url]
        hops = [_Hop(at, (), to, counts=False) for at, to in pairwise(via)]
        leads_to = [*(request.url for request in chain[1:]), ""]
        hops += [_Hop(one.url, one.lines, to, counts=True) for one, to in zip(chain, leads_to, strict=True)]
        self._hops, self._carried = deque(hops), []
        self._ask(context.kind, via[0], chain[-1].url)
        if self._hops:
            raise Missed(f"{self._hops[0].url} was not asked for")
        return self._carried

    def _ask(self, kind: str, url: str, end: str) -> None:
        if kind == TYPED:
            self._engine.goto(url)
        elif kind == "window-open":
            self._engine.follow_into_another(ASK[kind], url, end)
        elif kind in TOP_LEVEL:
            self._engine.follow(ASK[kind], url)
        else:
            self._engine.run(ASK[kind], url)

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


def told(cookie: Cookie) -> Kept:
    """Tell of a cookie of the world's browser what Chromium tells of one of its own."""
    domain = cookie.domain if cookie.host_only else f".{cookie.domain}"
    expires = -1 if cookie.expires == NEVER else cookie.expires // MILLION
    same_site = cookie.same_site or "lax"
    return Kept(cookie.name, cookie.value, domain, cookie.path, cookie.secure, cookie.http_only, same_site, expires)


def _place(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, f"[{host}]" if ":" in host else host, parts.path or "/"


def _leads_on(request: Request, following: Request) -> bool:
    alike = request.context == following.context and not request.context.redirect_via
    return alike and request.context.kind in {TYPED, "link", "fetch"} and not request.asks_script
