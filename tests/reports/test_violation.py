"""The violation: whose story is told, what is drawn of it, and what led to what."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reports import page as pages
from reports.causes import Causes, causes
from reports.document import FaultSeen, read
from reports.excerpt import Excerpt, excerpt
from reports.spacetime import spacetime, told
from reports.story import Story, story
from tests.reports import violations
from tests.reports.violations import SESSION, finding, life, operation

MS = 1_000


@pytest.fixture
def made(run: Any, tmp_path: Path) -> Any:
    """Give a way from a run's folder to the excerpt, the causes and the story of its violation."""

    def make(operations: Any = None, *, traced: bool = True) -> tuple[Excerpt, Causes, Story]:
        folder = violations.write(run, tmp_path / "run", operations, traced=traced)
        document = read(folder / "run.jsonl")
        found = excerpt(folder, document)
        assert found is not None
        events = causes(found)
        return found, events, story(found, events, document)

    return make


def test_a_run_that_holds_has_no_violation_to_tell(run: Any, tmp_path: Path) -> None:
    folder = run.write(tmp_path)
    assert excerpt(folder, read(folder / "run.jsonl")) is None


def test_of_several_findings_the_one_that_was_complete_first_is_told(run: Any, tmp_path: Path) -> None:
    operations = [*life(), operation("c4-6", "read", 99_000_000, 99_002_000, data={})]
    run.findings += [finding(operations, "c4-6", check="late"), finding(operations, "c4-5", check="early")]
    folder = violations.write(run, tmp_path, operations)
    found = excerpt(folder, read(folder / "run.jsonl"))
    assert found is not None
    assert found.finding.check == "early"


def test_the_story_tells_the_write_that_the_read_should_not_have_shown(made: Any) -> None:
    found, _, told_ = made()
    assert found.session == SESSION
    said = [sentence.text for sentence in told_.sentences if sentence.mark == "client"]
    assert said[-3:] == [
        "c4 asked n1 to write k1 = c4-3 (c4-3). n1 sent copies to n2. After 2 ms it answered: ok.",
        (
            "c4 asked n1 to write k1 = c4-4 (c4-4). n1 sent copies to n3 and lost copies to n2 (cut). "
            "After 3 ms it answered: ok."
        ),
        "c4 asked n1 to read (c4-5). After 2 ms it answered: ok, k1 = c4-3. This contradicts c4-4.",
    ]


def test_sentences_stand_in_order_of_time_and_one_is_the_error(made: Any) -> None:
    sentences = made()[2].sentences
    assert [one.t for one in sentences] == sorted(one.t for one in sentences)
    assert [one.line for one in sentences if one.error] == [6]
    assert [one.line for one in sentences if one.witness] == [5, 6]


def test_a_fault_and_a_note_are_told_where_they_fall(made: Any) -> None:
    _, _, told_ = made()
    said = {sentence.text: sentence.mark for sentence in told_.sentences}
    assert said["Fault 1, n1 cut from n2 n3 n4 n5, lasted since 60 s."] == "world"
    assert said["n1 noted that its copies were repaired from n2."] == "note"
    assert not [text for text in said if text.startswith("n4")], "what n4 noted of another request is not told"


def test_of_a_clock_that_was_set_again_only_how_it_stood_is_told(made: Any, run: Any) -> None:
    plain = {"fault": "clock", "nodes": ["n1"], "end": 600_000_000, "touched": 1}
    run.faults = [
        FaultSeen(**plain, begin=20_000_000, title="clock n1 +1 s"),
        FaultSeen(**plain, begin=30_000_000, title="clock n1 -1 s"),
        FaultSeen(**plain, begin=72_000_000, title="clock n1 +2 s"),
    ]
    said = [sentence.text for sentence in made()[2].sentences if sentence.mark == "world"]
    assert said == ["Fault 2, clock n1 -1 s, lasted since 30 s.", "Fault 3, clock n1 +2 s, struck."]


def test_what_answers_after_the_end_is_told_as_alive_again(made: Any, run: Any) -> None:
    operations = [
        operation("c4-1", "login", 1_000_000, 1_002_000),
        operation("c4-2", "logout", 70_000_000, 70_002_000),
        operation("c4-3", "read", 76_000_000, 76_002_000, data={}),
    ]
    run.findings.append(finding(operations, "c4-2", "c4-3", check="no_resurrection"))
    said = [sentence.text for sentence in made(operations)[2].sentences if sentence.mark == "client"]
    assert said[1].endswith("answered: ok. From here on session 5f2a77aa is over.")
    assert "The session had ended with c4-2: here it is alive again." in said[2]


