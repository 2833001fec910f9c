"""What nodes hold: every count moves its row and its cell, and what is not told is said not to be."""

import re
from typing import Any

import pytest

from reports.memory import ROWS_MOST, account, holdings, memory
from reports.page import page
from reports.plots import drawn
from reports.tables import as_csv
from tests.reports.test_plots import HOSTILE, SECOND, marks, moved


def counts(run: Any) -> Any:
    return run.figures["held"][2]["by_node"]


@pytest.mark.parametrize(
    ("kind", "marked"),
    [
        (0, {"held-1"}),
        (1, {"held-1"}),
        (2, {"held-1", "over-1"}),
        (3, {"held-1", "over-1"}),
        (4, {"held-1"}),
        (5, set()),
        (6, set()),
    ],
)
def test_one_count_of_one_node_moves_that_nodes_row_and_no_other(
    run: Any, written: Any, kind: int, marked: set[str]
) -> None:
    """Changes that wait and members are counted, and take none of the bytes."""
    before = memory(written(run))
    held = [20, 40, 3, 1, 5, 0, 4]
    held[kind] += 9
    counts(run)["n2"] = [(0, (0, 0, 0, 0, 0, 0, 0)), (60 * SECOND, (20, 40, 3, 1, 5, 0, 4))]
    plain = memory(written(run))
    assert moved(before, plain) == {"held-1", "over-1"}
    counts(run)["n2"][1] = (60 * SECOND, held)
    assert moved(plain, memory(written(run))) == marked


def test_one_instant_of_one_node_moves_its_row(run: Any, written: Any) -> None:
    counts(run)["n1"][1] = (60 * SECOND, (40, 80, 1, 0, 10, 7, 4))
    before = memory(written(run))
    counts(run)["n1"][1] = (90 * SECOND, counts(run)["n1"][1][1])
    assert moved(before, memory(written(run))) == {"held-0", "over-0"}


@pytest.mark.parametrize(
    ("kind", "marked"), [("session", "held-1"), ("key", "held-1"), ("end", "over-0"), ("branch", "held-1")]
)
def test_what_a_record_is_reckoned_with_moves_the_rows(run: Any, written: Any, kind: str, marked: str) -> None:
    before = memory(written(run))
    run.figures["held"][2]["bytes_each"][kind] += 50
    after = memory(written(run))
    assert marked in moved(before, after)
    assert str(run.figures["held"][2]["bytes_each"][kind]) in account(written(run))


def test_the_end_of_a_fault_moves_its_band(run: Any, written: Any) -> None:
    before = memory(written(run))
    run.faults[0].end = 190 * SECOND
    assert moved(before, memory(written(run))) == {"fault-0"}


def test_a_row_names_its_most_where_it_lies_apart_and_its_end(run: Any, written: Any) -> None:
    """40 sessions of 800 B, 80 keys of 250 B, ten branches of 400 B are 56 kB; with ten ends of 900 B, 65 kB."""
    plot = memory(written(run))
    assert plot is not None
    assert "Estimated bytes of records, 0 to 65 kB" in plot.desk
    assert ">56 kB at the end</text>" in plot.desk
    assert ">65 kB</text>" in plot.desk
    assert ">0 B at the end</text>" in plot.desk
    assert ">gave no account</text>" in plot.desk
    assert "n1 held at most an estimated 61 kB, at 600 s; 61 kB at the end" in plot.description
    assert "of 30 live sessions and 20 ends." in plot.description
    assert "n4 gave no account." in plot.description


def test_of_many_nodes_those_that_held_the_most_are_drawn(run: Any, written: Any) -> None:
    run.figures["held"][2]["by_node"] = {f"n{n}": [(0, (n, 0, 0, 0, 0, 0, 0))] for n in range(1, 50)}
    plot = memory(written(run))
    assert plot is not None
    assert sum(name.startswith("held-") for name in marks(plot)) == ROWS_MOST
    assert ">n49</text>" in plot.desk
    assert ">n1</text>" not in plot.desk
    assert "37 other nodes never more than these." in plot.description
    *rows, rest = holdings(written(run))
    assert [row[0] for row in rows] == [f"n{n}" for n in range(10, 50)], "those that held the most"
    assert rest == ("9 more nodes, at most", "7.2 kB", "7.2 kB", "9", "0", "0", "0", "0")


