"""Structured logs: one JSON object a line on stderr (REQ-OBS-2, REQ-OBS-4, REQ-OBS-8).

What a node notes carries names, addresses, hashes and counts, and no secret: no key, no cookie, no session id
(REQ-SEC-5, REQ-SEC-6). A session is told by the hash under which it is stored, and that only where
`logger.logSessionID` asks for it (REQ-OBS-3).
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

LEVELS: Final = ("debug", "info", "warn", "error")

_LEVEL_OF: Final = MappingProxyType(
    {
        "debug": ("refuted", "reached", "repaired", "stream-refused"),
        "warn": (
            "suspect",
            "dead",
            "alone",
            "clock-off",
            "clock-refused",
            "evicted",
            "frames-refused",
            "hook-failed",
            "lookup-failed",
            "no-answer",
            "out-of-reach",
            "quarantined",
            "ready-without",
            "solo",
            "stood-still",
            "too-late",
            "unacknowledged",
            "unanswered",
            "unknown-message",
        ),
        "error": ("psk-mismatch", "name-taken", "defect"),
    }
)
"""Of what kind of note which level is; all others are "info". Warn and error as the product uses them (facts, 3)."""
_LEVELS_BY_KIND: Final = {kind: level for level, kinds in _LEVEL_OF.items() for kind in kinds}

EVERY_S: Final = 1.0
_OF_REQUESTS: Final = frozenset(
    {"clock-refused", "evicted", "hook-failed", "no-answer", "solo", "stream-refused", "too-late", "unacknowledged"}
    | {"unanswered", "unknown-message"}
)
"""Notes that can come with every request or connection: who asks often must not fill a disk. `more` counts the rest."""

Write = Callable[[bytes], object]


def _to_stderr(line: bytes) -> None:
    with suppress(OSError):  # nobody reads it any more, which stops no node
        os.write(2, line)


class Log:
    """Where one node's lines go.

    Args:
        node: its name, in every line.
        level: the least level that is written.
        session_ids: whether lines about requests carry the session's hash.
        write: takes a line.
        now: gives seconds that never step back.

    Attributes:
        sessions: of requests that are open and have a session, by their id; what a node notes of them tells it.
    """

    def __init__(
        self,
        node: str,
        level: str = "info",
        *,
        session_ids: bool = False,
        write: Write = _to_stderr,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session_ids = session_ids
        self.sessions: dict[str, str] = {}
        self._now = now
        self._noted: dict[str, float] = {}
        self._more: dict[str, int] = {}
        self._node = node
        self._least = LEVELS.index(level)
        self._write = write
        self._encode = msgspec.json.Encoder(enc_hook=str).encode

    def note(self, event: str, fields: dict[str, Any]) -> None:
        """Write what a node noted, at the level of its kind; of what it notes of every request, one a second."""
        if event in _OF_REQUESTS:
            now = self._now()
            if now - self._noted.get(event, -EVERY_S) < EVERY_S:
                self._more[event] = self._more.get(event, 0) + 1
                return
            self._noted[event] = now
            fields = {**fields, "more": self._more.pop(event, 0)}
        session = self.sessions.get(fields.get("request", ""))
        if session is not None:
            fields = {**fields, "session": session}
        self.line(_LEVELS_BY_KIND.get(event, "info"), event, fields)

    def line(self, level: str, event: str, fields: dict[str, Any]) -> None:
        """Write a line, unless its level is below the least."""
        if self.writes(level):
            now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            line = {"time": now, "level": level, "node": self._node, "event": event, **fields}
            self._write(self._encode(line) + b"\n")

    def writes(self, level: str) -> bool:
        """Say whether lines of that level are written."""
        return LEVELS.index(level) >= self._least
