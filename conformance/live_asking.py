"""Requests to real servers over HTTP, and what came back. No retries, no redirects, no cookies: a client decides those.

Knows the probe application's places (subject protocol, part 1, and `map` of part 3), and no world.
"""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from conformance.subjects.adapter import BrokenAdapter, WrongLine, kept, shown
from conformance.subjects.file import KEY, OPERATIONS, Place
from conformance.subjects.probe import DATA_PATH, OK, PART_1, check_shape
from reference.effects import Respond
from reference.protocol import Request

PATIENCE_S = 12
"""A client gives up earlier; then the connection need not be kept."""
IDLE_S = 2
"""An unused connection is closed after so long: servers do so after 5 s and more, and a request could break on it."""
_OF_PART_1 = {
    ("POST", "/login"): "login",
    ("GET", "/session"): "read",
    ("PUT", DATA_PATH): "write",
    ("DELETE", DATA_PATH): "delete",
    ("POST", "/logout"): "logout",
    ("POST", "/revoke"): "revoke",
    ("GET", "/peek"): "peek",
    ("GET", "/members"): "members",
    ("GET", "/status"): "status",
}
assert set(_OF_PART_1.values()) == set(OPERATIONS)  # noqa: S101 - two tables of one protocol
_DEFINITE = (OK, 401)


class Asker:
    """Connections to one server.

    Args:
        node: its name, for errors.
        address: scheme, host and port.
        places: where operations are found, if elsewhere than in part 1.
    """

    def __init__(self, node: str, address: str, places: Mapping[str, Place]) -> None:
        self._node = node
        self._address = address
        self._places = places
        self._transport = self._connections()

    async def ask(self, request: Request) -> Respond | None:
        """Make one request, once.

        Returns:
            The answer; None when the connection was refused or broke, or nothing came in time.

        Raises:
            BrokenAdapter: the answer is none of the probe application's.
        """
        answer = await self.raw(request)
        if answer is None:
            return None
        return self.read(request, *answer)

    async def raw(
        self, request: Request, patience_s: float = PATIENCE_S
    ) -> tuple[int, tuple[tuple[str, str], ...], bytes] | None:
        """Make one request, and give status, headers and bytes of whatever came back; None as in `ask`."""
        method, path = self._place_of(request.method, request.path)
        headers = [("Host", request.host), ("Accept", "application/json"), *request.headers]
        content = b""
        if request.cookie is not None:
            headers.append(("Cookie", request.cookie))
        if request.body is not None:
            content = json.dumps(request.body).encode()
            headers.append(("Content-Type", "application/json"))
        if content or method in ("POST", "PUT"):
            headers.append(("Content-Length", str(len(content))))
        patience = dict.fromkeys(("connect", "read", "write", "pool"), patience_s)
        made = httpx.Request(
            method, self._address + path, headers=headers, content=content, extensions={"timeout": patience}
        )
        try:
            response = await self._transport.handle_async_request(made)
            try:
                raw = await response.aread()
            finally:
                await response.aclose()
        except httpx.TransportError:
            return None
        return response.status_code, tuple(response.headers.multi_items()), raw

    def read(self, request: Request, status: int, headers: tuple[tuple[str, str], ...], raw: bytes) -> Respond:
        """Make an answer of what came; only what is definite must be the probe application's own.

        Raises:
            BrokenAdapter: it is somebody else's.
        """
        body: Any = None
        if raw and status in _DEFINITE:
            try:
                body = json.loads(raw)
            except (ValueError, RecursionError):
                raise self._broken(request, status, headers, raw) from None
        answer = Respond(request.id, status, headers, body)
        try:
            if body is not None:
                kept(raw, "body", raw)
            check_shape(request, answer, raw)
        except WrongLine as wrong:
            raise BrokenAdapter(self._node, f"{request.method} {request.path}", wrong) from None
        return answer

    async def forget(self) -> None:
        """Close every connection: the server's life is over."""
        transport, self._transport = self._transport, self._connections()
        await transport.aclose()

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def _connections(self) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=IDLE_S)
        return httpx.AsyncHTTPTransport(limits=limits, trust_env=False)

    def _place_of(self, method: str, path: str) -> tuple[str, str]:
        """Say where an operation is found on this server."""
        key = path.removeprefix(DATA_PATH) if path.startswith(DATA_PATH) else ""
        place = self._places.get(_OF_PART_1.get((method, DATA_PATH if key else path), ""))
        return (method, path) if place is None else (place.method, place.path.replace(KEY, key))

    def _broken(self, request: Request, status: int, headers: tuple[tuple[str, str], ...], raw: bytes) -> BrokenAdapter:
        kind = dict(headers).get("content-type", "no content type")
        found = f"{status} with {kind}"
        mend = f"is {self._address} the probe application? serve it there, or write `map`"
        wrong = WrongLine("the answer", found, "the probe application's JSON", mend, PART_1, shown(raw))
        return BrokenAdapter(self._node, f"{request.method} {request.path}", wrong)
