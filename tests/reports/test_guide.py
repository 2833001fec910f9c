"""The guide to the page: it explains every sign that a page can have, and shows pictures that are there."""

import re
from pathlib import Path

import pytest

from reports import words
from reports.palette import PALETTE

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "reading-a-report.md").read_text("utf-8")
SMALL = 150_000
"""Bytes that a picture may have: it is read over slow lines too."""


@pytest.mark.parametrize("word", words.SYMBOLS)
def test_every_verdict_is_explained_with_its_sign(word: str) -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith("|") and f"| {word} |" in line)
    assert row.startswith(f"| {words.SYMBOLS[word]} |")
    if word in words.MEANINGS:
        assert words.MEANINGS[word] in row


def test_every_picture_is_there_has_a_text_and_is_small() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", GUIDE)
    assert len(pictures) == 9
    for text, path in pictures:
        assert len(text) > 10, path
        assert 0 < (ROOT / "docs" / path).stat().st_size < SMALL, path


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two hex colours (WCAG 2.2, "contrast ratio")."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [name for name in PALETTE if name not in ("surface", "raised", "hairline", "fault")])
def test_every_colour_of_text_reads_on_both_surfaces_and_on_a_fault(name: str, theme: str) -> None:
    """Text in the plots stands over fault bands too: 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    for surface in ("surface", "raised", "fault"):
        assert contrast(getattr(PALETTE[name], theme), getattr(PALETTE[surface], theme)) >= 4.5
