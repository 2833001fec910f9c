"""The page: one file, complete in itself, that says what the document says and lets nobody write into it."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.requirements import requirements
from conformance.verdict import HOLDS, NOT_TESTED, UNFINISHED, VACUOUS, VIOLATED, Evidence, Finding
from reports import cluster, plots
from reports import page as pages
from reports.document import NotTested, UnreadableRun, read
from reports.rendering import breakable

SECOND = 1_000_000
VOID = {"meta", "link", "rect", "path", "use", "br", "wbr"}
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'&\u202e\x00"


class Outline(HTMLParser):
    """What a browser would make of a page: its elements, with attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and that it is open."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is closed at once."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be that one."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text outside of style sheets; where a word may be broken it is still one."""
        if not self.open or self.open[-1] != "style":
            before = self.text.pop() if self.elements[-1:] == [("wbr", {})] and self.text else ""
            self.text.append(before + data)

    @property
    def words(self) -> str:
        """All text, with single spaces."""
        return " ".join(" ".join(self.text).split())


def made(run: Any, folder: Path, *, drawn: bool = False) -> str:
    """Give the page of a run, without its pictures unless they matter."""
    document = read(run.write(folder) / "run.jsonl")
    return pages.page(document, plots.drawn(document) if drawn else [])


def test_everything_is_made_beside_the_document(run: Any, tmp_path: Path) -> None:
    folder = run.write(tmp_path)
    files = pages.make(folder)
    names = ["availability", "latency", "load", "routes", "behind", "spread", "lags", "membership", "traffic", "memory"]
    tables = [
        "availability", "latency", "load", "errors", "requests", "routes",
        "behind", "spread", "lags", "membership", "rumours", "traffic", "held",
    ]  # fmt: skip
    assert [str(path.relative_to(folder)) for path in files] == [
        "report.html", "summary.md", "junit.xml", "figures.json",
        *(f"figures/{name}.csv" for name in tables),
        *(f"plots/{name}.svg" for name in names), *(f"plots/{name}.png" for name in names),
    ]  # fmt: skip
    assert all(path.stat().st_size > 0 for path in files)


def test_the_same_document_gives_the_same_bytes(run: Any, tmp_path: Path) -> None:
    first, second = run.write(tmp_path / "a"), run.write(tmp_path / "b")
    for one, two in zip(pages.make(first), pages.make(second), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_a_plot_whose_figure_is_gone_leaves_no_old_file(run: Any, tmp_path: Path) -> None:
    """A folder that is made again must not show the picture of another run."""
    pages.make(run.write(tmp_path))
    del run.figures["spread"]
    pages.make(run.write(tmp_path))
    assert not (tmp_path / "plots" / "spread.svg").exists()
    assert (tmp_path / "plots" / "behind.svg").exists()


def test_what_is_no_run_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text('{"run": 9}\n')
    with pytest.raises(UnreadableRun):
        pages.make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]


def test_the_verdict_stands_first_with_what_it_rests_on(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path)).words
    top = said[: said.index("Promised, and seen")]
    for expected in (
        "holds",
        "Held in 1 run of seed 7: convergence and no resurrection, over 13,504 operations.",
        "reference 0.1.0",
        "anynode run isolated-writer --seed 7",
        "This says nothing of the product's own binary.",
    ):
        assert expected in top


def test_promise_stands_beside_sight_for_every_check(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path)).words
    for finding in run.findings:
        assert f"Promised {finding.promise} Seen {finding.seen}" in said
        assert all(requirement in said for requirement in finding.requirements)
    assert "Used 1,500 observers' reads" in said
    assert "Used 212 ended sessions" in said
    assert "longest staleness 850 ms" in said


def test_a_violated_check_stands_first_with_the_operations_and_their_lines(violated_run: Any, tmp_path: Path) -> None:
    said = Outline(made(violated_run, tmp_path)).words
    headings = [said.index(name) for name in ("no resurrection ✗ violated", "convergence ✓ holds")]
    assert headings == sorted(headings)
    assert "c4-16 line 811 of history.jsonl logout by c4 for user ann on n2" in said
    assert "c4-17 line 1,904 of history.jsonl read by c4 for user ann on n1" in said
    assert '"answered":190004001' in said
    assert "found 3 contradictions" in said