def test_a_label_stands_above_all_that_it_reaches_over(run: Any, written: Any) -> None:
    def height(*last: tuple[int, int]) -> float:
        steps = [(0, (1, 0, 0, 0, 0, 0, 0)), *((t * SECOND, (n, 0, 0, 0, 0, 0, 0)) for t, n in last)]
        run.figures["held"][2]["by_node"] = {"n1": steps}
        plot = memory(written(run))
        assert plot is not None
        found = re.search(r'<text[^>]* y="([0-9.]+)"[^>]*>[^<]*at the end<', plot.desk)
        assert found is not None
        return float(found[1])

    assert height((595, 90), (599, 20)) == height((595, 90)), "it fell right before the end"


def test_a_most_that_reads_as_the_end_is_named_once(run: Any, written: Any) -> None:
    sizes = [(0, (1, 0, 0, 0, 0, 0, 0)), (590 * SECOND, (9_004, 0, 0, 0, 0, 0, 0)), (599 * SECOND, (9_000, *[0] * 6))]
    run.figures["held"][2]["by_node"] = {"n1": sizes}
    plot = memory(written(run))
    assert plot is not None
    assert ">7.2 MB at the end</text>" in plot.desk
    assert "7.2 MB, 7.2 MB" not in plot.desk


def test_the_table_has_what_each_node_held_at_the_end(run: Any, written: Any) -> None:
    assert holdings(written(run)) == [
        ("n1", "61 kB", "61 kB", "30", "60", "20", "1", "7"),
        ("n2", "56 kB", "56 kB", "40", "80", "0", "0", "0"),
        ("n3", "65 kB", "0 B", "0", "0", "0", "0", "2"),
    ]


def test_the_file_has_every_count_with_the_estimate(run: Any, written: Any) -> None:
    lines = as_csv(written(run))["held"].splitlines()
    assert lines[0] == "node,t_us,sessions,keys,ends,revocations,branches,unacknowledged,members,bytes_estimated"
    assert "n1,600000000,30,60,20,1,10,0,4,61500" in lines


def test_the_page_says_that_it_is_estimated_and_of_what(run: Any, written: Any) -> None:
    document = written(run)
    said = page(document, drawn(document))
    assert "Estimated, not measured: each node is asked every 3 s" in said
    for reckoned in ("a live session is reckoned with 800 B and 250 B a key", "an end with 900 B", "with 400 B."):
        assert reckoned in said
    section = said[said.index('<section id="memory"') :]
    assert "never evidence" in section[: section.index("</figcaption>")]
    assert "Memory: not told" not in said


def test_of_a_store_that_gives_no_account_the_page_says_not_told(run: Any, written: Any) -> None:
    del run.figures["held"]
    document = written(run)
    assert memory(document) is None
    said = page(document, drawn(document))
    assert said.count("Memory: not told. The run document holds no account of what the nodes held.") == 1
    assert "Estimated, not measured" not in said


def test_of_nodes_that_never_held_anything_that_is_drawn(run: Any, written: Any) -> None:
    run.figures["held"][2]["by_node"] = {"n1": [(0, (0, 0, 0, 0, 0, 0, 4))]}
    plot = memory(written(run))
    assert plot is not None
    assert ">0 B at the end</text>" in plot.desk
    run.figures["held"][2]["by_node"] = {"n1": []}
    assert memory(written(run)) is None
    assert account(written(run)) == ""


def test_a_hostile_name_stays_text(run: Any, written: Any, parsed: Any) -> None:
    counts(run)[HOSTILE] = [(0, (9_000, 0, 0, 0, 0, 0, 0))]
    plot = memory(written(run))
    assert plot is not None
    for drawing in (plot.desk, plot.phone):
        assert "<script" not in drawing
        parsed(drawing)
