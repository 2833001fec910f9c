"""Cookie scope: the session's cookie goes to the hosts that the configuration names, and to no others."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from operator import attrgetter
from typing import Final

from msgspec import Struct

from conformance.checks.findings import Convictions, at, conclude, counted
from conformance.checks.index import Index
from conformance.history import LOGIN, LOGOUT, OK, USER, Operation
from conformance.verdict import Finding

NAME = "cookie_scope"
REQUIREMENTS = ["REQ-COOK-5", "REQ-COOK-6", "REQ-COOK-8", "REQ-COOK-9"]
NEEDS = "cookie-domain"
_LONG_PAST: Final = 2020
"""A date before this year deletes; later ones are of no use to a judge who does not know what day it was."""
_CLEARS, _ASKS, _SETS = range(3)
"""Of one instant the order that proves least: what may have been before or after is taken for the harmless of both."""


class _Line(Struct):
    """What a `Set-Cookie` line of the session's cookie says; the judge reads it itself and trusts no store's reader."""

    value: str
    domain: str
    path: str
    deletes: bool
    lasts: bool


class _Held(Struct):
    """A login whose cookie a browser keeps, and the hosts to which it goes."""

    login: Operation
    line: _Line


def cookie_scope(index: Index) -> Finding:
    """Find cookies that are set for other hosts than configured, or do not arrive where they should.

    Convicts a `Set-Cookie` line of the session's cookie whose Domain is not the configured one, or that has one where
    none is configured (REQ-COOK-5, -6, -8; COOK-67); a logout whose answer does not delete the cookie, with the path
    with which the login had set it (REQ-COOK-9; COOK-68); a request that carries a session to a host outside of the
    scope of its login's host; and one that carries none within it, though the login was answered before, its cookie
    ends with the browser, and nothing since has set or deleted it.

    Unknown outcomes: an answer that was not heard sets nothing, and may have set nothing: what its client asks later
    proves nothing either. Requests that overlap an answer prove nothing.

    Judged: lines, and requests on another host than that of their session's login. Where the subject does not list
    `cookie-domain` nothing is. Cost: O(n log n). Source: RFC 6265, sections 5.1.3 and 5.3.
    """
    convictions, domain = Convictions(), index.header.cookie.domain.lstrip(".").lower()
    lines = removals = within = outside = 0
    if NEEDS in index.header.features:
        lines, removals = _judge_lines(index, domain, convictions)
        within, outside = _judge_travel(index, domain, convictions)
    scope = f"'{domain}' and every name below it" if domain else "the host that was asked, alone"
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"The session's cookie is set and deleted for {scope}, and goes nowhere else.",
        convictions,
        judged=lines + removals + within + outside,
        held=f"{counted(lines, 'line')} set and deleted it so; {within:,} requests took a session on to other hosts",
        needs=NEEDS,
        figures={
            "lines": lines,
            "removals": removals,
            "requests_on_hosts_within": within,
            "requests_on_hosts_outside": outside,
        },
    )


# -------------------------------------------------------------------------------------------------------------- lines


def _judge_lines(index: Index, domain: str, convictions: Convictions) -> tuple[int, int]:
    """Judge every line of the session's cookie; count the lines, and the logouts that had to delete it."""
    name, judged, removals = index.header.cookie.name, 0, 0
    for operation in index.history.operations:
        for text in operation.set_cookie or ():
            line = _read(text, name)
            if line is None:
                continue
            judged += 1
            if line.domain != domain:
                did = "deleted" if line.deletes else "set"
                wrong = "{} {} the cookie {}, configured is {}"
                convictions.add((operation,), wrong, at(operation), did, _for(line.domain), _for(domain))
        if operation.op == LOGOUT and operation.outcome == OK:
            removals += 1
            _judge_removal(index, operation, convictions)
    return judged, removals


def _judge_removal(index: Index, logout: Operation, convictions: Convictions) -> None:
    name = index.header.cookie.name
    session = index.sessions.get(logout.session or "")
    login = session.login if session is not None else None
    lines = [line for line in (_read(text, name) for text in logout.set_cookie or ()) if line is not None]
    if not any(line.deletes for line in lines):
        convictions.add((logout,), "{} did not delete the cookie", at(logout))
        return
    set_with = next((line for line in (_read(text, name) for text in (login and login.set_cookie) or ()) if line), None)
    if login is None or set_with is None:
        return
    gone = next(line for line in lines if line.deletes)
    if gone.path != set_with.path:
        text = "{} deleted the cookie with path {}; {} had set it with path {}"
        convictions.add((login, logout), text, at(logout), gone.path or "/", at(login), set_with.path or "/")