def test_an_unfinished_run_is_shown_so_and_never_as_a_verdict(violated_run: Any, tmp_path: Path) -> None:
    violated_run.footer = None
    said = Outline(made(violated_run, tmp_path)).words
    assert f"… {UNFINISHED}" in said
    assert "there is no verdict" in said
    assert VIOLATED not in said
    assert "✓" not in said


def test_an_interrupted_run_is_shown_as_unfinished(run: Any, tmp_path: Path) -> None:
    run.footer.finished = False
    said = Outline(made(run, tmp_path)).words
    assert "interrupted" in said
    assert "✓" not in said
    assert "operations judged" not in said


def test_a_run_that_died_after_its_header_has_a_page(run: Any, tmp_path: Path) -> None:
    run.findings, run.faults, run.figures, run.footer = [], [], {}, None
    said = Outline(made(run, tmp_path)).words
    assert "No check had spoken." in said


def test_a_run_without_a_single_operation_has_a_page_and_no_plot(run: Any, tmp_path: Path) -> None:
    empty = dict.fromkeys(("total", "ok", "denied", "refused", "unknown"), 0)
    run.figures = {
        "requests": ("requests", "clients", empty),
        "availability": ("requests", "clients", {"bucket_us": SECOND, "buckets": []}),
        "latency": ("us", "clients", {"bucket_us": SECOND, "buckets": []}),
        "load": ("requests", "clients", {"bucket_us": SECOND, "buckets": []}),
        "lags": ("us", "observers", []),
        "behind": ("copies", "observers", {"n1": []}),
        "traffic": ("messages", "the world's trace", {"bucket_us": SECOND, "by_kind": [], "lost_by_cause": {}}),
        "rumours": ("notes", "the nodes' own notes", {}),
    }
    run.footer.operations, run.footer.verdict, run.findings = 0, NOT_TESTED, []
    said = Outline(made(run, tmp_path, drawn=True)).words
    assert "Not tested in 1 run of seed 7: no check that the scenario expects was judged, which is no pass." in said
    assert "Did all come to agree?" not in said


def test_a_finding_that_needs_eyes_is_open_and_one_that_holds_is_folded(violated_run: Any, tmp_path: Path) -> None:
    violated_run.findings[0].verdict = VACUOUS
    violated_run.findings[0].expected = True
    parts = re.findall(r'<details class="check \w+"( open)?>\s*<summary><h3>([^<]*)', made(violated_run, tmp_path))
    assert [(name, bool(is_open)) for is_open, name in parts] == [
        ("no resurrection", True),
        ("convergence", True),
        ("read your writes", False),
    ]


def test_the_page_says_at_a_glance_what_users_met(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path)).words
    top = said[: said.index("Promised, and seen")]
    assert "requests answered within 2 s 92.5 % 9 of 120 were not" in top
    assert "half of writes everywhere after 2.1 ms the slowest of 60 writes took 2 s" in top
    assert "sessions lost 7 of 640; 6 logins forced" in top, "those after a limit are nobody's fault"


def test_how_users_fared_stands_under_the_faults(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path)).words
    assert "1 n1 cut from n2 n3 n4 n5 500 11 × 503 and 3 × unknown 80 ms 7 6" in said
    assert "2 n3 crashed, back 90 none no answer 0 0" in said
    assert "outside of faults 12,314 none 4 ms 0 0" in said


def test_a_document_whose_faults_and_figures_do_not_match_shows_no_such_table(run: Any, tmp_path: Path) -> None:
    run.faults.append(run.faults[0])
    assert "How users fared" not in Outline(made(run, tmp_path)).words


def test_what_the_balancer_decided_is_tabled_by_node(run: Any, tmp_path: Path) -> None:
    run.header.balancer = "sticky"
    said = Outline(made(run, tmp_path)).words
    assert "What the balancer decided: sticky" in said
    assert "n1 70 5 12 9 8 n2 40 0 0 0 0 n3 0 0 0 0 0 all nodes 110 5 12 9 8" in said


