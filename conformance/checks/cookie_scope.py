"""Cookie scope: the session's cookie goes to the hosts that the configuration names, and to no others."""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final

from msgspec import Struct
from publicsuffixlist import PublicSuffixList

from conformance.checks.findings import Convictions, at, conclude, counted
from conformance.checks.index import Index
from conformance.history import DENIED, LOGIN, LOGOUT, OK, USER, Operation
from conformance.verdict import Finding

NAME = "cookie_scope"
REQUIREMENTS = ["REQ-COOK-5", "REQ-COOK-6", "REQ-COOK-8", "REQ-COOK-9"]
NEEDS = "cookie-domain"
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]+")
"""A Max-Age that browsers take; how long it is, only they need to know."""
_LONG_PAST: Final = 2020
"""A date before this year deletes; later ones are of no use to a judge who does not know what day it was."""
_CLEARS, _ASKS, _SETS = range(3)
"""Of one instant the order that proves least: what may have been before or after is taken for the harmless of both."""


class _Line(Struct):
    """What a `Set-Cookie` line of the session's cookie says; the judge reads it itself and trusts no store's reader.

    `path` is empty where the line leaves it to the browser.
    """

    value: str
    domain: str
    path: str
    deletes: bool
    lasts: bool


class _Domains:
    """The domain that the cookie must have: the configured one, or that to which a node changes in service.

    Attributes:
        all: every domain that it has, had or gets; it may be deleted for each of them.
    """

    def __init__(self, index: Index) -> None:
        cookie = index.header.cookie
        self._routed = index.header.routing
        self._first = _as_browsers_take_it(cookie.domain)
        changes = [fault for fault in index.history.faults if fault.cookie_domain is not None]
        self._last = next((fault.cookie_domain or "" for fault in reversed(changes)), self._first)
        self._changes = {node: fault for fault in changes for node in fault.nodes}
        self._begin = min((fault.begin for fault in changes), default=None)
        self._end = max((fault.end or fault.begin for fault in changes), default=0)
        self._complete = set(index.header.nodes) <= set(self._changes)
        self.all = {
            self._first,
            *map(_as_browsers_take_it, cookie.former),
            *(one.cookie_domain or "" for one in changes),
        }

    def of(self, operation: Operation) -> list[str]:
        """Name the domains that a line of an answer may have: two where it is not known which node or life answered.

        A login is answered where it arrives; anything else may come from another node where requests are routed.
        """
        if self._routed and operation.op != LOGIN:
            settled = self.at(operation.asked, operation.answered or operation.asked)
            return [self._first, self._last] if settled is None else [settled]
        change = self._changes.get(operation.node)
        if change is None or (operation.answered or operation.asked) <= change.begin:
            return [self._first]
        later = change.cookie_domain or ""
        return [later] if operation.asked >= (change.end or change.begin) else [self._first, later]

    def at(self, begin: int, end: int) -> str | None:
        """Name the domain that all nodes have from one instant to another; None while they change, or not all do."""
        if self._begin is None or end <= self._begin:
            return self._first
        return self._last if self._complete and begin >= self._end else None


def _as_browsers_take_it(domain: str) -> str:
    return domain.removeprefix(".").lower()


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

    Of every subject, whatever it lists (protocol, part 1), convicts a 401 that sets or deletes the session's cookie, as
    a late one would delete what a parallel tab was given since; and a logout whose answer deletes nothing, though the
    history has what the login had set. These count among what was judged only where `cookie-domain` is listed.

    Where nodes change the domain in service, each has to set its own, and may delete what was set for any that the
    cookie has had; while they change nothing is judged of where sessions go.

    Unknown outcomes: an answer that was not heard sets nothing, and may have set nothing: what its client asks later
    proves nothing either. Requests that overlap an answer prove nothing.

    Judged: lines, and requests on another host than that of their session's login. Where the subject does not list
    `cookie-domain` nothing is. Cost: O(n log n). Source: RFC 6265, sections 5.1.3 and 5.3.
    """
    convictions, domains = Convictions(), _Domains(index)
    lines = removals = within = outside = 0
    _judge_what_all_owe(index, convictions)
    if NEEDS in index.header.features:
        lines, removals = _judge_lines(index, domains, convictions)
        within, outside = _judge_travel(index, domains, convictions)
    domain = index.header.cookie.domain.lstrip(".").lower()
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


def _judge_what_all_owe(index: Index, convictions: Convictions) -> None:
    """Judge what no feature has to be listed for: a denial leaves the cookie alone, and a logout deletes it."""
    listed = NEEDS in index.header.features
    for operation in index.history.operations:
        if operation.outcome == DENIED:
            if _lines(index, operation):
                convictions.add((operation,), "{} was denied and set the cookie; a 401 sets none", at(operation))
        elif operation.op == LOGOUT and operation.outcome == OK and not listed:
            session = index.sessions.get(operation.session or "")
            login = session.login if session is not None else None
            deletes = any(line.deletes for line in _lines(index, operation))
            if login is not None and _lines(index, login) and not deletes:
                convictions.add((operation,), "{} did not delete the cookie", at(operation))


def _judge_lines(index: Index, domains: _Domains, convictions: Convictions) -> tuple[int, int]:
    """Judge every line of the session's cookie; count the lines, and the logouts that had to delete it."""
    name, judged, removals = index.header.cookie.name, 0, 0
    for operation in index.history.operations:
        for text in operation.set_cookie or ():
            line = _read(text, name)
            if line is None:
                continue
            judged += 1
            right = domains.of(operation)
            if line.domain not in (domains.all if line.deletes else right):
                did = "deleted" if line.deletes else "set"
                wrong = "{} {} the cookie {}, configured is {}"
                convictions.add((operation,), wrong, at(operation), did, _for(line.domain), _for(right[-1]))
        if operation.op == LOGOUT and operation.outcome == OK:
            removals += 1
            _judge_removal(index, operation, domains, convictions)
    return judged, removals


