"""What shows each requirement, found in the tests themselves, and the page that says so: `make requirements`.

A test names what it shows by the marker `requirement`, whether it is one of the suites (`conformance/test_*.py`) or one
of the project (`tests/`); it is read from the source, so that nothing is run and no list is kept by hand. Which broken
stores fail a test of the suites is what tests/conformance/test_suites.py holds them to. Needs a checkout.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from conformance.broken import BROKEN
from conformance.cli import output
from conformance.requirements import LEVELS, Requirement, requirements

ROOT = Path(__file__).parents[1]
PAGE = Path("docs/requirements.md")
SUITES, TESTS = "conformance/test_*.py", "tests/**/test_*.py"
RED = Path("tests/conformance/test_suites.py")
"""Where the table `RED` says which checks are red with each broken store, in the scenario that reaches its bug."""
ALSO = Path("tests/conformance/test_catalogue.py")
"""Where the table `ALSO` says so of other scenarios that a bug shows in."""

SHOWN, NOT_TESTABLE, NOTHING = "shown", "not testable", "by nothing"
STATES = (SHOWN, NOT_TESTABLE, NOTHING)
AREAS = {
    "REQ-CFG": "Configuration",
    "REQ-REPL": "Replication",
    "REQ-EXP": "Expiry",
    "REQ-FAIL": "Failover",
    "REQ-COOK": "Cookie",
    "REQ-MEMB": "Membership",
    "REQ-SEC": "Security",
    "REQ-ROUT": "Routing",
    "REQ-REVOC": "Logout and revocation",
    "REQ-OBS": "Observability",
    "COOK": "Cookie rules that a store keeps",
}


class NoCatalogue(Exception):
    """The tests cannot be read; the text says where and what to write."""


class Showing(Struct, frozen=True, order=True):
    """One test that shows requirements.

    Attributes:
        file: from the root of the checkout.
        test: the function.
        requirements: the ids that it names.
        scenarios, check: what it runs and whose finding it asks for; none where it does neither.
    """

    file: str
    test: str
    requirements: tuple[str, ...]
    scenarios: tuple[str, ...] = ()
    check: str = ""

    @property
    def claim(self) -> str:
        """The test's name as the sentence that it is."""
        return self.test.removeprefix("test_").replace("_", " ")


class Entry(Struct, frozen=True):
    """One requirement, with the tests that show it and the broken stores that fail one of them."""

    requirement: Requirement
    showings: tuple[Showing, ...]
    failed_by: tuple[str, ...]

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.showings:
            return SHOWN
        return NOT_TESTABLE if self.requirement.not_testable else NOTHING


def catalogue(root: Path = ROOT) -> list[Entry]:
    """Bring requirements and tests together, in the order of `requirements.yaml`.

    Raises:
        NoCatalogue: there is no checkout, or a marker that cannot be read.
    """
    by_id: dict[str, list[Showing]] = {id_: [] for id_ in requirements()}
    for showing in showings(root):
        for id_ in showing.requirements:
            by_id.setdefault(id_, []).append(showing)
    red = red_with(root)
    return [
        Entry(entry, tuple(by_id[id_]), tuple(dict.fromkeys(name for one in by_id[id_] for name in failing(one, red))))
        for id_, entry in requirements().items()
    ]


def mistakes(entries: Iterable[Entry], found: Iterable[Showing]) -> list[str]:
    """List what is wrong with the catalogue, each with the mend.

    Args:
        entries: as `catalogue` gives them.
        found: as `showings` gives them.
    """
    said = [
        f"{one.file}: {one.test} names {id_}, which is no requirement; write an id of conformance/requirements.yaml"
        for one in found
        for id_ in one.requirements
        if id_ not in requirements()
    ]
    for entry in entries:
        told = [SHOWN] * bool(entry.showings) + [NOT_TESTABLE] * bool(entry.requirement.not_testable)
        id_ = entry.requirement.id
        if not told:
            said.append(f"{id_}: shown by nothing; mark a test with it, or say `not_testable` and why")
        elif len(told) > 1:
            said.append(f"{id_}: {' and '.join(told)}; take out of conformance/requirements.yaml what is not so")
    return said


def failing(showing: Showing, red: dict[tuple[str, str], set[str]]) -> list[str]:
    """Name the broken stores that fail a test of the suites: by its check, in one of its scenarios."""
    convicted = [(name, where) for (name, where), checks in red.items() if showing.check in checks]
    return sorted({name for name, where in convicted if where in showing.scenarios})


# -------------------------------------------------------------------------------------------------- read from the tests


@cache
def showings(root: Path = ROOT) -> tuple[Showing, ...]:
    """Find every test that names a requirement, by file and then in the order of the file.

    Raises:
        NoCatalogue: there is no checkout, or a marker that cannot be read.
    """
    if not (root / RED).is_file():
        raise NoCatalogue(f"{root}: holds no tests; run it from a checkout: make requirements")
    files = sorted(root.glob(SUITES)) + sorted(root.glob(TESTS))
    return tuple(showing for file in files for showing in _showings_of(file, root))


