"""Brings people into the world: users who are there from the beginning, or visitors as they come.

What a person does is in `users.py` and `visitors.py`; this file knows the loop.
"""

from collections.abc import Iterator

from msgspec import Struct

from simulator.chance import Chance
from simulator.clients import USER, Clients, Driver
from simulator.clock import REQUEST, Loop
from simulator.day import Day
from simulator.users import Habits, User
from simulator.visitors import Visitor


def bring_users(loop: Loop, clients: Clients, habits: Habits, chance: Chance, count: int, begin: int, end: int) -> None:
    """Let so many users come, each at a drawn instant soon after `begin`; nothing is asked from `end` on, µs."""
    for number in range(1, count + 1):
        client = f"u{number}"
        user = User(client, f"user{number}", habits, chance.stream("user", client), begin, end)
        Driver(loop, clients, user, client, USER).begin()


class Visitors(Struct, eq=False):
    """Lets the visitors of a day come one after the other: the event of the next one's coming.

    The day is not put on the loop: whoever comes has the next one come.
    """

    loop: Loop
    clients: Clients
    habits: Habits
    chance: Chance
    coming: Iterator[tuple[int, tuple[int, ...]]]
    begin: int
    end: int
    next: tuple[str, tuple[int, ...]] = ("", ())

    def await_next(self) -> None:
        """Wait for the next visitor, if there is another."""
        for number, pages in self.coming:
            due = tuple(self.begin + at for at in pages)
            self.next = (f"u{number}", due)
            self.loop.push(due[0], REQUEST, self._let_in, None)
            return

    def _let_in(self, _: None) -> None:
        client, due = self.next
        stream = self.chance.stream("user", client)
        visitor = Visitor(client, f"user{client[1:]}", self.habits, stream, due, self.end)
        Driver(self.loop, self.clients, visitor, client, USER).begin()
        self.await_next()


def bring_visitors(
    loop: Loop, clients: Clients, habits: Habits, chance: Chance, day: Day, begin: int, end: int
) -> None:
    """Let the visitors of a day come, which begins at `begin`; nothing is asked from `end` on, µs."""
    Visitors(loop, clients, habits, chance, iter(enumerate(day, start=1)), begin, end).await_next()
