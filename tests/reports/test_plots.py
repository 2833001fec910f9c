"""Every plot moves its mark when the value behind it moves, and none lets a name become markup."""

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import plots
from reports.agreement import agreed_at, together
from reports.document import RunDocument
from reports.palette import PALETTE, Colour
from reports.shapes import Gossip
from reports.sheet import Plot, staircase
from reports.svg import standalone

SECOND = 1_000_000
Marks = dict[str, str]


def marks(plot: Plot) -> Marks:
    """Give the outline of every named mark of the desk drawing."""
    found = re.findall(rf'<g id="{plot.name}-desk-mark-([^"]+)">(.*?)</g>', plot.desk, re.DOTALL)
    return {name: " ".join(re.findall(r'\b(?:d|x|y)="([^"]*)"', body)) for name, body in found}


def moved(before: Plot | None, after: Plot | None) -> set[str]:
    """Name the marks that differ between two drawings, and those that only one has."""
    assert before is not None
    assert after is not None
    old, new = marks(before), marks(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def test_one_value_of_one_node_moves_that_nodes_line_and_no_other(run: Any, written: Callable[[Any], Any]) -> None:
    before = plots.behind(written(run))
    run.figures["behind"][2]["n1"][2] = (90 * SECOND, 22)
    assert moved(before, plots.behind(written(run))) == {"line-0"}


def test_one_instant_of_one_node_moves_its_line(run: Any, written: Any) -> None:
    before = plots.behind(written(run))
    run.figures["behind"][2]["n4"] = [(0, 0), (63 * SECOND, 2), (180 * SECOND, 9), (191 * SECOND, 0)]
    assert moved(before, plots.behind(written(run))) == {"line-3"}


def test_a_line_steps_where_its_node_was_seen_to_step(run: Any, written: Any) -> None:
    """Half of the time axis is half of the width: the mark stands where the value says."""
    run.figures["behind"] = ("copies", "observers", {"n1": [(0, 0), (320 * SECOND, 8)]})
    line = marks(plots.behind(written(run)))["line-0"]
    xs = [float(x) for x in re.findall(r"[ML] ([\d.]+) ", line)]
    assert (min(xs) + max(xs)) / 2 in xs


@pytest.mark.parametrize("draw", [plots.behind, plots.membership])
def test_the_end_of_a_fault_moves_its_band(draw: Callable[[RunDocument], Plot], run: Any, written: Any) -> None:
    before = draw(written(run))
    run.faults[0].end = 190 * SECOND
    assert moved(before, draw(written(run))) == {"fault-0"}


@pytest.mark.parametrize("draw", [plots.behind, plots.membership])
def test_the_healing_moves_its_mark(draw: Callable[[RunDocument], Plot], run: Any, written: Any) -> None:
    before = draw(written(run))
    run.header.healed_us = 610 * SECOND
    assert moved(before, draw(written(run))) == {"healed"}


def test_faults_are_named_above_their_bands(run: Any, written: Any) -> None:
    plot = plots.behind(written(run))
    assert ">1 n1 cut from n2 n3 n4 n5</text>" in plot.desk
    run.faults[0].title = "n1 cut off"
    assert ">1 n1 cut off</text>" in plots.behind(written(run)).desk


def test_a_fault_that_was_never_undone_shades_to_the_end(run: Any, written: Any) -> None:
    before = plots.behind(written(run))
    run.faults[1].end = None
    assert moved(before, plots.behind(written(run))) == {"fault-1"}


def test_many_faults_are_numbered_instead_of_named(run: Any, written: Any) -> None:
    run.faults = [msgspec.structs.replace(run.faults[0], begin=40 * SECOND * at) for at in range(1, 13)]
    assert "n1 cut from" not in plots.behind(written(run)).desk
    assert ">12</text>" in plots.behind(written(run)).desk


def test_faults_of_one_instant_share_a_label_and_no_number_is_written_over_another(run: Any, written: Any) -> None:
    begins = [100, 100, 101, 300, 300.5, 300]
    run.faults = [msgspec.structs.replace(run.faults[0], begin=int(at * SECOND)) for at in begins]
    desk = plots.behind(written(run)).desk
    assert ">1 2</text>" in desk
    assert ">4 6</text>" in desk
    assert ">3</text>" not in desk
    assert ">5</text>" not in desk


def test_the_label_of_the_healing_keeps_clear_of_a_fault_just_before_it(run: Any, written: Any) -> None:
    def healed() -> float:
        found = re.search(r'<text[^>]*?x="([\d.]+)"[^>]*>healed', plots.behind(written(run)).desk)
        assert found is not None
        return float(found[1])

    run.faults[1].begin = 500 * SECOND
    far = healed()
    run.faults[1].begin = 595 * SECOND
    assert far - healed() == pytest.approx((760 - 12 - 76) * 5 / 640, abs=0.1)


@pytest.mark.parametrize("draw", [plots.availability, plots.behind, plots.membership])
def test_where_the_subject_was_convicted_is_marked_and_named(
    draw: Callable[[RunDocument], Plot], violated_run: Any, written: Any
) -> None:
    plot = draw(written(violated_run))
    assert ">✗ no resurrection</text>" in plot.desk
    violated_run.findings[-1].evidence[-1].operation["asked"] = 200 * SECOND
    assert moved(plot, draw(written(violated_run))) == {"convicted-0"}


def test_witnesses_at_one_instant_share_a_name_and_no_name_is_written_over_another(
    violated_run: Any, written: Any
) -> None:
    first = violated_run.findings[-1]

    def at(check: str, seconds: int) -> Any:
        piece = msgspec.structs.replace(first.evidence[1], operation={"asked": seconds * SECOND})
        return msgspec.structs.replace(first, check=check, evidence=[piece])

    violated_run.findings = [at("isolation", 100), at("durability", 100), at("structure", 101), at("id_renewal", 500)]
    plot = plots.behind(written(violated_run))
    assert ">✗ isolation and durability</text>" in plot.desk
    assert "✗ structure" not in plot.desk
    assert ">✗ id renewal</text>" in plot.desk
    assert {f"convicted-{place}" for place in range(3)} <= set(marks(plot))


def test_an_unfinished_run_and_a_witness_without_a_time_mark_nothing(violated_run: Any, written: Any) -> None:
    violated_run.footer.finished = False
    assert "convicted" not in plots.behind(written(violated_run)).desk
    violated_run.footer.finished = True
    for piece in violated_run.findings[-1].evidence:
        piece.operation["asked"] = "soon"
    assert "convicted" not in plots.behind(written(violated_run)).desk


def test_of_many_nodes_the_furthest_behind_are_drawn_and_the_rest_is_told(run: Any, written: Any) -> None:
    series = {f"n{number}": [(0, 0), (SECOND, number % 40), (2 * SECOND, 0)] for number in range(1, 50)}
    run.figures["behind"] = ("copies", "observers", series)
    plot = plots.behind(written(run))
    assert sum(1 for name in marks(plot) if name.startswith("line-")) == plots.ROWS_MOST
    assert ">n39</text>" in plot.desk
    assert ">n1</text>" not in plot.desk
    assert "37 other nodes never further behind" in plot.description


def test_a_share_of_copies_moves_the_curve(run: Any, written: Any) -> None:
    before = plots.spread(written(run))
    run.figures["spread"][2]["curve"][3] = (9_000, 0.81)
    assert moved(before, plots.spread(written(run))) == {"curve"}


def test_the_delay_at_which_half_was_there_moves_its_dot(run: Any, written: Any) -> None:
    before = plots.spread(written(run))
    run.figures["spread"][2]["curve"][2] = (2_900, 0.61)
    after = plots.spread(written(run))
    assert moved(before, after) == {"curve", "reached-ha"}
    assert "half by 2.9 ms" in after.desk


def test_the_promise_moves_its_line(run: Any, written: Any) -> None:
    before = plots.spread(written(run))
    run.header.contract = type(run.header.contract)(converge_us=5 * SECOND)
    after = plots.spread(written(run))
    assert moved(before, after) == {"promise"}
    assert "contract: 5 s, uncut" in after.desk


def test_one_instant_of_what_a_node_saw_moves_its_strip_and_no_other(run: Any, written: Any) -> None:
    before = plots.membership(written(run))
    run.figures["membership"][2]["n1"]["n2"][2] = (75 * SECOND, "dead")
    assert moved(before, plots.membership(written(run))) == {"strip-0-suspect", "strip-0-dead"}


def test_one_state_of_what_a_node_saw_changes_its_strip(run: Any, written: Any) -> None:
    before = plots.membership(written(run))
    run.figures["membership"][2]["n1"]["n3"][2] = (70 * SECOND, "suspect")
    assert moved(before, plots.membership(written(run))) == {"strip-1-suspect", "strip-1-dead"}


def test_states_differ_in_height_so_that_no_colour_is_needed(run: Any, written: Any) -> None:
    found = marks(plots.membership(written(run)))

    def height(mark: str) -> float:
        ys = [float(y) for y in re.findall(r"[ML] [\d.]+ ([\d.]+)", found[mark])]
        return max(ys) - min(ys)

    heights = [height(f"legend-{state}") for state in ("down", "alive", "suspect", "dead")]
    assert heights == sorted(set(heights))


def test_of_many_nodes_each_strip_shows_the_worst_state_held(run: Any, written: Any) -> None:
    nodes = [f"n{number}" for number in range(1, 13)]
    seen: dict[str, Any] = {name: {other: [(0, "alive")] for other in nodes if other != name} for name in nodes}
    seen["n2"]["n7"] = [(0, "alive"), (5 * SECOND, "suspect"), (9 * SECOND, "alive")]
    seen["n2"]["n8"] = [(0, "alive"), (6 * SECOND, "dead"), (8 * SECOND, "alive")]
    run.figures["membership"] = ("state", "the nodes' own notes", seen)
    plot = plots.membership(written(run))
    strips = [name for name in marks(plot) if name.startswith("strip-")]
    assert len({name.split("-")[1] for name in strips}) == len(nodes)
    assert {"strip-1-alive", "strip-1-suspect", "strip-1-dead"} <= set(strips)
    assert "worst state" in plot.description


def test_every_picture_says_in_words_what_it_shows(run: Any, written: Any) -> None:
    drawn = {plot.name: plot for plot in plots.drawn(written(run))}
    behind, spread, membership = (drawn[name] for name in ("behind", "spread", "membership"))
    assert "n1 was up to 37 behind, at 120 s, and had caught up by 182 s." in behind.description
    assert "n5 was never observed." in behind.description
    assert "Half of the copies were there by 1.9 ms." in spread.description
    assert "n2 held n1 and n3 for dead for a time." in membership.description
    for plot in (behind, spread, membership):
        assert f'<desc id="{plot.name}-desk-text">{plot.description.replace(chr(39), "&#x27;")}</desc>' in plot.desk


def test_a_node_that_ends_behind_is_said_to(run: Any, written: Any) -> None:
    run.figures["behind"][2]["n1"].append((620 * SECOND, 3))
    plot = plots.behind(written(run))
    assert "and 3 at the end" in plot.description
    assert ">3 at the end</text>" in plot.desk


def test_what_was_not_measured_is_not_drawn(run: Any, written: Any) -> None:
    run.figures = {"behind": ("copies", "observers", {}), "membership": ("state", "notes", {"n1": {}})}
    assert plots.drawn(written(run)) == []


def test_the_same_document_gives_the_same_drawings(run: Any, written: Any) -> None:
    document = written(run)
    first, second = ([(one.name, one.description, one.desk, one.phone) for one in plots.drawn(document)] for _ in "12")
    assert first
    assert first == second


HOSTILE = '<script>alert(1)</script>"\'&$\\frac{$ id="x" url(#p) ]]>\u202e\x00\n日本'


def test_a_hostile_name_stays_text(run: Any, written: Any, parsed: Any) -> None:
    """Mathematics, markup, quotes, direction marks and control characters are all only letters here."""
    for name, shape in (("behind", {HOSTILE: [(0, 3)]}), ("membership", {HOSTILE: {HOSTILE: [(0, "dead")]}})):
        run.figures[name] = ("", HOSTILE, shape)
    run.faults[0].title = HOSTILE
    for plot in plots.drawn(written(run)):
        for drawing in (plot.desk, plot.phone):
            assert "<script" not in drawing
            parsed(drawing)


def test_ids_are_unique_over_all_drawings_of_a_page(run: Any, written: Any) -> None:
    ids = [
        found
        for plot in plots.drawn(written(run))
        for drawing in (plot.desk, plot.phone)
        for found in re.findall(r' id="([^"]+)"', drawing)
    ]
    assert len(ids) == len(set(ids))
    assert ids


def test_a_drawing_is_coloured_by_the_palette_alone(run: Any, written: Any) -> None:
    """Any other colour would stay what it is when the page turns dark."""
    for plot in plots.drawn(written(run)):
        assert re.findall(r"#[0-9a-fA-F]{6}\b", plot.desk) == []
        assert set(re.findall(r"var\(--(\w+)\)", plot.desk)) <= set(PALETTE)
        assert "<style" not in plot.desk


def test_a_drawing_as_a_file_brings_its_palette_in_light_and_dark(run: Any, written: Any, parsed: Any) -> None:
    for plot in plots.drawn(written(run)):
        file = standalone(plot.desk)
        parsed(file.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n'))
        assert PALETTE["seen"].light in file
        assert PALETTE["seen"].dark in file
        assert "prefers-color-scheme: dark" in file


def luminance(colour: str) -> float:
    """Give the relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["surface", "raised", "fault"])
@pytest.mark.parametrize("ink", ["ink", "muted", "seen", "good", "bad", "doubt", "outside"])
def test_text_stands_out_from_its_ground(theme: str, ground: str, ink: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text; plots write on bands of faults too."""

    def of(name: str) -> float:
        colour: Colour = PALETTE[name]
        return luminance(getattr(colour, theme))

    low, high = sorted((of(ink), of(ground)))
    assert (high + 0.05) / (low + 0.05) >= 4.5


@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 50)), min_size=1, max_size=400))
def test_a_line_of_many_steps_keeps_its_highest_and_lowest_in_every_pixel(steps: list[tuple[int, int]]) -> None:
    """What is left out could not have been seen."""
    points = sorted((x / 100, float(y)) for x, y in steps)
    xs, ys = staircase(points, 31.0)
    for pixel in {int(x) for x, _ in points}:
        before = [y for x, y in points if int(x) == pixel]
        after = [y for x, y in zip(xs, ys, strict=True) if int(x) == pixel]
        assert max(after) >= max(before)
        assert min(after) <= min(before)
    assert ys[-1] == points[-1][1]
    assert len(xs) <= 6 * 31 + 1


