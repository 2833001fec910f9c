"""What tests in Firefox stand on: it does what a test asks of it, says what it cannot do, and is not needed."""

import os

import pytest

from tests.browser import firefox
from tests.browser.conftest import Staged
from tests.browser.engines import Kept, Missed
from tests.browser.player import ASK
from tests.browser.stage import Asked, Said, page

LINES = ("a=1; Domain=example.com; Secure; SameSite=Strict", "b=2; HttpOnly; Path=/x")
SETS = Said(page(), headers=tuple(("Set-Cookie", line) for line in LINES))


@pytest.mark.where_installed
def test_firefox_opens_pages_of_any_host_runs_what_they_hold_and_keeps_cookies(staged_firefox: Staged) -> None:
    asked: list[Asked] = []

    def answer(one: Asked) -> Said:
        asked.append(one)
        return SETS if one.host == "shop.example.com" else Said(page())

    staged_firefox.stage.answer, browser = answer, staged_firefox.engine
    browser.clear()
    browser.goto("https://shop.example.com/")
    assert browser.run("([a, b]) => Promise.resolve({a, b, is: document.cookie})", [1, None]) == {
        "a": 1, "b": None, "is": "a=1",
    }  # fmt: skip
    assert sorted(browser.kept(), key=lambda one: one.name) == [
        Kept("a", "1", ".example.com", "/", secure=True, http_only=False, same_site="strict", expires=-1),
        Kept("b", "2", "shop.example.com", "/x", secure=False, http_only=True, same_site="none", expires=-1),
    ]
    browser.follow(ASK["link"], "http://127.0.0.1/there")
    browser.follow_into_another(ASK["window-open"], "https://[::1]/", "https://[::1]/")
    assert browser.run("() => location.href") == "http://127.0.0.1/there"
    browser.clear()
    assert browser.kept() == []
    with pytest.raises(Missed, match="ReferenceError: nothing is not defined"):
        browser.run("() => nothing")
    with pytest.raises(Missed, match=r"browsingContext\.navigate: "):
        browser.goto("https://")
    hosts = [(one.scheme, one.host, one.path, one.cookie) for one in asked]
    assert hosts == [
        ("https", "shop.example.com", "/", ""), ("http", "127.0.0.1", "/there", ""), ("https", "[::1]", "/", ""),
    ]  # fmt: skip


def test_where_there_is_no_firefox_the_test_is_skipped_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(pytest.skip.Exception, match="needs Firefox ESR: apt-get install firefox-esr"):
        firefox.executable()
