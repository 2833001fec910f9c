"""Cases of what browsers do with cookies, in a file of the form of `own.json`: which the world's browser gets right.

A case is a request whose answer sets cookies, and further requests with the `Cookie` header that each must carry. What
the browser does is `simulator.browser`; no case is known here by its name.
"""

from collections import Counter
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct, UnsetType

from simulator.browser import Browser
from simulator.clock import s
from simulator.visits import TYPED, Visit, visit

NOW = "2026-11-25T00:00:00Z"
"""When a case is tried that says nothing of time: the day on which the dates in the first files were checked."""
RIGHT, WRONG, DISPUTED = "right", "wrong", "disputed"


class NoCases(Exception):
    """A file that cannot be used; the message names the place, what was found and what was expected."""


class Context(Struct, frozen=True):
    """Where a request comes from: its kind and the page that makes it.

    `redirect_via` are hops in between: the draft looks at the last URL alone.
    """

    kind: str
    initiator: str = ""
    redirect_via: tuple[str, ...] = ()


class Step(Struct, frozen=True):
    """One further request, after `advance_seconds`, with the header that it must carry ("" for none)."""

    url: str
    expect_cookie_header: str
    also_allowed: tuple[str, ...] = ()
    set_cookie_headers: tuple[str, ...] = ()
    expect_document_cookie: str | UnsetType = UNSET
    advance_seconds: int = 0
    context: Context = Context(TYPED)


class Case(Struct, frozen=True):
    """One case; of what a file says beside, nothing is looked at."""

    id: str
    request_url: str
    set_cookie_headers: tuple[str, ...]
    then: tuple[Step, ...]
    disputed: str = ""
    now: str = NOW
    request_context: Context = Context(TYPED)


class _File(Struct, frozen=True):
    vectors: tuple[Case, ...]


class Tried(Struct, frozen=True):
    """What came of one case: RIGHT, WRONG or DISPUTED, and where it is not right, at which step what was sent."""

    id: str
    outcome: str
    url: str = ""
    expected: str = ""
    sent: str = ""


def read(path: Path) -> tuple[Case, ...]:
    """Read a file of cases.

    Raises:
        NoCases: it cannot be read, is no such file, or holds an id twice.
    """
    try:
        cases = msgspec.json.decode(path.read_bytes(), type=_File).vectors
    except OSError as error:
        raise NoCases(f"{path}: {error.strerror or error}; name a file of cookie cases") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoCases(f"{path}: {error}; write {{'vectors': [{{'id', 'request_url', 'then', …}}]}}") from error
    if not cases:
        raise NoCases(f"{path}: found no cases in 'vectors', expected at least one")
    twice = next((id_ for id_, times in Counter(case.id for case in cases).items() if times > 1), None)
    if twice is not None:
        raise NoCases(f"{path}: found the id '{twice}' twice, expected one case of that name")
    return cases


def try_case(case: Case) -> Tried:
    """Play a case with a new browser; also allowed answers count where the case is marked as disputed, and as that.

    Raises:
        NoCases: a URL, a context or an instant of the case cannot be read.
    """
    try:
        return _played(case)
    except ValueError as error:
        raise NoCases(f"case '{case.id}': {error}") from error


def _played(case: Case) -> Tried:
    browser, wall = Browser(), s(int(datetime.fromisoformat(case.now).timestamp()))
    outcome = Tried(case.id, RIGHT)
    _answer(browser, case.set_cookie_headers, _visit(case.request_url, case.request_context), wall)
    for step in case.then:
        wall += s(step.advance_seconds)
        asked = _visit(step.url, step.context)
        sent = browser.header(asked, wall) or ""
        shown = browser.shown_to_script(asked, wall)
        if step.expect_document_cookie is not UNSET and shown != step.expect_document_cookie:
            return Tried(case.id, WRONG, step.url, f"a script sees '{step.expect_document_cookie}'", shown)
        if sent != step.expect_cookie_header:
            allowed = bool(case.disputed) and sent in step.also_allowed
            outcome = Tried(case.id, DISPUTED if allowed else WRONG, step.url, step.expect_cookie_header, sent)
            if not allowed:
                return outcome
        _answer(browser, step.set_cookie_headers, asked, wall)
    return outcome


def _visit(url: str, context: Context) -> Visit:
    return visit(url, context.kind, context.initiator)


def _answer(browser: Browser, lines: tuple[str, ...], asked: Visit, wall: int) -> None:
    for line in lines:
        browser.store(line, asked, wall)
