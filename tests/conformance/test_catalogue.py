"""The catalogue is whole: each requirement is shown or not testable, and the page says the same."""

from pathlib import Path

import pytest
from msgspec import structs

from conformance.catalogue import (
    NOTHING,
    PAGE,
    ROOT,
    SHOWN,
    Entry,
    NoCatalogue,
    Showing,
    catalogue,
    counts,
    failing,
    mistakes,
    page,
    red_with,
    showings,
)
from conformance.requirements import Requirement, requirements
from conformance.runner import run
from conformance.verdict import VIOLATED
from tests.conformance.planted import PLANTED_BY_A_TEST, PLANTS

ALSO = {
    ("ready_before_join", "crash-and-return-empty"): {"cold_join"},
    ("ready_before_join", "rolling-restart"): {"cold_join", "durability"},
    ("keeps_old_id", "expired-session-and-its-cookie"): {"id_renewal"},
    ("removal_forgets_domain", "hosts-rolling-restart"): {"cookie_scope"},
    ("removal_forgets_domain", "login-by-redirect"): {"cookie_scope"},
    ("removal_forgets_domain", "logout-on-a-sibling"): {"cookie_scope"},
    ("trusts_first_cookie", "domain-changes-in-service"): {"durability"},
    ("wide_cookie_domain", "hosts-behind-a-sticky-balancer"): {"cookie_scope"},
}
"""By broken store and scenario: checks that convict it there too, so that what they show is known to be failed."""


def entry(*showing: Showing, **told: object) -> Entry:
    one = {"sentence": "It is so.", "level": "MUST", "applies_to": "store", "source": ("SEED",), "basis": "stated"}
    return Entry(Requirement("REQ-REPL-1", **{**one, **told}), showing, ())  # type: ignore[arg-type]


def showing(*ids: str) -> Showing:
    return Showing("tests/test_a.py", "test_it_is_so", ids or ("REQ-REPL-1",))


def test_every_requirement_is_shown_or_not_testable_and_no_test_names_another() -> None:
    assert mistakes(catalogue(), showings()) == []


def test_the_page_is_what_would_be_made() -> None:
    """Renew it with `make requirements`."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(catalogue())


def test_every_must_that_is_shown_is_failed_by_a_broken_store_or_a_planted_breakage() -> None:
    planted = {id_ for plant in PLANTS for id_ in plant.requirements} | set(PLANTED_BY_A_TEST)
    shown = [one for one in catalogue() if one.state == SHOWN and one.requirement.level == "MUST"]
    assert [one.requirement.id for one in shown if not one.failed_by and one.requirement.id not in planted] == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (entry(), "REQ-REPL-1: shown by nothing"),
        (entry(showing(), not_testable="so"), "REQ-REPL-1: shown and not testable"),
    ],
)
def test_a_requirement_that_nothing_or_too_much_is_said_of_is_told(wrong: Entry, said: str) -> None:
    (told,) = mistakes([wrong], [])
    assert told.startswith(said)


@pytest.mark.parametrize("right", [entry(showing()), entry(not_testable="so")])
def test_one_thing_is_enough_to_be_said(right: Entry) -> None:
    assert mistakes([right], []) == []


def test_a_test_that_names_no_requirement_is_told() -> None:
    (told,) = mistakes([], [showing("REQ-REPL-1", "REQ-REPL-99")])
    assert told.startswith("tests/test_a.py: test_it_is_so names REQ-REPL-99, which is no requirement")


# ------------------------------------------------------------------------------------------------- read from the tests

TESTS = """\
import pytest


@pytest.mark.requirement("REQ-REPL-2", "REQ-REPL-7")
@pytest.mark.requirement("REQ-REPL-2")
@pytest.mark.scenario("halves", "one-way-cut", check="convergence")
def test_sides_agree_again(judgement):
    judgement.must_hold()


def test_something_else():
    pass
"""


def checkout(folder: Path, text: str) -> Path:
    """Make a checkout with one suite and no other test."""
    tables = {"tests/conformance/test_suites.py": "RED = {}\n", "tests/conformance/test_catalogue.py": "ALSO = {}\n"}
    for name, content in {"conformance/test_one.py": text, **tables}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_what_a_test_shows_is_read_from_its_markers(tmp_path: Path) -> None:
    (found,) = showings(checkout(tmp_path, TESTS))
    assert found == Showing(
        "conformance/test_one.py",
        "test_sides_agree_again",
        ("REQ-REPL-2", "REQ-REPL-7"),
        ("halves", "one-way-cut"),
        "convergence",
    )
    assert found.claim == "sides agree again"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"REQ-REPL-2", "REQ-REPL-7"', "*IDS", "conformance/test_one.py:4: a marker with something else than texts"),
        (
            "import pytest\n",
            'import pytest\n\npytestmark = pytest.mark.requirement("REQ-REPL-1")\n',
            "conformance/test_one.py: a marker `requirement` that stands at no test",
        ),
    ],
)
def test_a_marker_that_cannot_be_read_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(NoCatalogue) as refused:
        showings(checkout(tmp_path, TESTS.replace(old, new, 1)))
    assert str(refused.value).startswith(said)


def test_without_a_checkout_there_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(NoCatalogue, match="run it from a checkout"):
        showings(tmp_path)


@pytest.mark.parametrize(("file", "table"), [("test_suites", "RED"), ("test_catalogue", "ALSO")])
def test_tables_of_broken_stores_are_needed(file: str, table: str, tmp_path: Path) -> None:
    checkout(tmp_path, TESTS)
    assert red_with(tmp_path) == {}
    (tmp_path / f"tests/conformance/{file}.py").write_text("OTHER = {}\n", encoding="utf-8")
    with pytest.raises(NoCatalogue, match=f"no table {table}"):
        red_with(tmp_path)


def test_a_broken_store_fails_what_its_check_shows_where_its_bug_is_reached() -> None:
    red = {("loses_all", "halves"): {"durability"}, ("keeps_all", "steady-lan"): {"convergence"}}
    reached = Showing("a", "test_a", ("REQ-REPL-1",), ("halves", "steady-lan"), "durability")
    assert failing(reached, red) == ["loses_all"]
    assert failing(structs.replace(reached, scenarios=("one-way-cut",)), red) == []


@pytest.mark.parametrize(("name", "scenario"), ALSO)
def test_a_broken_store_is_convicted_in_other_scenarios_too(name: str, scenario: str, tmp_path: Path) -> None:
    found = run(scenario, subject=f"broken:{name}", out=tmp_path / "run").checks
    assert ALSO[name, scenario] <= {one.check for one in found if one.verdict == VIOLATED}


def test_the_counts_add_up() -> None:
    entries = catalogue()
    total = [int(word) for word in counts(entries)[-1].split()[1:]]
    assert total[0] == len(requirements()) == sum(total[1:])
    assert total[1] == sum(entry.state == SHOWN for entry in entries)
    assert total[-1] == sum(entry.state == NOTHING for entry in entries)
