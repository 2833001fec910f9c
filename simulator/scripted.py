"""People whose every request is written down: each is made at its instant, whatever was answered before.

What may be written is in `scenarios.script`; this file knows the loop.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from scenarios.script import Request
from simulator.chance import Chance
from simulator.clients import USER, Clients
from simulator.clock import REQUEST, Loop
from simulator.users import DELETE, LOGIN, LOGOUT, OK, REVOKE, WRITE, Answer, Ask, Browsing, Habits, forwarding


class Scripted(Browsing):
    """A browser whose user follows a script; the arguments are those of `Browsing`."""

    __slots__ = ("_logins",)

    def __init__(self, client: str, name: str, habits: Habits, stream: Any, end: int) -> None:
        super().__init__(client, name, habits, stream, end)
        self._logins: list[str | None] = []

    def follow(self, entry: Request, now: int) -> tuple[Ask, int]:
        """Make the request of an entry; also give which of this user's logins it is, -1 for none."""
        self._host = entry.host or self._habits.hosts[0]
        ask = self._asked_for(entry, now)
        if entry.session is not None:
            ask = structs.replace(ask, cookie=self._cookie_of(entry.session))
        if entry.claims is not None:
            ask = structs.replace(ask, headers=forwarding(entry.claims))
        if entry.do != LOGIN:
            return structs.replace(ask, node=entry.node), -1
        self._logins.append(None)
        return structs.replace(ask, node=entry.node), len(self._logins) - 1

    def learn(self, ask: Ask, login: int, answer: Answer, now: int) -> None:
        """Take in what came of a request, and the cookie of a login for those who ask with it later."""
        self._take_cookies(ask, answer, now)
        if login >= 0 and answer.status == OK:
            asked = ask.host or ""  # another request may have gone elsewhere since
            self._logins[login] = self._cookie(now, host=asked)

    def _cookie_of(self, login: int) -> str | None:
        """Give the cookie of a login, None where it has not been answered yet or was turned down."""
        return self._logins[login - 1] if login <= len(self._logins) else None

    def _asked_for(self, entry: Request, now: int) -> Ask:
        if entry.do == LOGIN:
            return self._login(now)
        if entry.do == LOGOUT:
            return self._logout(now)
        if entry.do == REVOKE:
            return self._revoke(now)
        if entry.do == WRITE:
            return self._write(now, entry.key)
        if entry.do == DELETE:
            return self._ask(now, DELETE, "DELETE", f"/session/data/{entry.key}", key=entry.key)
        return self._ask(now, "read", "GET", "/session")


class _Due(Struct, eq=False):
    """One request of a script: the event of its instant."""

    loop: Loop
    clients: Clients
    client: str
    person: Scripted
    entry: Request

    def await_it(self, begin: int) -> None:
        self.loop.push(max(self.entry.at, begin), REQUEST, self._ask, None)

    def _ask(self, _: None) -> None:
        ask, login = self.person.follow(self.entry, self.loop.now)
        self.clients.ask(self.client, USER, ask, lambda answer: self.person.learn(ask, login, answer, self.loop.now))


def bring_script(
    loop: Loop, clients: Clients, habits: Habits, chance: Chance, script: Sequence[Request], begin: int, end: int
) -> None:
    """Let a script be followed; nothing of it is asked before `begin`, µs. Requests of one instant keep their order."""
    people: dict[str, Scripted] = {}
    for entry in script:
        client = entry.user
        if client not in people:
            people[client] = Scripted(client, f"user{client[1:]}", habits, chance.stream("user", client), end)
        _Due(loop, clients, client, people[client], entry).await_it(begin)
