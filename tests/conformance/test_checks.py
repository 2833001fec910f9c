"""Every check convicts what it must and nobody else: pairs just inside and outside each rule, and laws."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import checks
from conformance.checks import CHECKS, NOISE_MOST_US, OPTIONAL, TIMELESS, check, judge
from conformance.checks.findings import seconds
from conformance.checks.index import Index
from conformance.history import EXPIRED, LOGIN, UNKNOWN, History
from conformance.reading import BrokenHistory, read
from conformance.requirements import requirements
from conformance.verdict import HOLDS, NOT_PROMISED, NOT_TESTED, VACUOUS, VIOLATED, Finding, combine
from conformance.verdict import UNKNOWN as UNDECIDED

HISTORIES = Path(__file__).parents[1] / "histories"
VERDICTS = {
    "ok": HOLDS, "bad": VIOLATED, "vacuous": VACUOUS, "not-promised": NOT_PROMISED, "not-tested": NOT_TESTED
}  # fmt: skip
FILES = sorted(HISTORIES.glob("*/*/*.jsonl"))
BAD = [file for file in FILES if file.parent.name == "bad"]
OK = [file for file in FILES if file.parent.name == "ok"]

LARGEST_WITNESS = {"lost_updates": 3, "causal": 6, "linearizability": 4}
"""Two operations contradict each other, unless one is right without the third."""


def name_of(file: Path) -> str:
    return "/".join([*file.parts[-3:-1], file.stem])


def header_of(file: Path) -> dict[str, Any]:
    with file.open() as lines:
        header: dict[str, Any] = json.loads(lines.readline())
    return header


def found_in(source: Path | bytes | History) -> dict[str, Finding]:
    return {finding.check: finding for finding in check(source)}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_recorded_history_gets_the_verdict_of_its_folder(file: Path) -> None:
    found = found_in(file)
    assert [one.traceback for one in found.values() if one.verdict == UNDECIDED] == []
    finding = found[file.parts[-3]]
    assert finding.verdict == VERDICTS[file.parent.name]
    assert finding.judged >= (finding.verdict == HOLDS), (
        "what holds has judged something, and nobody judges less than none"
    )


def on_a_machine(file: Path, noise_us: int) -> dict[str, Finding]:
    """Judge a history as if its time had been real, on a machine that made everything so late."""
    header = {**header_of(file), "noise_us": noise_us}
    return found_in(json.dumps(header).encode() + b"\n" + file.read_bytes().partition(b"\n")[2])


@pytest.mark.parametrize("file", [file for file in BAD if file.parts[-3] in CHECKS], ids=name_of)
def test_a_machine_that_is_too_busy_convicts_nobody_by_a_rule_with_a_bound_in_it(file: Path) -> None:
    name = file.parts[-3]
    finding = on_a_machine(file, NOISE_MOST_US + 1)[name]
    if name in TIMELESS:
        assert finding.verdict == VIOLATED
    else:
        assert (finding.verdict, finding.evidence, finding.violations) == (NOT_TESTED, [], 0)
        assert finding.seen.startswith("host too noisy: this machine alone may have made anything 2.000001 s late")


def test_a_machine_that_is_too_busy_acquits_nobody_and_one_that_is_busy_does() -> None:
    for file in OK[::5]:
        busy = on_a_machine(file, NOISE_MOST_US)
        assert HOLDS in {finding.verdict for finding in busy.values()}
        too_busy = on_a_machine(file, NOISE_MOST_US + 1).values()
        assert {finding.verdict for finding in too_busy} <= {NOT_TESTED, UNDECIDED}
        assert combine(too_busy) == NOT_TESTED


@pytest.mark.parametrize("name", sorted(TIMELESS))
def test_what_is_timeless_is_judged_alike_under_any_contract(name: str) -> None:
    for file in (HISTORIES / name).glob("*/*.jsonl"):
        for bound in (0, 3_600_000_000):
            contract = dict.fromkeys(("converge_us", "clock_skew_us", "detect_us", "idle_slack_us"), bound)
            header = {**header_of(file), "contract": contract}
            other = json.dumps(header).encode() + b"\n" + file.read_bytes().partition(b"\n")[2]
            assert found_in(other)[name].verdict == found_in(file)[name].verdict


@pytest.mark.requirement("REQ-REVOC-9")
def test_a_store_without_revocation_is_not_tested_for_it() -> None:
    """What the product has announced, and has not yet, is optional."""
    (file,) = (HISTORIES / "revocation_lag" / "not-tested").glob("*.jsonl")
    finding = found_in(file)["revocation_lag"]
    assert (finding.verdict, finding.seen) == (NOT_TESTED, "the subject does not list the feature `revoke`")


@pytest.mark.parametrize("file", BAD, ids=name_of)
def test_the_witness_is_the_smallest_with_lines_and_records(file: Path) -> None:
    """The header names the operations that contradict each other; checks do not know that member."""
    finding = found_in(file)[file.parts[-3]]
    assert [one.id for one in finding.evidence] == header_of(file)["witness"]
    assert len(finding.evidence) <= LARGEST_WITNESS.get(finding.check, 2)
    lines = file.read_text().splitlines()
    for one in finding.evidence:
        written = json.loads(lines[one.line - 1])
        assert written.get("id", written.get("fault")) == one.id
        assert one.operation == {member: value for member, value in written.items() if member in one.operation}
        assert one.id in finding.seen
    assert finding.violations >= 1


@pytest.mark.parametrize("file", BAD, ids=name_of)
def test_how_late_it_was_is_the_distance_of_two_instants_of_the_witness(file: Path) -> None:
    finding = found_in(file)[file.parts[-3]]
    told = [one.operation.get(member) for one in finding.evidence for member in ("asked", "answered")]
    instants = [instant for instant in told if instant is not None]
    distances = {seconds(abs(one - other)) for one in instants for other in instants}
    assert not re.search(r"\bNone\b|no time", finding.seen)
    assert set(re.findall(r", (-?[\d.]+ s) (?:after|before) ", finding.seen)) <= distances


@pytest.mark.parametrize("file", [file for file in FILES if file not in BAD], ids=name_of)
def test_a_history_that_is_right_for_one_check_convicts_nobody(file: Path) -> None:
    for finding in found_in(file).values():
        assert finding.verdict not in (VIOLATED, UNDECIDED), finding.seen
        assert not finding.evidence


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("lost_updates", "durability"),
        ("durability", "lost_updates"),
        ("durability", "bounded_staleness"),
        ("membership", "false_death"),
        ("false_death", "membership"),
        ("id_renewal", "isolation"),
        ("isolation", "monotonic_writes"),
        ("isolation", "monotonic_reads"),
    ],
)
def test_what_one_check_convicts_is_not_the_business_of_its_neighbour(name: str, other: str) -> None:
    files = [file for file in BAD if file.parts[-3] == name]
    assert files
    for file in files:
        assert found_in(file)[other].verdict != VIOLATED, file.stem


def test_every_check_has_histories_on_both_sides_of_its_rule() -> None:
    assert [file.name for file in sorted(HISTORIES.iterdir())] == sorted([*CHECKS, *OPTIONAL])
    for name in [*CHECKS, *OPTIONAL]:
        assert list((HISTORIES / name / "ok").glob("*.jsonl"))
        assert list((HISTORIES / name / "bad").glob("*.jsonl"))


def test_every_check_is_told_of_where_suites_are_explained() -> None:
    told = (HISTORIES.parents[1] / "docs" / "suites.md").read_text(encoding="utf-8")
    assert [name for name in [*CHECKS, *OPTIONAL] if f"`{name}`" not in told] == []


def test_every_requirement_that_a_check_shows_is_in_the_catalogue() -> None:
    for finding in check(FILES[0]):
        assert finding.requirements
        assert set(finding.requirements) <= set(requirements())


@pytest.mark.parametrize("file", FILES, ids=name_of)
@given(data=st.data())
@settings(max_examples=20)  # over two hundred files, thousands of orders in all
def test_the_order_of_the_lines_decides_nothing(file: Path, data: st.DataObject) -> None:
    """A foreign writer may sort by asking, by answer or not at all."""
    header, *records, end = file.read_bytes().splitlines()
    shuffled = data.draw(st.permutations(records))
    given_, again = check(file), check(b"\n".join([header, *shuffled, end]))
    assert [(one.verdict, one.judged, one.violations, one.figures) for one in given_] == [
        (one.verdict, one.judged, one.violations, one.figures) for one in again
    ]


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_origin_of_time_decides_nothing(file: Path) -> None:
    shifted = []
    for line in file.read_text().splitlines():
        record = json.loads(line)
        for member in ("asked", "answered", "from", "to", "t", "healed", "end"):
            if record.get(member) is not None:
                record[member] += 5_000_000_000
        shifted.append(json.dumps(record))
    again = check("\n".join(shifted).encode())
    assert [(one.verdict, one.judged, one.violations) for one in check(file)] == [
        (one.verdict, one.judged, one.violations) for one in again
    ]


@pytest.mark.parametrize("file", OK, ids=name_of)
def test_an_answer_that_nobody_heard_convicts_nobody(file: Path) -> None:
    """What is forgotten of a right history can only make it say less."""
    for position in range(len(read(file).operations)):
        history = read(file)
        operation = history.operations[position]
        was = operation.why
        operation.outcome, operation.answered, operation.data, operation.answered_user = UNKNOWN, None, None, None
        if operation.op == LOGIN or was == EXPIRED:
            continue  # whose session would that be, and who ended it?
        for finding in judge(history):
            if finding.check == "availability":
                continue  # what nobody heard is just what it counts
            assert finding.verdict != VIOLATED, (operation.id, finding.check, finding.seen)


HEARD = {
    "structure",
    "availability",
    "absolute_band",
    "idle_band",
    "cookie_scope",
    "id_renewal",
    "isolation",
    "sealing",
}
"""Checks to which a request without an answer matters: it fails, may have been activity, or carries a cookie; or they
judge logins alone."""


def with_a_read_unheard(file: Path) -> bytes:
    """Let the client of the first witness that is no login ask before it for the same session, and hear nothing."""
    lines = file.read_text().splitlines()
    name = file.parts[-3]
    witness = found_in(file)[name].evidence
    first = next(one.operation for one in witness if one.operation["op"] != LOGIN)
    place = next(number for number, line in enumerate(lines) if json.loads(line).get("id") == first["id"])
    asked = {"op": "read", "id": "unheard", "client": first["client"], "by": first["by"], "node": first["node"]}
    asked |= {"session": first.get("session"), "asked": first["asked"] - 1, "answered": None}
    asked["outcome"] = "unknown"
    end = json.loads(lines[-1])
    end["operations"] += "operations" in end
    return "\n".join([*lines[:place], json.dumps(asked), *lines[place:-1], json.dumps(end)]).encode()


@pytest.mark.parametrize("file", [file for file in BAD if file.parts[-3] not in HEARD], ids=name_of)
def test_what_nobody_heard_hides_nothing_behind_it(file: Path) -> None:
    before, after = found_in(file)[file.parts[-3]], found_in(with_a_read_unheard(file))[file.parts[-3]]
    assert (after.verdict, after.judged, after.violations) == (before.verdict, before.judged, before.violations)


def test_a_check_that_raises_is_unknown_and_the_others_still_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    def falls(index: Index) -> Finding:
        raise KeyError(index.header.scenario)

    monkeypatch.setitem(checks.CHECKS, "isolation", falls)
    found = found_in(OK[0])
    assert found["isolation"].verdict == UNDECIDED
    assert "KeyError" in found["isolation"].traceback
    assert "in falls" in found["isolation"].traceback
    assert found["structure"].verdict == HOLDS
    assert not found["structure"].traceback
    assert combine(found.values()) == UNDECIDED


def test_an_index_that_cannot_be_made_leaves_every_check_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def falls(history: History) -> Index:
        raise ZeroDivisionError(history.file)

    monkeypatch.setattr(checks, "Index", falls)
    assert {finding.verdict for finding in check(OK[0])} == {UNDECIDED}


@pytest.mark.parametrize("file", [BAD[0], OK[0]], ids=name_of)
def test_of_a_history_without_its_last_line_nothing_is_judged(file: Path) -> None:
    """The faults that would excuse what it shows may not be written yet."""
    *lines, _ = file.read_bytes().splitlines()
    for finding in check(b"\n".join(lines)):
        assert (finding.verdict, finding.judged, finding.violations, finding.evidence) == (NOT_TESTED, 0, 0, [])
        assert "did not finish" in finding.seen


def with_header(file: Path, **members: Any) -> bytes:
    lines = file.read_text().splitlines()
    return "\n".join([json.dumps(header_of(file) | members), *lines[1:]]).encode()


@pytest.mark.parametrize("expect", [["durability"], {"checks": ["durability"]}, ["durability", "convergence"]])
def test_what_the_scenario_names_is_expected(expect: Any) -> None:
    names = expect["checks"] if isinstance(expect, dict) else expect
    expected = [one.check for one in check(with_header(OK[0], expect=expect)) if one.expected]
    assert sorted(expected) == sorted(names)


@pytest.mark.parametrize("expect", [None, [], {}, {"checks": []}])
def test_a_history_that_names_no_check_expects_all(expect: Any) -> None:
    assert all(finding.expected for finding in check(with_header(OK[0], expect=expect)))


def test_an_unknown_check_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BrokenHistory, match=r"line 1: expect: found 'no_resurection'.*nearest is 'no_resurrection'"):
        check(with_header(OK[0], expect=["no_resurection"]))


def test_an_expectation_of_another_shape_is_refused() -> None:
    with pytest.raises(BrokenHistory, match="expect: found 'durability'; expected a list"):
        check(with_header(OK[0], expect="durability"))


def test_a_contract_of_a_year_acquits_nobody() -> None:
    """Everything that the bound excuses is then no pass: the check is vacuous."""
    year = {"contract": header_of(BAD[0])["contract"] | {"converge_us": 31_536_000_000_000}}
    for file in (HISTORIES / "convergence" / "bad").glob("*.jsonl"):
        assert found_in(with_header(file, **year))["convergence"].verdict == VACUOUS


def test_another_line_gives_another_verdict() -> None:
    """The judge reads the file alone: one edited value is seen."""
    file = HISTORIES / "durability" / "ok" / "acknowledged-is-there.jsonl"
    assert found_in(file)["durability"].verdict == HOLDS
    edited = file.read_bytes().replace(b'"data": {"b": "v2"}', b'"data": {}')
    assert edited != file.read_bytes()
    assert found_in(edited)["durability"].verdict == VIOLATED


@pytest.mark.parametrize(
    ("file", "name", "figures"),
    [
        (
            "read_your_writes/not-promised/two-nodes-without-routing",
            "read_your_writes",
            {"reads": 2, "reads_promised": 0, "stale_reads": 2, "stale_ppm": 1_000_000, "staleness_us_max": 198_000},
        ),
        (
            "monotonic_reads/not-promised/backwards-on-two-nodes",
            "monotonic_reads",
            {"reads": 1, "reads_promised": 0, "stale_reads": 1, "stale_ppm": 1_000_000, "staleness_us_max": 98_000},
        ),
        (
            "no_resurrection/ok/other-side-of-a-cut",
            "no_resurrection",
            {"late_answers": 2, "late_answers_us_max": 32_998_000},
        ),
        ("durability/ok/writes-across-a-cut-have-no-order", "durability", {"updates_unordered": 1}),
        ("lost_updates/ok/of-one-key-one-is-lost", "lost_updates", {"lost_of_one_key": 1}),
        (
            "bounded_staleness/ok/stale-within-the-bound",
            "bounded_staleness",
            {
                "copies": 2,
                "stale_copies": 1,
                "staleness_us_p50": 3_000_000,
                "staleness_us_p90": 3_000_000,
                "staleness_us_p99": 3_000_000,
                "staleness_us_max": 3_000_000,
            },
        ),
        ("convergence/ok/stale-while-a-heal-settles", "convergence", {"peeks_judged": 1, "updates_unordered": 0}),
    ],
)
def test_what_convicts_nobody_is_counted(file: str, name: str, figures: dict[str, int]) -> None:
    assert found_in(HISTORIES / f"{file}.jsonl")[name].figures == figures
