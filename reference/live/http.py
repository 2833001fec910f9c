"""What a node answers over HTTP: its health, its metrics, and the probe application where that is asked for.

A request becomes a value for the node, an answer of the node becomes bytes. What is too long or no JSON is turned down
here, before the node hears of it.
"""

import asyncio
from itertools import count
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Asked
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from reference import cookies
from reference.effects import Respond
from reference.gateway import hash_of
from reference.live.options import Options
from reference.live.runtime import Runtime
from reference.live.spans import REQUEST, context_of, passed
from reference.protocol import Request
from reference.routing import TRACEPARENT

BODY_MOST: Final = 1024 * 1024
"""Octets of a request's body: a session's value is far smaller."""
HEADERS_MOST: Final = 16 * 1024
"""Octets of a request's first line and headers; browsers send at most 4 KiB of cookies a name (RFC 6265, 6.1)."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
"""What metrics call by name; any other is "other", so that nobody from outside makes names."""

BAD_REQUEST, NOT_FOUND, TIMED_OUT, TOO_LARGE, UNAVAILABLE = 400, 404, 408, 413, 503
HEADERS_TOO_LARGE = 431

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Turned(Exception):
    """A request that never reaches the node."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Door:
    """Hands requests to a node.

    Args:
        runtime: the node's.
        options: limits, and what is logged.
        probe: whether the probe application answers, which needs no password and lets anybody revoke.
    """

    def __init__(self, runtime: Runtime, options: Options, *, probe: bool) -> None:
        self._runtime = runtime
        self._options = options
        self._probe = probe
        self._numbers = count(1)
        self._settings = runtime.node.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        began = self._runtime.clocks.mono()
        asked = Asked(scope, receive)
        cookie = cookies_of(asked)
        try:
            answer = await self._answer(asked, cookie)
        except ClientDisconnect:
            return
        except Turned as turned:
            answer = Respond("", turned.status, (), {"error": turned.why})
        await _response(answer)(scope, receive, send)
        self._told(asked, cookie, answer.status, self._runtime.clocks.mono() - began)

    async def _answer(self, asked: Asked, cookie: str | None) -> Respond:
        if sum(len(name) + len(value) for name, value in asked.scope["headers"]) > HEADERS_MOST:
            raise Turned(HEADERS_TOO_LARGE, "headers-too-long")
        path = asked.url.path
        if path == self._options.health:
            path = "/status"
        elif not self._probe:
            raise Turned(NOT_FOUND, "no-such-path")
        body, number = await self._body(asked), f"h{next(self._numbers)}"
        context, spans = context_of(asked.headers.get(TRACEPARENT)), self._runtime.spans
        if spans is not None:
            context = spans.begin(number, REQUEST, context, method=_method(asked), path=asked.url.path)
        request = Request(
            id=number,
            method=asked.method,
            path=path,
            host=asked.headers.get("host", ""),
            secure=asked.url.scheme == "https",
            cookie=cookie,
            headers=passed(context),
            body=body,
        )
        log = self._runtime.log
        session = self._session(cookie) if log.session_ids else None
        if session is not None:
            log.sessions[request.id] = session
        try:
            async with asyncio.timeout(self._options.answer_s):
                answer = await self._runtime.ask(request)
        except TimeoutError:
            raise Turned(UNAVAILABLE, "no-answer") from None
        else:
            if spans is not None:
                spans.end(number, status=answer.status)
            return answer
        finally:
            log.sessions.pop(number, None)
            if spans is not None:
                spans.end(number, answered=False)  # nothing where it has ended

    def _session(self, cookie: str | None) -> str | None:
        value = next(iter(cookies.values(self._settings, cookie)), None)
        return None if value is None else hash_of(value)

    async def _body(self, asked: Asked) -> Any:
        """Read a body as JSON; None where there is none."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._options.read_s):
                async for piece in asked.stream():
                    body += piece
                    if len(body) > BODY_MOST:
                        raise Turned(TOO_LARGE, "body-too-long")
        except TimeoutError:
            raise Turned(TIMED_OUT, "body-too-slow") from None
        if not body:
            return None
        try:
            return _decode(bytes(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Turned(BAD_REQUEST, "no-json") from None

    def _told(self, asked: Asked, cookie: str | None, status: int, took_us: int) -> None:
        """Count the request, and log it as far as that is asked for."""
        method = _method(asked)
        self._runtime.metrics.request(method, status, took_us)
        log = self._runtime.log
        if not self._options.access_log or not log.writes("info"):
            return
        fields: dict[str, Any] = {
            "method": method,
            "path": asked.url.path,
            "status": status,
            "took_us": took_us,
        }
        if log.session_ids:
            fields["session"] = self._session(cookie)
        log.line("info", "request", fields)


def cookies_of(asked: Asked) -> str | None:
    """Give all `Cookie` fields as one, None without any: HTTP/2 may have split them on the way (COOK-53)."""
    return "; ".join(asked.headers.getlist("cookie")) or None


def _method(asked: Asked) -> str:
    return asked.method if asked.method in METHODS else "other"


def application(runtime: Runtime, options: Options, *, probe: bool) -> Starlette:
    """Make the application of one node; arguments as of `Door`."""

    async def metrics(_asked: Asked) -> Response:
        return PlainTextResponse(runtime.metrics.text(), media_type="text/plain; version=0.0.4")

    door = Door(runtime, options, probe=probe)
    return Starlette(routes=[Route("/metrics", metrics), Route("/{path:path}", door)])


def _response(answer: Respond) -> Response:
    response = Response(_encode(answer.body), answer.status, media_type="application/json")
    for name, value in answer.headers:
        response.headers.append(name, value)
    return response
