"""What a person with a browser does next. Values without I/O: told time and last answer, a user says what follows.

The same values serve the simulated world and real servers. Who gets a request, and what a connection does, is decided
elsewhere.
"""

from math import log
from typing import Any

from msgspec import Struct, structs

from simulator.browser import Browser
from simulator.chance import Stream
from simulator.clock import EPOCH_US
from simulator.visits import visit

MILLION = 1_000_000
TIMEOUT_US = 10 * MILLION
"""A client gives up on an answer after so long (protocol, part 1)."""

LOGIN, READ, WRITE, DELETE, LOGOUT, REVOKE = "login", "read", "write", "delete", "logout", "revoke"
PEEK, MEMBERS = "peek", "members"
OK, DENIED, UNKNOWN_PATH = 200, 401, 404


class Ask(Struct, frozen=True):
    """A request that a client makes.

    Attributes:
        id: unique in the run; a written value is the id of its request.
        op: what it is in the history.
        method, path, body: the request to the probe application.
        cookie: the `Cookie` header, None for none.
        user: for whom the client acts.
        key, value: what a write or delete names.
        host: whom the browser asks; None for the host that observers ask.
        node: which node is asked past the balancer; None leaves the choice to the balancer.
        beside: what another tab of the same browser asks at the same instant, and so on; answers go to `other_tab`.
        headers: what is sent besides the cookie.
    """

    id: str
    op: str
    method: str
    path: str
    cookie: str | None = None
    user: str | None = None
    body: Any = None
    key: str | None = None
    value: Any = None
    node: str | None = None
    host: str | None = None
    beside: "Ask | None" = None
    headers: tuple[tuple[str, str], ...] = ()


class Wait(Struct, frozen=True):
    """Nothing to do before that instant, µs."""

    until: int


class Leave(Struct, frozen=True):
    """Nothing more to do, ever."""


Step = Ask | Wait | Leave


class Answer(Struct, frozen=True):
    """What a client heard; a status of None means nothing: a reset connection, or no answer in time."""

    status: int | None
    body: Any = None
    set_cookie: tuple[str, ...] = ()


class Planting(Struct, frozen=True):
    """A cookie that one host of the site sets for the domain above all of them.

    Attributes:
        host: who sets it.
        line: what it sets, with {} for a value that no server ever gave.
    """

    host: str
    line: str


class Habits(Struct, frozen=True):
    """How people use the site; see the scenario's `workload`. Lengths in µs, shares in parts per million.

    `forged` is the share of pages that claim to be asked for one of `others`, by headers.
    `gaps` is the share of pauses that are gaps; they last from the one to the other length of `gap_us`. `hops` is the
    share of pages that are opened on another of the `hosts`, `planted` that of the browsers in which something is
    planted beforehand, and `planting` what. `signs_in_at` is the host that logs in and out; None for the one asked.
    """

    hosts: tuple[str, ...]
    keys: tuple[str, ...]
    think_us: int
    pages: tuple[int, int]
    writes: int
    deletes: int
    logouts: int
    stale: tuple[int, int]
    rest_us: int
    revokes: int
    tabs: int = 0
    open_tabs: int = 2
    stale_writes: int = 0
    forged: int = 0
    others: tuple[str, ...] = ()
    gaps: int = 0
    gap_us: tuple[int, int] = (0, 0)
    hops: int = 0
    planted: int = 0
    planting: Planting | None = None
    signs_in_at: str | None = None


