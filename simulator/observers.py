"""Those who see whether the nodes agree (protocol, part 4): sessions of their own, and looks past the balancer.

Values without I/O, apart from users: what they ask never moves a user's session.
"""

from typing import Any

from msgspec import Struct

from simulator.browser import Browser
from simulator.chance import Stream
from simulator.clock import EPOCH_US
from simulator.users import (
    LOGIN,
    LOGOUT,
    MEMBERS,
    MILLION,
    OK,
    PEEK,
    READ,
    REVOKE,
    UNKNOWN_PATH,
    WRITE,
    Answer,
    Ask,
    Leave,
    Step,
    Wait,
)
from simulator.visits import visit

RETRY_US = 1 * MILLION
"""A login without an answer is tried again on the next node after so long."""
MEMBERS_EVERY_US = 5 * MILLION
"""Every node is asked this often whom it holds for alive, and not more often than MEMBERS_LOOKS times in a run: over a
day that would be most of all requests."""
MEMBERS_LOOKS = 500
MEMBERS_ASKED = 20
"""So many nodes at most are asked at a time, others the next time: an answer is as long as the cluster is large."""
LOOKS_US = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000)
"""When after a change's answer the nodes are looked at, until all show it; after the last, that often again."""
LOGGED_OUT_PPM = 250_000
REPLACED_PPM = 62_500
REVOKED_PPM = 62_500
"""How witness sessions end during the run; the rest live to the end."""


class Change(Struct, frozen=True):
    """What a witness last changed with success: every node must come to show it.

    Attributes:
        op: login, write, delete, or what ended the session (logout; a login that replaced it; revoke).
        cookie: the session's cookie.
        asked: the id of the request that changed it.
        ended: whether the session is over.
        key, value: what a write left.
    """

    op: str
    cookie: str
    asked: str
    ended: bool = False
    key: str | None = None
    value: Any = None


class Witness:
    """One session whose whole life is known: begun, written to and perhaps ended on changing nodes at drawn instants.

    Args:
        number: counts the witnesses, from 1.
        nodes: every node, asked in turn.
        host: the host that is asked.
        stream: this witness's chance.
        begin: not before, µs; within half an idle limit of the end (protocol, part 4).
        end: its last change is asked before, µs.
        revokes: whether the subject has `revoke`.
    """

    __slots__ = (
        "_asked",
        "_browser",
        "_client",
        "_count",
        "_host",
        "_nodes",
        "_plan",
        "_turn",
        "change",
        "cookies",
        "user",
    )

    def __init__(
        self, number: int, nodes: list[str], host: str, stream: Stream, begin: int, end: int, *, revokes: bool
    ) -> None:
        self._client = f"o{number}"
        self.user = f"witness{number}"
        self._nodes = nodes
        self._host = host
        self._turn = number
        self._count = 0
        self._browser = Browser()
        self._asked: Ask | None = None
        self.cookies: list[str] = []
        self.change: Change | None = None
        ops = [LOGIN, WRITE, WRITE, WRITE]
        fate = stream.below(MILLION)
        if fate < LOGGED_OUT_PPM:
            ops.append(LOGOUT)
        elif fate < LOGGED_OUT_PPM + REPLACED_PPM:
            ops.append(LOGIN)
        elif fate < LOGGED_OUT_PPM + REPLACED_PPM + REVOKED_PPM and revokes:
            ops.append(REVOKE)
        self._plan = list(zip(_instants(len(ops), stream, begin, end), ops, strict=True))

    def next(self, now: int, answer: Answer | None) -> Step:
        """Say what follows; see `User.next`. `change` and `cookies` tell what an answer brought."""
        if answer is not None and self._asked is not None:
            self._learn(self._asked, answer, now)
            self._asked = None
        if not self._plan:
            return Leave()
        at, op = self._plan[0]
        if at > now:
            return Wait(at)
        del self._plan[0]
        self._asked = self._ask(op, now)
        return self._asked

    def other_tab(self, ask: Ask, answer: Answer, now: int) -> None:
        """Never called: a witness has one tab."""

    def _ask(self, op: str, now: int) -> Ask:
        self._count += 1
        number, node = f"{self._client}-{self._count}", self._nodes[self._turn % len(self._nodes)]
        self._turn += 1
        if op == WRITE:
            key = f"k{self._count % 2}"
            path, body = f"/session/data/{key}", {"value": number}
            return Ask(number, op, "PUT", path, self._cookie(path, now), self.user, body, key, number, node)
        path, whom = f"/{op}", {"user": self.user}  # login, logout, revoke
        cookie = self._cookie(path, now)
        return Ask(number, op, "POST", path, cookie, self.user, None if op == LOGOUT else whom, node=node)

    def _cookie(self, path: str, now: int) -> str | None:
        return self._browser.header(visit(f"https://{self._host}{path}"), EPOCH_US + now)

    def _learn(self, ask: Ask, answer: Answer, now: int) -> None:
        if answer.status != OK:
            if ask.op == LOGIN and not self.cookies:
                self._plan.insert(0, (now + RETRY_US, LOGIN))
            return
        for line in answer.set_cookie:
            self._browser.store(line, visit(f"https://{self._host}{ask.path}"), EPOCH_US + now)
        if ask.op == LOGIN:
            cookie = self._cookie("/session", now)
            if cookie is None or cookie == ask.cookie:
                return  # no session came of it: the judge will say so
            self.cookies.append(cookie)
            self.change = Change(LOGIN, cookie, ask.id)
        elif ask.cookie is not None:
            ended = ask.op in (LOGOUT, REVOKE)
            self.change = Change(ask.op, ask.cookie, ask.id, ended, ask.key, ask.value)


