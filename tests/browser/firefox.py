"""Debian's Firefox ESR, driven over WebDriver BiDi without a driver between: launched once for all tests.

Playwright drives builds of Firefox of its own alone; what is asked here are a dozen commands of
https://www.w3.org/TR/webdriver-bidi/.
"""

import base64
import json
import os
import shutil
import subprocess
import time  # noqa: TID251 - a real browser has the machine's clock
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.browser.engines import WITHIN_S, Kept, Missed
from tests.browser.websocket import Closed, WebSocket
from tests.conftest import NO_FIREFOX

HOST = "127.0.0.1"
START_S, END_S = 60.0, 10.0
ADDRESS = "WebDriverBiDiServer.json"
"""The file in its profile in which Firefox says where it listens."""
QUIET: dict[str, bool | int | str] = {
    "network.cookie.cookieBehavior": 0,  # cookies of frames of other sites are kept, as the draft has it
    "dom.security.https_first": False,  # plain http stays plain http
    "network.stricttransportsecurity.preloadlist": False,
    "dom.disable_open_during_load": False,  # windows that a script opens without a click
    "devtools.jsonview.enabled": False,
    "network.captive-portal-service.enabled": False,  # nothing is asked for but what a test asks for
    "network.connectivity-service.enabled": False,
    "network.manage-offline-status": False,
    "network.http.speculative-parallel-limit": 0,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "browser.safebrowsing.update.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "app.normandy.enabled": False,
    "services.settings.server": "data:,",
    "fission.autostart": False,  # no process for each host; cookies are the business of one in any case
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "browser.sessionhistory.max_total_viewers": 0,  # no page is kept that was left
    "browser.startup.page": 0,
    "browser.newtabpage.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}
"""Preferences, beside those that Firefox sets by itself where it is driven."""
ENVIRONMENT = {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}  # without which the server of settings is the vendor's


def executable() -> str:
    """Find Firefox; where there is none the test is skipped."""
    found = shutil.which("firefox-esr")
    if found is None:
        pytest.skip(NO_FIREFOX)
    return found


class Firefox:
    """A browser that was launched, and its one window."""

    counts_hops = True

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._count = 0
        self._heard: list[dict[str, Any]] = []
        self.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        self.ask("session.subscribe", events=["browsingContext.load", "browsingContext.contextCreated"])
        self._window: str = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self._came_by = ""

    def ask(self, method: str, **params: Any) -> Any:
        """Give a command, and wait for what it says; events that come before are kept.

        Raises:
            Missed: Firefox says that it could not.
        """
        self._count += 1
        self._connection.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            said = self._receive()
            if said.get("id") == self._count:
                if said["type"] == "error":
                    raise Missed(f"{method}: {said['error']}: {said['message']}")
                return said["result"]
            self._heard.append(said)

    def _receive(self) -> dict[str, Any]:
        try:
            said: dict[str, Any] = json.loads(self._connection.receive())
        except TimeoutError as error:
            raise Missed(f"nothing came from Firefox within {WITHIN_S} s") from error
        return said

    def goto(self, url: str) -> None:
        """Type an address, and wait for its page."""
        self._came_by = self.ask("browsingContext.navigate", context=self._window, url=url, wait="complete")[
            "navigation"
        ]

    def run(self, function: str, argument: Any = None) -> Any:
        """Call a function of JavaScript within the page, and wait for what it promises."""
        asked = f"async () => JSON.stringify([await ({function})({json.dumps(argument)})])"
        said = self.ask(
            "script.callFunction", functionDeclaration=asked, awaitPromise=True, target={"context": self._window}
        )
        if said["type"] != "success":
            raise Missed(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"])[0]

    def follow(self, function: str, url: str) -> None:
        """Call a function that leads the window elsewhere, and wait for the page at the end."""
        self._heard.clear()
        self.run(function, url)
        loaded = self._event(
            "browsingContext.load",
            lambda event: event["context"] == self._window and event["navigation"] != self._came_by,
        )
        self._came_by = loaded["navigation"]

    def follow_into_another(self, function: str, url: str, end: str) -> None:
        """Call a function that opens a window, wait for the page at the end, and close that window."""
        self._heard.clear()
        self.run(function, url)
        window = self._event("browsingContext.contextCreated", lambda event: event["parent"] is None)["context"]
        self._event("browsingContext.load", lambda event: event["context"] == window and event["url"] == end)
        self.ask("browsingContext.close", context=window)

    def kept(self) -> list[Kept]:
        """List all cookies; to Firefox one that says nothing of SameSite is one with None (COOK-31)."""
        return [
            Kept(
                one["name"], _text(one["value"]), one["domain"], one["path"], one["secure"], one["httpOnly"],
                "none" if one["sameSite"] == "default" else one["sameSite"], one.get("expiry", -1),
            )
            for one in self.ask("storage.getCookies")["cookies"]
        ]  # fmt: skip

    def clear(self) -> None:
        """Begin with an empty cookie jar."""
        self.ask("storage.deleteCookies")

    def _event(self, name: str, wanted: Any) -> dict[str, Any]:
        """Wait for an event, or take the one that has come already."""
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            said = self._heard.pop(0) if self._heard else self._receive()
            if said.get("method") == name and wanted(said["params"]):
                return dict(said["params"])
        raise Missed(f"no {name} of the page within {WITHIN_S} s")


def _text(value: dict[str, str]) -> str:
    """Read a cookie's value, which is told in base64 where it is no UTF-8."""
    return value["value"] if value["type"] == "string" else base64.b64decode(value["value"]).decode("latin-1")


@contextmanager
def with_profile(folder: Path, port: int) -> Iterator[Firefox]:
    """Launch a browser for which every host is one port of this machine.

    Args:
        folder: an empty one, for the profile.
        port: where the test listens, for http and https alike, and as a proxy of SOCKS: no name is looked up.
    """
    path = executable()
    proxy: dict[str, bool | int | str] = {
        "network.proxy.type": 1,
        "network.proxy.socks": HOST,
        "network.proxy.socks_port": port,
        "network.proxy.socks_version": 5,
        "network.proxy.socks5_remote_dns": True,
        "network.proxy.no_proxies_on": "",
        "network.proxy.allow_hijacking_localhost": True,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in (QUIET | proxy).items()]
    (folder / "user.js").write_text("".join(lines), encoding="utf-8")
    command = [path, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(folder)]
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, env=os.environ | ENVIRONMENT, stdout=silent, stderr=silent) as process:
        try:
            connection = WebSocket(HOST, _listens_at(folder / ADDRESS, process), "/session", WITHIN_S)
            try:
                firefox = Firefox(connection)
                yield firefox
                with suppress(Missed, Closed):
                    firefox.ask("browser.close")
            finally:
                connection.close()
        finally:
            _end(process)


def _listens_at(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until Firefox says at which port it listens."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert process.poll() is None, f"Firefox ended with {process.returncode} before it listened"
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return int(json.loads(file.read_text(encoding="utf-8"))["ws_port"])
        time.sleep(0.05)
    raise AssertionError(f"Firefox said within {START_S:g} s nowhere in {file.name} where it listens")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a browser; one that was not told to end, or does not, is killed."""
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