class Browsing:
    """What all people do alike: one browser and its tabs, requests with numbers, and tabs that are left open.

    A tab left open asks later with the cookie of a session that has ended, for a page or to save something: whoever
    lets it in has revived the session. Who has several tabs asks in all of them at one instant, out of one cookie jar.

    Args:
        client: name of the browser in the history.
        name: the user's name.
        habits: what all users have in common.
        stream: this user's chance.
        end: nothing is asked from this instant on, µs.
    """

    __slots__ = (
        "_asked", "_browser", "_client", "_count", "_end", "_habits", "_host", "_many_tabs", "_next", "_old_tab",
        "_revokes", "_signed_in", "_stale", "_stream", "name",
    )  # fmt: skip

    def __init__(self, client: str, name: str, habits: Habits, stream: Stream, end: int) -> None:
        self._client = client
        self.name = name
        self._habits = habits
        self._stream = stream
        self._end = end
        self._browser = Browser()
        self._count = 0
        self._asked: Ask | None = None
        self._old_tab = False
        self._signed_in = False
        self._stale: list[tuple[int, str, str]] = []
        self._revokes = stream.happens(habits.revokes)
        self._many_tabs = habits.tabs > 0 and stream.happens(habits.tabs)
        self._host = habits.hosts[0] if len(habits.hosts) == 1 else stream.choice(habits.hosts)
        self._next = 0
        planting = habits.planting
        if planting is not None and stream.happens(habits.planted):
            line = planting.line.format(f"planted-{client}")
            self._browser.store(line, visit(f"https://{planting.host}/"), EPOCH_US)

    def next(self, now: int, answer: Answer | None) -> Step:
        """Say what follows.

        Args:
            now: µs since the start of the run.
            answer: what came of the last `Ask`; None when a `Wait` is over, or at the beginning.

        Returns:
            A request to make, an instant to wait for, or the end.
        """
        if answer is not None and self._asked is not None:
            if not self._old_tab:
                self._take_cookies(self._asked, answer, now)
                self._learn(self._asked, answer, now)
            self._asked = None
        while True:
            stale_is_next = bool(self._stale) and self._stale[0][0] <= self._next
            due = self._stale[0][0] if stale_is_next else self._next
            if due >= self._end:
                return Leave()
            if due > now:
                return Wait(due)
            if not stale_is_next:
                self._hop()
            ask = self._open_old_tab(now) if stale_is_next else self._open_page(now)
            if ask is not None:
                if self._many_tabs and not stale_is_next and ask.op in (READ, WRITE, DELETE, LOGOUT):
                    ask = self._in_all_tabs(ask, now)
                if self._habits.forged and self._stream.happens(self._habits.forged):
                    ask = structs.replace(ask, headers=forwarding(self._stream.choice(self._habits.others)))
                self._asked, self._old_tab = ask, stale_is_next
                return ask

    def other_tab(self, ask: Ask, answer: Answer, now: int) -> None:
        """Take in what another tab heard: a denial counts unless a later login has changed the cookie."""
        self._take_cookies(ask, answer, now)
        if answer.status == DENIED and ask.cookie == self._cookie(now):
            self._signed_in = False

    # --------------------------------------------------------------------------------------------------- what is asked

    def _hop(self) -> None:
        """Go on to another host of the site, now and then."""
        hosts = self._habits.hosts
        if len(hosts) > 1 and self._stream.happens(self._habits.hops):
            self._host = self._stream.choice([host for host in hosts if host != self._host])

    def _open_page(self, now: int) -> Ask | None:
        """Choose what is asked for next; None when the person just walks away instead."""
        raise NotImplementedError

    def _in_all_tabs(self, ask: Ask, now: int) -> Ask:
        """Let every other tab ask for a page at the same instant, one beside the other."""
        beside: Ask | None = None
        for _ in range(self._habits.open_tabs - 1):
            beside = structs.replace(self._page(now), beside=beside)
        return structs.replace(ask, beside=beside)

    def _page(self, now: int) -> Ask:
        """Draw what a page does: it writes a key, deletes one, or only looks."""
        habits, stream = self._habits, self._stream
        kind = stream.below(MILLION)
        if kind < habits.writes:
            return self._write(now)
        if kind < habits.writes + habits.deletes:
            key = stream.choice(habits.keys)
            return self._ask(now, DELETE, "DELETE", f"/session/data/{key}", key=key)
        return self._ask(now, READ, "GET", "/session")

    def _login(self, now: int) -> Ask:
        return self._ask(now, LOGIN, "POST", "/login", {"user": self.name}, at=self._habits.signs_in_at)

    def _logout(self, now: int) -> Ask:
        return self._ask(now, LOGOUT, "POST", "/logout", at=self._habits.signs_in_at)

    def _revoke(self, now: int) -> Ask:
        self._revokes = False
        return self._ask(now, REVOKE, "POST", "/revoke", {"user": self.name})

    def _open_old_tab(self, now: int) -> Ask:
        _, cookie, host = self._stale.pop(0)
        if self._habits.stale_writes and self._stream.happens(self._habits.stale_writes):
            return structs.replace(self._write(now), cookie=cookie, host=host)
        return Ask(self._number(), READ, "GET", "/session", cookie, self.name, host=host)

    def _write(self, now: int, key: str | None = None) -> Ask:
        key, number = key or self._stream.choice(self._habits.keys), self._number()
        path = f"/session/data/{key}"
        cookie = self._cookie(now, path)
        body = {"value": number}
        return Ask(number, WRITE, "PUT", path, cookie, self.name, body, key=key, value=number, host=self._host)

    def _ask(
        self, now: int, op: str, method: str, path: str, body: Any = None, key: str | None = None, at: str | None = None
    ) -> Ask:
        host = at or self._host
        return Ask(self._number(), op, method, path, self._cookie(now, path, host), self.name, body, key, host=host)

    def _number(self) -> str:
        self._count += 1
        return f"{self._client}-{self._count}"

    def _cookie(self, now: int, path: str = "/session", host: str = "") -> str | None:
        return self._browser.header(visit(f"https://{host or self._host}{path}"), EPOCH_US + now)

    # ------------------------------------------------------------------------------------------------- what it leads to

    def _learn(self, ask: Ask, answer: Answer, now: int) -> None:
        """Take in what came of a page, and decide when the next one is due; the cookies have been taken."""
        raise NotImplementedError

    def _take_cookies(self, ask: Ask, answer: Answer, now: int) -> None:
        for line in answer.set_cookie:
            self._browser.store(line, visit(f"https://{ask.host}{ask.path}"), EPOCH_US + now)

    def _ended(self, cookie: str | None, now: int) -> None:
        """Plan what a tab left open asks with the cookie of a session that has ended: soon, then within minutes."""
        if cookie is None:
            return
        habits, stream = self._habits, self._stream
        fewest, most = habits.stale
        at = now
        for turn in range(fewest + stream.below(most - fewest + 1)):
            at += spread_around(habits.think_us if turn == 0 else habits.think_us * 20, stream)
            self._stale.append((at, cookie, self._host))
        self._stale.sort()


