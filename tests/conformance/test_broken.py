"""Every broken store is one small bug, and passes where other things happen than its bug is about.

That it is convicted where its bug is reached, and where, is said by the suites: test_suites.py.
"""

import inspect

import pytest

from conformance.broken import BROKEN
from conformance.checks import CHECKS
from conformance.judging import judgement
from conformance.planning import plan
from conformance.verdict import HOLDS, VIOLATED
from scenarios import load

LOSS = "join-after-a-loss"
RACE = "logout-beside-a-write"
REACHED_BY_A_LOSS = [name for name, broken in BROKEN.items() if broken.scenario == LOSS] + ["ready_before_join"]
"""What these get wrong is that a node is lost for good, or that another joins."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_passes_where_other_things_happen_than_its_bug_is_about(name: str) -> None:
    """Convicting by demolition would prove nothing about the check.

    A node is lost and another joins; those to whom just that is too much meet tabs that race instead.
    """
    scenario = load(RACE if name in REACHED_BY_A_LOSS else LOSS)
    came = judgement(plan(scenario, subject=f"broken:{name}"), "history.jsonl")
    assert came.verdict == HOLDS, [finding.seen for finding in came.findings if finding.verdict == VIOLATED]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_is_one_bug_in_at_most_thirty_lines(name: str) -> None:
    broken = BROKEN[name]
    assert broken.convicted_by in CHECKS
    assert broken.bug.endswith(".")
    assert broken.seen_in.startswith("https://")
    source = inspect.getsource(inspect.getmodule(broken.node))  # type: ignore[arg-type]
    bodies = [
        line for line in source.splitlines() if line.strip() and not line.startswith(("import ", "from ", '"""', "#"))
    ]
    assert len(bodies) <= 30