def test_one_span_of_one_kind_of_message_moves_its_row_and_no_other(run: Any, written: Any) -> None:
    before = plots.traffic(written(run))
    run.figures["traffic"][2]["by_kind"][1]["buckets"] = [(0, 50, 0), (20 * SECOND, 9, 0)]
    assert moved(before, plots.traffic(written(run))) == {"arrived-1"}


def test_a_message_that_was_lost_moves_what_was_lost(run: Any, written: Any) -> None:
    before = plots.traffic(written(run))
    run.figures["traffic"][2]["by_kind"][0]["buckets"][1] = (60 * SECOND, 400, 80)
    assert moved(before, plots.traffic(written(run))) == {"lost-0"}


def test_the_messages_are_told_with_their_rate_and_what_they_were_lost_to(run: Any, written: Any) -> None:
    plot = plots.traffic(written(run))
    assert plot is not None
    assert "copies on the data channel: 900 arrived, 40 lost, at most 50/s." in plot.description
    assert "Lost by cause: 40 to cut." in plot.description


def test_a_kind_of_which_much_was_lost_is_drawn_however_rare_it_is(run: Any, written: Any) -> None:
    kinds = run.figures["traffic"][2]["by_kind"]
    often = [{**kinds[1], "kind": f"often{number}", "carried": 1_000} for number in range(20)]
    run.figures["traffic"][2]["by_kind"] = [*often, {**kinds[0], "kind": "rare", "carried": 1, "lost": 2}]
    plot = plots.traffic(written(run))
    assert plot is not None
    assert ">rare</text>" in plot.desk
    assert "11 rarer kinds not drawn." in plot.description


