"""Debian's Chromium, driven by Playwright: launched once for a file of tests, in a closed network.

Playwright's loop stays on the thread until it is stopped, and whatever wants a loop of its own fails meanwhile: so
nothing is launched for longer than one file of tests.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.engines import WITHIN_S, Kept

QUIET = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-auto-reload",  # of pages that could not be had, in the midst of what a test does next
    "--disable-features=HttpsUpgrades",  # plain http stays plain http
)


def executable() -> str:
    """Find Chromium; where there is none the test is skipped, which with CI=true is a failure (tests/conftest.py)."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    return found


@contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """Launch a browser whose contexts and pages the test makes: pages that are opened from files, for instance."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *flags])
        try:
            yield browser
        finally:
            browser.close()


class Chromium:
    """A browser that was launched, and its one window."""

    counts_hops = False

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._page = context.pages[0]
        self._page.set_default_timeout(WITHIN_S * 1_000)

    def goto(self, url: str) -> None:
        """Type an address, and wait for its page."""
        self._page.goto(url)

    def run(self, function: str, argument: Any = None) -> Any:
        """Call a function of JavaScript within the page, and wait for what it promises."""
        return self._page.evaluate(function, argument)

    def follow(self, function: str, url: str) -> None:
        """Call a function that leads the window elsewhere, and wait for the page at the end."""
        with self._page.expect_navigation():
            self._page.evaluate(function, url)

    def follow_into_another(self, function: str, url: str, end: str) -> None:
        """Call a function that opens a window, wait for the page at the end, and close that window."""
        with self._context.expect_page() as opened:
            self._page.evaluate(function, url)
        opened.value.wait_for_url(end)
        opened.value.close()

    def kept(self) -> list[Kept]:
        """List all cookies."""
        return [
            Kept(
                one["name"], one["value"], one["domain"], one["path"], one["secure"], one["httpOnly"],
                one["sameSite"].lower(), one["expires"],
            )
            for one in self._context.cookies()
        ]  # fmt: skip

    def clear(self) -> None:
        """Begin with an empty cookie jar."""
        self._context.clear_cookies()


@contextmanager
def with_profile(folder: Path, port: int) -> Iterator[Chromium]:
    """Launch a browser for which every host is one port of this machine, and which keeps cookies as Chromium's own do.

    Args:
        folder: an empty one, for the profile.
        port: where the test listens, for http and https alike; no name is looked up.
    """
    path = executable()
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    # Debian's build blocks cookies of frames of other sites; without this no SameSite=None is ever seen in one.
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}), encoding="utf-8")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder,
            executable_path=path,
            args=[*QUIET, f"--host-resolver-rules=MAP * 127.0.0.1:{port}"],
            ignore_https_errors=True,
        )
        try:
            yield Chromium(context)
        finally:
            context.close()
