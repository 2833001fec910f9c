"""What every test in a real browser stands on: Chromium opens a page, and where there is none that is said."""

from pathlib import Path

import pytest

from tests.browser import chromium, engines


def test_chromium_opens_a_page_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<title>a page</title><p id=p><script>p.textContent = 6 * 7</script>", encoding="utf-8")
    with chromium.launched() as browser:
        page = browser.new_page()
        page.goto(file.as_uri())
        assert (page.title(), page.inner_text("#p")) == ("a page", "42")


def test_where_there_is_no_chromium_the_test_is_skipped_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match="needs Chromium: apt-get install chromium"):
        chromium.executable()


def test_what_fails_is_done_again_and_what_goes_on_failing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PAUSE_S", 0)
    ends = iter([engines.Missed("one"), engines.Missed("two"), None, *map(engines.Missed, "abcdefgh")])

    def do() -> str:
        if (end := next(ends)) is not None:
            raise end
        return "done"

    assert engines.steadily(do) == "done"
    with pytest.raises(engines.Missed, match="h"):
        engines.steadily(do)