def test_every_requirement_is_said_with_its_sentence_level_and_verdict(violated_run: Any, tmp_path: Path) -> None:
    violated_run.findings.append(Finding("durability", HOLDS, 1, ["REQ-REPL-7", "REQ-REPL-10"], "p", "s"))
    violated_run.header.requirements = ["REQ-REPL-10", "REQ-REPL-7", "REQ-FAIL-8"]
    said = Outline(made(violated_run, tmp_path)).words
    part = said[said.index("What the scenario is about") : said.index("What this run does not show", 2_000)]
    catalogue = requirements()
    rows = [
        ("REQ-REPL-10", "✗ violated", "no resurrection and durability"),
        ("REQ-FAIL-8", "- not tested", "none"),
        ("REQ-REPL-7", "✓ shown", "durability"),
        ("REQ-REPL-3", "- not tested", "read your writes"),
        ("REQ-REPL-2", "✓ shown", "convergence"),
    ]
    places = []
    for id_, word, checks in rows:
        sentence = catalogue[id_].sentence.replace("`", "")
        row = f"{id_} {catalogue[id_].level} {sentence} {word} {checks}"
        assert row in part
        places.append(part.index(row))
    assert places == sorted(places)
    assert "Judged besides: 2 more" in part


def test_a_requirement_that_the_catalogue_does_not_have_is_said_so(run: Any, tmp_path: Path) -> None:
    run.header.requirements = ["REQ-OLD-1"]
    assert "REQ-OLD-1 The catalogue of this version does not have it." in Outline(made(run, tmp_path)).words


def test_an_unfinished_run_shows_no_requirement(run: Any, tmp_path: Path) -> None:
    run.footer = None
    said = Outline(made(run, tmp_path)).words
    assert "✓ shown" not in said
    assert f"… {UNFINISHED} convergence" in said


def test_faults_say_what_they_touched_and_an_idle_one_is_no_proof(run: Any, tmp_path: Path) -> None:
    run.faults[1].touched = 0
    said = Outline(made(run, tmp_path)).words
    assert "1 n1 cut from n2 n3 n4 n5 60 s to 180 s 412 messages stopped" in said
    assert "touched nothing: it shows nothing" in said
    assert "n3 crashed, back . this fault touched nothing" in said


def test_what_was_not_tested_or_not_promised_is_said(run: Any, tmp_path: Path) -> None:
    run.footer.not_tested.append(NotTested(requirement="REQ-SEC-4", reason="the wire was not sealed"))
    said = Outline(made(run, tmp_path)).words
    limits = said[said.index("What this run does not show", said.index("Promised, and seen")) :]
    assert "id renewal: not tested . no login sent a cookie along" in limits
    assert "REQ-SEC-4: not tested . the wire was not sealed" in limits
    assert "read your writes: not promised" in limits


def test_a_check_that_both_finding_and_footer_name_is_said_once(run: Any, tmp_path: Path) -> None:
    run.footer.not_tested.append(NotTested(check="read_your_writes", reason="not promised"))
    said = Outline(made(run, tmp_path)).words
    limits = said[said.index("What this run does not show", said.index("Promised, and seen")) :]
    assert limits.count("read your writes") == 1


def test_the_nodes_own_notes_are_marked_as_such(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path, drawn=True)).words
    assert "Source: the nodes' own notes. A node's own notes are figures and never evidence" in said


def test_requests_are_counted_by_node_and_outcome(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path)).words
    assert "n5 2,400 140 0 40 all nodes 12,000 700 4 200" in said
    assert "12,904 requests in 640 sessions: 660 logins, 212 logouts." in said


def test_tables_with_a_row_a_node_are_folded_when_there_are_many_nodes(run: Any, tmp_path: Path) -> None:
    assert "By node" not in made(run, tmp_path)
    run.header.nodes = [f"n{number}" for number in range(1, 14)]
    assert Outline(made(run, tmp_path)).words.count("By node") == 2


def test_a_node_where_nothing_went_wrong_has_no_row_of_errors(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path)).words
    assert "node 503 unknown n1 11 3 n2 0 5 all nodes 11 8" in said


def test_whose_clocks_were_wrong_and_what_that_cost_is_shown(run: Any, tmp_path: Path) -> None:
    assert "Whose clocks were wrong" not in Outline(made(run, tmp_path)).words
    year = {"farthest_us": 365 * 86_400_000_000, "beyond_us": 120_000_000}
    back = {"farthest_us": -450_000, "beyond_us": 0, "answered": {}, "refused": {}}
    wrong = {**year, "answered": {"logout": 58}, "refused": {"write": 146, "login": 1}}
    run.figures["clocks"] = ("us", "the world, and clients", {"n2": wrong, "n4": back})
    said = Outline(made(run, tmp_path)).words
    assert "n2 365 days ahead 120 s 147: 146 writes, 1 login 58 logouts" in said
    assert "n4 450 ms behind never - -" in said