def test_a_kind_of_which_nothing_is_told_over_time_is_left_out_of_the_drawing(run: Any, written: Any) -> None:
    before = plots.traffic(written(run))
    kinds = run.figures["traffic"][2]["by_kind"]
    kinds.append({"kind": "farewell", "channel": "membership", "carried": 0, "lost": 0, "buckets": []})
    after = plots.traffic(written(run))
    assert moved(before, after) == set()
    assert after is not None
    assert "farewell" not in after.description + after.desk


@pytest.mark.parametrize(("member", "value"), [("interval_us", 400_000), ("fanout", 1)])
def test_the_expected_epidemic_follows_the_configured_gossip(run: Any, written: Any, member: str, value: int) -> None:
    before = plots.spread(written(run))
    run.figures["gossip"][2][member] = value
    assert moved(before, plots.spread(written(run))) == {"epidemic"}


@pytest.mark.parametrize("fanout", [1, 2, 3, 5])
def test_an_epidemic_tells_everybody_in_about_as_many_rounds_as_theory_says(fanout: int) -> None:
    """Pittel, "On Spreading a Rumor" (1987): about log n to the base of 1 + fan-out rounds, and ln n / fan-out more."""
    for nodes in (5, 50, 490):
        curve = plots.epidemic(Gossip(fanout=fanout, interval_us=200_000), nodes)
        shares = [share for _, share in curve]
        assert shares[0] == 1 / nodes
        assert shares == sorted(shares)
        assert shares[-1] >= 0.99
        expected = math.log(nodes, 1 + fanout) + math.log(nodes) / fanout
        assert abs(len(curve) - 1 - expected) <= 2
    assert plots.epidemic(Gossip(fanout=3, interval_us=200_000), 1) == []