class Watch:
    """Looks at the nodes' own copies after a change, at growing delays, until every one shows it.

    Args:
        change: what must show.
        nodes: every node.
        answered: when the change was answered, µs.
        stream: the witness's chance: the delays are stretched by a drawn factor from 0.5 to 1.5, so that the looks of
            many changes together see every delay.

    Attributes:
        missing: the nodes that do not show it yet.
        unanswered: those of them that have not answered the last look.
    """

    __slots__ = ("_answered", "_look", "_stretch", "change", "missing", "unanswered")

    def __init__(self, change: Change, nodes: list[str], answered: int, stream: Stream) -> None:
        self.change = change
        self.missing = list(nodes)
        self.unanswered: list[str] = []
        self._answered = answered
        self._look = 0
        self._stretch = 500 + stream.below(1_000)

    def next_look(self) -> int:
        """Say when to look again, µs."""
        last = len(LOOKS_US) - 1
        delay = LOOKS_US[min(self._look, last)] + max(0, self._look - last) * LOOKS_US[last]
        self._look += 1
        return self._answered + delay * self._stretch // 1_000

    def saw(self, node: str, answer: Answer) -> None:
        """Take in what a node's own copy shows."""
        if node in self.unanswered:
            self.unanswered.remove(node)
        if node in self.missing and shows(self.change, answer):
            self.missing.remove(node)


def shows(change: Change, answer: Answer) -> bool:
    """Say whether a `/peek` shows a change: the value that was written, or that the session is there, or over.

    A node without any record (404) shows that a session is over: it forgot it, or never met it, and lets nobody in.
    """
    if change.ended and answer.status == UNKNOWN_PATH:
        return True
    if answer.status != OK or not isinstance(answer.body, dict):
        return False
    if change.ended or answer.body.get("ended"):
        return bool(answer.body.get("ended"))  # what ended later shows that every change before it has been overtaken
    data = answer.body.get("data")
    return change.key is None or (isinstance(data, dict) and data.get(change.key) == change.value)


def peek(number: str, cookie: str, user: str, node: str) -> Ask:
    """Ask a node for its own copy; that moves nothing."""
    return Ask(number, PEEK, "GET", "/peek", cookie, user, node=node)


def members(number: str, node: str) -> Ask:
    """Ask a node whom it holds for alive."""
    return Ask(number, MEMBERS, "GET", "/members", node=node)


def final_read(number: str, cookie: str, user: str, node: str) -> Ask:
    """Ask a node for a session at the end, when nothing can reach it any more."""
    return Ask(number, READ, "GET", "/session", cookie, user, node=node)


def _instants(count: int, stream: Stream, begin: int, end: int) -> list[int]:
    """Draw so many instants, one in the first three quarters of each equal slice of the time that there is."""
    slice_us = max(4, (end - begin) // count)
    return [begin + index * slice_us + stream.below(slice_us * 3 // 4) for index in range(count)]
