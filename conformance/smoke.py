"""Smoke: whether an adapter speaks the protocol at all (subject protocol, part 6). Nothing is judged of the store.

Each step is a question with one answer; a mistake is told with its mend, and the steps that do not build on it go on.
It prints nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from conformance.pair import HOST, NODES, Pair, set_cookies, usual
from conformance.subjects.adapter import PART_2_TURNS, BrokenAdapter, WrongLine, printable, same, shown
from conformance.subjects.http import Servers
from conformance.subjects.lines import Hello
from conformance.subjects.probe import PART_1
from conformance.subjects.subject import Crew, Prepared, Subject
from conformance.subjects.third_party import FEATURES, StdioSubject
from reference.config import Configuration
from reference.effects import Respond
from simulator.browser import Browser
from simulator.clock import EPOCH_US, s
from simulator.visits import visit

STOP_WITHIN_US = s(120)
COOKIE_PAIR = 2
OK, DENIED, NOT_FOUND = 200, 401, 404
_LOGIN, _SESSION, _LOGOUT = (f"https://{HOST}/{path}" for path in ("login", "session", "logout"))


class Step(Struct):
    """One step: what was tried, whether it went as it should, and what was seen or how to mend it."""

    step: str
    ok: bool
    said: str


class Smoked(Struct):
    """All steps; `fine` when none found a mistake."""

    subject: str
    fine: bool
    steps: list[Step]


def smoke(subject: Subject, configuration: Configuration | None = None) -> Smoked:
    """Try an adapter.

    Args:
        subject: whose.
        configuration: what its nodes are given; that of `steady-lan` when None.

    Raises:
        SubjectRefused: it cannot be started at all.
    """
    configuration = configuration or usual("smoke")
    steps = list(_steps(subject, configuration))
    return Smoked(subject.name, all(step.ok for step in steps), steps)


def _steps(subject: Subject, configuration: Configuration) -> Iterator[Step]:
    try:
        prepared = subject.prepare(configuration, len(NODES))
    except BrokenAdapter as error:
        yield Step("hello", False, str(error))  # noqa: FBT003 - a field, by its place
        return
    listed = ", ".join(prepared.features) or "none"
    yield Step("hello", ok=True, said=f"{_called(subject)}; features that count: {listed}")
    for note in prepared.notes:
        yield Step("features", ok=False, said=f"{printable(note)}; write one of {', '.join(FEATURES)}")
    if isinstance(subject, StdioSubject):
        yield from _of_lines(subject)
    yield from _of_two_nodes(prepared, configuration)


def _called(subject: Subject) -> str:
    return printable(f"{subject.name} {subject.version}".rstrip())


def _of_lines(subject: StdioSubject) -> Iterator[Step]:
    """Try what only lines can get wrong: ids of every JSON type, and an op that nobody knows."""
    for kind, id_ in (("a string", "two"), ("an object", {"three": 3})):
        yield _tried(f"an id that is {kind}", lambda id_=id_: _greeted(subject, id_))  # type: ignore[misc] # bound now
    yield _tried("an unknown op", lambda: _unknown_op(subject))


def _greeted(subject: StdioSubject, id_: Any) -> str:
    process = subject.start("n1", None)
    try:
        process.turn(Hello(id_), "hello")
    finally:
        process.end()
    return "comes back as it was"


def _unknown_op(subject: StdioSubject) -> str:
    process = subject.start("n1", None)
    try:
        process.turn(Hello(1), "hello")
        what = "turn 2 (an op that nobody knows)"
        said = process.exchange(msgspec.json.encode({"op": "anynode-smoke", "id": 2}) + b"\n", what)
        *lines, (done, _) = said
        if not same(done.done, 2) or len(lines) != 1 or lines[0][0].unsupported is UNSET:
            found = "; ".join(shown(raw) for _, raw in said)
            mend = 'write {"unsupported": "anynode-smoke"} and then {"done": 2}'
            raise process.broken(what, WrongLine("the answer", found, "one line `unsupported`", mend, PART_2_TURNS))
    finally:
        process.end()
    return "is answered with `unsupported`"


def _tried(name: str, act: Callable[[], str]) -> Step:
    try:
        return Step(name, ok=True, said=act())
    except BrokenAdapter as error:
        return Step(name, ok=False, said=str(error))


# ------------------------------------------------------------------------------------------------------- two nodes


def _of_two_nodes(prepared: Prepared, configuration: Configuration) -> Iterator[Step]:
    """Try one session on two nodes: begun, read on the other, ended; and an unknown path."""
    crew = prepared.enter(None)
    pair = _pair(crew, prepared, configuration)
    try:
        cookie: list[str] = []
        browser = None if isinstance(crew, Servers) else Browser()  # real servers may have the paths elsewhere
        tries: tuple[tuple[str, Callable[[], str]], ...] = (
            ("ready", lambda: _ready(pair)),
            ("an unknown path", lambda: _status_of(pair, "GET", "/no-such-path", NOT_FOUND)),
            ("a login", lambda: _logged_in(pair, prepared, configuration, cookie, browser)),
            ("a read on the same node", lambda: _read(pair, "n1", cookie[0])),
            *_if(len(pair.hosts) > 1, ("a read on another node", lambda: _read_elsewhere(pair, prepared, cookie[0]))),
            ("a logout", lambda: _logged_out(pair, cookie[0], browser)),
            ("a read after it", lambda: _denied(pair, cookie[0])),
            *_if(not is_attached(crew), ("a farewell", lambda: _left(pair))),
        )
        for name, act in tries:
            step = _tried(name, act)
            yield step
            if not step.ok:
                return
    finally:
        crew.close()
        pair.close()


def _if(there: bool, step: tuple[str, Callable[[], str]]) -> tuple[tuple[str, Callable[[], str]], ...]:  # noqa: FBT001 - read at the call
    return (step,) if there else ()


def _pair(crew: Crew, prepared: Prepared, configuration: Configuration) -> Pair:
    """Make the two nodes: in simulated time, or real servers."""
    if isinstance(crew, Servers):
        from conformance.live_smoke import LivePair  # noqa: PLC0415 - only real servers need HTTP

        return LivePair(crew, prepared, configuration)
    return Pair(crew, prepared, configuration)


def is_attached(crew: Crew) -> bool:
    """Say whether these are servers that ran before and go on afterwards."""
    return isinstance(crew, Servers) and not crew.started


def _ready(pair: Pair) -> str:
    if not pair.ready():
        node = next(name for name, host in pair.hosts.items() if not host.ready)
        found = "no 200 to GET /status within 60 s of simulated time"
        mend = 'answer {"status": "up"} once the node may be sent requests; a timer can wait for peers that do not come'
        raise BrokenAdapter(node, "GET /status", WrongLine("status", found, "200", mend, PART_1))
    return f"all {len(pair.hosts)} nodes after {pair.loop.now / s(1):.2f} {pair.time}"


def _status_of(pair: Pair, method: str, path: str, status: int, cookie: str | None = None) -> str:
    answer = pair.ask("n1", method, path, cookie)
    if answer.status != status:
        wrong = WrongLine("status", str(answer.status), str(status), f"answer {status}", PART_1)
        raise BrokenAdapter("n1", f"{method} {path}", wrong)
    return f"{method} {path} is answered {status}"


def _logged_in(
    pair: Pair, prepared: Prepared, configuration: Configuration, cookie: list[str], browser: Browser | None
) -> str:
    answer = pair.ask("n1", "POST", "/login", body={"user": "ann"})
    name = prepared.cookie_name or configuration.settings().cookie_name
    lines = [value for header, value in answer.headers if header.lower() == "set-cookie"]
    pairs = [line.partition(";")[0] for line in lines]
    fit = [pair for pair in pairs if pair.startswith(f"{name}=") and len(pair) > len(name) + 1]
    if answer.status != OK or not fit:
        found = f"{answer.status} with {lines or 'no Set-Cookie'}"
        mend = (
            f'write "headers": [["Set-Cookie", "{name}=ID; …"]]; the name is session.cookie.name of the configuration'
        )
        raise BrokenAdapter(
            "n1", "POST /login", WrongLine("headers", found, f"a Set-Cookie of '{name}' with a new id", mend, PART_1)
        )
    cookie.append(fit[0])
    if browser is not None:
        _must_be_sent_on(browser, lines, fit[0], _now(pair))
    return f"sets the cookie {name}"


def _must_be_sent_on(browser: Browser, lines: list[str], cookie: str, now: int) -> None:
    """See that a browser keeps what a login sets, and sends it to the paths of the session.

    Raises:
        BrokenAdapter: it does not: whoever logs in so is logged in nowhere.
    """
    refusals = [refusal for line in lines if (refusal := browser.store(line, visit(_LOGIN), now)) is not None]
    if cookie in (browser.header(visit(_SESSION), now) or "").split("; "):
        return
    why = "; ".join(f"{refusal.rule}: {refusal.why}" for refusal in refusals) or "it has ended, or is for other paths"
    mend = "write Path=/ and Secure, no Domain but the configured one, no Max-Age, no Expires; see anynode cookie"
    wrong = WrongLine("headers", f"{lines}, which no browser sends on ({why})", "a cookie for every path", mend, PART_1)
    raise BrokenAdapter("n1", "POST /login", wrong)


def _logged_out(pair: Pair, cookie: str, browser: Browser | None) -> str:
    """Log out, and see that a browser has no cookie then."""
    answer = pair.ask("n1", "POST", "/logout", cookie)
    if answer.status != OK:
        raise BrokenAdapter("n1", "POST /logout", WrongLine("status", str(answer.status), "200", "answer 200", PART_1))
    if browser is not None:
        lines = list(set_cookies(answer))
        for line in lines:
            browser.store(line, visit(_LOGOUT), _now(pair))
        if cookie in (browser.header(visit(_SESSION), _now(pair)) or "").split("; "):
            found = f"{lines or 'no Set-Cookie'}, and the browser still has it"
            mend = f"write {cookie.partition('=')[0]}=; Max-Age=0 with the Path and the Domain with which it was set"
            wrong = WrongLine("headers", found, "a Set-Cookie that deletes the cookie", mend, PART_1)
            raise BrokenAdapter("n1", "POST /logout", wrong)
    return "POST /logout is answered 200"


def _denied(pair: Pair, cookie: str) -> str:
    """Ask with the cookie of a session that has ended: a denial, which leaves the browser's cookies alone."""
    answer = pair.ask("n1", "GET", "/session", cookie)
    if answer.status != DENIED:
        raise BrokenAdapter("n1", "GET /session", WrongLine("status", str(answer.status), "401", "answer 401", PART_1))
    name = cookie.partition("=")[0]
    if lines := [line for line in set_cookies(answer) if line.partition("=")[0].strip() == name]:
        mend = "leave it out: a late one would delete what another tab was given since"
        raise BrokenAdapter("n1", "GET /session", WrongLine("headers", str(lines), "no Set-Cookie", mend, PART_1))
    return "GET /session is answered 401"


