"""Logout and revocation: what has ended stays ended, on every node."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-REVOC-1", "REQ-REVOC-3")
@pytest.mark.scenario("steady-lan", "isolated-writer", check="no_resurrection")
def test_a_session_that_was_logged_out_answers_nowhere(judgement: Judgement) -> None:
    judgement.must_hold()