def test_a_login_that_was_sent_the_cookie_ended_the_session(made: Any, run: Any) -> None:
    operations = [
        operation("c4-1", "login", 1_000_000, 1_002_000),
        operation("c4-2", "login", 70_000_000, 70_002_000, session="9999", replaced=SESSION),
        operation("c4-3", "read", 76_000_000, 76_002_000, data={}),
    ]
    run.findings.append(finding(operations, "c4-2", "c4-3", check="no_resurrection"))
    found, _, told_ = made(operations)
    assert found.session == SESSION
    assert "From here on session 5f2a77aa is over." in told_.sentences[1].text + told_.sentences[2].text


def test_lines_are_quoted_as_they_stand_in_the_history(made: Any, tmp_path: Path) -> None:
    quoted = made()[2].lines
    stand = (tmp_path / "run" / "history.jsonl").read_text().splitlines()
    assert [line.number for line in quoted] == [2, 3, 4, 5, 6]
    assert all(stand[line.number - 1] == line.raw for line in quoted)


def test_a_long_life_is_told_in_part_and_says_so(made: Any) -> None:
    early = [operation(f"c4-e{n}", "read", 3_000_000 + n, 3_000_100 + n, data={}) for n in range(50)]
    found, _, told_ = made([*life(), *early])
    assert len(found.told) == 9
    assert told_.left_out == "46 other operations of session 5f2a77aa can be found in history.jsonl."


def events_of(made: Causes) -> dict[tuple[str, int], int]:
    return {(event.line, event.t): number for number, event in enumerate(made.events)}


def test_an_arrow_leads_from_where_a_message_left_to_where_it_came(made: Any) -> None:
    _, found, _ = made()
    place = events_of(found)
    arrows = {(arrow.source, arrow.target) for arrow in found.arrows}
    for source, target in (
        (("c4", 71_000_000), ("n1", 71_000_500)),
        (("n1", 71_000_500), ("n3", 71_000_900)),
        (("n3", 71_000_900), ("n1", 71_001_900)),
        (("n1", 71_001_900), ("c4", 71_003_000)),
        (("n2", 74_000_300), ("n1", 74_000_700)),
    ):
        assert (place[source], place[target]) in arrows


def test_a_message_that_was_lost_leads_nowhere(made: Any) -> None:
    _, found, _ = made()
    lost = [arrow for arrow in found.arrows if arrow.lost]
    assert [(found.events[arrow.source].line, arrow.to, arrow.target, arrow.lost) for arrow in lost] == [
        ("n1", "n2", None, "cut")
    ]


def test_what_led_to_nothing_that_is_told_is_not_drawn(made: Any) -> None:
    _, found, _ = made()
    assert not [event for event in found.events if event.t in (70_399_000, 70_400_000, 90_000_000, 70_000_901)]


def test_a_request_that_reached_nobody_ends_in_a_cross(made: Any, run: Any) -> None:
    operations = [*life(), operation("c4-6", "write", 76_500_000, None, key="k1", value="c4-6")]
    run.findings.append(finding(operations, "c4-4", "c4-6"))
    _, found, told_ = made(operations)
    assert [arrow.lost for arrow in found.arrows if arrow.operation == "c4-6"] == ["refused"]
    assert told_.sentences[-1].text.startswith("c4 asked n1 to write k1 = c4-6 (c4-6). No answer was heard.")


def test_without_a_trace_clients_and_nodes_are_drawn_and_no_message(made: Any) -> None:
    found, events, _ = made(traced=False)
    assert not found.traced
    assert {arrow.way for arrow in events.arrows} == {"request", "answer"}


@pytest.mark.parametrize("kept", [0, 3, 7, 9, 13, 17])
def test_a_trace_that_ends_early_does_not_make_an_answer_a_refusal(run: Any, tmp_path: Path, kept: int) -> None:
    """What the trace no longer tells happened halfway, and what was answered leads to its client."""
    folder = violations.write(run, tmp_path, recorded=violations.trace()[:kept])
    found = excerpt(folder, read(folder / "run.jsonl"))
    assert found is not None
    asked = causes(found).arrows
    assert [(arrow.operation, arrow.lost) for arrow in asked if arrow.operation and arrow.lost] == []
    ways = {(arrow.operation, arrow.way) for arrow in asked if arrow.operation}
    assert ways == {(id_, way) for id_ in found.drawn for way in ("request", "answer")}


