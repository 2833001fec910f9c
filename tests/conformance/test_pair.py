"""Two nodes that are asked one by one: how long one may wait between two questions."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from conformance.fixtures import let_agree
from conformance.pair import NODES, Pair, usual
from conformance.subjects.naming import subject_named

SECOND = 1_000_000


@pytest.fixture
def pairs() -> Iterator[Any]:
    """Makes pairs of the reference that differ in what it promises."""
    configuration = usual("pair")
    prepared = subject_named("reference").prepare(configuration, len(NODES))
    crew = prepared.enter(None)
    yield lambda **changed: Pair(crew, structs.replace(prepared, **changed), configuration)
    crew.close()


def test_a_wait_ends_while_a_session_lives(pairs: Any) -> None:
    assert pairs().patience_us == 300 * SECOND  # idle 15 min
    assert pairs(idle_us=90 * SECOND).patience_us == 30 * SECOND
    assert pairs(absolute_us=60 * SECOND).patience_us == 20 * SECOND
    assert pairs(idle_us=0, absolute_us=0).patience_us == 1_200 * SECOND


def test_what_a_contract_allows_is_waited_for_and_a_year_shows_nothing(pairs: Any) -> None:
    pair = pairs()
    let_agree(pair, 5 * SECOND)
    assert pair.loop.now == 5 * SECOND
    with pytest.raises(pytest.skip.Exception, match=r"vacuous: the contract allows 31,536,000 s, and 300 s are waited"):
        let_agree(pair, 365 * 86_400 * SECOND)
    assert pair.loop.now == 5 * SECOND
