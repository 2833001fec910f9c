"""Spans of what the cluster does, as lines of the log (REQ-OBS-5): joining, suspecting, comparing, passing requests on.

Ids and their header are those of W3C Trace Context. Spans are made of what passes between a node and its host, so that
the core knows nothing of them. The product documents no names (facts, 4); ours are listed in docs/serve.md.
"""

import os
import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from msgspec import Struct

from reference.comparison import Comparison
from reference.effects import Note, Send
from reference.live.log import Log
from reference.protocol import Chunk, Compare, Fetch, Forward, PushPull, Returned
from reference.routing import TRACEPARENT

JOIN, SUSPECT, SYNC = "membership.join", "membership.suspect", "membership.sync"
FETCH, COMPARE = "state.fetch", "state.compare"
REQUEST, PASS_ON, ANSWER = "request", "request.pass-on", "request.answer"
LEVEL: Final = "debug"
OPEN_MOST: Final = 1_000
"""The oldest of more open spans is forgotten: not every request that is passed on is answered."""
EVENT: Final = "span"

_SETTLED: Final = ("alive", "dead", "left")
_GRAMMAR: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
"""W3C Trace Context, 3.2.2: version, trace-id, parent-id, flags (01: recorded); zeros and version ff are invalid."""
_FIRST_VERSION: Final = 55
"""So long is the header in version 00, which may hold nothing more."""


class Context(Struct, frozen=True):
    """Which span of which trace something belongs to."""

    trace: str
    span: str
    flags: str = "01"

    @property
    def header(self) -> str:
        """Write it as `traceparent` of version 00."""
        return f"00-{self.trace}-{self.span}-{self.flags}"


def context_of(header: str | None) -> Context | None:
    """Read `traceparent`; None where there is none, or none that is valid, which is to be treated alike (3.2.2.3)."""
    found = _GRAMMAR.fullmatch(header or "")
    if found is None or (found[0].startswith("00") and len(found[0]) != _FIRST_VERSION):
        return None
    return Context(found[1], found[2], found[3])


class Span(Struct, frozen=True):
    """One that has begun; `began` by the monotonic clock, µs."""

    name: str
    context: Context
    parent: str
    began: int
    fields: dict[str, Any]


class Spans:
    """The spans of one life of a node.

    Args:
        log: where each goes once it is over, at level debug.
        mono: gives µs that never step back.
        draw: makes octets for ids that nobody else has.
    """

    def __init__(self, log: Log, mono: Callable[[], int], draw: Callable[[int], bytes] = os.urandom) -> None:
        self._log = log
        self._mono = mono
        self._draw = draw
        self._open: dict[Hashable, Span] = {}
        self._repaired = False

    def begin(self, key: Hashable, name: str, parent: Context | None = None, **fields: Any) -> Context:
        """Begin a span, in the trace of its parent or one of its own; an open one under that key ends unanswered."""
        if key in self._open:
            self.end(key, answered=False)
        trace = self._draw(16).hex() if parent is None else parent.trace
        context = Context(trace, self._draw(8).hex())
        self._open[key] = Span(name, context, "" if parent is None else parent.span, self._mono(), fields)
        if len(self._open) > OPEN_MOST:
            del self._open[next(iter(self._open))]
        return context

    def end(self, key: Hashable, **fields: Any) -> None:
        """Write a span down; nothing where none is open under that key."""
        span = self._open.pop(key, None)
        if span is None:
            return
        ids = {"name": span.name, "trace_id": span.context.trace, "span_id": span.context.span}
        if span.parent:
            ids["parent_id"] = span.parent
        took_us = self._mono() - span.began
        self._log.line(LEVEL, EVENT, {**ids, "took_us": took_us, **span.fields, **fields})

    def drop(self, key: Hashable) -> None:
        """Forget a span that came to nothing."""
        self._open.pop(key, None)

    # ------------------------------------------------------------------------------------------ what a host sees happen

    def watch(self, comparison: Comparison) -> None:
        """Hear of every comparison of this node that ends, before whoever hears of it already."""

        def heard(then: Callable[[str], None], *, answered: bool) -> Callable[[str], None]:
            def over(member: str) -> None:
                self.end(COMPARE, answered=answered, repaired=self._repaired)
                then(member)

            return over

        comparison.finished = heard(comparison.finished, answered=True)
        comparison.failed = heard(comparison.failed, answered=False)

    def asked_for(self, effects: Sequence[Any]) -> None:
        """See what the node asks for in a turn."""
        for effect in effects:
            if effect.__class__ is Send:
                self.sent(effect.to, effect.message)
            elif effect.__class__ is Note:
                self.noted(effect.kind, effect.fields)

    def noted(self, kind: str, fields: dict[str, Any]) -> None:
        """Hear what the node notes."""
        if kind == "suspect":
            self.begin((SUSPECT, fields["member"]), SUSPECT, member=fields["member"])
        elif kind in _SETTLED:
            self.end((SUSPECT, fields["member"]), found=kind)
        elif kind == "repaired":
            self._repaired = True
        elif kind == "ready":
            self.end(JOIN, sessions=fields["sessions"])

    def sent(self, to: str, message: Any) -> None:
        """See what the node sends."""
        kind = message.__class__
        if kind is Compare:
            if message.branches[0][0] == "":  # the root: later questions of a round go deeper
                self.drop(COMPARE)
                self._repaired = False
                self.begin(COMPARE, COMPARE, self._joining(), member=to)
        elif kind is PushPull:
            if message.reply:
                self.begin((SYNC, to), SYNC, self._joining(), member=to)
        elif kind is Fetch:
            if FETCH not in self._open:
                self.begin(FETCH, FETCH, self._joining())
        elif kind is Forward:
            if (PASS_ON, message.number) not in self._open:  # it is sent again until there is an answer
                self.begin((PASS_ON, message.number), PASS_ON, context_of(message.trace), member=to)
        elif kind is Returned:
            self.end((ANSWER, to, message.number), status=message.status)

    def received(self, sender: str, message: Any) -> None:
        """See what a node is about to be handed."""
        kind = message.__class__
        if kind is PushPull:
            if not message.reply:
                self.end((SYNC, sender), answered=True)
        elif kind is Chunk:
            if not message.after:
                self.end(FETCH, member=sender)
        elif kind is Forward:
            if (ANSWER, sender, message.number) not in self._open:
                self.begin((ANSWER, sender, message.number), ANSWER, context_of(message.trace), member=sender)
        elif kind is Returned:
            self.end((PASS_ON, message.number), answered=True, status=message.status)

    def _joining(self) -> Context | None:
        joining = self._open.get(JOIN)
        return None if joining is None else joining.context


def passed(context: Context | None) -> tuple[tuple[str, str], ...]:
    """Write the header by which a request carries its context to the node."""
    return () if context is None else ((TRACEPARENT, context.header),)
