"""The page of a run in a real browser: from a file, in both themes and two widths, by keyboard, and hostile values."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from conformance.verdict import VIOLATED
from reports import page as pages
from tests.browser import chromium
from tests.reports import violations
from tests.reports.conftest import Run, footer
from tests.reports.violations import finding, life, operation

HOSTILE = (
    "\"><script>window.taken = 1</script><img src=x onerror='window.taken = 2'>' onload=window.taken=3 \u202e</svg>"
)
WIDTHS, HEIGHT = {"desk": 1280, "phone": 390}, 900
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": LEVELS, "resultTypes": ["violations"]}
"""Of what passes, one element a rule is told: telling all takes longer than looking at them."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser for all tests of this file."""
    with chromium.launched() as launched:
        yield launched


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make the page of a run that holds, of one that is violated, of one that did not finish, of a hostile store."""
    folder = tmp_path_factory.mktemp("pages")
    held, cut_off, broken = Run(), Run(), Run()
    cut_off.footer, broken.footer = None, footer(verdict=VIOLATED)
    return {
        "held": pages.make(held.write(folder / "held"))[0],
        "unfinished": pages.make(cut_off.write(folder / "unfinished"))[0],
        "violated": pages.make(violations.write(broken, folder / "violated"))[0],
        "hostile": pages.make(_hostile(folder / "hostile"))[0],
    }


def _hostile(folder: Path) -> Path:
    """Write the run of a store that answers with markup wherever it can."""
    operations = [
        operation(f"{HOSTILE}1", "write", 70_000_000, 70_002_000, node=HOSTILE, key=HOSTILE, value=HOSTILE),
        operation(
            f"{HOSTILE}2", "read", 76_000_000, 76_002_000, data={HOSTILE: HOSTILE}, why=HOSTILE, set_cookie=[HOSTILE]
        ),
    ]
    run = Run()
    run.header.nodes, run.header.subject, run.header.notes = [HOSTILE, "n2"], HOSTILE, [HOSTILE]
    run.faults[0].title, run.faults[0].nodes = HOSTILE, [HOSTILE, "n2"]
    run.figures["behind"] = (HOSTILE, HOSTILE, {HOSTILE: [(0, 3), (5, 0)]})
    run.figures["membership"] = ("state", HOSTILE, {HOSTILE: {HOSTILE: [(0, "dead")]}})
    run.figures["errors"] = ("requests", "clients", {HOSTILE: {HOSTILE: 3}})
    run.findings.append(finding(operations, f"{HOSTILE}1", f"{HOSTILE}2", check=HOSTILE))
    recorded = violations.hostile_trace(HOSTILE, f"{HOSTILE}1", f"{HOSTILE}2")
    return violations.write(run, folder, operations, recorded=recorded)


def opened(browser: Browser, file: Path, *, width: str = "desk", theme: Any = "light") -> Page:
    """Open a page from its file."""
    context = browser.new_context(viewport={"width": WIDTHS[width], "height": HEIGHT}, color_scheme=theme)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(file.as_uri())
    return page


LOOKS = [
    *(("violated", theme, width) for theme in ("light", "dark") for width in WIDTHS),
    ("held", "dark", "desk"),
    ("unfinished", "light", "phone"),
]


@pytest.mark.parametrize(("name", "theme", "width"), LOOKS)
def test_a_page_opens_from_a_file_quietly_fits_the_screen_and_lets_everybody_in(
    browser: Browser, made: dict[str, Path], name: str, theme: Any, width: str
) -> None:
    context = browser.new_context(viewport={"width": WIDTHS[width], "height": HEIGHT}, color_scheme=theme)
    page = context.new_page()
    heard = _listening(page, made[name])
    page.goto(made[name].as_uri())
    picture = page.screenshot()
    assert heard == []
    assert page.evaluate("document.scrollingElement.scrollWidth") == WIDTHS[width]
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (WIDTHS[width], HEIGHT)
    surface = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert surface == ("rgb(255, 255, 255)" if theme == "light" else "rgb(21, 24, 28)")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page, options=AXE).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found] == []
    context.close()


def _listening(page: Page, file: Path) -> list[str]:
    """Give the list to which the page adds what is printed, what fails, and every request but the one for itself."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url) if request.url != file.as_uri() else None)
    return heard