def _for(domain: str) -> str:
    return f"for '{domain}'" if domain else "for the host alone"


def _read(text: str, name: str) -> _Line | None:
    """Read one line; None when it is of another cookie."""
    pair, *attributes = text.split(";")
    key, _, value = pair.partition("=")
    if key.strip() != name:
        return None
    line = _Line(value.strip(), "", "", deletes=False, lasts=False)
    expired = max_age = None
    for attribute in attributes:
        word, _, said = (part.strip() for part in attribute.partition("="))
        word = word.lower()
        if word == "domain":
            line.domain = said.removeprefix(".").lower()
        elif word == "path":
            line.path = said
        elif word == "max-age" and said.removeprefix("-").isdigit():
            max_age = int(said)
        elif word == "expires":
            expired = _is_past(said)
    empty_until_some_day = expired is not None and not line.value
    line.deletes = max_age <= 0 if max_age is not None else bool(expired) or empty_until_some_day
    line.lasts = max_age is not None or expired is not None
    return line


def _is_past(date: str) -> bool:
    """Say whether a date lies so far back that it only deletes."""
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return False
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).year < _LONG_PAST


# ------------------------------------------------------------------------------------------------------------- travel


def _judge_travel(index: Index, domain: str, convictions: Convictions) -> tuple[int, int]:
    """Follow each browser from host to host; count the requests on other hosts within and outside of a scope.

    Outside are those that carry a session where it does not belong, and those that rightly leave behind what they have.
    """
    within = outside = 0
    for operations in _by_client(index).values():
        held: dict[str, _Held] = {}
        for _, what, operation in sorted(_events(operations), key=lambda event: event[:2]):
            group = _group(operation.host or "", domain)
            if what == _CLEARS:
                held.pop(group, None)
            elif what == _SETS:
                _hold(index, operation, group, held)
            else:
                carried = operation.replaced if operation.op == LOGIN else operation.session
                session = index.sessions.get(carried or "")
                login = session.login if session is not None and len(session.logins) == 1 else None
                if login is None:
                    within += _judge_without(operation, held.get(group), convictions)
                    outside += carried is None and bool(held) and group not in held
                elif login.host != operation.host:
                    inside = _group(login.host or "", domain) == group
                    within, outside = within + inside, outside + (not inside)
                    if not inside:
                        text = "{} carried a session to {}, though {} had begun it on {}"
                        hosts = (operation.host, at(login), login.host)
                        convictions.add((login, operation), text, at(operation), *hosts)
    return within, outside


def _judge_without(operation: Operation, held: _Held | None, convictions: Convictions) -> bool:
    """Convict a request that carries no session where its browser has one; say whether it ought to have."""
    if held is None or operation.session is not None or operation.replaced is not None:
        return False
    text = "{} carried no session to {}, though {} had begun one on {}"
    login = held.login
    convictions.add((login, operation), text, at(operation), operation.host, at(login), login.host)
    return True


def _hold(index: Index, login: Operation, group: str, held: dict[str, _Held]) -> None:
    """Take note of a login's cookie, if the browser keeps it until it is closed."""
    name = index.header.cookie.name
    line = next((line for line in (_read(text, name) for text in login.set_cookie or ()) if line is not None), None)
    if line is not None and not line.lasts and (not line.domain or _reaches(line.domain, login.host or "")):
        held[group] = _Held(login, line)


def _by_client(index: Index) -> dict[str, list[Operation]]:
    clients: dict[str, list[Operation]] = {}
    for operation in index.history.operations:
        if operation.by == USER:
            clients.setdefault(operation.client, []).append(operation)
    return {client: sorted(operations, key=attrgetter("asked")) for client, operations in clients.items()}


def _events(operations: list[Operation]) -> list[tuple[int, int, Operation]]:
    """Give what happens to one browser: each request, what each answer may have cleared, and what a login set."""
    events = []
    for operation in operations:
        events.append((operation.asked, _ASKS, operation))
        if operation.answered is None:
            events.append((operation.asked, _CLEARS, operation))
            continue
        if operation.set_cookie:
            events.append((operation.asked, _CLEARS, operation))
            events.append((operation.answered, _CLEARS, operation))
        if operation.op == LOGIN and operation.outcome == OK:
            events.append((operation.answered, _SETS, operation))
    return events


def _group(host: str, domain: str) -> str:
    """Name the hosts among which a cookie of that host is shared: the configured domain, or the host alone."""
    return domain if domain and _reaches(domain, host) else host


def _reaches(domain: str, host: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
