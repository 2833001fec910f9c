"""What a test asks of a real browser, whichever engine it is: one window, its cookies, and what a page does in it."""

import contextlib
import time  # noqa: TID251 - a real browser has the machine's clock
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from playwright.sync_api import Error

T = TypeVar("T")
TIMES, PAUSE_S = 8, 0.5
WITHIN_S = 20
"""A browser that has not done in so long what it was asked to do will not do it."""


class Kept(Struct, frozen=True):
    """A cookie as the browser keeps it; its domain begins with a dot where it goes to hosts below it.

    `expires` in seconds since 1970, -1 for one that ends with the browser.
    """

    name: str
    value: str
    domain: str
    path: str
    secure: bool
    http_only: bool
    same_site: str
    expires: float


class Engine(Protocol):
    """A browser with one window.

    Attributes:
        counts_hops: whether a request is also judged by what it was redirected through (section 8, Redirect chains).
    """

    counts_hops: bool

    def goto(self, url: str) -> None:
        """Type an address, and wait for its page."""

    def run(self, function: str, argument: Any = None) -> Any:
        """Call a function of JavaScript within the page, and wait for what it promises."""

    def follow(self, function: str, url: str) -> None:
        """Call a function that leads the window elsewhere, and wait for the page at the end."""

    def follow_into_another(self, function: str, url: str, end: str) -> None:
        """Call a function that opens a window, wait for the page at the end, and close that window."""

    def kept(self) -> list[Kept]:
        """List all cookies."""

    def clear(self) -> None:
        """Begin with an empty cookie jar."""


Launch = Callable[[Path, int], AbstractContextManager[Engine]]
"""Launches a browser with a profile in that empty folder, for which every host is that port of this machine."""


class Missed(Exception):
    """What a browser was asked to do, or a request that its page was to make, did not come about."""


def steadily(do: Callable[[], T]) -> T:
    """Do something with a browser, and do it again where that fails, some times.

    When an interface of the machine comes or goes, browsers drop their connections; tests beside these make some.
    """
    for _ in range(TIMES - 1):
        with contextlib.suppress(Error, Missed):
            return do()
        time.sleep(PAUSE_S)
    return do()