@pytest.mark.parametrize("left", [0, 30, 200, -40])
def test_a_trace_that_is_cut_off_gives_what_it_has(run: Any, tmp_path: Path, left: int) -> None:
    folder = violations.write(run, tmp_path)
    trace = folder / "trace.jsonl.gz"
    trace.write_bytes(trace.read_bytes()[:left])
    found = excerpt(folder, read(folder / "run.jsonl"))
    assert found is not None
    assert not [arrow for arrow in causes(found).arrows if arrow.lost == "refused"]


@pytest.mark.parametrize("traced", [True, False])
def test_what_was_refused_reached_nobody_even_when_it_was_heard_at_once(made: Any, run: Any, *, traced: bool) -> None:
    operations = [*life(), operation("c4-6", "read", 76_500_000, 76_500_200, outcome="refused")]
    run.findings.append(finding(operations, "c4-5", "c4-6"))
    _, found, _ = made(operations, traced=traced)
    assert [(arrow.way, arrow.lost) for arrow in found.arrows if arrow.operation == "c4-6"] == [("request", "refused")]


def many(number: int) -> list[Any]:
    """Make so many operations of one session, all of them witnesses, each of its own client; the last contradicts."""
    reads = [
        msgspec.structs.replace(
            operation(f"w-{n:02}", "read", t := 70_000_000 + n * 1_000, t + 500, data={}), client=f"c{n}"
        )
        for n in range(number)
    ]
    return [operation("c4-1", "login", 1_000_000, 1_002_000), *reads]


@pytest.mark.parametrize("number", [8, 9, 30])
def test_of_many_witnesses_the_one_that_contradicts_is_told_and_drawn(run: Any, tmp_path: Path, number: int) -> None:
    operations = many(number)
    last = operations[-1].id
    run.findings.append(finding(operations, *(one.id for one in reversed(operations[1:]))))
    folder = violations.write(run, tmp_path, operations)
    document = read(folder / "run.jsonl")
    found = excerpt(folder, document)
    assert found is not None
    events = causes(found)
    error = next(one for one in story(found, events, document).sentences if one.error)
    assert f"({last})" in error.text
    assert any(last in event.operations and event.witness for event in events.events)
    assert "contradicts" in spacetime(found, events, document).desk.split("Time runs downwards")[1]
    assert pages.make(folder)


def test_an_operation_that_is_evidence_many_times_is_one_witness(made: Any, run: Any) -> None:
    operations = life()
    run.findings.append(finding(operations, *["c4-4"] * 9, "c4-5"))
    found, _, told_ = made(operations)
    assert found.witnesses == ["c4-4", "c4-5"]
    assert next(one.text for one in told_.sentences if one.error).endswith("This contradicts c4-4.")


def test_a_violation_without_a_session_is_told_by_what_nodes_noted_since_the_last_fault(
    run: Any, tmp_path: Path
) -> None:
    saw = operation("m-1", "members", 76_000_000, 76_000_000, session=None, members=["n1", "n2"])
    run.findings.append(finding([saw], "m-1", check="membership"))
    folder = violations.write(run, tmp_path, [saw])
    found = excerpt(folder, read(folder / "run.jsonl"))
    assert found is not None
    assert (found.begin, found.end) == (60_000_000, 76_000_000)
    assert "asked n1 to name the members" in story(found, causes(found), read(folder / "run.jsonl")).sentences[-1].text


def heights(picture: str) -> dict[str, float]:
    """Give by number where each event lies, from the top."""
    found = {}
    for match in re.finditer(r'data-event="(\d+)".*?(?:<use [^>]*? y="([\d.]+)")', picture, re.DOTALL):
        found[match[1]] = float(match[2])
    return found


def test_an_event_moves_down_when_it_happens_later(made: Any, tmp_path: Path) -> None:
    """One instant of the trace is altered, and its mark moves."""
    found, events, _ = made()
    document = read(tmp_path / "run" / "run.jsonl")
    before = heights(spacetime(found, events, document).desk)
    number = events_of(events)["n3", 71_000_900]
    moved = found.records
    for place, record in enumerate(moved):
        if getattr(record, "kind", "") == "copies" and record.to == "n3":  # type: ignore[union-attr]
            moved[place] = type(record)(71_001_850, record.sent, record.sender, record.to, "data", "copies", "")  # type: ignore[union-attr,call-arg]
    later = causes(found)
    after = heights(spacetime(found, later, document).desk)
    assert after[str(events_of(later)["n3", 71_001_850])] > before[str(number)]


