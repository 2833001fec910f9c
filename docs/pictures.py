"""Makes the pictures of docs/reading-a-report.md: one run, its page in Chromium, at two widths, light and dark.

Needs Debian's Chromium. What it shows comes from the run alone; how text looks, from the fonts of the machine.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from conformance.runner import run
from reports.page import make

FOLDER: Final = Path(__file__).resolve().parent / "pictures"
SCENARIO, SUBJECT = "clock-steps-back", "broken:dates_by_wall_clock"
DESK, PHONE = 1040, 390
COLOURS: Final = 48
"""Colours that a picture keeps: it is text and flat areas, and small enough to be read over a slow line."""

TOP: Final = "header.top"
PICTURES: Final = (
    ("report-desk-light", DESK, "light", TOP),
    ("report-desk-dark", DESK, "dark", TOP),
    ("report-phone-light", PHONE, "light", TOP),
    ("report-phone-dark", PHONE, "dark", TOP),
    ("report-story", DESK, "light", ".story"),
    ("report-spacetime", DESK, "light", "figure[data-spacetime]"),
    ("report-behind", DESK, "light", "#behind"),
    ("report-membership", DESK, "light", "#membership figure"),
    ("report-memory", DESK, "light", "#memory figure"),
)
"""Name, width, theme, and which part of the page."""


def main() -> None:
    """Make every picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("docs/pictures.py: found no chromium, expected Debian's; apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = make(run(SCENARIO, subject=SUBJECT, out=Path(folder) / "run").folder)[0]
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        FOLDER.mkdir(exist_ok=True)
        for name, width, theme, part in PICTURES:
            _take(browser, page, FOLDER / f"{name}.png", width, theme, part)
        browser.close()


def _take(browser: Browser, file: Path, into: Path, width: int, theme: Any, part: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page: Page = context.new_page()
    page.goto(file.as_uri())
    taken = Image.open(io.BytesIO(page.locator(part).first.screenshot()))
    taken.convert("RGB").quantize(COLOURS).save(into, optimize=True)
    context.close()


if __name__ == "__main__":
    main()
