"""Debian's Chromium, driven by Playwright: launched once for a file of tests, in a closed network.

Playwright's loop stays on the thread until it is stopped, and whatever wants a loop of its own fails meanwhile: so
nothing is launched for longer than one file of tests.
"""

import contextlib
import json
import shutil
import time  # noqa: TID251 - a real browser has the machine's clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, sync_playwright

T = TypeVar("T")
TIMES, PAUSE_S = 8, 0.5

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


@contextmanager
def with_profile(folder: Path, port: int) -> Iterator[BrowserContext]:
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
            yield context
        finally:
            context.close()


class Missed(Exception):
    """A request that a page was to make did not come."""


def steadily(do: Callable[[], T]) -> T:
    """Do something with a browser, and do it again where that fails, some times.

    When an interface of the machine comes or goes, Chromium drops its connections; tests beside these make some.
    """
    for _ in range(TIMES - 1):
        with contextlib.suppress(Error, Missed):
            return do()
        time.sleep(PAUSE_S)
    return do()