def test_axe_would_find_text_without_contrast(browser: Browser, made: dict[str, Path]) -> None:
    """The test above can fail: a sentence is made pale, and found."""
    page = opened(browser, made["held"])
    page.evaluate("document.querySelector('.sentence').style.color = '#ccc'")
    found = Axe().run(page, options=AXE).response["violations"]
    assert [rule["id"] for rule in found] == ["color-contrast"]
    page.context.close()


def test_the_jump_brings_the_first_error_into_view(browser: Browser, made: dict[str, Path]) -> None:
    page = opened(browser, made["violated"], width="phone")
    error = page.locator("#first-error")
    expect(error).not_to_be_in_viewport()
    page.click(".jump a")
    expect(error).to_be_in_viewport(ratio=0.9)
    assert "This contradicts c4-4." in error.inner_text()
    page.context.close()


def test_a_line_that_is_folded_away_opens_when_it_is_jumped_to(browser: Browser, made: dict[str, Path]) -> None:
    page = opened(browser, made["violated"])
    page.click("#first-error a")
    expect(page.locator(":target pre")).to_be_in_viewport()
    page.context.close()


def test_the_keyboard_reaches_everything_that_can_be_used(browser: Browser, made: dict[str, Path]) -> None:
    page = opened(browser, made["violated"])
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], summary, [tabindex='0']")]
            .filter((one) => one.checkVisibility()).map((one, place) => (one.dataset.place = place, place))"""
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("Number(document.activeElement.dataset.place)"))
    assert reached == wanted
    page.context.close()


def test_the_keyboard_walks_through_what_led_to_an_event(browser: Browser, made: dict[str, Path]) -> None:
    page = opened(browser, made["violated"])
    stop = page.locator(".desk [data-event][tabindex='0']")
    assert stop.count() == 1
    stop.focus()
    heard = page.inner_text(".told")
    assert "heard of" in heard
    page.keyboard.press("ArrowLeft")
    sender = page.inner_text(".told")
    assert sender.startswith("n1 at")
    past = page.locator(".desk svg.asked [data-event].past").count()
    assert 0 < past < page.locator(".desk [data-event]").count()
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".told") == heard
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert page.inner_text(".told").startswith("c4 at")
    page.context.close()


def test_the_pointer_fades_all_but_what_led_to_an_event(browser: Browser, made: dict[str, Path]) -> None:
    page = opened(browser, made["violated"])
    page.locator(".desk [data-event][data-witness]").first.hover()
    assert page.inner_text(".told").startswith("c4 at 71 s: asked n1 to write k1 = c4-4")
    assert page.locator(".desk [data-event]:not(.past)").count() > 0
    page.mouse.move(2, 2)
    assert page.inner_text(".told") == ""
    page.context.close()


def test_without_a_script_the_page_tells_the_same(browser: Browser, made: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(made["violated"].as_uri())
    assert page.locator(".story li").count() > len(life())
    assert page.locator(".keys").is_hidden()
    page.click(".jump a")
    assert "first-error" in page.url
    context.close()


def test_a_store_that_answers_with_markup_cannot_write_into_the_page(browser: Browser, made: dict[str, Path]) -> None:
    context = browser.new_context()
    page = context.new_page()
    heard = _listening(page, made["hostile"])
    page.goto(made["hostile"].as_uri())
    assert page.evaluate("window.taken") is None
    assert page.locator("img, iframe, object, body script ~ script").count() == 0
    assert heard == []
    assert "<script>window.taken" in page.inner_text("#violation")
    context.close()


def test_what_is_printed_has_every_finding_unfolded_on_white(browser: Browser, made: dict[str, Path]) -> None:
    page = opened(browser, made["violated"], theme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav").is_hidden()
    assert page.locator("details.check:not([open]) .sides").first.is_visible()
    page.context.close()