def test_the_lag_is_said_with_how_many_writes_it_rests_on(run: Any, tmp_path: Path) -> None:
    said = "half 2.1 ms 95 % 61 ms 99 % 900 ms the slowest 2 s writes seen everywhere 60 of 60"
    assert said in Outline(made(run, tmp_path, drawn=True)).words


def test_who_suspected_held_for_dead_and_refuted_is_tabled_as_own_notes(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path, drawn=True)).words
    assert "refuted that it was gone n1 4 4 1 all nodes 4 4 1" in said
    run.figures["rumours"][2]["n1"] = dict.fromkeys(("suspect", "dead", "refuted"), 0)
    assert "Suspected, held for dead" not in Outline(made(run, tmp_path, drawn=True)).words


def test_messages_and_bytes_are_tabled_by_kind(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path, drawn=True)).words
    assert "copies data 900 40 50/s 1.2 MB 6.0 kB/s ping membership 50 0 5/s not told not told" in said


def test_of_a_kind_that_was_lost_entirely_no_byte_arrived_and_that_is_told(run: Any, written: Any) -> None:
    run.figures["traffic"][2]["by_kind"][1] |= {"carried": 0, "lost": 50, "buckets": [(0, 0, 50)]}
    rows = cluster.messages(written(run))
    assert rows[1] == ("ping", "membership", "0", "50", "0/s", "0 B", "0 B/s")


def test_of_many_nodes_the_notes_of_the_rest_are_tabled_together(run: Any, written: Any) -> None:
    noted = {f"n{number}": {"suspect": number, "dead": 1, "refuted": 0} for number in range(1, 44)}
    run.figures["rumours"] = ("notes", "the nodes' own notes", noted)
    rows = cluster.rumours(written(run))
    assert rows[39:] == [("n40", "40", "1", "0"), ("3 more nodes", "126", "3", "0"), ("all nodes", "946", "43", "0")]
    del noted["n43"], noted["n42"]
    assert cluster.rumours(written(run))[40] == ("1 more node", "41", "1", "0")
    del noted["n41"]
    assert [row[0] for row in cluster.rumours(written(run))[39:]] == ["n40", "all nodes"]


def test_after_each_fault_it_is_said_when_all_agreed_again(run: Any, tmp_path: Path) -> None:
    said = Outline(made(run, tmp_path, drawn=True)).words
    assert "The contract: 3 s, 33 s where membership had changed." in said
    assert "fault 1, n1 cut from n2 n3 n4 n5 180 s 2 s later" in said
    assert "fault 2, n3 crashed, back 330 s 2 s later everything healed 600 s at once" in said


def test_a_subject_that_is_not_the_reference_is_named(run: Any, tmp_path: Path) -> None:
    run.header.subject = "broken:forgets_ends"
    said = Outline(made(run, tmp_path)).words
    assert "broken:forgets_ends" in said
    assert "Judged here: the subject named above" in said


def hostile(value: Any) -> Any:
    """Put the hostile text in place of every text of a value, names of members included."""
    match value:
        case str():
            return HOSTILE
        case dict():
            return {
                (key if index else f"{HOSTILE}{key}"): hostile(item) for index, (key, item) in enumerate(value.items())
            }
        case list():
            return [hostile(item) for item in value]
        case _:
            return value


def test_a_long_name_may_be_broken_after_its_parts_and_stays_text() -> None:
    assert breakable("broken:keeps_<b>") == "broken:<wbr>keeps_&lt;b&gt;"
    assert breakable("12:44:19 https://a") == "12:44:19 https://<wbr>a"