def test_every_event_of_the_drawing_says_what_happened_and_what_led_to_it(made: Any, tmp_path: Path) -> None:
    found, events, _ = made()
    picture = spacetime(found, events, read(tmp_path / "run" / "run.jsonl"))
    for drawing in (picture.desk, picture.phone):
        assert drawing.count("data-event=") == len(events.events)
        assert drawing.count("data-arrow=") == len(events.arrows)
        assert 'role="group"' in drawing
    answer = events_of(events)["c4", 71_003_000]
    assert told(events.events[answer]) == "c4 at 71.003 s: heard of c4-4: ok."
    assert re.search(rf'data-event="{answer}"[^>]*data-ways="\d+" data-witness=""', picture.desk)


def margin(picture: Any) -> list[str]:
    """Give what the margin of a drawing says, with its times."""
    return [text for text in re.findall(r">([^<>]*)</text>", picture.desk) if re.match(r"[\d.]+ m?s ", text)]


def test_a_fault_at_the_instant_of_a_witness_stands_beside_it_in_the_margin(
    made: Any, run: Any, tmp_path: Path
) -> None:
    run.faults = [FaultSeen(fault="crash", nodes=["n3"], begin=71_000_000, end=76_000_000, touched=1, title="n3 down")]
    found, events, _ = made()
    said = margin(spacetime(found, events, read(tmp_path / "run" / "run.jsonl")))
    assert [text for text in said if text.startswith(("71 s", "76 s"))] == [
        "71 s write k1 c4-4, fault 1: n3 down",
        "76 s read c4-5, fault 1 undone",
    ]


def test_what_contradicts_is_what_was_asked_last_however_the_finding_orders_it(
    made: Any, run: Any, tmp_path: Path
) -> None:
    run.findings.append(finding(life(), "c4-5", "c4-4"))
    found, events, told_ = made()
    said = margin(spacetime(found, events, read(tmp_path / "run" / "run.jsonl")))
    assert [text for text in said if text.endswith("contradicts")] == ["76.002 s contradicts"]
    assert [one.line for one in told_.sentences if one.error] == [6]


def test_the_page_jumps_to_the_first_error_and_quotes_its_lines(run: Any, tmp_path: Path) -> None:
    folder = violations.write(run, tmp_path)
    text = pages.make(folder)[0].read_text()
    assert 'href="#first-error"' in text
    assert text.count('id="first-error"') == 1
    assert 'id="line-6"' in text
    assert (folder / "plots" / "spacetime.svg").is_file()
    assert (folder / "plots" / "spacetime.png").read_bytes().startswith(b"\x89PNG")


def test_the_only_script_is_ours_and_the_policy_names_it(run: Any, tmp_path: Path) -> None:
    text = pages.make(violations.write(run, tmp_path))[0].read_text()
    assert text.count("<script>") == 1
    assert pages.script("causes.js").hash in text
    run.findings.pop()
    assert "<script" not in pages.make(run.write(tmp_path))[0].read_text()


def test_hostile_names_in_history_and_trace_stay_text(run: Any, tmp_path: Path, parsed: Any) -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    operations = [
        operation(f"{hostile}1", "write", 70_000_000, 70_002_000, node=hostile, key=hostile, value=hostile),
        operation(f"{hostile}2", "read", 76_000_000, 76_002_000, data={hostile: hostile}, why=hostile),
    ]
    run.header.nodes = [hostile, "n2"]
    run.findings.append(finding(operations, f"{hostile}1", f"{hostile}2", check=hostile))
    recorded = violations.hostile_trace(hostile, f"{hostile}1", f"{hostile}2")
    run.faults[0].nodes, run.faults[0].title = [hostile, "n2"], hostile
    folder = violations.write(run, tmp_path, operations, recorded=recorded)
    text = pages.make(folder)[0].read_text()
    assert text.count("<script>") == 1
    assert "<img" not in text
    document = read(folder / "run.jsonl")
    found = excerpt(folder, document)
    assert found is not None
    picture = spacetime(found, causes(found), document)
    assert f"sent {hostile} to n2: lost ({hostile})" in picture.description, "the trace's names are in the drawing"
    for drawing in (picture.desk, picture.phone):
        parsed(drawing)
        assert f"{picture.name}-{'desk' if drawing is picture.desk else 'phone'}-mark-shade-1-" in drawing
