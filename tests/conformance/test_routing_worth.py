"""What routing is worth: one world with it and without, and how many reads did not show their client's own writes."""

from pathlib import Path
from typing import Any

from conformance.runner import run
from conformance.verdict import HOLDS, NOT_PROMISED, Finding
from scenarios import load

WITH, WITHOUT = "routing-round-robin", "round-robin-without-routing"


def read_your_writes(name: str, folder: Path) -> Finding:
    result = run(name, out=folder)
    assert result.verdict == HOLDS
    return next(finding for finding in result.checks if finding.check == "read_your_writes")


def test_without_routing_own_writes_are_not_promised_and_how_often_they_were_missed_is_a_figure(tmp_path: Path) -> None:
    finding = read_your_writes(WITHOUT, tmp_path / "run")
    assert finding.verdict == NOT_PROMISED
    assert finding.figures["reads_promised"] == 0
    assert finding.figures["stale_reads"] > finding.figures["reads"] // 50, "a rate that nobody could overlook"
    assert finding.figures["stale_ppm"] == finding.figures["stale_reads"] * 1_000_000 // finding.figures["reads"]


def test_with_routing_each_read_shows_them(tmp_path: Path) -> None:
    finding = read_your_writes(WITH, tmp_path / "run")
    assert finding.verdict == HOLDS
    assert finding.figures["stale_reads"] == 0
    assert finding.figures["reads_promised"] > 1_000


def test_the_two_worlds_differ_in_routing_alone() -> None:
    assert world(WITH) == world(WITHOUT)
    assert load(WITH).config["http"] != load(WITHOUT).config["http"]


def world(name: str) -> Any:
    return load(name).model_dump(exclude={"name", "title", "shows", "config", "expect"})
