"""A person whose pages come at given instants: the visitor of a drawn or recorded day. Values without I/O.

Which instants those are is decided in `day.py`.
"""

from collections.abc import Sequence

from simulator.chance import Stream
from simulator.users import (
    DENIED,
    LOGIN,
    LOGOUT,
    MILLION,
    OK,
    REVOKE,
    Answer,
    Ask,
    Browsing,
    Habits,
    spread_around,
)

VISIT_US = 1_800 * MILLION
"""Who stays away for longer than half an hour begins another visit, as the analysis of web traffic counts them."""
LOGOUT_AFTER_THINKS = 10
"""A logout follows the visit's last page after ten times the mean time between two pages, on average."""
NEVER = 1 << 62


class Visitor(Browsing):
    """One visitor of a day: asks for a page when it is due, logging in first where there is no live session.

    A page that is denied is asked for again after a login, once. Some visits end with a logout; any other leaves its
    session behind, and the next visit comes with its cookie.

    Args:
        pages: when each page is due, in order, µs since the start of the run; the others are those of `Browsing`.
    """

    __slots__ = ("_again", "_logs_out", "_page_number", "_pages")

    def __init__(self, client: str, name: str, habits: Habits, stream: Stream, pages: Sequence[int], end: int) -> None:
        super().__init__(client, name, habits, stream, end)
        self._pages = pages
        self._page_number = 0
        self._again = False
        self._logs_out = False
        self._next = pages[0]

    def _open_page(self, now: int) -> Ask:
        if not self._signed_in:
            return self._login(now)
        if self._logs_out:
            return self._logout(now)
        if self._revokes and self._visit_ends():
            return self._revoke(now)
        return self._page(now)

    def _learn(self, ask: Ask, answer: Answer, now: int) -> None:
        if ask.op == LOGIN:
            self._signed_in = answer.status == OK
            if self._signed_in:
                self._ended(ask.cookie, now)
                self._next = now  # a login leads on to the page that was asked for
            else:
                self._next = now + spread_around(self._habits.think_us, self._stream)
            return
        if answer.status == DENIED:
            self._signed_in = False
            if ask.op not in (LOGOUT, REVOKE) and not self._again:
                self._again = True
                self._next = now
                return
        elif ask.op in (LOGOUT, REVOKE) and answer.status == OK:
            self._signed_in = False
            self._ended(ask.cookie, now)
        self._go_on(ask, now)

    def _go_on(self, ask: Ask, now: int) -> None:
        """Turn to what follows a page: a logout, the next page, or nothing."""
        self._again = False
        last = self._visit_ends()
        if ask.op not in (LOGOUT, REVOKE) and last and self._signed_in and self._stream.happens(self._habits.logouts):
            self._logs_out = True
            self._next = now + spread_around(self._habits.think_us * LOGOUT_AFTER_THINKS, self._stream)
            return
        self._logs_out = False
        self._page_number += 1
        self._next = self._pages[self._page_number] if self._page_number < len(self._pages) else NEVER

    def _visit_ends(self) -> bool:
        """Say whether the page that is due, or was just asked for, is the last of its visit."""
        here, pages = self._page_number, self._pages
        return here + 1 == len(pages) or pages[here + 1] - pages[here] > VISIT_US