@pytest.mark.parametrize(
    ("moments", "t", "agreed"),
    [
        ([(0, 0), (5, 3), (9, 0)], 6, 9),
        ([(0, 0), (5, 3), (9, 0)], 3, 3),
        ([(0, 0), (5, 3), (9, 0)], 20, 20),
        ([(0, 0), (5, 3), (9, 1)], 6, None),
        ([(0, 0), (5, 3), (6, 0), (7, 2)], 6, 6),
        ([], 6, 6),
    ],
)
def test_all_agree_at_the_first_instant_at_which_nobody_is_behind(
    moments: list[tuple[int, int]], t: int, agreed: int | None
) -> None:
    assert agreed_at(moments, t) == agreed


def test_the_copies_behind_of_all_nodes_are_added_up() -> None:
    series = {"n1": [(0, 0), (5, 3), (9, 0)], "n2": [(0, 1), (5, 0)], "n3": []}
    assert together(series) == [(0, 1), (5, 3), (9, 0)]


def test_every_plot_is_painted_too_and_what_is_altered_is_altered_there(run: Any, written: Any) -> None:
    before = plots.behind(written(run))
    again = plots.behind(written(run))
    run.figures["behind"][2]["n1"][2] = (90 * SECOND, 36)
    after = plots.behind(written(run))
    assert before is not None
    assert again is not None
    assert after is not None
    painted = before.paint()
    assert painted == again.paint()
    assert painted != after.paint()