def _showings_of(file: Path, root: Path) -> Iterator[Showing]:
    text = file.read_text(encoding="utf-8")
    if "mark.requirement" not in text:
        return
    tree, name = ast.parse(text), file.relative_to(root).as_posix()
    read = 0
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            marks = [mark for decorator in function.decorator_list for mark in _marks(decorator)]
            ids = [words for mark in marks if _name(mark) == "requirement" for words in _words(mark.args, name)]
            read += sum(_name(mark) == "requirement" for mark in marks)
            if ids:
                run = next((mark for mark in marks if _name(mark) == "scenario"), None)
                scenarios = () if run is None else tuple(_words(run.args, name))
                check = "" if run is None else next(iter(_words([word.value for word in run.keywords], name)), "")
                yield Showing(name, function.name, tuple(dict.fromkeys(ids)), scenarios, check)
    if read != sum(_name(mark) == "requirement" for mark in _marks(tree)):
        raise NoCatalogue(f"{name}: a marker `requirement` that stands at no test; write it above a test's `def`")


def _marks(node: ast.AST) -> Iterator[ast.Call]:
    """Find the calls of `pytest.mark.NAME` in a piece of source."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and _name(inner):
            yield inner


def _name(call: ast.Call) -> str:
    function = call.func
    on_mark = isinstance(function, ast.Attribute) and getattr(function.value, "attr", "") == "mark"
    return function.attr if on_mark and isinstance(function, ast.Attribute) else ""


def _words(values: Sequence[ast.expr], file: str) -> list[str]:
    words = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    if len(words) != len(values):
        line = values[0].lineno
        raise NoCatalogue(f"{file}:{line}: a marker with something else than texts; write each id and name out")
    return words


def red_with(root: Path = ROOT) -> dict[tuple[str, str], set[str]]:
    """Read by which checks each broken store is convicted, by store and scenario.

    Raises:
        NoCatalogue: one of the tables is not where it should be.
    """
    of_its_own: dict[str, set[str]] = _table(root, RED, "RED")
    elsewhere: dict[tuple[str, str], set[str]] = _table(root, ALSO, "ALSO")
    return {(name, BROKEN[name].scenario): checks for name, checks in of_its_own.items()} | elsewhere


def _table(root: Path, file: Path, name: str) -> Any:
    for node in ast.parse((root / file).read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if getattr(target, "id", "") == name:
            return ast.literal_eval(node.value)  # type: ignore[attr-defined]  # an assignment has one
    raise NoCatalogue(f"{file}: no table {name}, which says by which checks each broken store is convicted")


# ------------------------------------------------------------------------------------------------------------ the page

HEAD = """\
# Requirements

What is expected of a cluster session store, and what shows that the reference keeps it. Made by `make requirements`
from `conformance/requirements.yaml` and from the tests that name an id.

- *Shown* lists tests by their names. Those of [the suites](suites.md) judge any store and name their check; behind ✗
  stand the broken stores that fail one of them.
- *Not testable* is what lies outside of the probe application.
"""


def page(entries: Sequence[Entry]) -> str:
    """Write docs/requirements.md."""
    parts = [HEAD, "\n".join(_markdown(_counts(entries)))]
    for area, title in AREAS.items():
        rows = [entry for entry in entries if entry.requirement.area == area]
        table = [("id", "level", "requirement", "what shows it"), ("---",) * 4, *map(_row, rows)]
        parts.append(f"## {title} ({area})\n" + "\n".join(f"| {' | '.join(row)} |" for row in table))
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def counts(entries: Sequence[Entry]) -> list[str]:
    """Count for people: by area and level, how many requirements are in which state."""
    rows = [[str(cell) for cell in row] for row in _counts(entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) if not column else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]  # fmt: skip


def _counts(entries: Sequence[Entry]) -> list[list[str | int]]:
    rows: list[list[str | int]] = [["", "all", *STATES]]
    groups = [(title, [e for e in entries if e.requirement.area == area]) for area, title in AREAS.items()]
    groups += [(level, [e for e in entries if e.requirement.level == level]) for level in LEVELS]
    for title, group in [*groups, ("all", list(entries))]:
        states = Counter(entry.state for entry in group)
        rows.append([title, len(group), *(states[state] for state in STATES)])
    return rows


def _markdown(rows: list[list[str | int]]) -> Iterator[str]:
    head, *rest = rows
    rule: list[str | int] = ["---", *["--:"] * (len(head) - 1)]
    for row in (head, rule, *rest):
        yield f"| {' | '.join(map(str, row))} |"


def _row(entry: Entry) -> tuple[str, str, str, str]:
    one = entry.requirement
    if entry.state == NOT_TESTABLE:
        what = f"not testable: {one.not_testable}"
    else:
        what = "<br>".join(map(_shown, entry.showings)) or NOTHING
        what += f"<br>✗ {', '.join(entry.failed_by)}" if entry.failed_by else ""
        what += f"<br>no client sees it broken: {one.unseen}" if one.unseen else ""
    return one.id, one.level, one.sentence.replace("|", "\\|"), what.replace("|", "\\|")


def _shown(showing: Showing) -> str:
    place = Path(showing.file).stem
    if not showing.check:
        return f"{showing.claim} (`{place}`)"
    number = len(showing.scenarios)
    where = showing.scenarios[0] if number == 1 else f"{number} scenarios"
    return f"{showing.claim} (`{place}`: {showing.check} in {where})"


def main() -> int:
    """Write the page and print the counts; 1 when the catalogue is wrong, with what is."""
    try:
        entries = catalogue()
        wrong = mistakes(entries, showings())
    except NoCatalogue as error:
        output.note(str(error))
        return output.WRONG_INPUT
    (ROOT / PAGE).write_text(page(entries), encoding="utf-8")
    for line in counts(entries):
        output.say(line)
    output.say(f"written: {PAGE}")
    for line in wrong:
        output.note(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