def test_hostile_names_values_and_notes_stay_text(violated_run: Any, tmp_path: Path) -> None:
    """Sessions, users, nodes, values, headers: whatever a store answers, it cannot write into the page."""
    evidence = [
        Evidence(HOSTILE, piece.line, {name: hostile(value) for name, value in piece.operation.items()})
        for piece in violated_run.findings[-1].evidence
    ]
    violated_run.findings.append(
        Finding(HOSTILE, VIOLATED, 1, [HOSTILE], HOSTILE, HOSTILE, evidence, 1, {HOSTILE: HOSTILE}, expected=True)
    )
    violated_run.header = msgspec.structs.replace(
        violated_run.header,
        **{name: HOSTILE for name, value in msgspec.structs.asdict(violated_run.header).items() if type(value) is str},
        nodes=[HOSTILE], features=[HOSTILE], expect=[HOSTILE], requirements=[HOSTILE], notes=[HOSTILE],
    )  # fmt: skip
    violated_run.faults[0].title = violated_run.faults[0].fault = HOSTILE
    violated_run.footer.digest = HOSTILE
    violated_run.footer.not_tested = [NotTested(check=HOSTILE, reason=HOSTILE)]
    violated_run.figures["behind"] = (HOSTILE, HOSTILE, {HOSTILE: [(0, 3), (5, 0)]})
    violated_run.figures["membership"] = (HOSTILE, HOSTILE, {HOSTILE: {HOSTILE: [(0, "dead")]}})
    violated_run.figures["requests"][2]["by_node"] = {HOSTILE: {"ok": 1}}
    text = made(violated_run, tmp_path, drawn=True)
    outline = Outline(text)
    assert {tag for tag, _ in outline.elements} & {"script", "img", "iframe", "object"} == set()
    assert not [name for _, attributes in outline.elements for name in attributes if name.startswith("on")]
    assert "{{ 7*7 }}" in outline.words
    assert "\x00" not in text
    assert "\u202e" not in text


def test_a_hostile_verdict_word_has_no_say_over_classes(run: Any, tmp_path: Path) -> None:
    run.footer.verdict = run.findings[0].verdict = HOSTILE
    classes = {name for _, attributes in Outline(made(run, tmp_path)).elements if (name := attributes.get("class"))}
    assert not [name for name in classes if "script" in name]


def test_the_page_asks_nothing_of_any_network(violated_run: Any, tmp_path: Path) -> None:
    text = made(violated_run, tmp_path, drawn=True)
    for tag, attributes in Outline(text).elements:
        for name in ("src", "href", "xlink:href", "action", "data"):
            target = attributes.get(name)
            assert target is None or target.startswith("#") or target == "data:,", (tag, target)
        assert tag != "script"
    assert re.findall(r"@import|url\((?!#)|@font-face", text) == []
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text


def test_every_part_has_a_heading_and_no_level_is_skipped(violated_run: Any, tmp_path: Path) -> None:
    outline = Outline(made(violated_run, tmp_path, drawn=True))
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    tags = [tag for tag, _ in outline.elements]
    assert [tags.count(landmark) for landmark in ("main", "nav")] == [1, 1]
    assert outline.open == []


def test_every_reference_inside_the_page_leads_somewhere(violated_run: Any, tmp_path: Path) -> None:
    elements = Outline(made(violated_run, tmp_path, drawn=True)).elements
    ids = [found for _, attributes in elements if (found := attributes.get("id"))]
    assert len(ids) == len(set(ids))
    for _, attributes in elements:
        assert (attributes.get("href") or "#main").lstrip("#") in {*ids, "data:,"}
        for name in ("aria-labelledby", "aria-describedby"):
            assert (attributes.get(name) or "main") in ids


def test_every_picture_has_a_text(run: Any, tmp_path: Path) -> None:
    elements = Outline(made(run, tmp_path, drawn=True)).elements
    pictures = [attributes for tag, attributes in elements if tag == "svg"]
    assert len(pictures) == 20
    assert all(picture["role"] == "img" and picture["aria-describedby"] for picture in pictures)


def test_a_name_that_the_templates_do_not_know_is_an_error(run: Any, written: Any) -> None:
    """A template never passes over a missing name in silence."""
    document = written(run)
    picture = plots.drawn(document)
    assert pages.page(document, picture)
    with pytest.raises(Exception, match="undefined"):
        pages.html("page.html.j2", {"verdict": "holds"})


NO_VIEWS = "Membership: not told. The nodes of this subject note nothing of each other."


def test_what_nodes_do_not_tell_of_each_other_is_said_not_to_be_told(run: Any, tmp_path: Path) -> None:
    assert NO_VIEWS not in made(run, tmp_path, drawn=True)
    run.figures["membership"] = ("state", "the nodes' own notes", {"n1": {}, "n2": {}})
    assert made(run, tmp_path, drawn=True).count(NO_VIEWS) == 1
    run.header.store = "local"
    assert NO_VIEWS not in made(run, tmp_path, drawn=True)