def _judge_removal(index: Index, logout: Operation, domains: _Domains, convictions: Convictions) -> None:
    session = index.sessions.get(logout.session or "")
    login = session.login if session is not None else None
    # Of lines for one cookie the last one stays: what is deleted and then set again is there.
    last = {(line.domain, line.path): line for line in _lines(index, logout)}
    deleting = [line for line in last.values() if line.deletes]
    right = domains.of(logout)
    if all(line.domain in domains.all and line.domain not in right for line in deleting):
        convictions.add((logout,), "{} did not delete the cookie", at(logout))
        return
    set_with = None if login is None else next((line for line in _lines(index, login) if not line.deletes), None)
    if login is None or set_with is None:
        return
    # Others may be for domains that the cookie had before: with what path they are deleted is another cookie's.
    of_it = [line for line in deleting if line.domain == set_with.domain] or deleting
    if not any(_same_path(index, line.path, set_with.path) for line in of_it):
        text = "{} deleted the cookie with path {}; {} had set it with path {}"
        convictions.add((login, logout), text, at(logout), of_it[0].path or "/", at(login), set_with.path or "/")


def _same_path(index: Index, one: str, other: str) -> bool:
    """Say whether two lines may be of one path; a line without one gets that of the request (RFC 6265, section 5.1.4).

    In simulated time that is `/`, as requests go to `/login` and `/logout`; a real server may have them elsewhere.
    """
    if index.header.noise_us and not (one and other):
        return True
    return (one or "/") == (other or "/")


def _lines(index: Index, operation: Operation) -> list[_Line]:
    """Read what an answer says about the session's cookie."""
    read = (_read(text, index.header.cookie.name) for text in operation.set_cookie or ())
    return [line for line in read if line is not None]


def _for(domain: str) -> str:
    return f"for '{domain}'" if domain else "for the host alone"


def _read(text: str, name: str) -> _Line | None:
    """Read one line; None when it is of another cookie."""
    pair, *attributes = text.split(";")
    key, _, value = pair.partition("=")
    if key.strip() != name:
        return None
    line = _Line(value.strip(), "", "", deletes=False, lasts=False)
    over = past = None
    for attribute in attributes:
        word, _, said = (part.strip() for part in attribute.partition("="))
        word = word.lower()
        if word == "domain":
            line.domain = said.removeprefix(".").lower()
        elif word == "path":
            line.path = said if said.startswith("/") else ""
        elif word == "max-age" and _WHOLE_NUMBER.fullmatch(said):
            over = said.startswith("-") or not said.strip("0")
        elif word == "expires":
            past = _is_past(said)
    empty_until_some_day = past is not None and not line.value
    line.deletes = over if over is not None else bool(past) or empty_until_some_day
    line.lasts = over is not None or past is not None
    return line


def _is_past(date: str) -> bool | None:
    """Say whether a date lies so far back that it only deletes; None where it is none, and browsers pass it over."""
    try:
        when = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).year < _LONG_PAST


# ------------------------------------------------------------------------------------------------------------- travel


def _judge_travel(index: Index, domains: _Domains, convictions: Convictions) -> tuple[int, int]:
    """Follow each browser from host to host; count the requests on other hosts within and outside of a scope.

    Outside are those that carry a session where it does not belong, and those that rightly leave behind what they have.
    """
    within = outside = 0
    for operations in _by_client(index).values():
        held: dict[str, _Held] = {}
        before = domains.at(0, 0)
        for _, what, operation in sorted(_events(operations), key=lambda event: event[:2]):
            domain = domains.at(operation.asked, operation.answered or operation.asked)
            if domain != before:
                before = domain
                held.clear()
            if domain is None:
                continue
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
                # A cookie of the domain before stays, and goes where it went, until an answer deletes it.
                elif login.host != operation.host and domains.at(login.asked, operation.asked) is not None:
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
    line = next((line for line in _lines(index, login) if not line.deletes), None)
    if line is not None and not line.lasts and _is_kept(line.domain, login.host or ""):
        held[group] = _Held(login, line)


def _is_kept(domain: str, host: str) -> bool:
    """Say whether a browser keeps a cookie of that host for that domain: none for a public suffix above it."""
    if not domain or domain == _without_port(host):
        return True
    return _reaches(domain, host) and bool(_suffixes().publicsuffix(domain) != domain)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


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
    return domain if domain and _reaches(domain, host) else _without_port(host)


def _reaches(domain: str, host: str) -> bool:
    name = _without_port(host)
    return name == domain or name.endswith(f".{domain}")


def _without_port(host: str) -> str:
    """Take the port from a host: to a cookie all are one (RFC 6265, section 8.5), and capitals are small letters.

    An address of IPv6 stands in brackets, and has colons of its own.
    """
    name, bracket, _ = host.lower().partition("]")
    return name + bracket if bracket else name.partition(":")[0]