def _now(pair: Pair) -> int:
    return EPOCH_US + pair.loop.now


def _read(pair: Pair, node: str, cookie: str) -> str:
    return _shown(node, pair.ask(node, "GET", "/session", cookie))


def _shown(node: str, answer: Respond) -> str:
    if answer.status != OK or answer.body.get("user") != "ann":
        found = f"{answer.status} {answer.body}"
        wrong = WrongLine(
            "the answer", found, '200 {"user": "ann", "data": {}}', "find the session by its cookie", PART_1
        )
        raise BrokenAdapter(node, "GET /session", wrong)
    return f"{node} shows it"


def _read_elsewhere(pair: Pair, prepared: Prepared, cookie: str) -> str:
    """Read on the other node, once it has had the time that the contract asks for, while the session lives."""
    promised_us = prepared.contract.converge_us
    had_us = min(promised_us, pair.patience_us)
    pair.wait(had_us)
    answer = pair.ask("n2", "GET", "/session", cookie)
    if had_us < promised_us and answer.status == DENIED:
        return f"not shown: n2 knows nothing of it after {_s(had_us)}; by its contract it may take {_s(promised_us)}"
    try:
        return _shown("n2", answer)
    except BrokenAdapter as error:
        error.wrong.mend = f"n2 had {_s(had_us)} to hear of it from n1: see the lines `send` of n1"
        raise


def _s(us: int) -> str:
    return f"{us / s(1):,.10g} s"


def _left(pair: Pair) -> str:
    host = pair.hosts["n1"]
    host.leave()
    if not pair.until(lambda: not host.up, STOP_WITHIN_US - 1):
        found = "no line `stopped` within 120 s of simulated time"
        wrong = WrongLine("stopped", found, '{"stopped": true} after `stop`', "say it when nothing is left to do")
        raise BrokenAdapter("n1", "stop", wrong)
    return "n1 stops when it is told to"
