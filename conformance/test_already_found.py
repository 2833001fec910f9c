"""What was found once by drawing worlds, and must not come back: tried before all other suites, as its name sorts."""

import pytest

from conformance.fixtures import Judgement


@pytest.mark.requirement("REQ-REPL-2")
@pytest.mark.scenario(
    "begun-again-under-another-key",
    "login-where-nobody-was-met",
    "seen-before-all-were-lost",
    check="convergence",
)
def test_what_was_found_once_has_not_come_back(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-8", "REQ-REPL-2")
@pytest.mark.scenario("begun-while-long-alone", check="durability")
def test_what_began_on_a_node_that_was_long_alone_is_kept(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-REVOC-3", "REQ-REVOC-7")
@pytest.mark.scenario("begun-while-long-alone", check="no_resurrection")
def test_what_a_node_revoked_while_it_was_long_alone_stays_revoked(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-ROUT-4")
@pytest.mark.scenario("written-though-denied", check="structure")
def test_a_write_that_a_silent_node_may_have_made_is_not_denied(judgement: Judgement) -> None:
    judgement.must_hold()