class User(Browsing):
    """One person: logs in, looks at pages, writes, logs out, rests, and comes back, until the end.

    A 401 makes a user log in again; an outcome that nobody knows is followed by the next page.

    Args:
        begin: from when on, µs; the others are those of `Browsing`.
    """

    __slots__ = ("_pages",)

    def __init__(self, client: str, name: str, habits: Habits, stream: Stream, begin: int, end: int) -> None:
        super().__init__(client, name, habits, stream, end)
        self._pages = 0
        self._next = begin + stream.below(habits.rest_us)

    def _open_page(self, now: int) -> Ask | None:
        if not self._signed_in:
            return self._login(now)
        if self._pages > 0:
            self._pages -= 1
            return self._revoke(now) if self._revokes and self._pages == 0 else self._page(now)
        if self._stream.happens(self._habits.logouts):
            return self._logout(now)
        self._signed_in = False  # the cookie stays: the next login ends the session that is left behind
        self._next = now + spread_around(self._habits.rest_us, self._stream)
        return None

    def _learn(self, ask: Ask, answer: Answer, now: int) -> None:
        habits = self._habits
        self._next = now + self._pause()
        if ask.op == LOGIN:
            self._signed_in = answer.status == OK
            if self._signed_in:
                fewest, most = habits.pages
                self._pages = fewest + self._stream.below(most - fewest + 1)
                self._ended(ask.cookie, now)
        elif answer.status == DENIED:
            self._signed_in = False
        elif ask.op in (LOGOUT, REVOKE):
            if answer.status == OK:
                self._signed_in = False
                self._ended(ask.cookie, now)
                self._next = now + spread_around(habits.rest_us, self._stream)
            else:
                self._pages = 1  # the page said nothing: look at one, then try again

    def _pause(self) -> int:
        """Draw how long the person looks at a page, or stays away from it."""
        habits, stream = self._habits, self._stream
        if habits.gaps and stream.happens(habits.gaps):
            shortest, longest = habits.gap_us
            return shortest + stream.below(longest - shortest + 1)
        return spread_around(habits.think_us, stream)


def forwarding(user: str) -> tuple[tuple[str, str], ...]:
    """Write headers by which those behind a balancer tell each other for whom they ask, and from where (RFC 7239)."""
    inside = "127.0.0.1"
    return (
        ("Forwarded", f"for={inside};by={inside}"),
        ("X-Forwarded-For", inside),
        ("X-Forwarded-User", user),
        ("X-Remote-User", user),
        ("X-Session-User", user),
    )


def spread_around(mean_us: int, stream: Stream) -> int:
    """Draw a length of time, exponentially distributed as the gaps between independent events are.

    Args:
        mean_us: the mean, µs.
        stream: whose chance.

    Returns:
        Whole µs, at least 1 and at most 7 times the mean.
    """
    return 1 + mean_us * _EXPONENTIAL[stream.below(len(_EXPONENTIAL))] // 1_000


_EXPONENTIAL = tuple(round(-1_000 * log(1 - (index + 0.5) / 512)) for index in range(512))
"""Quantiles of an exponential distribution of mean 1, in thousandths: rounded, they are the same on every machine."""
